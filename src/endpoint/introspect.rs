//! `POST /oauth2/introspect`: an API's owner asks whether a token is good (RFC 7662).

use bytes::Bytes;
use http::{Method, Request};

use super::caller::{Unverified, fields};
use super::{Answering, Latchkey, Visit, issuer};
use crate::flow::access::active;
use crate::flow::introspect::{check, visible};
use crate::reply;
use crate::token::{self, Kind};

/// The endpoint. `token_type_hint` is not needed: a token says itself what it is.
pub fn endpoint<'a>(latchkey: &'a Latchkey, request: &'a Request<Bytes>, visit: &'a mut Visit) -> Answering<'a> {
    Box::pin(async move {
        if request.uri().path().ends_with("/oauth-authorization-server") {
            return super::metadata::answer(latchkey, request, visit);
        }
        let unverified = Unverified::read(latchkey, request, visit.now, &[Method::POST])?;
        let token = unverified.parameters.get("token").and_then(token::Unverified::parse);
        let (caller, kept) = unverified.verify(latchkey, token.as_slice(), &fields::INTROSPECT, visit).await?;
        check(&caller.client)?;
        caller.parameters.require("token")?;
        let found = token.as_ref().and_then(|token| {
            let grant = kept.grant(&token.grant_id);
            let active = active(token, grant, kept.access(token), visit.now)?;
            // A refresh token is its client's business alone: an API that were told "active" would let it pass.
            let own = active.grant.client_id == caller.client.id;
            (active.kind == Kind::Access || own).then_some(active)
        });
        let seen = found.and_then(|active| Some((visible(&caller.client, &active)?, active)));
        visit.record.outcome = if seen.is_some() { "active" } else { "inactive" };
        visit.record.grant_id = seen.as_ref().map(|(_, active)| active.grant.id);
        let issuer = issuer(&latchkey.settings, request);
        Ok(reply::introspection(seen.as_ref().map(|(scope, active)| (scope, active)), &issuer))
    })
}
