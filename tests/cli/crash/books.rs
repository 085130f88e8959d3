//! What one client does until a kill, and what must hold after the next start.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;
use latchkey_oauth::form::encode;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::visitor::AUTHORIZE;
use latchkey_testkit::world::{ASK, ISSUE, REFRESH, refreshing};
use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

use super::place::{Mint, Place, Signed, asking, redeeming};

const REVOKE: &str = "/oauth2/revoke";

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
pub struct Books {
    pub cookie: String,
    /// Forms that ask for consent, and when they were made.
    forms: Vec<(Instant, String)>,
    /// Whether each token that was acknowledged must work.
    pub tokens: HashMap<String, bool>,
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
    pub async fn work(mut self, place: Arc<Place>, mut dice: TestRng) -> Self {
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
    pub async fn check(mut self, place: Arc<Place>) -> Self {
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

    pub async fn check_all(self, place: Arc<Place>) -> Self {
        for token in self.tokens.keys() {
            self.check_token(&place, token).await;
        }
        self
    }
}
