//! A refresh without its two calls: parse, canonicalise, open the secret, verify, decide, render. And what comes with it: the
//! event that Lambda hands over, and the signature that the client made.
//!
//! A crate of its own, so that `tests/run count` compiles neither the command line nor the engine by its profile.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod methods;

use std::hint::black_box;

use bytes::Bytes;
use http::{Request, Response};
use latchkey::context::{Answering, Endpoint, RequestContext, Service};
use latchkey::lambda::invoke;
use latchkey::log::LogLine;
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_dynamodb::store::{Store, Tables};
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::{Client, NamedSecret, new_client_id, new_secret};
use latchkey_oauth::client_auth::Verdict;
use latchkey_oauth::client_auth::replay::Replay;
use latchkey_oauth::client_auth::wskey::header::Credentials;
use latchkey_oauth::client_auth::wskey::signed_text::SignedText;
use latchkey_oauth::client_auth::wskey::{Signed, Signing, replay_key, signer};
use latchkey_oauth::form::Pairs;
use latchkey_oauth::grant::{Grant, Institutions};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::grants::institutions::NamedInstitutions;
use latchkey_oauth::grants::named::Named;
use latchkey_oauth::grants::{Entropy, client_credentials, refresh_token};
use latchkey_oauth::keyrings::Keyrings;
use latchkey_oauth::response;
use latchkey_oauth::secret::{ClientSecret, Keyring};
use latchkey_oauth::service::KeySet;
use latchkey_oauth::settings::OldKeys;
use latchkey_oauth::settings::Settings;
use latchkey_oauth::token::Unverified;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

pub use methods::{Authenticated, By};

/// What the database would have given, and the request.
pub struct Refresh {
    service: Service,
    now: u64,
    client: Client,
    secret: ClientSecret,
    grant: Grant,
    query: String,
    authorization: String,
    event: String,
    runtime: Runtime,
}

const ENTROPY: Entropy = Entropy { access: [4; 20], refresh: [5; 20] };

impl Refresh {
    pub fn ready() -> Self {
        let keyrings = Keyrings::of_all(&Keyring::line("bench", &[7; 32]), OldKeys::None).unwrap();
        let (settings, now) = (Settings::default(), 1_795_393_844);
        let id = new_client_id([1; 40]);
        let secret = new_secret([2; 24]);
        let sealed = keyrings.of(KeySet::Clients).seal(&id, &secret, [3; 12]).unwrap();
        let named = NamedSecret { name: "first".into(), sealed, created_at: now, expires_at: None };
        let client = Client {
            grant_types: GrantType::ASKED_FOR.to_vec(),
            scopes: vec!["WMS_NCIP".into()],
            institutions: vec!["128807".into()],
            ..Client::new(id.clone(), String::new(), named, now)
        };
        let institutions = Institutions { authenticating: "128807".into(), context: "128807".into() };
        let asked = client_credentials::ClientCredentialsRequest {
            scope: "WMS_NCIP refresh_token",
            institutions,
            named: Named::default(),
        };
        let replay = Replay::marked(AuthMethod::WsKey, replay_key(&id, "1", "1"), settings.replay_guard(now));
        let Ok((grant, answer)) =
            client_credentials::client_credentials(&client, asked, &replay, &settings, &ENTROPY, now)
        else {
            panic!()
        };
        let query = format!("grant_type=refresh_token&refresh_token={}", *answer.refresh.unwrap().token.text);
        // Nothing here asks it.
        let store = Store::new(dynamodb_at("http://localhost"), Tables::default());
        let service = Service { store, keyrings, settings };
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let (authorization, event) = Default::default();
        let mut refresh = Self { service, now, client, secret, grant, query, authorization, event, runtime };
        refresh.authorization = refresh.sign().authorization;
        refresh.event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": refresh.query,
            "headers": { "authorization": refresh.authorization },
            "requestContext": { "stage": "$default", "http": { "method": "POST", "path": "/" } },
            "isBase64Encoded": false,
        })
        .to_string();
        refresh
    }

    pub fn once(&self) -> Response<Bytes> {
        let Self { service, client, .. } = self;
        let credentials = Credentials::parse(black_box(self.authorization.as_bytes())).unwrap();
        let pairs = Pairs::parse(black_box(self.query.as_bytes())).unwrap();
        let normalised = pairs.normalised();
        let text = SignedText {
            client_id: credentials.client_id,
            timestamp: credentials.timestamp,
            nonce: credentials.nonce,
            body_hash: "",
            method: "POST",
            authority: &service.settings.authority,
            query: &normalised,
        };
        let verdict = signer(service.keyring(KeySet::Clients), Some(client), &text, credentials.signature, self.now);
        assert!(matches!(verdict, Verdict::Verified(_)));
        let key = replay_key(credentials.client_id, credentials.timestamp, credentials.nonce);
        let replay = Replay::marked(AuthMethod::WsKey, key, service.settings.replay_guard(self.now));
        let asked = refresh_token::RefreshRequest {
            token: Unverified::parse(pairs.iter().nth(1).unwrap().1),
            scope: None,
            institutions: NamedInstitutions::default(),
        };
        let grant = Some(&self.grant);
        let decided = refresh_token::refresh(client, grant, &asked, &replay, &service.settings, &ENTROPY, self.now);
        let Ok((_, answer)) = decided else { panic!() };
        response::tokens(client, &answer, response::Form::Oclc, self.now)
    }

    /// As its client does.
    pub fn sign(&self) -> Signed {
        let signing = Signing {
            client_id: &self.client.id,
            secret: &self.secret,
            authority: &self.service.settings.authority,
            timestamp: "1795393844",
            nonce: "5368c00b5368c00b",
            principal: None,
            method: "POST",
            query: black_box(&self.query),
            body: &[],
        };
        signing.sign().unwrap()
    }

    /// From the event's JSON to a request, and from an answer, which says nothing, to Lambda's.
    pub fn event(&self) {
        let invoked =
            invoke(&self.service, Endpoint::json(silent), black_box(&self.event), LogLine::default(), self.now);
        let (answer, _) = self.runtime.block_on(invoked);
        assert_eq!(black_box(answer).status_code, 200);
    }
}

fn silent<'a>(_: &'a Service, _: &'a Request<Bytes>, _: &'a mut RequestContext) -> Answering<'a> {
    Box::pin(async { Ok(Response::default()) })
}
