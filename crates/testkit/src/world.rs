//! The world that a test lives in: a local server with a clock of its own, clients, and raw requests.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client as Http, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use latchkey::context::Service;
use latchkey::log::LogLine;
use latchkey_cli::local::{Options, Server};
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::{Store, Tables, Usage};
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::{Client, NamedSecret, new_client_id, new_secret};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::settings::Settings;
use latchkey_oauth::token::{GrantId, Unverified};
use serde_json::Value;

use crate::reply::Reply;
use crate::signer::Signer;

pub use crate::reply::REDIRECT;

pub const ISSUE: &str = "/oauth2/accessToken";
pub const REFRESH: &str = "/oauth2/refreshToken";
pub const INTROSPECT: &str = "/oauth2/introspect";
/// A request that gets both tokens.
pub const ASK: &str = "grant_type=client_credentials&scope=WMS_NCIP%20refresh_token\
                       &authenticatingInstitutionId=128807&contextInstitutionId=128807";

pub struct World {
    pub url: String,
    pub service: Arc<Service>,
    clock: Arc<AtomicU64>,
    lines: Arc<Mutex<Vec<String>>>,
    http: Http<HttpConnector, Full<Bytes>>,
    /// The folder with its keys, where it has one.
    state: Option<PathBuf>,
    _server: Server,
}

/// Everything that a test wants to choose.
#[derive(Default)]
pub struct Choices {
    pub settings: Settings,
    pub store: Option<Store>,
}

impl World {
    pub async fn new() -> Self {
        Self::with(Choices::default()).await
    }

    pub async fn with(choices: Choices) -> Self {
        Self::start(choices, None).await
    }

    /// With the sealing key of another server, which keeps it in `folder`.
    pub async fn sharing(choices: Choices, folder: &Path) -> Self {
        Self::start(choices, Some(folder.to_owned())).await
    }

    async fn start(choices: Choices, state: Option<PathBuf>) -> Self {
        let clock = Arc::new(AtomicU64::new(latchkey_dynamodb::clock::now()));
        let lines = Arc::new(Mutex::new(Vec::new()));
        let store = match choices.store {
            Some(store) => Some(store),
            None => other_engine().await,
        };
        let options = Options { store, state: state.clone(), settings: choices.settings, ..Options::default() };
        let server = serve(options, &clock, &lines).await;
        let mut connector = HttpConnector::new();
        // A form's second packet waits for nothing.
        connector.set_nodelay(true);
        let http = Http::builder(TokioExecutor::new()).build(connector);
        Self { url: server.url.clone(), service: server.service.clone(), clock, lines, http, state, _server: server }
    }

    /// Deploys other settings: another server over the same tables, with the keys in its folder.
    pub async fn redeploy(&mut self, edit: impl FnOnce(&mut Settings)) {
        assert!(self.state.is_some(), "its keys would be others");
        let (store, mut settings) = (Some(self.service.store.clone()), self.service.settings.clone());
        edit(&mut settings);
        let options = Options { store, state: self.state.clone(), settings, ..Options::default() };
        let server = serve(options, &self.clock, &self.lines).await;
        (self.url, self.service) = (server.url.clone(), server.service.clone());
        self._server = server;
    }

    pub fn now(&self) -> u64 {
        self.clock.load(SeqCst)
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.fetch_add(seconds, SeqCst);
    }

    /// The log lines so far, parsed.
    pub fn log(&self) -> Vec<Value> {
        self.lines.lock().unwrap().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub fn last_log(&self) -> Value {
        serde_json::from_str(self.lines.lock().unwrap().last().unwrap()).unwrap()
    }

    /// A client that may do everything but name a principal. If it may, it names one as stored clients of early versions do:
    /// in the header too, and of every namespace.
    pub async fn client(&self) -> Signer {
        self.client_with(|_| {}).await
    }

    pub async fn client_with(&self, edit: impl FnOnce(&mut Client)) -> Signer {
        let signer = Signer { id: new_client_id(random().unwrap()), secret: new_secret(random().unwrap()) };
        let first = self.seal(&signer.id, &signer.secret, "first");
        let mut client = Client {
            grant_types: GrantType::ASKED_FOR.to_vec(),
            scopes: vec!["WMS_NCIP".into(), "WMS_ACQ".into()],
            institutions: vec!["128807".into(), "91475".into()],
            redirect_uris: vec![REDIRECT.into()],
            namespaces: None,
            signed_principal_required: false,
            ..Client::new(signer.id.clone(), "A test's client".into(), first, self.now())
        };
        edit(&mut client);
        assert!(self.service.store.create_client(&client, &mut Usage::default()).await.unwrap().is_made());
        signer
    }

    pub fn seal(&self, client_id: &str, secret: &ClientSecret, name: &str) -> NamedSecret {
        let sealed = self.service.keyring(KeySet::Clients).seal(client_id, secret, random().unwrap()).unwrap();
        NamedSecret { name: name.into(), sealed, created_at: self.now(), expires_at: None }
    }

    /// Changes a registration.
    pub async fn change(&self, signer: &Signer, edit: impl FnOnce(&mut Client)) {
        let store = &self.service.store;
        let mut client = store.client(&signer.id, &mut Usage::default()).await.unwrap().unwrap();
        edit(&mut client);
        assert!(store.change_client(client, &mut Usage::default()).await.unwrap().is_made());
    }

    /// Posts with an empty body.
    pub async fn post(&self, path: &str, query: &str, authorization: &str) -> Reply {
        self.send(Method::POST, &format!("{path}?{query}"), &[("authorization", authorization)], Bytes::new()).await
    }

    pub async fn send(&self, method: Method, target: &str, headers: &[(&str, &str)], body: Bytes) -> Reply {
        self.send_to(&self.url, method, target, headers, body).await
    }

    /// Posts with an empty body to another server.
    pub async fn post_to(&self, base: &str, target: &str, authorization: &str) -> Reply {
        self.send_to(base, Method::POST, target, &[("authorization", authorization)], Bytes::new()).await
    }

    pub async fn send_to(
        &self,
        base: &str,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(format!("{base}{target}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.http.request(request.body(Full::new(body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().into()).unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Reply { status: parts.status, headers: parts.headers, text, body }
    }

    /// A signed request.
    pub async fn ask(&self, signer: &Signer, path: &str, query: &str) -> Reply {
        self.post(path, query, &signer.sign(query, self.now())).await
    }

    /// Posts a form, as clients do that do not sign.
    pub async fn post_form(&self, path: &str, headers: &[(&str, &str)], form: &str) -> Reply {
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/x-www-form-urlencoded"));
        self.send(Method::POST, path, &headers, Bytes::from(form.to_owned())).await
    }

    /// Posts a form with the secret in the header.
    pub async fn ask_basic(&self, signer: &Signer, path: &str, form: &str) -> Reply {
        self.post_form(path, &[("authorization", &signer.basic(true))], form).await
    }

    /// A client that may authenticate by these methods only.
    pub async fn client_by(&self, methods: &[AuthMethod]) -> Signer {
        self.client_with(|client| client.auth_methods = methods.to_vec()).await
    }

    /// Tokens by client credentials.
    pub async fn tokens(&self, signer: &Signer) -> Reply {
        let reply = self.ask(signer, ISSUE, ASK).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply
    }

    /// Redeems a code as its client should.
    pub async fn redeem(&self, signer: &Signer, code: &str) -> Reply {
        self.ask(signer, ISSUE, &redemption(code)).await
    }

    pub async fn refresh(&self, signer: &Signer, refresh_token: &str) -> Reply {
        self.ask(signer, REFRESH, &refreshing(refresh_token)).await
    }

    /// A client that owns APIs of these scopes.
    pub async fn owner(&self, scopes: &[&str]) -> Signer {
        let scopes: Vec<_> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.client_with(|client| client.introspects = scopes).await
    }

    pub async fn introspect(&self, owner: &Signer, token: &str) -> Reply {
        let reply = self.ask(owner, INTROSPECT, &format!("token={token}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply
    }

    /// The grant that a token or code names, as it is stored.
    pub async fn grant_of(&self, token: &str) -> Option<latchkey_oauth::grant::Grant> {
        let id = Unverified::parse(token).unwrap().grant_id;
        self.service.store.grant(&id, &mut Usage::default()).await.unwrap()
    }
}

async fn serve(options: Options, clock: &Arc<AtomicU64>, lines: &Arc<Mutex<Vec<String>>>) -> Server {
    let (time, log) = (clock.clone(), lines.clone());
    let options = Options {
        clock: Arc::new(move || time.load(SeqCst).into()),
        log: Arc::new(move |log_line: LogLine| log.lock().unwrap().push(log_line.to_string())),
        ..options
    };
    Server::start(options).await.unwrap()
}

/// The engine that the environment names, in tables of this test's own.
async fn other_engine() -> Option<Store> {
    let url = std::env::var("LATCHKEY_TEST_DYNAMODB_URL").ok()?;
    let store = Store::new(latchkey_dynamodb::aws::dynamodb_at(&url), tables_of_its_own());
    store.create_tables(&mut Usage::default()).await.unwrap();
    store.mark_index_filled(latchkey_dynamodb::clock::now(), &mut Usage::default()).await.unwrap();
    Some(store)
}

pub fn tables_of_its_own() -> Tables {
    let suffix = GrantId::random(random().unwrap());
    Tables {
        clients: format!("clients-{suffix}"),
        tokens: format!("tokens-{suffix}"),
        users: format!("users-{suffix}"),
    }
}

pub fn redemption(code: &str) -> String {
    format!(
        "grant_type=authorization_code&code={code}&authenticatingInstitutionId=128807&contextInstitutionId=128807\
         &redirect_uri=https%3A%2F%2Fapp.example%2Fcallback"
    )
}

pub fn refreshing(refresh_token: &str) -> String {
    format!("grant_type=refresh_token&refresh_token={refresh_token}")
}

/// The token with another secret.
pub fn flip(token: &str) -> String {
    let mut bytes = token.as_bytes().to_vec();
    let at = bytes.len() - 3;
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}
