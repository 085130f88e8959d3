//! The service over the embedded engine, with one client and one user, for events to come to.

use std::cell::RefCell;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use latchkey::context::Service;
use latchkey::endpoint::authorize::consent;
use latchkey::log::LogLine;
use latchkey_dynamodb::aws;
use latchkey_dynamodb::store::{Store, Tables, Usage};
use latchkey_dynamodb::{clock, random};
use latchkey_guard::bearer::Checker;
use latchkey_oauth::client::{Client, NamedSecret};
use latchkey_oauth::client_auth::wskey::Signing;
use latchkey_oauth::grant::{Institutions, Principal};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::grants::Entropy;
use latchkey_oauth::grants::authorization_code::consent::{AuthorizationResponse, Consent};
use latchkey_oauth::grants::authorization_code::request::ResponseType;
use latchkey_oauth::keyrings::Keyrings;
use latchkey_oauth::scope::Scope;
use latchkey_oauth::secret::{ClientSecret, Keyring};
use latchkey_oauth::service::KeySet;
use latchkey_oauth::session::SignedIn;
use latchkey_oauth::settings::OldKeys;
use latchkey_oauth::settings::Settings;
use latchkey_oauth::sign_in::{SignIn, password};
use latchkey_oauth::token::GrantId;
use latchkey_oauth::user::{DescribedScope, Institution, User};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub const CLIENT: &str = "fuzzed-client";
pub const SECRET: &str = "s3cr3t/of+the=fuzzed/client";
pub const REDIRECT: &str = "https://app.example/callback";
pub const PASSWORD: &str = "correct horse battery";
pub const ISSUER: &str = "http://127.0.0.1:8000";

/// The embedded engine keeps all in memory, so now and then it starts anew.
const VISITS: u32 = 20_000;
/// So often the count of wrong passwords ends, or soon none would be looked at for a year.
const UNLOCKED: u32 = 50;

pub struct World {
    pub runtime: Runtime,
    pub service: Service,
    pub checker: Checker,
    /// An access token, for WMS_NCIP, that is good when this world begins.
    pub access: String,
    pub began: u64,
    /// The time, which runs ahead: attempts to sign in are forgotten, or soon no password would be looked at.
    pub now: u64,
    /// Whose password opens a session.
    pub alice: SignedIn,
    visits: u32,
}

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// Runs something in this thread's world.
pub fn context(run: impl FnOnce(&World)) {
    WORLD.with_borrow_mut(|kept| {
        // The engine goes with its world's runtime.
        let world = match kept {
            Some(world) if world.visits < VISITS => world,
            _ => kept.insert(World::new()),
        };
        world.visits += 1;
        world.now += 1;
        if world.visits.is_multiple_of(UNLOCKED) {
            world.unlock();
        }
        run(world);
    });
}

/// The client, the directory and the user.
async fn populate(service: &Service, now: u64) -> SignedIn {
    let (store, keyring) = (&service.store, service.keyring(KeySet::Clients));
    let secret = ClientSecret::new(SECRET.into());
    let sealed = keyring.seal(CLIENT, &secret, random().unwrap()).unwrap();
    let secret = NamedSecret { name: "first".into(), sealed, created_at: now, expires_at: None };
    let client = Client {
        grant_types: [&GrantType::ASKED_FOR[..], &[GrantType::Implicit]].concat(),
        scopes: vec!["WMS_NCIP".into(), "WMS_ACQ".into()],
        institutions: vec!["128807".into(), "91475".into()],
        redirect_uris: vec![REDIRECT.into()],
        introspects: vec!["*".into()],
        names_principal: true,
        namespaces: None,
        signed_principal_required: false,
        ..Client::new(CLIENT.into(), "A <x7q> client".into(), secret, now)
    };
    let mut usage = Usage::default();
    assert!(store.create_client(&client, &mut usage).await.unwrap().is_made());
    let mut directory = store.directory(&mut usage).await.unwrap();
    for (id, name) in [("128807", "First <x7q> Library"), ("91475", "Second Library")] {
        directory.institutions.push(Institution { id: id.into(), name: name.into() });
    }
    directory.services.push(DescribedScope { scope: "WMS_NCIP".into(), name: "<x7q>".into() });
    assert!(store.change_directory(directory, &mut usage).await.unwrap().is_made());
    let user = User {
        institution_id: "128807".into(),
        username: "alice".into(),
        principal: Principal { id: "alice-id".into(), idns: "urn:test".into() },
        sign_in: Some(SignIn::Password(password::hash(PASSWORD, &random().unwrap()).unwrap())),
        second_factor: None,
        disabled: false,
        ending: false,
        created_at: now,
        revision: 0,
    };
    assert!(store.add_user(user, &mut usage).await.unwrap().is_made());
    let user = store.user("128807", "alice", &mut usage).await.unwrap().unwrap().into_inner();
    SignedIn { stamp: user.stamp(), institution_id: user.institution_id, username: user.username, principal: None }
}

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let began = clock::now();
        let store = runtime.block_on(engine());
        let checker = Checker::new(store.clone(), 0);
        let keyrings = Keyrings::of_all(&Keyring::line("v1", &random().unwrap()), OldKeys::None).unwrap();
        let issuer = Some(ISSUER.into());
        let service = Service { store, keyrings, settings: Settings { issuer, ..Settings::default() } };
        let alice = runtime.block_on(populate(&service, began));
        let mut world = Self { runtime, service, checker, access: String::new(), began, now: began, alice, visits: 0 };
        world.access = world.token("access_token=", ResponseType::Token);
        world
    }

    fn unlock(&self) {
        let unlocking = async {
            let mut usage = Usage::default();
            let user = self.service.store.user("128807", "alice", &mut usage).await.unwrap().unwrap();
            self.service.store.unlock_user(&user, &mut usage).await.unwrap();
        };
        self.runtime.block_on(unlocking);
    }

    /// A fresh code, or the token of that name with a grant of its own.
    pub fn token(&self, name: &str, response_type: ResponseType) -> String {
        let consented = Consent {
            response_type,
            redirect_uri: REDIRECT.into(),
            institutions: Institutions { authenticating: "128807".into(), context: "128807".into() },
            principal: None,
            scope: Scope::parse("WMS_NCIP refresh_token").unwrap(),
            refresh_seconds: None,
            challenge: None,
            form_ends_at: 0,
        };
        let entropy = Entropy { access: random().unwrap(), refresh: random().unwrap() };
        let response = self.runtime.block_on(async {
            let (service, mut usage) = (&self.service, Usage::default());
            let client = service.store.client(CLIENT, &mut usage).await.unwrap().unwrap();
            let id = GrantId::random(random().unwrap());
            consent(service, &client, consented, id, &entropy, self.now, &mut usage).await.map(|(_, response)| response)
        });
        match response.unwrap() {
            AuthorizationResponse::Code(code) => code.text.to_string(),
            AuthorizationResponse::Tokens(answer) if name == "refresh_token=" => {
                answer.refresh.unwrap().token.text.to_string()
            }
            AuthorizationResponse::Tokens(answer) => answer.access.token.text.to_string(),
        }
    }

    /// The Authorization header of the client.
    pub fn sign(&self, method: &str, query: &str, body: &[u8]) -> Option<String> {
        let nonce = random::<16>().unwrap().map(|byte| format!("{byte:02x}")).concat();
        let signing = Signing {
            client_id: CLIENT,
            secret: &ClientSecret::new(SECRET.into()),
            authority: &self.service.settings.authority,
            timestamp: &self.now.to_string(),
            nonce: &nonce,
            principal: None,
            method,
            query,
            body,
        };
        signing.sign().ok().map(|signed| signed.authorization)
    }
}

/// Whether the database was given all of its time, or the reads took what a write needs. The engine is there; on a busy machine
/// it may be late, and nothing else excuses a 503.
pub fn is_late(log_line: &LogLine) -> bool {
    let given = if log_line.database_error.as_deref() == Some("ReadsTookTooLong") { 2400.0 } else { 9000.0 };
    log_line.denial == Some("database_unreachable") && log_line.duration_ms >= given
}

/// The engine of the local server, without the rest of it.
async fn engine() -> Store {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let database = dynoxide::Database::memory().unwrap();
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()));
    let [clients, tokens, users] = ["clients", "tokens", "users"].map(str::to_owned);
    // On a machine that is busy with other things a function's own timeouts would be findings.
    let patient = aws::dynamodb_at(&url).config().to_builder().timeout_config(TimeoutConfig::disabled()).build();
    let store = Store::new(DynamoDb::from_conf(patient), Tables { clients, tokens, users });
    store.create_tables(&mut Usage::default()).await.unwrap();
    store
}
