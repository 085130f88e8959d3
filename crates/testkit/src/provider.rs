//! An institution's own provider, as far as tests need one. It signs in whom the test says, and answers as badly as the test
//! says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use latchkey_oauth::form::{Pairs, encode};
use latchkey_oauth::provider::Provider;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::assertion::Key;
use crate::registered::PROVIDER_SECRET;
use crate::reply::Reply;
use crate::visitor::{AUTHORIZE, Visitor};
use crate::world::World;

/// What it answers.
#[derive(Clone)]
pub enum Says {
    /// What it should.
    Right,
    /// This, whatever it is asked.
    Answer(u16, &'static str, String),
    /// Nothing, and keeps the connection.
    Nothing,
}

/// How it behaves. Each member is what a test may change.
pub struct Behaviour {
    /// What signs its ID tokens.
    pub key: Key,
    /// The header of its ID tokens.
    pub header: Value,
    /// What it makes of the claims before it signs them.
    pub edit: Box<dyn Fn(&mut Value) + Send>,
    /// What it makes of the ID token.
    pub forge: Box<dyn Fn(String) -> String + Send>,
    /// At its token endpoint.
    pub token: Says,
    /// Where its keys are.
    pub keys: Says,
    /// The keys that it publishes.
    pub published: Vec<Value>,
}

struct Inner {
    behaviour: Behaviour,
    /// What each code is redeemed for: its claims, and the challenge and the redirect URI of its request.
    codes: HashMap<String, (Value, [String; 2])>,
    token_calls: usize,
    key_calls: usize,
}

/// A provider at an address of this machine.
pub struct Idp {
    pub issuer: String,
    /// The institution for which it is registered.
    pub institution_id: String,
    /// Whether its answers name it (RFC 9207).
    sends_iss: bool,
    inner: Arc<Mutex<Inner>>,
}

/// A public key, as a provider publishes it.
pub fn published(key: &Key, kid: &str) -> Value {
    let mut jwk = key.jwk();
    (jwk["kid"], jwk["use"]) = (kid.into(), "sig".into());
    jwk
}

impl Idp {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let behaviour = Behaviour {
            key: Key::Rs256,
            header: json!({ "alg": "RS256", "kid": "first" }),
            edit: Box::new(|_| ()),
            forge: Box::new(|token| token),
            token: Says::Right,
            keys: Says::Right,
            published: vec![published(&Key::Rs256, "first")],
        };
        let inner = Inner { behaviour, codes: HashMap::new(), token_calls: 0, key_calls: 0 };
        let inner = Arc::new(Mutex::new(inner));
        let routes = Router::new().route("/token", post(token)).route("/keys", get(keys)).with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { issuer, institution_id: "128807".into(), sends_iss: true, inner }
    }

    /// A provider that is registered for the demo institution.
    pub async fn of(world: &World, edit: impl FnOnce(&mut Provider)) -> Self {
        Self::at(world, "128807", edit).await
    }

    /// A provider that is registered for an institution.
    pub async fn at(world: &World, institution_id: &str, edit: impl FnOnce(&mut Provider)) -> Self {
        let mut idp = Self::start().await;
        let mut provider = world.provider_of(institution_id, &idp.issuer);
        edit(&mut provider);
        (idp.institution_id, idp.sends_iss) = (institution_id.to_owned(), provider.sends_iss);
        world.register(provider).await;
        idp
    }

    /// Behaves otherwise from now on.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.inner.lock().unwrap().behaviour);
    }

    /// How often a code was to be redeemed, and how often its keys were read.
    pub fn calls(&self) -> (usize, usize) {
        let inner = self.inner.lock().unwrap();
        (inner.token_calls, inner.key_calls)
    }

    /// Signs a user in who came by this address, and returns the address that the user is sent back to.
    pub fn sign_in(&self, world: &World, url: &str, subject: &str) -> String {
        let asked = asked(url);
        assert!(url.starts_with(&format!("{}/authorize?", self.issuer)), "{url}");
        let back = format!("/oauth2/callback?institution={}", self.institution_id);
        let redirect_uri = asked["redirect_uri"].clone();
        assert_eq!(redirect_uri, format!("{}{back}", world.issuer()), "it knows no other");
        let code = format!("{}-{subject}-of-the-provider", asked["nonce"]);
        let mut claims = json!({
            "iss": self.issuer,
            "sub": subject,
            "aud": asked["client_id"],
            "iat": world.now(),
            "exp": world.now() + 300,
            "nonce": asked["nonce"],
            "preferred_username": format!("{subject}@demo.example"),
        });
        if asked.contains_key("max_age") || asked.get("prompt").is_some_and(|prompt| prompt == "login") {
            claims["auth_time"] = world.now().into();
        }
        self.inner
            .lock()
            .unwrap()
            .codes
            .insert(code.clone(), (claims, [asked["code_challenge"].clone(), redirect_uri]));
        let iss = if self.sends_iss { format!("&iss={}", encode(&self.issuer)) } else { String::new() };
        format!("{back}&code={}&state={}{iss}", encode(&code), encode(&asked["state"]))
    }
}

/// The parameters of an address.
pub fn asked(url: &str) -> HashMap<String, String> {
    let pairs = Pairs::parse(url.split_once('?').unwrap().1.as_bytes()).unwrap();
    pairs.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl Visitor<'_> {
    /// Presses the button of a sign-in page that leads to the provider. Returns where that is.
    pub async fn leave(&self, page: &Reply, path: &str) -> String {
        let another = page.text.contains("name=\"another\"").then_some(("another", "yes"));
        let form = page.form();
        let fields: Vec<_> = [("form", form.as_str()), ("action", "provider")].into_iter().chain(another).collect();
        let reply = self.post(path, &fields).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.location()
    }

    /// Up to the address by which the provider sends the user back.
    pub async fn visit(&self, idp: &Idp, query: &str, subject: &str) -> String {
        let page = self.ask(query).await;
        idp.sign_in(self.world, &self.leave(&page, AUTHORIZE).await, subject)
    }

    /// Up to the question whether to allow it: that page.
    pub async fn sign_in_at(&self, idp: &Idp, query: &str, subject: &str) -> Reply {
        let back = self.get(&self.visit(idp, query, subject).await).await;
        let page = self.follow(&back).await;
        assert!(page.text.contains("value=\"allow\""), "{}", page.text);
        page
    }
}

type Shared = State<Arc<Mutex<Inner>>>;

fn answer(status: u16, content_type: &str, body: String) -> Response<Body> {
    let response = Response::builder().status(status).header("content-type", content_type);
    response.header("location", "/elsewhere").body(Body::from(body)).unwrap()
}

async fn said(says: Says) -> Option<Response<Body>> {
    match says {
        Says::Right => None,
        Says::Answer(status, content_type, body) => Some(answer(status, content_type, body)),
        Says::Nothing => std::future::pending().await,
    }
}

async fn token(State(inner): Shared, headers: HeaderMap, body: String) -> Response<Body> {
    let says = {
        let mut inner = inner.lock().unwrap();
        inner.token_calls += 1;
        inner.behaviour.token.clone()
    };
    if let Some(answer) = said(says).await {
        return answer;
    }
    let inner = inner.lock().unwrap();
    let pairs = Pairs::parse(body.as_bytes()).unwrap();
    let value = |name: &str| pairs.iter().find_map(|(known, value)| (known == name).then(|| value.to_owned()));
    let credentials = format!("Basic {}", STANDARD.encode(format!("latchkey:{}", encode(PROVIDER_SECRET))));
    let by_header = headers.get("authorization").is_some_and(|sent| sent.as_bytes() == credentials.as_bytes());
    let by_form =
        value("client_id").as_deref() == Some("latchkey") && value("client_secret").as_deref() == Some(PROVIDER_SECRET);
    let refused = |error: &str| answer(400, "application/json", json!({ "error": error }).to_string());
    if by_header == by_form || value("grant_type").as_deref() != Some("authorization_code") {
        return refused("invalid_client");
    }
    let Some((claims, [challenge, redirect_uri])) = value("code").and_then(|code| inner.codes.get(&code).cloned())
    else {
        return refused("invalid_grant");
    };
    let verifier = value("code_verifier").unwrap_or_default();
    let hash = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
    if URL_SAFE_NO_PAD.encode(hash) != challenge || value("redirect_uri") != Some(redirect_uri) {
        return refused("invalid_grant");
    }
    let Behaviour { key, header, edit, forge, .. } = &inner.behaviour;
    let mut claims = claims;
    edit(&mut claims);
    let id_token = forge(key.jwt(&header.to_string(), &claims.to_string()));
    let given = json!({ "access_token": "unread", "token_type": "Bearer", "id_token": id_token });
    answer(StatusCode::OK.as_u16(), "application/json", given.to_string())
}

async fn keys(State(inner): Shared) -> Response<Body> {
    let (says, published) = {
        let mut inner = inner.lock().unwrap();
        inner.key_calls += 1;
        (inner.behaviour.keys.clone(), inner.behaviour.published.clone())
    };
    let right = || answer(200, "application/jwk-set+json", json!({ "keys": published }).to_string());
    said(says).await.unwrap_or_else(right)
}
