//! The client of a good token, in deployments that ask about it (`LATCHKEY_CHECK_TOKEN_CLIENT`).

use std::collections::BTreeSet;

use aws_sdk_dynamodb::config::retry::TokenBucket;
use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use latchkey::lambda::authorizer::{UNAUTHORIZED, authorize};
use latchkey::log::{LogLine, Outcome};
use latchkey_dynamodb::aws;
use latchkey_dynamodb::store::Usage;
use latchkey_guard::bearer::Checker;
use latchkey_guard::config::AuthorizerConfig;
use latchkey_guard::layer::Guard;
use latchkey_oauth::scope::RouteScopes;
use latchkey_oauth::service::Function;
use latchkey_oauth::service::actions::permitted;
use latchkey_oauth::settings::{Settings, Subjects};
use latchkey_testkit::events::{AUTHORIZER_SHAPES, authorizer_event};
use latchkey_testkit::faults::{Fault, Troubled};
use latchkey_testkit::signer::Signer;
use latchkey_testkit::world::{Choices, INTROSPECT, World};
use serde_json::{Value, json};

use crate::functions::{Cloud, binary};

fn asking() -> Settings {
    Settings { check_token_client: true, ..Settings::default() }
}

async fn world(settings: Settings) -> World {
    World::with(Choices { settings, ..Choices::default() }).await
}

/// What the authorizer answers to an HTTP API and to a REST API: whether the token passes, or the error. And its last line.
async fn authorized(world: &World, checker: &Checker, token: &str) -> (Vec<Result<bool, &'static str>>, LogLine) {
    let (mut answers, mut last) = (Vec::new(), LogLine::default());
    for shape in [AUTHORIZER_SHAPES[0], AUTHORIZER_SHAPES[1]] {
        let event = authorizer_event(shape, Some(&format!("Bearer {token}")));
        let (answer, line) = authorize(checker, &RouteScopes::any(), Subjects::V2, &event, world.now()).await;
        answers.push(answer.map(|answer| {
            let answer = serde_json::to_value(answer).unwrap();
            answer["isAuthorized"] == true || answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"
        }));
        last = line;
    }
    (answers, last)
}

/// What an API learns of a token by each way, and the names in the log where it is refused.
async fn is_refused(world: &World, api: &Signer, token: &str, name: &str) {
    let checker = Checker::new(world.service.store.clone(), 0).checking_client(true);
    let seen = world.introspect(api, token).await;
    assert_eq!((seen.status.as_u16(), &seen.body), (200, &json!({ "active": false })));
    let line = world.last_log();
    assert_eq!((&line["outcome"], &line["denial"]), (&json!("inactive"), &json!(name)));
    let (answers, line) = authorized(world, &checker, token).await;
    assert_eq!(answers, [Ok(false), Err(UNAUTHORIZED)], "{name}");
    assert_eq!((line.outcome, line.denial, line.status), (Outcome::Denied, Some(name), 401));
    let answer = guarded(world, checker, token).await;
    assert_eq!(answer.0, 401);
    assert!(answer.1.starts_with("Bearer error=\"invalid_token\""), "{name}: {}", answer.1);
}

/// Status and challenge of an API behind the guard.
async fn guarded(world: &World, checker: Checker, token: &str) -> (u16, String) {
    let api = axum::Router::new().route("/", axum::routing::get(async || "passed").layer(Guard::any(checker)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, api).await.unwrap() });
    let header = format!("Bearer {token}");
    let reply = world.send_to(&base, Method::GET, "/", &[("authorization", &header)], bytes::Bytes::new()).await;
    let challenge = reply.headers.get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
    (reply.status.as_u16(), challenge.unwrap_or_default())
}

async fn is_good(world: &World, api: &Signer, token: &str, checks: bool) {
    let checker = Checker::new(world.service.store.clone(), 0).checking_client(checks);
    assert_eq!(world.introspect(api, token).await.body["active"], true);
    assert!(world.last_log().get("denial").is_none());
    let (answers, line) = authorized(world, &checker, token).await;
    assert_eq!((answers, line.denial), (vec![Ok(true), Ok(true)], None));
    assert_eq!(guarded(world, checker, token).await.0, 200);
}

#[tokio::test]
async fn a_token_is_good_as_long_as_its_client_is_enabled_and_registered_and_has_not_had_it_ended() {
    let world = world(asking()).await;
    let (client, api) = (world.owner(&["*"]).await, world.owner(&["*"]).await);
    let tokens = world.tokens(&client).await;
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
    for token in [tokens.member("access_token"), refreshed.member("access_token")] {
        is_good(&world, &api, token, true).await;
        world.change(&client, |client| client.disabled = true).await;
        is_refused(&world, &api, token, "token_client_disabled").await;
        // The time counts by the grant, as it does for a refresh. What was granted in that second was not granted before it.
        world.change(&client, |client| (client.disabled, client.not_before) = (false, Some(world.now()))).await;
        is_good(&world, &api, token, true).await;
        world.change(&client, |client| client.not_before = Some(world.now() + 1)).await;
        is_refused(&world, &api, token, "token_client_ended").await;
        assert_eq!(world.introspect(&client, token).await.body["active"], false, "its own client sees it as before");
        world.change(&client, |client| client.not_before = None).await;
        is_good(&world, &api, token, true).await;
    }
    let store = &world.service.store;
    let read = store.client(&client.id, &mut Usage::default()).await.unwrap().unwrap();
    assert!(store.delete_client(&read, &mut Usage::default()).await.unwrap());
    is_refused(&world, &api, refreshed.member("access_token"), "token_client_deleted").await;
}

#[tokio::test]
async fn where_the_deployment_does_not_ask_a_token_is_good_to_its_end() {
    let world = World::new().await;
    let (client, api) = (world.client().await, world.owner(&["*"]).await);
    let tokens = world.tokens(&client).await;
    let token = tokens.member("access_token");
    world.change(&client, |client| (client.disabled, client.not_before) = (true, Some(world.now() + 1))).await;
    is_good(&world, &api, token, false).await;
}

#[tokio::test]
async fn a_remembered_token_outlives_its_client_by_as_long_as_it_is_remembered() {
    let world = world(asking()).await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let checker = Checker::new(world.service.store.clone(), 60).checking_client(true);
    let check = async || {
        let (answers, line) = authorized(&world, &checker, tokens.member("access_token")).await;
        (answers[0], line.round_trips)
    };
    assert_eq!(check().await, (Ok(true), 0), "the first of the two questions read it");
    world.change(&client, |client| client.disabled = true).await;
    world.advance(59);
    assert_eq!(check().await, (Ok(true), 0));
    world.advance(1);
    assert_eq!(check().await, (Ok(false), 2), "what is not good is not remembered");
}

#[tokio::test]
async fn a_second_read_asks_for_what_the_role_may_read_and_is_made_only_for_what_would_be_good() {
    let troubled = Troubled::with(TokenBucket::unlimited(), asking()).await;
    let world = &troubled.world;
    let (client, owner) = (world.owner(&["*"]).await, world.owner(&["*"]).await);
    let narrow = world.owner(&["WMS_ACQ"]).await;
    let tokens = world.tokens(&client).await;
    let (access, refresh) = (tokens.member("access_token"), tokens.member("refresh_token"));
    let checker = Checker::new(world.service.store.clone(), 0).checking_client(true);
    let reads_client = |may: bool, what: &str| {
        let toll = troubled.wire.heal();
        let operations: Vec<_> = toll.operations.iter().map(String::as_str).collect();
        assert_eq!(operations, if may { &["BatchGetItem", "GetItem"][..] } else { &["BatchGetItem"] }, "{what}");
        if may {
            let read: Value = serde_json::from_str(&toll.sent[1]).unwrap();
            let names = read["ExpressionAttributeNames"].as_object().unwrap();
            let named: BTreeSet<_> = names.values().map(|name| name.as_str().unwrap()).collect();
            let projected: BTreeSet<_> = read["ProjectionExpression"].as_str().unwrap().split(',').collect();
            assert_eq!(named, BTreeSet::from_iter(permitted(Function::Authorizer).of_token_clients.iter().copied()));
            assert_eq!(projected, names.keys().map(String::as_str).collect());
            assert_eq!((&read["TableName"], &read["ConsistentRead"]), (&json!(troubled.tables.clients), &json!(true)));
        }
    };
    for (asks, token, may, what) in [
        (&owner, access, true, "another's good token"),
        (&client, access, false, "its own, whose client is read already"),
        (&client, refresh, false, "its own refresh token"),
        (&owner, refresh, false, "a refresh token, which is none of an API's business"),
        (&narrow, access, false, "a token that this API may not see"),
    ] {
        troubled.wire.heal();
        world.introspect(asks, token).await;
        reads_client(may, what);
    }
    let header = |token: &str| format!("Bearer {token}");
    let check = async |token: &str| {
        troubled.wire.heal();
        let _ = checker.check(Some(header(token).as_bytes()), None, world.now(), &mut Usage::default()).await;
    };
    check(access).await;
    reads_client(true, "the authorizer and the guard");
    world.ask(&client, "/oauth2/revoke", &format!("token={access}")).await;
    check(access).await;
    reads_client(false, "a revoked token");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_cannot_be_read_is_a_500_of_the_authorizer_and_a_503_of_introspection() {
    let troubled = Troubled::with(TokenBucket::unlimited(), asking()).await;
    let world = &troubled.world;
    let (client, api) = (world.client().await, world.owner(&["*"]).await);
    let tokens = world.tokens(&client).await;
    let token = tokens.member("access_token");
    // What it would remember it has not found good.
    let checker = Checker::new(world.service.store.clone(), 60).checking_client(true);
    for (fault, name) in [
        (Fault::Reset, "database_unreachable"),
        (Fault::Silence, "database_unreachable"),
        (Fault::Error(400, "ThrottlingException"), "database_throttling"),
        (Fault::Error(400, "AccessDeniedException"), "database_refuses"),
        (Fault::Error(400, "ResourceNotFoundException"), "database_refuses"),
    ] {
        troubled.wire.forever([Fault::Pass], [fault]);
        let reply = world.ask(&api, INTROSPECT, &format!("token={token}")).await;
        reply.refuses(503, "temporarily_unavailable");
        let line = world.last_log();
        assert_eq!((&line["outcome"], &line["denial"]), (&json!("unavailable"), &json!(name)), "{fault:?}");
        troubled.wire.forever([Fault::Pass], [fault]);
        let event = authorizer_event(AUTHORIZER_SHAPES[0], Some(&format!("Bearer {token}")));
        let (answer, line) = authorize(&checker, &RouteScopes::any(), Subjects::V2, &event, world.now()).await;
        assert!(answer.is_err_and(|error| error != UNAUTHORIZED), "{fault:?}: the gateway makes 500 of it");
        assert_eq!((line.outcome, line.denial, line.status), (Outcome::Unavailable, Some(name), 503), "{fault:?}");
        troubled.wire.heal();
    }
    is_good(world, &api, token, true).await;
}

#[tokio::test]
async fn a_damaged_client_is_a_500_and_a_503_with_its_key_in_the_log() {
    let troubled = Troubled::with(TokenBucket::unlimited(), asking()).await;
    let world = &troubled.world;
    let (client, api) = (world.client().await, world.owner(&["*"]).await);
    let tokens = world.tokens(&client).await;
    let token = tokens.member("access_token");
    let checker = Checker::new(world.service.store.clone(), 0).checking_client(true);
    let key = AttributeValue::S(client.id.clone());
    let damage = aws::dynamodb_at(troubled.engine).update_item().table_name(&troubled.tables.clients);
    let damage = damage.key("client_id", key).update_expression("SET disabled = :no");
    damage.expression_attribute_values(":no", AttributeValue::S("no".into())).send().await.unwrap();
    world.ask(&api, INTROSPECT, &format!("token={token}")).await.refuses(503, "temporarily_unavailable");
    let line = world.last_log();
    let named = format!("{} client_id={:?}", troubled.tables.clients, client.id);
    assert_eq!((&line["denial"], &line["damaged_items"]), (&json!("item_damaged"), &json!([named])));
    let (answers, line) = authorized(world, &checker, token).await;
    assert!(answers.iter().all(|answer| answer.is_err_and(|error| error != UNAUTHORIZED)));
    assert_eq!((line.denial, line.damaged_items), (Some("item_damaged"), vec![named]));
}

#[test]
fn the_authorizers_environment_says_whether_it_asks_and_where() {
    let tables = latchkey_cli::local::tables();
    let read = |changes: &[(&str, &str)]| {
        let find = |name: &str| match name {
            "LATCHKEY_TOKENS_TABLE" => Some(tables.tokens.clone()),
            _ => changes.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()),
        };
        AuthorizerConfig::read(find).map_err(|error| error.to_string())
    };
    let config = read(&[]).unwrap();
    assert_eq!((config.check_token_client, config.clients), (false, None));
    let config = read(&[("LATCHKEY_CHECK_TOKEN_CLIENT", "true"), ("LATCHKEY_CLIENTS_TABLE", &tables.clients)]).unwrap();
    assert_eq!((config.check_token_client, config.clients.as_ref()), (true, Some(&tables.clients)));
    assert_eq!(read(&[("LATCHKEY_CHECK_TOKEN_CLIENT", "true")]).unwrap_err(), "LATCHKEY_CLIENTS_TABLE is not set");
    for value in ["yes", "1", "True", "true "] {
        let refused = read(&[("LATCHKEY_CHECK_TOKEN_CLIENT", value)]).unwrap_err();
        assert_eq!(refused, "LATCHKEY_CHECK_TOKEN_CLIENT must be true or false");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_function_asks_where_its_environment_says_so() {
    let cloud = Cloud::new().await;
    let client = cloud.world.client().await;
    let tokens = cloud.world.tokens(&client).await;
    let bearer = format!("Bearer {}", tokens.member("access_token"));
    let event: Value = serde_json::from_str(&authorizer_event(AUTHORIZER_SHAPES[0], Some(&bearer))).unwrap();
    let start = async |asks: bool| {
        let mut environment = cloud.environment("authorizer");
        if asks {
            environment.push(("LATCHKEY_CHECK_TOKEN_CLIENT", "true".to_owned()));
            environment.push(("LATCHKEY_CLIENTS_TABLE", latchkey_cli::local::tables().clients));
        }
        latchkey_testkit::runtime_api::Function::under_our_own(binary("authorizer"), environment).await
    };
    let (asks, does_not) = (start(true).await, start(false).await);
    assert_eq!(asks.invoke_raw(&event).await["isAuthorized"], true);
    cloud.world.change(&client, |client| client.disabled = true).await;
    assert_eq!(asks.invoke_raw(&event).await["isAuthorized"], false);
    assert_eq!(does_not.invoke_raw(&event).await["isAuthorized"], true);
}
