//! A running server, and a client that asks it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
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
use latchkey_testkit::world::{ASK, ISSUE, REFRESH};
use serde_json::Value;

use crate::running::Running;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const CALLBACK: &str = "http%3A%2F%2F127.0.0.1%2Fcallback";

/// A running server, and who asks it.
pub struct Place {
    pub url: String,
    pub store: Store,
    engine: String,
    demo: Signer,
    http: Http<HttpConnector, Full<Bytes>>,
    /// How many whole answers came.
    answered: AtomicUsize,
}

impl Place {
    pub fn of(server: &Running) -> Self {
        let greeting = server.greeting.join(" ");
        let key: HashMap<_, _> = greeting.split(' ').filter_map(|word| word.split_once('=')).collect();
        let secret = key.get("LATCHKEY_SECRET").unwrap_or_else(|| panic!("no demo client: {greeting}"));
        let secret = ClientSecret::new((*secret).to_owned());
        Self {
            url: server.url.clone(),
            store: Store::new(dynamodb_at(&server.dynamodb_url), tables()),
            engine: server.dynamodb_url.clone(),
            demo: Signer { id: key["LATCHKEY_CLIENT_ID"].to_owned(), secret },
            http: Http::builder(TokioExecutor::new()).build_http(),
            answered: AtomicUsize::new(0),
        }
    }

    /// Waits for so many answers more, which say how far all have come. A minute on, it waits no longer.
    pub async fn until_answered(&self, more: usize) {
        let before = self.answered.load(SeqCst);
        for _ in 0..60_000 {
            if self.answered.load(SeqCst) >= before + more {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
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
        self.answered.fetch_add(1, SeqCst);
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Some(Reply { status: parts.status, headers: parts.headers, text, body })
    }

    pub fn signed(&self, path: &'static str, query: String) -> Signed {
        self.signed_as(Method::POST, path, query)
    }

    pub fn signed_as(&self, method: Method, path: &'static str, query: String) -> Signed {
        Signed { authorization: self.demo.sign_method(method.as_str(), &query, now()), method, path, query }
    }

    pub async fn ask(&self, Signed { method, path, query, authorization }: &Signed) -> Option<Reply> {
        let header = ("authorization", authorization.as_str());
        self.send(method.clone(), &format!("{path}?{query}"), &[header], String::new()).await
    }

    pub async fn is_active(&self, token: &str) -> bool {
        let reply = self.ask(&self.signed("/oauth2/introspect", format!("token={token}"))).await.unwrap();
        reply.body["active"].as_bool().unwrap_or_else(|| panic!("{}", reply.text))
    }

    /// Whether this request has minted. On a machine so busy that the SDK's time runs out, it is asked again.
    pub async fn has_minted(&self, Mint { request, of }: &Mint) -> bool {
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
            return code.redeemed.is_some_and(|redeemed| redeemed.by == Some(by));
        }
        panic!("the engine does not answer");
    }

    pub async fn page(&self, method: Method, target: &str, cookie: &str, body: String) -> Option<Reply> {
        self.send(method, target, &[("cookie", cookie), ("sec-fetch-site", "same-origin"), FORM], body).await
    }

    /// Writes an attribute into a client's item, as a newer version does.
    pub async fn mark(&self, client_id: &str, name: &str) {
        let update = dynamodb_at(&self.engine).update_item().table_name(tables().clients);
        let update = update.key("client_id", AttributeValue::S(client_id.to_owned()));
        let update = update.update_expression("SET #name = :yes").expression_attribute_names("#name", name);
        update.expression_attribute_values(":yes", AttributeValue::Bool(true)).send().await.unwrap();
    }

    /// An attribute of a client's item.
    pub async fn attribute(&self, client_id: &str, name: &str) -> Option<AttributeValue> {
        let get = dynamodb_at(&self.engine).get_item().table_name(tables().clients).consistent_read(true);
        let found = get.key("client_id", AttributeValue::S(client_id.to_owned())).send().await.unwrap();
        found.item.unwrap().remove(name)
    }

    /// The cookie of the demo user's session.
    pub async fn sign_in(&self) -> String {
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

pub fn asking() -> String {
    let rest = ASK.split_once('&').unwrap().1;
    format!("{AUTHORIZE}?client_id=demo&redirect_uri={CALLBACK}&response_type=code&{rest}")
}

pub struct Signed {
    method: Method,
    path: &'static str,
    query: String,
    authorization: String,
}

/// A request for tokens: by refresh token or code, or by nothing.
pub struct Mint {
    pub request: Signed,
    pub of: Option<String>,
}

pub fn redeeming(place: &Place, code: &str) -> Signed {
    let institutions = "authenticatingInstitutionId=128807&contextInstitutionId=128807";
    place.signed(ISSUE, format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&{institutions}"))
}
