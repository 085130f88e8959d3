//! The database away, slow, throttling, forgetful: no token twice, none lost that was answered, an honest 503.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use latchkey::app;
use latchkey::local::{Options, Server, tables};
use latchkey::store::{Meter, Store};

use crate::world::{ASK, Choices, ISSUE, Reply, Signer, World, redemption};

/// What happens to one call, in the order of the script; what comes after the script goes through.
#[derive(Clone, Debug)]
enum Fault {
    Pass,
    /// The request never arrives.
    Reset,
    /// The request is carried out and its reply is lost.
    LostReply,
    /// No answer ever comes.
    Silence,
    /// This answer instead: status, AWS error code.
    Error(u16, &'static str),
    /// A reply that breaks off.
    Truncated,
    /// The keys of a batch are left unread.
    Unprocessed,
}

#[derive(Clone, Debug)]
struct Wire {
    inner: SharedHttpClient,
    script: Arc<Mutex<VecDeque<Fault>>>,
    /// Once the script is played, this happens for ever.
    forever: Arc<Mutex<Option<Fault>>>,
    sent: Arc<Mutex<Vec<String>>>,
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    wire: Wire,
}

impl HttpClient for Wire {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Connector { inner, wire: self.clone() })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8(request.body().bytes().unwrap_or_default().to_vec()).unwrap();
        self.wire.sent.lock().unwrap().push(body.clone());
        let fault = self.wire.script.lock().unwrap().pop_front();
        let fault = fault.or_else(|| self.wire.forever.lock().unwrap().clone()).unwrap_or(Fault::Pass);
        let inner = self.inner.clone();
        let answer = |status: u16, body: String| HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        HttpConnectorFuture::new(async move {
            match fault {
                Fault::Pass => inner.call(request).await,
                Fault::Reset => Err(ConnectorError::io("reset".into())),
                Fault::LostReply => {
                    inner.call(request).await?;
                    Err(ConnectorError::io("lost".into()))
                }
                Fault::Silence => std::future::pending().await,
                Fault::Error(status, code) => {
                    Ok(answer(status, format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}"}}"#)))
                }
                Fault::Truncated => Ok(answer(200, r#"{"Item":{"client"#.to_owned())),
                Fault::Unprocessed => {
                    let asked: serde_json::Value = serde_json::from_str(&body).unwrap();
                    let keys = &asked["RequestItems"];
                    Ok(answer(200, format!(r#"{{"Responses":{{}},"UnprocessedKeys":{keys}}}"#)))
                }
            }
        })
    }
}

struct Troubled {
    world: World,
    wire: Wire,
    _engine: Server,
}

impl Troubled {
    async fn new() -> Self {
        let engine = Server::start(Options::default()).await.unwrap();
        let wire =
            Wire { inner: app::http_client(), script: Arc::default(), forever: Arc::default(), sent: Arc::default() };
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(wire.clone())
            .timeout_config(app::timeouts())
            .retry_config(app::retries())
            .region(Region::from_static("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .endpoint_url(engine.dynamodb_url.clone().unwrap())
            .build();
        let store = Store::new(aws_sdk_dynamodb::Client::from_conf(config), tables());
        let world = World::with(Choices { store: Some(store), ..Default::default() }).await;
        Self { world, wire, _engine: engine }
    }

    fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        *self.wire.script.lock().unwrap() = faults.into_iter().collect();
    }

    fn forever(&self, fault: Option<Fault>) {
        *self.wire.forever.lock().unwrap() = fault;
    }

    /// The three kinds of request, each ready to be sent once.
    async fn requests(&self, client: &Signer) -> [(&'static str, String); 3] {
        let tokens = self.world.tokens(client).await;
        [
            ("issue", ASK.to_owned()),
            ("redeem", redemption(&self.world.code(client, "WMS_NCIP refresh_token").await)),
            ("refresh", crate::world::refreshing(tokens.member("refresh_token"))),
        ]
    }
}

#[track_caller]
fn unavailable(reply: &Reply) {
    reply.refuses(503, "temporarily_unavailable");
    assert_eq!(reply.headers["retry-after"], "1");
}

#[tokio::test]
async fn a_write_whose_reply_was_lost_is_recognised_as_our_own() {
    let troubled = Troubled::new().await;
    let client = troubled.world.client().await;
    for (kind, query) in troubled.requests(&client).await {
        troubled.script([Fault::Pass, Fault::LostReply]);
        let authorization = client.sign(&query, troubled.world.now());
        let reply = troubled.world.post(ISSUE, &query, &authorization).await;
        assert_eq!(reply.status, 200, "{kind}: {}", reply.text);
        let replayed = troubled.world.post(ISSUE, &query, &authorization).await;
        replayed.refuses(401, "invalid_client");
        if let Some(refresh_token) = reply.body["refresh_token"].as_str() {
            assert_eq!(troubled.world.refresh(&client, refresh_token).await.status, 200, "{kind}: it was stored");
        }
    }
}

#[tokio::test]
async fn a_write_whose_every_reply_was_lost_is_looked_for_before_a_client_is_told_to_try_again() {
    let troubled = Troubled::new().await;
    let client = troubled.world.client().await;
    for (kind, query) in troubled.requests(&client).await {
        troubled.script([Fault::Pass, Fault::LostReply, Fault::Reset, Fault::Reset]);
        let reply = troubled.world.ask(&client, ISSUE, &query).await;
        assert_eq!(reply.status, 200, "{kind}: {}", reply.text);
    }
    // Never applied: then it is not there, and the same request is served once the database is back.
    for (kind, query) in troubled.requests(&client).await {
        troubled.script([Fault::Pass, Fault::Reset, Fault::Reset, Fault::Reset]);
        let authorization = client.sign(&query, troubled.world.now());
        unavailable(&troubled.world.post(ISSUE, &query, &authorization).await);
        let reply = troubled.world.post(ISSUE, &query, &authorization).await;
        assert_eq!(reply.status, 200, "{kind}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_registration_whose_reply_was_lost_is_recognised_as_our_own() {
    let troubled = Troubled::new().await;
    let store = &troubled.world.latchkey.store;
    troubled.script([Fault::LostReply]);
    let client = troubled.world.client().await;
    let read = || async { store.client(&client.id, &mut Meter::default()).await.unwrap().unwrap() };
    let mut one = read().await;
    let other = read().await;
    one.name = "Changed".into();
    troubled.script([Fault::LostReply]);
    assert!(store.change_client(one, &mut Meter::default()).await.unwrap());
    assert_eq!(read().await.name, "Changed");
    assert!(!store.change_client(other, &mut Meter::default()).await.unwrap(), "it was read before the change");
}

#[tokio::test]
async fn one_failed_call_is_tried_again_and_nobody_notices() {
    let troubled = Troubled::new().await;
    let client = troubled.world.client().await;
    for fault in [
        Fault::Reset,
        Fault::Error(500, "InternalServerError"),
        Fault::Error(503, "ServiceUnavailable"),
        Fault::Error(400, "ThrottlingException"),
        Fault::Error(400, "ProvisionedThroughputExceededException"),
    ] {
        for (kind, query) in troubled.requests(&client).await {
            troubled.script([fault.clone(), Fault::Pass, fault.clone()]);
            let reply = troubled.world.ask(&client, ISSUE, &query).await;
            assert_eq!(reply.status, 200, "{kind}, {fault:?}: {}", reply.text);
        }
    }
}

#[tokio::test]
async fn a_database_that_stays_away_is_a_503_with_its_reason_in_the_log_and_no_harm_afterwards() {
    let troubled = Troubled::new().await;
    let client = troubled.world.client().await;
    for (fault, denial, code) in [
        (Fault::Reset, "database_unreachable", "DispatchFailure"),
        (Fault::Error(500, "InternalServerError"), "database_unreachable", "InternalServerError"),
        (Fault::Error(400, "ThrottlingException"), "database_throttling", "ThrottlingException"),
        (Fault::Error(400, "RequestLimitExceeded"), "database_throttling", "RequestLimitExceeded"),
        (Fault::Error(400, "ResourceNotFoundException"), "database_refuses", "ResourceNotFoundException"),
        (Fault::Error(400, "AccessDeniedException"), "database_refuses", "AccessDeniedException"),
        (Fault::Error(400, "TransactionConflictException"), "database_unreachable", "TransactionConflictException"),
        (Fault::Truncated, "database_unreachable", "UnreadableResponse"),
    ] {
        for (kind, query) in troubled.requests(&client).await {
            // Away from the start, and away once the client is read.
            for script in [vec![], vec![Fault::Pass]] {
                troubled.script(script);
                troubled.forever(Some(fault.clone()));
                let reply = troubled.world.ask(&client, ISSUE, &query).await;
                troubled.forever(None);
                unavailable(&reply);
                let line = troubled.world.last_log();
                assert_eq!(
                    (&line["denial"], &line["outcome"]),
                    (&denial.into(), &"unavailable".into()),
                    "{kind} {fault:?}"
                );
                assert_eq!(line["database_error"], code, "{kind} {fault:?}");
            }
            assert_eq!(troubled.world.ask(&client, ISSUE, &query).await.status, 200, "{kind} after {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_silent_database_is_given_up_within_the_functions_deadline() {
    let troubled = Troubled::new().await;
    let client = troubled.world.client().await;
    let began = Instant::now();
    troubled.forever(Some(Fault::Silence));
    unavailable(&troubled.world.ask(&client, ISSUE, ASK).await);
    // A bound of the design, not a measurement: four seconds a call at the most.
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(troubled.world.last_log()["database_error"], "Timeout");
    troubled.forever(None);
    troubled.world.tokens(&client).await;
}

#[tokio::test]
async fn keys_left_unread_are_asked_for_again_and_given_up_in_the_end() {
    let troubled = Troubled::new().await;
    let client = troubled.world.client().await;
    let tokens = troubled.world.tokens(&client).await;
    troubled.script([Fault::Unprocessed, Fault::Unprocessed]);
    assert_eq!(troubled.world.refresh(&client, tokens.member("refresh_token")).await.status, 200);
    assert_eq!(troubled.world.last_log()["round_trips"], 4);
    troubled.forever(Some(Fault::Unprocessed));
    unavailable(&troubled.world.refresh(&client, tokens.member("refresh_token")).await);
    assert_eq!(troubled.world.last_log()["denial"], "database_throttling");
}

#[tokio::test]
async fn every_read_of_a_request_is_consistent() {
    let troubled = Troubled::new().await;
    let client = troubled.world.client().await;
    let requests = troubled.requests(&client).await;
    troubled.wire.sent.lock().unwrap().clear();
    for (_, query) in requests {
        assert_eq!(troubled.world.ask(&client, ISSUE, &query).await.status, 200);
    }
    let sent = troubled.wire.sent.lock().unwrap();
    let reads: Vec<_> =
        sent.iter().filter(|body| body.contains("\"Key")).filter(|body| !body.contains("UpdateExpression")).collect();
    assert_eq!(reads.len(), 3);
    for read in reads {
        let keys = read.matches("\"client_id\":{").count() + read.matches("\"grant_id\":{").count();
        assert_eq!(read.matches("\"ConsistentRead\":true").count(), keys, "{read}");
    }
}

#[tokio::test]
async fn a_damaged_item_is_a_503_and_no_panic() {
    let troubled = Troubled::new().await;
    let world = &troubled.world;
    let client = world.client().await;
    let db = app::dynamodb_at(troubled._engine.dynamodb_url.as_ref().unwrap());
    let damage = |name: &'static str| {
        db.update_item()
            .table_name(tables().clients)
            .key("client_id", aws_sdk_dynamodb::types::AttributeValue::S(client.id.clone()))
            .update_expression("SET #name = :value")
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":value", aws_sdk_dynamodb::types::AttributeValue::Bool(true))
            .send()
    };
    for name in ["name", "created_at", "grant_types", "secrets"] {
        damage(name).await.unwrap();
        unavailable(&world.ask(&client, ISSUE, ASK).await);
        assert_eq!(world.last_log()["denial"], "item_damaged");
    }
}

#[tokio::test]
async fn a_secret_sealed_under_a_lost_key_is_a_503_that_the_log_names() {
    let troubled = Troubled::new().await;
    let world = &troubled.world;
    let client = world.client_with(|client| client.secrets[0].sealed.key = "lost".into()).await;
    unavailable(&world.ask(&client, ISSUE, ASK).await);
    assert_eq!(world.last_log()["denial"], "secret_unopened");
    let good = world.seal(&client.id, &client.secret, "second");
    world.change(&client, |client| client.secrets.push(good)).await;
    world.tokens(&client).await;
    assert_eq!(world.last_log()["secret"], "second", "one lost secret does not lock the other out");
}
