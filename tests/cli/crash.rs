//! Killed at any moment under load, and started again: what was acknowledged holds, and nothing is minted twice. Ten kills;
//! with `LATCHKEY_TEST_KILLS=500` so many. `LATCHKEY_TEST_SEED` chooses the moments of an earlier run again.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client as Http, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use latchkey_cli::local::{DEMO_PASSWORD, DEMO_USER, tables};
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::client_auth::wskey::header::Credentials;
use latchkey_oauth::client_auth::wskey::replay_key;
use latchkey_oauth::form::encode;
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::token::{GrantId, Selector, Unverified};
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::AUTHORIZE;
use latchkey_testkit::world::{ASK, ISSUE, REFRESH, refreshing};
use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::dice::{dice, number, rng};
use crate::running::{Running, command};

const CLIENTS: u8 = 6;
const REVOKE: &str = "/oauth2/revoke";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const CALLBACK: &str = "http%3A%2F%2F127.0.0.1%2Fcallback";
/// Nothing expires on the way.
const LONG: [(&str, &str); 2] = [("LATCHKEY_ACCESS_TOKEN_SECONDS", "86400"), ("LATCHKEY_SESSION_SECONDS", "86400")];

/// A running server, and who asks it.
struct Place {
    url: String,
    store: Store,
    demo: Signer,
    http: Http<HttpConnector, Full<Bytes>>,
}

impl Place {
    fn of(server: &Running) -> Self {
        let greeting = server.greeting.join(" ");
        let key: HashMap<_, _> = greeting.split(' ').filter_map(|word| word.split_once('=')).collect();
        let secret = key.get("LATCHKEY_SECRET").unwrap_or_else(|| panic!("no demo client: {greeting}"));
        let secret = ClientSecret::new((*secret).to_owned());
        Self {
            url: server.url.clone(),
            store: Store::new(dynamodb_at(&server.dynamodb_url), tables()),
            demo: Signer { id: key["LATCHKEY_CLIENT_ID"].to_owned(), secret },
            http: Http::builder(TokioExecutor::new()).build_http(),
        }
    }

    /// `None` where no whole answer came.
    async fn send(&self, method: Method, target: &str, headers: &[(&str, &str)], body: String) -> Option<Reply> {
        let mut request = Request::builder().method(method).uri(format!("{}{target}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, body) = self.http.request(request.body(Full::from(body)).unwrap()).await.ok()?.into_parts();
        let text = String::from_utf8(body.collect().await.ok()?.to_bytes().into()).unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Some(Reply { status: parts.status, headers: parts.headers, text, body })
    }

    fn signed(&self, path: &'static str, query: String) -> Signed {
        self.signed_as(Method::POST, path, query)
    }

    fn signed_as(&self, method: Method, path: &'static str, query: String) -> Signed {
        Signed { authorization: self.demo.sign_method(method.as_str(), &query, now()), method, path, query }
    }

    async fn ask(&self, Signed { method, path, query, authorization }: &Signed) -> Option<Reply> {
        let header = ("authorization", authorization.as_str());
        self.send(method.clone(), &format!("{path}?{query}"), &[header], String::new()).await
    }

    async fn is_active(&self, token: &str) -> bool {
        let reply = self.ask(&self.signed("/oauth2/introspect", format!("token={token}"))).await.unwrap();
        reply.body["active"].as_bool().unwrap_or_else(|| panic!("{}", reply.text))
    }

    /// Whether this request has minted. On a machine so busy that the SDK's time runs out, it is asked again.
    async fn has_minted(&self, Mint { request, of }: &Mint) -> bool {
        let credentials = Credentials::parse(request.authorization.as_bytes()).unwrap();
        let by = replay_key(credentials.client_id, credentials.timestamp, credentials.nonce);
        let named = of.as_deref().map(|token| Unverified::parse(token).unwrap().grant_id);
        let id = named.unwrap_or(GrantId::of_request(&by));
        for _ in 0..100 {
            let usage = &mut Usage::default();
            if request.path == REFRESH {
                let Ok(found) = self.store.access_hash(&id, &Selector::of_request(&by), usage).await else { continue };
                return found.is_some();
            }
            let Ok(grant) = self.store.grant(&id, usage).await else { continue };
            let Some(code) = grant.as_ref().and_then(|grant| grant.code.as_ref()) else { return grant.is_some() };
            return code.redeemed.is_some_and(|redeemed| redeemed.by == by);
        }
        panic!("the engine does not answer");
    }

    async fn page(&self, method: Method, target: &str, cookie: &str, body: String) -> Option<Reply> {
        self.send(method, target, &[("cookie", cookie), ("sec-fetch-site", "same-origin"), FORM], body).await
    }

    /// The cookie of the demo user's session.
    async fn sign_in(&self) -> String {
        let cookie =
            |reply: &Reply| reply.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let page = self.page(Method::GET, &asking(), "", String::new()).await.unwrap();
        let form = encode(&page.form()).into_owned();
        let body = format!("form={form}&action=sign_in&username={DEMO_USER}&password={DEMO_PASSWORD}");
        let reply = self.page(Method::POST, AUTHORIZE, &cookie(&page), body).await.unwrap();
        assert_eq!(reply.status, 303, "{}", reply.text);
        cookie(&reply)
    }
}

fn asking() -> String {
    let rest = ASK.split_once('&').unwrap().1;
    format!("{AUTHORIZE}?client_id=demo&redirect_uri={CALLBACK}&response_type=code&{rest}")
}

struct Signed {
    method: Method,
    path: &'static str,
    query: String,
    authorization: String,
}

/// A request for tokens: by refresh token or code, or by nothing.
struct Mint {
    request: Signed,
    of: Option<String>,
}

/// What a kill cut off.
enum Cut {
    Mint(Mint),
    /// With the tokens that it ends: all, or none.
    Revoke(Signed, Vec<String>),
    /// A yes of the user.
    Consent(String),
    /// What changes nothing.
    Page,
}

/// One client's books.
#[derive(Default)]
struct Books {
    cookie: String,
    /// Forms that ask for consent, and when they were made.
    forms: Vec<(Instant, String)>,
    /// Whether each token that was acknowledged must work.
    tokens: HashMap<String, bool>,
    /// Those that something was acknowledged of since the last start.
    fresh: Vec<String>,
    /// Refresh tokens in use, each with the access tokens of its grant.
    grants: Vec<(String, Vec<String>)>,
    codes: Vec<String>,
    /// Answered since the last start.
    minted: Vec<Mint>,
    cut: Option<Cut>,
}

impl Books {
    /// Asks for one thing after the other until the server is gone.
    async fn work(mut self, place: Arc<Place>, mut dice: TestRng) -> Self {
        while self.cut.is_none() {
            self.cut = self.step(&place, &mut dice).await.err();
        }
        self
    }

    async fn step(&mut self, place: &Place, dice: &mut TestRng) -> Result<(), Cut> {
        let one = (!self.grants.is_empty()).then(|| dice.random_range(0..self.grants.len()));
        match (dice.random_range(0..10), one) {
            (0 | 1, _) | (_, None) => self.mint(place, place.signed(ISSUE, ASK.to_owned()), None).await,
            (2..=4, Some(one)) => {
                let token = self.grants[one].0.clone();
                self.mint(place, place.signed(REFRESH, refreshing(&token)), Some(token)).await
            }
            (5, Some(one)) => {
                let (refresh, mut ends) = self.grants.swap_remove(one);
                ends.push(refresh.clone());
                // One of another grant, in the same transaction.
                let other = self.grants.first_mut().and_then(|(_, accesses)| accesses.pop());
                let query = match &other {
                    Some(access) => format!("refresh_token={refresh}&access_token={access}"),
                    None => format!("refresh_token={refresh}"),
                };
                ends.extend(other);
                self.revoke(place.signed_as(Method::PUT, REVOKE, query), place, ends).await
            }
            (6, Some(one)) => match self.grants[one].1.pop() {
                Some(access) => self.revoke(place.signed(REVOKE, format!("token={access}")), place, vec![access]).await,
                None => Ok(()),
            },
            (7, _) => {
                let page = place.page(Method::GET, &asking(), &self.cookie, String::new()).await.ok_or(Cut::Page)?;
                self.forms.push((Instant::now(), format!("form={}&action=allow", encode(&page.form()))));
                Ok(())
            }
            (8, _) => {
                // So long it takes to read.
                let is_read = |(made, _): &(Instant, String)| made.elapsed() > Duration::from_millis(1001);
                let Some(at) = self.forms.iter().position(is_read) else { return Ok(()) };
                let (_, body) = self.forms.swap_remove(at);
                let given = place.page(Method::POST, AUTHORIZE, &self.cookie, body.clone()).await;
                self.codes.push(given.ok_or(Cut::Consent(body))?.given("code").unwrap());
                Ok(())
            }
            _ => match self.codes.pop() {
                Some(code) => self.mint(place, redeeming(place, &code), Some(code)).await,
                None => Ok(()),
            },
        }
    }

    async fn mint(&mut self, place: &Place, request: Signed, of: Option<String>) -> Result<(), Cut> {
        let reply = place.ask(&request).await;
        let mint = Mint { request, of };
        let Some(reply) = reply else { return Err(Cut::Mint(mint)) };
        self.acknowledge(&mint, &reply);
        self.minted.push(mint);
        Ok(())
    }

    fn acknowledge(&mut self, mint: &Mint, reply: &Reply) {
        assert_eq!(reply.status, 200, "{}", reply.text);
        let access = reply.member("access_token").to_owned();
        self.hold(access.clone(), true);
        if let Some((_, accesses)) = self.grants.iter_mut().find(|(refresh, _)| mint.of.as_ref() == Some(refresh)) {
            accesses.push(access);
        } else {
            let refresh = reply.member("refresh_token").to_owned();
            self.hold(refresh.clone(), true);
            self.grants.push((refresh, vec![access]));
        }
    }

    fn hold(&mut self, token: String, works: bool) {
        self.fresh.push(token.clone());
        self.tokens.insert(token, works);
    }

    async fn revoke(&mut self, request: Signed, place: &Place, ends: Vec<String>) -> Result<(), Cut> {
        let Some(reply) = place.ask(&request).await else { return Err(Cut::Revoke(request, ends)) };
        assert_eq!(reply.status, 200, "{}", reply.text);
        ends.into_iter().for_each(|token| self.hold(token, false));
        Ok(())
    }

    /// After a start: what was cut off has happened wholly or not at all, and what was acknowledged holds.
    async fn check(mut self, place: Arc<Place>) -> Self {
        match self.cut.take() {
            Some(Cut::Mint(mint)) => self.check_cut(&place, mint).await,
            Some(Cut::Revoke(request, ends)) => {
                let mut active = Vec::new();
                for token in &ends {
                    active.push(place.is_active(token).await);
                }
                assert!(active.windows(2).all(|two| two[0] == two[1]), "revoked in part: {active:?}");
                assert_eq!(place.ask(&request).await.unwrap().status, 200);
                ends.into_iter().for_each(|token| self.hold(token, false));
            }
            Some(Cut::Consent(body)) => {
                let give = async || place.page(Method::POST, AUTHORIZE, &self.cookie, body.clone()).await.unwrap();
                let (code, again) = (give().await.given("code").unwrap(), give().await.given("code").unwrap());
                assert_eq!(code, again, "one yes, one code");
                self.codes.push(code);
            }
            Some(Cut::Page) | None => {}
        }
        for Mint { request, .. } in std::mem::take(&mut self.minted) {
            let reply = place.ask(&request).await.unwrap();
            // The grant may have been revoked since, which is told first.
            let refused = [Some("invalid_client"), Some("invalid_grant")].contains(&reply.body["error"].as_str());
            assert!(refused && reply.body.get("access_token").is_none(), "minted twice: {}", reply.text);
        }
        // A code that was acknowledged can be redeemed.
        for code in std::mem::take(&mut self.codes) {
            let redeemed = self.mint(&place, redeeming(&place, &code), Some(code)).await;
            assert!(redeemed.is_ok(), "no answer");
        }
        for token in std::mem::take(&mut self.fresh) {
            self.check_token(&place, &token).await;
        }
        self
    }

    async fn check_cut(&mut self, place: &Place, mint: Mint) {
        let had = place.has_minted(&mint).await;
        let replies: [Option<Reply>; 2] = tokio::join!(place.ask(&mint.request), place.ask(&mint.request)).into();
        let (granted, refused): (Vec<_>, Vec<_>) = replies.into_iter().flatten().partition(|reply| reply.status == 200);
        assert_eq!(granted.len() + usize::from(had), 1, "minted once, before the kill or after it");
        for reply in refused {
            reply.refuses(401, "invalid_client");
        }
        for reply in granted {
            self.acknowledge(&mint, &reply);
        }
    }

    async fn check_token(&self, place: &Place, token: &str) {
        let works = self.tokens[token];
        assert_eq!(place.is_active(token).await, works, "{token}");
        if token.starts_with("rt_") {
            let reply = place.ask(&place.signed(REFRESH, refreshing(token))).await.unwrap();
            assert_eq!(
                (reply.status == 200, reply.body["error"] == "invalid_grant"),
                (works, !works),
                "{}",
                reply.text
            );
        }
    }

    async fn check_all(self, place: Arc<Place>) -> Self {
        for token in self.tokens.keys() {
            self.check_token(&place, token).await;
        }
        self
    }
}

fn redeeming(place: &Place, code: &str) -> Signed {
    let institutions = "authenticatingInstitutionId=128807&contextInstitutionId=128807";
    place.signed(ISSUE, format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&{institutions}"))
}

/// All clients at once.
fn all<F: Future<Output = Books> + Send + 'static>(clients: Vec<Books>, run: impl FnMut(Books) -> F) -> JoinSet<Books> {
    clients.into_iter().map(run).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_a_kill_at_any_moment() {
    let (mut dice, folder) = (dice(), tempfile::tempdir().unwrap());
    let mut clients: Vec<Books> = (0..CLIENTS).map(|_| Books::default()).collect();
    let start = || {
        let server = Running::start_with(folder.path(), &[], &LONG);
        let place = Arc::new(Place::of(&server));
        (server, place)
    };
    for kill in 0..number("LATCHKEY_TEST_KILLS", 10) {
        let (server, place) = start();
        if kill == 0 {
            let cookie = place.sign_in().await;
            clients.iter_mut().for_each(|books| books.cookie.clone_from(&cookie));
        }
        clients = all(clients, |books| books.check(place.clone())).join_all().await;
        let working = all(clients, |books| books.work(place.clone(), rng(dice.random())));
        tokio::time::sleep(Duration::from_micros(dice.random_range(0..300_000))).await;
        server.end("-KILL");
        clients = working.join_all().await;
    }
    let (_server, place) = start();
    clients = all(clients, |books| books.check(place.clone())).join_all().await;
    let clients = all(clients, |books| books.check_all(place.clone())).join_all().await;
    let [works, ended] = [true, false]
        .map(|works| clients.iter().flat_map(|books| books.tokens.values()).filter(|token| **token == works).count());
    println!("{works} acknowledged tokens work, {ended} revoked ones do not");
    assert!(works > 0 && ended > 0, "something was at stake");
}

#[tokio::test]
async fn a_first_start_killed_anywhere_is_finished_by_the_next_one() {
    let mut dice = dice();
    for _ in 0..number("LATCHKEY_TEST_KILLS", 10).div_ceil(2) {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let mut start = command(folder.path());
            let mut start = start.args(["--port", "0", "--dynamodb-port", "0"]).stdout(Stdio::null()).spawn().unwrap();
            tokio::time::sleep(Duration::from_micros(dice.random_range(0..250_000))).await;
            start.kill().unwrap();
            start.wait().unwrap();
        }
        let server = Running::start(folder.path(), &[]);
        Place::of(&server).sign_in().await;
    }
}
