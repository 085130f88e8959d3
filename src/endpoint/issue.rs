//! `POST /oauth2/accessToken`: tokens for a client's own request or for a code; a refresh too, for existing clients.

use bytes::Bytes;
use http::{Method, Request, Response};

use super::caller::{Caller, Unverified, fields};
use super::{Answering, Latchkey, Visit, entropy, redeem, refresh};
use crate::denial::Denial;
use crate::flow::issue::{Asked, issue};
use crate::grant::GrantType;
use crate::reply;
use crate::store::Write;

/// The endpoint.
pub fn endpoint<'a>(latchkey: &'a Latchkey, request: &'a Request<Bytes>, visit: &'a mut Visit) -> Answering<'a> {
    Box::pin(async move {
        let unverified = Unverified::read(latchkey, request, visit.now, &[Method::POST])?;
        let asked = unverified.parameters.get("grant_type").map(GrantType::parse);
        visit.record.grant_type = asked.flatten();
        match asked.flatten() {
            Some(GrantType::RefreshToken) => refresh::converse(latchkey, unverified, visit).await,
            Some(GrantType::AuthorizationCode) => redeem::converse(latchkey, unverified, visit).await,
            grant_type => {
                let (caller, _) = unverified.verify(latchkey, &[], &fields::TOKEN, visit).await?;
                caller.parameters.require("grant_type")?;
                match grant_type {
                    Some(GrantType::ClientCredentials) => converse(latchkey, &caller, visit).await,
                    _ => Err(Denial::GrantTypeUnsupported),
                }
            }
        }
    })
}

/// The client-credentials grant.
async fn converse(latchkey: &Latchkey, caller: &Caller<'_>, visit: &mut Visit) -> Result<Response<Bytes>, Denial> {
    let asked = Asked {
        scope: caller.parameters.require("scope")?,
        institutions: caller.parameters.institutions()?,
        principal: caller.principal()?,
    };
    let Caller { client, fingerprint, .. } = caller;
    let (grant, answer) = issue(client, asked, fingerprint, &latchkey.settings, &entropy()?, visit.now)?;
    match latchkey.store.begin_grant(&grant, &mut visit.meter).await? {
        Write::Done => {
            visit.record.grant_id = Some(grant.id);
            Ok(reply::tokens(client, &answer, visit.now))
        }
        Write::Refused(_) => Err(Denial::Replayed),
    }
}
