//! Every kind of request that there is, ready to be sent again and again, with what must be so once it was answered.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use latchkey::lambda::authorizer::{UNAUTHORIZED, authorize};
use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::registry::GrantFilter;
use latchkey_dynamodb::store::sign_in::{Source, Wanted};
use latchkey_guard::bearer::Checker;
use latchkey_guard::layer::Guard;
use latchkey_oauth::client::Client;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::scope::{RouteScopes, Scope};
use latchkey_oauth::token::Unverified;
use serde_json::Value;
use tokio::time::Instant;

use crate::authorizer::{SHAPES, event};
use crate::introspect::INTROSPECT;
use crate::visitor::{AUTHORIZE, PASSWORD, request};
use crate::wire::Troubled;
use crate::world::{ASK, ISSUE, REFRESH, Reply, Signer, redemption, refreshing};

/// What can be asked of the service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Issue,
    Redeem,
    /// Of a code that was redeemed: its grant is revoked.
    SecondUse,
    Refresh,
    RefreshAtIssue,
    Revoke,
    RevokeAccess,
    /// In one transaction.
    RevokeTwo,
    Introspect,
    /// Of a token that is revoked.
    IntrospectDead,
    Metadata,
    Ask,
    SignIn,
    WrongPassword,
    Allow,
    /// Tokens in the fragment.
    AllowTokens,
    Deny,
    SignOut,
    Authorizer,
    /// A token that is revoked.
    AuthorizerDead,
    Guard,
}

pub const KINDS: [Kind; 21] = [
    Kind::Issue,
    Kind::Redeem,
    Kind::SecondUse,
    Kind::Refresh,
    Kind::RefreshAtIssue,
    Kind::Revoke,
    Kind::RevokeAccess,
    Kind::RevokeTwo,
    Kind::Introspect,
    Kind::IntrospectDead,
    Kind::Metadata,
    Kind::Ask,
    Kind::SignIn,
    Kind::WrongPassword,
    Kind::Allow,
    Kind::AllowTokens,
    Kind::Deny,
    Kind::SignOut,
    Kind::Authorizer,
    Kind::AuthorizerDead,
    Kind::Guard,
];

impl Kind {
    /// The status of the right answer.
    fn status(self) -> u16 {
        match self {
            Self::SignIn | Self::Allow | Self::AllowTokens | Self::Deny => 303,
            Self::SecondUse => 400,
            Self::AuthorizerDead => 401,
            Self::WrongPassword => 403,
            _ => 200,
        }
    }

    /// Whether it makes tokens, and so is answered once.
    pub fn mints(self) -> bool {
        [Self::Issue, Self::Redeem, Self::Refresh, Self::RefreshAtIssue, Self::AllowTokens].contains(&self)
    }

    fn refreshes(self) -> bool {
        [Self::Refresh, Self::RefreshAtIssue].contains(&self)
    }

    /// Whether it is asked of the authorizer, and no HTTP.
    pub fn authorizes(self) -> bool {
        [Self::Authorizer, Self::AuthorizerDead].contains(&self)
    }

    fn is_signed_in(self) -> bool {
        [Self::Allow, Self::AllowTokens, Self::Deny, Self::SignOut].contains(&self)
    }

    fn is_page(self) -> bool {
        self.is_signed_in() || [Self::Ask, Self::SignIn, Self::WrongPassword].contains(&self)
    }
}

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

/// What was answered once is not answered again.
fn refused_a_second_time(kind: Kind, told: &Reply) {
    match kind {
        Kind::AllowTokens => assert_eq!(told.shows(409).status, 409),
        _ => assert_eq!(told.refuses(401, "invalid_client").status, 401),
    }
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

    pub async fn ready(&self, kind: Kind) -> Ready {
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
                world.advance(600);
                let form = form(&asked).await;
                page(AUTHORIZE, format!("form={form}&username={username}&password=wrong&action=sign_in"))
            }
            Kind::Allow => page(AUTHORIZE, format!("form={}&action=allow", form(&asked).await)),
            Kind::AllowTokens => {
                let asked = format!("{AUTHORIZE}?{}", request(&client, &[("response_type", "token")]));
                page(AUTHORIZE, format!("form={}&action=allow", form(&asked).await))
            }
            Kind::Deny => page(AUTHORIZE, format!("form={}&action=deny", form(&asked).await)),
            Kind::SignOut => page("/oauth2/signOut", format!("form={}", form("/oauth2/signOut").await)),
            Kind::Authorizer => {
                let event = event(SHAPES[0], Some(&format!("Bearer {}", access_token().await)));
                (Method::POST, String::new(), vec![], event)
            }
            Kind::AuthorizerDead => {
                let event = event(SHAPES[1], Some(&format!("Bearer {}", dead_token().await)));
                (Method::POST, String::new(), vec![], event)
            }
            Kind::Guard => {
                let bearer = ("authorization", format!("Bearer {}", access_token().await));
                (Method::GET, format!("{}/loans", self.api), vec![bearer], String::new())
            }
        };
        Ready { kind, client, method, target, headers, body, username, about }
    }

    /// What is answered, within the deadline.
    pub async fn send(&self, ready: &Ready) -> (Seen, Reply) {
        let world = &self.troubled.world;
        let began = Instant::now();
        let reply = if ready.kind.authorizes() {
            let (answer, log_line) = authorize(&self.checker, &RouteScopes::any(), &ready.body, world.now()).await;
            let body = answer.map_or_else(Value::from, |answer| serde_json::to_value(answer).unwrap());
            let status = StatusCode::from_u16(log_line.status).unwrap();
            Reply { status, headers: HeaderMap::new(), text: body.to_string(), body }
        } else {
            let headers: Vec<_> = ready.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let body = Bytes::from(ready.body.clone());
            world.send_to("", ready.method.clone(), &ready.target, &headers, body).await
        };
        assert!(began.elapsed() <= Duration::from_millis(9001), "{:?} took {:?}", ready.kind, began.elapsed());
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

    async fn is_good(&self, token: &str) -> bool {
        let header = format!("Bearer {token}");
        self.checker
            .check(Some(header.as_bytes()), None, self.troubled.world.now(), &mut Usage::default())
            .await
            .is_ok()
    }

    /// How many grants a client has.
    async fn grants(&self, client: &Signer) -> usize {
        let filter = GrantFilter { client_id: Some(client.id.clone()), ..GrantFilter::default() };
        self.troubled.world.service.store.grant_ids(&filter, &mut Usage::default()).await.unwrap().len()
    }

    /// What must be so once a request was answered as it should be, after as many as `tries`.
    pub async fn holds(&self, ready: &Ready, reply: &Reply, tries: u64) {
        let world = &self.troubled.world;
        let (again, told) = self.send(ready).await;
        match ready.kind {
            kind if kind.mints() => {
                assert_eq!(again, Seen::Refused);
                refused_a_second_time(kind, &told);
                let given = |name| match kind {
                    Kind::AllowTokens => reply.given(name),
                    _ => reply.body[name].as_str().map(str::to_owned),
                };
                assert!(self.is_good(&given("access_token").unwrap()).await);
                assert_eq!(self.grants(&ready.client).await, 1);
                let refresh = given("refresh_token").unwrap_or_else(|| ready.about[0].clone());
                let grant = Unverified::parse(&refresh).unwrap().grant_id;
                let refreshed = world.service.store.refreshed(&grant, &mut Usage::default()).await.unwrap();
                assert_eq!(refreshed, usize::from(kind.refreshes()), "none but the one that was answered");
                assert_eq!(world.refresh(&ready.client, &refresh).await.status, 200);
            }
            Kind::Revoke | Kind::RevokeAccess | Kind::RevokeTwo | Kind::SecondUse => {
                for token in &ready.about {
                    assert_eq!(world.introspect(&ready.client, token).await.body["active"], false);
                }
            }
            Kind::Introspect => assert_eq!(reply.body["active"], true),
            Kind::IntrospectDead => assert_eq!(reply.body["active"], false),
            Kind::Metadata => assert_eq!(reply.body["issuer"], world.url),
            Kind::Ask => assert!(reply.text.contains("value=\"allow\"")),
            Kind::SignIn | Kind::WrongPassword => {
                let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
                let attempt = Some(Source { address, window: world.now() / 600 });
                let wanted = Wanted { client_id: None, user: Some(("128807", &ready.username)), attempt };
                let data = world.service.store.sign_in_data(wanted, &mut Usage::default()).await.unwrap();
                let counts = [data.user_failures, data.address_failures, data.attempts.failures.into()];
                match ready.kind {
                    Kind::SignIn => assert_eq!(counts, [0; 3], "the password was right"),
                    // With the one just sent.
                    _ => assert!(counts.iter().all(|count| (2..=tries + 1).contains(count)), "{counts:?} of {tries}"),
                }
            }
            Kind::Allow => {
                let code = reply.given("code").unwrap();
                assert_eq!((told.given("code").as_ref(), self.grants(&ready.client).await), (Some(&code), 1));
                assert_eq!(world.redeem(&ready.client, &code).await.status, 200);
            }
            Kind::Deny => {
                assert_eq!(reply.given("error").as_deref(), Some("access_denied"));
                assert_eq!(self.grants(&ready.client).await, 0);
            }
            Kind::SignOut => assert!(reply.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0")),
            Kind::Authorizer => assert_eq!(reply.body["isAuthorized"], true),
            Kind::AuthorizerDead => assert_eq!(reply.body, UNAUTHORIZED),
            Kind::Guard => assert_eq!(reply.text, "loans"),
            _ => unreachable!("it mints"),
        }
        assert!(ready.kind.mints() || again == Seen::Right, "{told}", told = told.text);
    }

    /// A write that was carried out, and no answer of it ever came through: the tokens are lost, with the request or the
    /// code that they were made of. Only hashes are kept, so nobody can be given them any more.
    pub async fn is_lost(&self, ready: &Ready, told: &Reply) {
        let world = &self.troubled.world;
        refused_a_second_time(ready.kind, told);
        match ready.kind {
            Kind::Redeem => {
                world.redeem(&ready.client, &ready.about[0]).await.refuses(400, "invalid_grant");
            }
            Kind::AllowTokens => assert_eq!(self.grants(&ready.client).await, 1),
            kind if kind.refreshes() => assert_eq!(world.refresh(&ready.client, &ready.about[0]).await.status, 200),
            _ => assert_eq!(world.ask(&ready.client, ISSUE, ASK).await.status, 200),
        }
    }
}
