//! What must be so once a request was answered.

use std::net::{IpAddr, Ipv4Addr};

use latchkey::lambda::authorizer::UNAUTHORIZED;
use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::registry::GrantFilter;
use latchkey_dynamodb::store::sign_in::{Source, Wanted};
use latchkey_oauth::sign_in::attempts::Recent;
use latchkey_oauth::token::Unverified;

use super::{House, Kind, Ready, Seen};
use crate::reply::Reply;
use crate::signer::Signer;
use crate::world::{ASK, ISSUE};

/// What was answered once is not answered again.
fn refused_a_second_time(kind: Kind, told: &Reply) {
    match kind {
        Kind::AllowTokens => assert_eq!(told.shows(409).status, 409),
        _ => assert_eq!(told.refuses(401, "invalid_client").status, 401),
    }
}

impl House {
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
            Kind::Push => assert!(reply.member("request_uri").starts_with("urn:ietf:params:oauth:request_uri:")),
            Kind::Ask | Kind::AskPushed => assert!(reply.text.contains("value=\"allow\"")),
            Kind::SignIn | Kind::WrongPassword => {
                let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
                let attempt = Some(Source::unknown(address, world.now()));
                let wanted =
                    Wanted { client_id: None, user: Some(("128807", &ready.username)), attempt, provider: None };
                let data = world.service.store.sign_in_data(wanted, &mut Usage::default()).await.unwrap();
                let of = |recent: &Recent| recent.0.values().sum();
                let counted = &data.counted;
                let account = counted.account.map_or(0, |account| account.failures);
                let counts = [of(&counted.user), of(&counted.networks[0]), counted.here.failures.into(), account];
                match ready.kind {
                    Kind::SignIn => assert_eq!(counts, [0; 4], "the password was right"),
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
            Kind::DeviceBegin => {
                let polled = world.poll(&ready.client, reply.member("device_code")).await;
                polled.refuses(400, "authorization_pending");
            }
            // One that was answered, and noted before, is the second one within the interval.
            Kind::DevicePoll if tries == 1 => assert_eq!(reply.member("error"), "authorization_pending"),
            Kind::DevicePoll => assert!(["authorization_pending", "slow_down"].contains(&reply.member("error"))),
            Kind::TypeCode => assert!(reply.location().starts_with("device?ticket=")),
            Kind::AllowDevice => assert_eq!(world.poll(&ready.client, &ready.about[0]).await.status, 200),
            Kind::DenyDevice => {
                world.poll(&ready.client, &ready.about[0]).await.refuses(400, "access_denied");
            }
            Kind::Applications => assert!(reply.text.contains(&format!("name=\"end\" value=\"{}\"", ready.client.id))),
            Kind::EndApplication => {
                assert!(!reply.text.contains(&format!("value=\"{}\"", ready.client.id)), "{}", reply.text);
                world.refresh(&ready.client, &ready.about[0]).await.refuses(400, "invalid_grant");
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
            Kind::DeviceRedeem => {
                world.poll(&ready.client, &ready.about[0]).await.refuses(400, "invalid_grant");
            }
            Kind::AllowTokens => assert_eq!(self.grants(&ready.client).await, 1),
            kind if kind.refreshes() => assert_eq!(world.refresh(&ready.client, &ready.about[0]).await.status, 200),
            _ => assert_eq!(world.ask(&ready.client, ISSUE, ASK).await.status, 200),
        }
    }
}
