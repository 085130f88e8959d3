//! `POST /oauth2/refreshToken`: a new access token for a refresh token.

use bytes::Bytes;
use http::{Method, Request, Response};

use super::caller::{Unverified, fields};
use super::{Answering, Latchkey, Visit, entropy};
use crate::denial::Denial;
use crate::flow::refresh::{Asked, refresh};
use crate::grant::GrantType;
use crate::reply;
use crate::store::Write;
use crate::token;

/// The endpoint.
pub fn endpoint<'a>(latchkey: &'a Latchkey, request: &'a Request<Bytes>, visit: &'a mut Visit) -> Answering<'a> {
    Box::pin(async move {
        let unverified = Unverified::read(latchkey, request, visit.now, &[Method::POST])?;
        visit.record.grant_type = unverified.parameters.get("grant_type").and_then(GrantType::parse);
        converse(latchkey, unverified, visit).await
    })
}

/// Verifies, refreshes, replies.
pub(super) async fn converse(
    latchkey: &Latchkey,
    unverified: Unverified<'_>,
    visit: &mut Visit,
) -> Result<Response<Bytes>, Denial> {
    let token = unverified.parameters.get("refresh_token").and_then(token::Unverified::parse);
    let (caller, kept) = unverified.verify(latchkey, token.as_slice(), &fields::TOKEN, visit).await?;
    if GrantType::parse(caller.parameters.require("grant_type")?) != Some(GrantType::RefreshToken) {
        return Err(Denial::GrantTypeElsewhere);
    }
    caller.parameters.require("refresh_token")?;
    let asked = Asked { token, scope: caller.parameters.get("scope") };
    let (access, answer) = refresh(
        &caller.client,
        token.and_then(|token| kept.grant(&token.grant_id)),
        &asked,
        &caller.fingerprint,
        &latchkey.settings,
        &entropy()?,
        visit.now,
    )?;
    match latchkey.store.add_access(&access, &mut visit.meter).await? {
        Write::Done => {
            visit.record.grant_id = Some(access.grant_id);
            Ok(reply::tokens(&caller.client, &answer, visit.now))
        }
        Write::Refused(_) => Err(Denial::Replayed),
    }
}
