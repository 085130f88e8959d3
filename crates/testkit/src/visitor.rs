//! A browser as far as HTTP goes: it keeps its cookie and sends forms back. The real one is in `tests/node`.

use std::sync::Mutex;

use bytes::Bytes;
use http::Method;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::form::encode;
use latchkey_oauth::grant::Principal;
use latchkey_oauth::sign_in::password::PasswordHash;
use latchkey_oauth::sign_in::{SignIn, password};
use latchkey_oauth::user::{DescribedScope, Institution, User};

use crate::reply::Reply;
use crate::signer::Signer;
use crate::world::{REDIRECT, World};

pub const AUTHORIZE: &str = "/oauth2/authorizeCode";
pub const PASSWORD: &str = "correct horse battery";

impl World {
    /// A world with people in it.
    pub async fn peopled() -> Self {
        let world = Self::new().await;
        world.with_people().await;
        world
    }

    /// Two institutions, one described scope, and the user `alice` at the first.
    pub async fn with_people(&self) {
        self.with_institutions().await;
        self.add_user("alice").await;
    }

    /// The two institutions and the described scope.
    pub async fn with_institutions(&self) {
        let mut usage = Usage::default();
        let mut directory = self.service.store.directory(&mut usage).await.unwrap();
        for (id, name) in [("128807", "First Library"), ("91475", "Second Library")] {
            directory.institutions.push(Institution { id: id.into(), name: name.into() });
        }
        directory.services.push(DescribedScope { scope: "WMS_NCIP".into(), name: "Circulation".into() });
        assert!(self.service.store.change_directory(directory, &mut usage).await.unwrap().is_made());
    }

    pub async fn add_user(&self, username: &str) {
        self.add_user_with(username, password::hash(PASSWORD, &random().unwrap()).unwrap()).await;
    }

    pub async fn add_user_with(&self, username: &str, hash: PasswordHash) {
        let user = User {
            institution_id: "128807".into(),
            username: username.into(),
            principal: Principal { id: format!("{username}-id"), idns: "urn:test".into() },
            sign_in: Some(SignIn::Password(hash)),
            second_factor: None,
            disabled: false,
            ending: false,
            created_at: self.now(),
            revision: 0,
        };
        assert!(self.service.store.add_user(user, &mut Usage::default()).await.unwrap().is_made());
    }

    pub async fn change_user(&self, username: &str, edit: impl FnOnce(&mut User)) {
        let store = &self.service.store;
        let mut user = store.user("128807", username, &mut Usage::default()).await.unwrap().unwrap();
        edit(&mut user);
        assert!(store.change_user(user, &mut Usage::default()).await.unwrap().is_made());
    }

    pub fn visitor(&self) -> Visitor<'_> {
        Visitor { world: self, cookie: Mutex::default() }
    }
}

pub struct Visitor<'w> {
    pub world: &'w World,
    /// Its cookies, as it sends them.
    pub cookie: Mutex<Option<String>>,
}

/// A whole request, with `change`d pairs: an empty value takes a pair away.
pub fn request(client: &Signer, change: &[(&str, &str)]) -> String {
    let base = [
        ("client_id", client.id.as_str()),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("scope", "WMS_NCIP refresh_token"),
        ("authenticatingInstitutionId", "128807"),
        ("contextInstitutionId", "128807"),
        ("state", "xyz"),
    ];
    let changed = |name: &str| change.iter().any(|(known, _)| *known == name);
    let pairs = base.iter().filter(|(name, _)| !changed(name)).chain(change).filter(|(_, value)| !value.is_empty());
    pairs.map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
}

impl Visitor<'_> {
    pub async fn get(&self, target: &str) -> Reply {
        self.send(Method::GET, target, &[], Bytes::new()).await
    }

    pub async fn ask(&self, query: &str) -> Reply {
        self.get(&format!("{AUTHORIZE}?{query}")).await
    }

    /// As a page of ours sends it. Before the user allows, a second goes by: so long it takes to read.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        if fields.contains(&("action", "allow")) {
            self.world.advance(1);
        }
        self.post_from(path, fields, "same-origin").await
    }

    pub async fn post_from(&self, path: &str, fields: &[(&str, &str)], site: &str) -> Reply {
        let body: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", site)];
        self.send(Method::POST, path, &headers, Bytes::from(body.join("&"))).await
    }

    pub async fn send(&self, method: Method, target: &str, headers: &[(&str, &str)], body: Bytes) -> Reply {
        let cookie = self.cookie.lock().unwrap().clone();
        let mut headers = headers.to_vec();
        headers.extend(cookie.as_deref().map(|cookie| ("cookie", cookie)));
        let reply = self.world.send(method, target, &headers, body).await;
        self.receive(&reply);
        reply
    }

    /// Keeps the cookies of an answer: each replaces the one of its name, and an ended one goes.
    pub fn receive(&self, reply: &Reply) {
        let mut cookies = self.cookie.lock().unwrap();
        let before = cookies.as_deref().unwrap_or_default().split("; ").filter(|pair| !pair.is_empty());
        let mut kept: Vec<String> = before.map(str::to_owned).collect();
        for set in reply.headers.get_all("set-cookie") {
            let set = set.to_str().unwrap();
            let pair = set.split(';').next().unwrap();
            let name = &pair[..=pair.find('=').unwrap()];
            kept.retain(|known| !known.starts_with(name));
            if !set.contains("Max-Age=0") {
                kept.push(pair.to_owned());
            }
        }
        *cookies = (!kept.is_empty()).then(|| kept.join("; "));
    }

    /// The sign-in form, answered.
    pub async fn sign_in_as(&self, query: &str, username: &str, password: &str) -> Reply {
        let form = self.ask(query).await.form();
        let fields = [("form", form.as_str()), ("username", username), ("password", password), ("action", "sign_in")];
        self.post(AUTHORIZE, &fields).await
    }

    /// Up to the question whether to allow it: that page.
    pub async fn sign_in(&self, query: &str) -> Reply {
        let reply = self.sign_in_as(query, "alice", PASSWORD).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        let page = self.get(&format!("/oauth2/{}", reply.location())).await;
        assert!(page.text.contains("value=\"allow\""), "{}", page.text);
        page
    }

    /// The cookie of this name, without what else it sends.
    pub fn value(&self, name: &str) -> Option<String> {
        let cookies = self.cookie.lock().unwrap();
        let mut pairs = cookies.as_deref()?.split("; ");
        pairs.find_map(|pair| Some(pair.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
    }

    /// All of it: what the application is given.
    pub async fn allow(&self, query: &str) -> Reply {
        let form = self.sign_in(query).await.form();
        self.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await
    }
}
