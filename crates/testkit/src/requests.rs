//! Every kind of request that there is, ready to be sent again and again, with what must be so once it was answered.

mod afterwards;
mod kind;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use latchkey::lambda::authorizer::{UNAUTHORIZED, authorize};
use latchkey_guard::bearer::Checker;
use latchkey_guard::layer::Guard;
use latchkey_oauth::client::Client;
use latchkey_oauth::form::encode;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::scope::{RouteScopes, Scope};
use latchkey_oauth::service::{APPLICATIONS, PUSH};
use latchkey_oauth::settings::Subjects;
use serde_json::Value;
use tokio::time::Instant;

pub use self::kind::{KINDS, Kind};
use crate::device::{DEVICE, DEVICE_AUTHORIZATION, polling};
use crate::events::{AUTHORIZER_SHAPES, authorizer_event};
use crate::faults::Troubled;
use crate::reply::Reply;
use crate::signer::Signer;
use crate::visitor::{AUTHORIZE, PASSWORD, request};
use crate::world::{ASK, INTROSPECT, ISSUE, REFRESH, redemption, refreshing};

/// A request, ready to be sent, and sent again to the letter.
pub struct Ready {
    pub kind: Kind,
    pub client: Signer,
    method: Method,
    target: String,
    headers: Vec<(&'static str, String)>,
    body: String,
    /// Whose password is typed.
    pub username: String,
    /// The code or the tokens that it is about.
    pub about: Vec<String>,
}

#[derive(Debug, PartialEq)]
pub enum Seen {
    Right,
    Unavailable,
    Refused,
}

/// All that requests of one kind are sent to.
pub struct House {
    pub troubled: Troubled,
    checker: Checker,
    /// Of an API behind the guard.
    api: String,
    /// Of a browser that alice is signed in with.
    cookie: String,
}

impl House {
    pub async fn new() -> Self {
        let troubled = Troubled::new().await;
        let world = &troubled.world;
        world.with_people().await;
        // As the function begins: then its pages know that the index has all.
        assert_eq!(world.service.store.look_at_index().await, None);
        let guard = Guard::new(Checker::new(world.service.store.clone(), 0), Scope::parse("WMS_NCIP").unwrap());
        let api = axum::Router::new().route("/loans", axum::routing::get(async || "loans").layer(guard));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, api).await.unwrap() });
        let visitor = world.visitor();
        visitor.sign_in(&request(&world.client().await, &[])).await;
        let cookie = visitor.cookie.lock().unwrap().clone().unwrap();
        let checker = Checker::new(world.service.store.clone(), 0);
        Self { checker, api: base, cookie, troubled }
    }

    /// A refresh token that alice has allowed a client.
    async fn grant(&self, client: &Signer) -> String {
        let world = &self.troubled.world;
        let code = world.code_of(client, "alice").await;
        world.redeem(client, &code).await.member("refresh_token").to_owned()
    }

    pub async fn ready(&self, kind: Kind) -> Ready {
        if self.troubled.is_paused {
            // Past what the store does after trouble.
            tokio::time::sleep(Duration::from_secs(61)).await;
        }
        let world = &self.troubled.world;
        let edit = |client: &mut Client| {
            client.introspects = vec!["*".into()];
            client.grant_types.push(GrantType::Implicit);
        };
        let client = world.client_with(edit).await;
        let visitor = world.visitor();
        *visitor.cookie.lock().unwrap() = kind.is_signed_in().then(|| self.cookie.clone());
        let refresh_token = async || world.tokens(&client).await.member("refresh_token").to_owned();
        // Read in two items, so that a batch has what to leave unread.
        let access_token = async || {
            let refreshed = world.refresh(&client, &refresh_token().await).await;
            refreshed.member("access_token").to_owned()
        };
        let dead_token = async || {
            let token = access_token().await;
            assert_eq!(world.ask(&client, "/oauth2/revoke", &format!("token={token}")).await.status, 200);
            token
        };
        let form = async |target: &str| visitor.get(target).await.form();
        let asked = format!("{AUTHORIZE}?{}", request(&client, &[]));
        let mut username = "alice".to_owned();
        let mut about = Vec::new();
        let signed = |method: Method, path: &str, query: String| {
            let authorization = client.sign_method(method.as_str(), &query, world.now());
            (method, format!("{}{path}?{query}", world.url), vec![("authorization", authorization)], String::new())
        };
        let page = |path: &str, fields: String| {
            let cookie = visitor.cookie.lock().unwrap().clone().unwrap();
            let headers = vec![("cookie", cookie), ("content-type", "application/x-www-form-urlencoded".to_owned())];
            (Method::POST, format!("{}{path}", world.url), headers, fields)
        };
        let (method, target, headers, body) = match kind {
            Kind::Issue => signed(Method::POST, ISSUE, ASK.to_owned()),
            Kind::Redeem => {
                about.push(world.code(&client, "WMS_NCIP refresh_token").await);
                signed(Method::POST, ISSUE, redemption(&about[0]))
            }
            Kind::SecondUse => {
                let code = world.code(&client, "WMS_NCIP refresh_token").await;
                let redeemed = world.redeem(&client, &code).await;
                about.extend(["access_token", "refresh_token"].map(|name| redeemed.member(name).to_owned()));
                signed(Method::POST, ISSUE, redemption(&code))
            }
            Kind::Refresh | Kind::RefreshAtIssue => {
                about.push(refresh_token().await);
                signed(Method::POST, if kind == Kind::Refresh { REFRESH } else { ISSUE }, refreshing(&about[0]))
            }
            Kind::Revoke | Kind::RevokeAccess => {
                about.push(if kind == Kind::Revoke { refresh_token().await } else { access_token().await });
                signed(Method::POST, "/oauth2/revoke", format!("token={}", about[0]))
            }
            Kind::RevokeTwo => {
                about.extend([refresh_token().await, access_token().await]);
                let query = format!("refresh_token={}&access_token={}", about[0], about[1]);
                signed(Method::PUT, "/oauth2/revoke", query)
            }
            Kind::Introspect => signed(Method::POST, INTROSPECT, format!("token={}", access_token().await)),
            Kind::IntrospectDead => signed(Method::POST, INTROSPECT, format!("token={}", dead_token().await)),
            Kind::Metadata => {
                let url = format!("{}/.well-known/oauth-authorization-server", world.url);
                (Method::GET, url, vec![], String::new())
            }
            Kind::Push => signed(Method::POST, PUSH, request(&client, &[])),
            Kind::AskPushed => {
                let pushed = world.ask(&client, PUSH, &request(&client, &[])).await;
                let query = format!("client_id={}&request_uri={}", client.id, encode(pushed.member("request_uri")));
                let cookie = vec![("cookie", self.cookie.clone())];
                (Method::GET, format!("{}{AUTHORIZE}?{query}", world.url), cookie, String::new())
            }
            Kind::Ask => {
                let cookie = vec![("cookie", self.cookie.clone())];
                (Method::GET, format!("{}{asked}", world.url), cookie, String::new())
            }
            Kind::SignIn => {
                let form = form(&asked).await;
                let password = PASSWORD.replace(' ', "+");
                page(AUTHORIZE, format!("form={form}&username=alice&password={password}&action=sign_in"))
            }
            Kind::WrongPassword => {
                // Nobody of this name has failed before, and nobody at this address.
                username = client.id[..20].to_owned();
                world.advance(660);
                let form = form(&asked).await;
                page(AUTHORIZE, format!("form={form}&username={username}&password=wrong&action=sign_in"))
            }
            Kind::Allow => {
                let form = form(&asked).await;
                world.advance(1);
                page(AUTHORIZE, format!("form={form}&action=allow"))
            }
            Kind::AllowTokens => {
                let asked = format!("{AUTHORIZE}?{}", request(&client, &[("response_type", "token")]));
                let form = form(&asked).await;
                world.advance(1);
                page(AUTHORIZE, format!("form={form}&action=allow"))
            }
            Kind::Deny => page(AUTHORIZE, format!("form={}&action=deny", form(&asked).await)),
            Kind::SignOut => page("/oauth2/signOut", format!("form={}", form("/oauth2/signOut").await)),
            Kind::DeviceBegin => {
                let query =
                    "scope=WMS_NCIP%20refresh_token&authenticatingInstitutionId=128807&contextInstitutionId=128807";
                signed(Method::POST, DEVICE_AUTHORIZATION, query.to_owned())
            }
            Kind::DevicePoll => {
                about.push(world.device(&client).await.member("device_code").to_owned());
                signed(Method::POST, ISSUE, polling(&about[0]))
            }
            Kind::DeviceRedeem => {
                let begun = world.device(&client).await;
                about.push(begun.member("device_code").to_owned());
                *visitor.cookie.lock().unwrap() = Some(self.cookie.clone());
                visitor.allow_device(begun.member("user_code")).await.shows(200);
                signed(Method::POST, ISSUE, polling(&about[0]))
            }
            Kind::TypeCode => {
                let begun = world.device(&client).await;
                about.push(begun.member("device_code").to_owned());
                let form = form(DEVICE).await;
                page(DEVICE, format!("form={form}&user_code={}", begun.member("user_code")))
            }
            Kind::AllowDevice | Kind::DenyDevice => {
                let begun = world.device(&client).await;
                about.push(begun.member("device_code").to_owned());
                let form = visitor.sign_in_for_device(begun.member("user_code")).await.form();
                world.advance(1);
                let action = if kind == Kind::AllowDevice { "allow" } else { "deny" };
                page(DEVICE, format!("form={form}&action={action}"))
            }
            Kind::Applications | Kind::EndApplication => {
                // It comes first in the list.
                world.advance(1);
                about.push(self.grant(&client).await);
                let target = format!("{}{APPLICATIONS}", world.url);
                if kind == Kind::Applications {
                    (Method::GET, target, vec![("cookie", self.cookie.clone())], String::new())
                } else {
                    page(APPLICATIONS, format!("form={}&end={}", form(APPLICATIONS).await, client.id))
                }
            }
            Kind::Authorizer => {
                let event = authorizer_event(AUTHORIZER_SHAPES[0], Some(&format!("Bearer {}", access_token().await)));
                (Method::POST, String::new(), vec![], event)
            }
            Kind::AuthorizerDead => {
                let event = authorizer_event(AUTHORIZER_SHAPES[1], Some(&format!("Bearer {}", dead_token().await)));
                (Method::POST, String::new(), vec![], event)
            }
            Kind::Guard => {
                let bearer = ("authorization", format!("Bearer {}", access_token().await));
                (Method::GET, format!("{}/loans", self.api), vec![bearer], String::new())
            }
        };
        Ready { kind, client, method, target, headers, body, username, about }
    }

    /// What is answered. With a paused clock, within the deadline.
    pub async fn send(&self, ready: &Ready) -> (Seen, Reply) {
        let world = &self.troubled.world;
        let began = Instant::now();
        let reply = if ready.kind.authorizes() {
            let (answer, log_line) =
                authorize(&self.checker, &RouteScopes::any(), Subjects::V2, &ready.body, world.now()).await;
            let body = answer.map_or_else(Value::from, |answer| serde_json::to_value(answer).unwrap());
            let status = StatusCode::from_u16(log_line.status).unwrap();
            Reply { status, headers: HeaderMap::new(), text: body.to_string(), body }
        } else {
            let headers: Vec<_> = ready.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let body = Bytes::from(ready.body.clone());
            world.send_to("", ready.method.clone(), &ready.target, &headers, body).await
        };
        let is_in_time = !self.troubled.is_paused || began.elapsed() <= Duration::from_millis(9001);
        assert!(is_in_time, "{:?} took {:?}", ready.kind, began.elapsed());
        let seen = match reply.status.as_u16() {
            status if status == ready.kind.status() => Seen::Right,
            // Of two attempts at once, neither of which can be counted, one may be a guess.
            429 if ready.kind.is_page() => Seen::Unavailable,
            503 => Seen::Unavailable,
            _ => Seen::Refused,
        };
        match (&seen, ready.kind) {
            (Seen::Unavailable, kind) if kind.authorizes() => {
                assert!(reply.body.is_string() && reply.body != UNAUTHORIZED)
            }
            (Seen::Unavailable, kind) => {
                assert_eq!(reply.headers["retry-after"], "1");
                match kind.is_page() {
                    true => reply.shows(reply.status.as_u16()),
                    false => reply.refuses(503, "temporarily_unavailable"),
                };
            }
            _ => {}
        }
        (seen, reply)
    }
}
