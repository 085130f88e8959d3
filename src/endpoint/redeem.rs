//! The redemption of a code: a part of `POST /oauth2/accessToken`.

use bytes::Bytes;
use http::Response;

use crate::context::{RequestContext, Service};
use crate::endpoint::client::{Caller, Unverified};
use crate::endpoint::entropy;
use crate::endpoint::parameters::fields;
use latchkey_dynamodb::store::Write;
use latchkey_oauth::client_auth::replay::Replay;
use latchkey_oauth::error::Denial;
use latchkey_oauth::grant::{Grant, Redemption};
use latchkey_oauth::grants::TokenResponse;
use latchkey_oauth::grants::authorization_code::redeem::{Denied, RedemptionRequest, redeem, second_use};
use latchkey_oauth::grants::institutions::NamedInstitutions;
use latchkey_oauth::response;
use latchkey_oauth::token;
use latchkey_oauth::token::GrantId;

/// Verifies, redeems, replies.
pub(super) async fn handle(
    service: &Service,
    unverified: Unverified<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let code = unverified.parameters.get("code").and_then(token::Unverified::parse);
    let (caller, found) = unverified.verify(service, code.as_slice(), &fields::TOKEN, context).await?;
    caller.parameters.require("code")?;
    let grant = code.map_or(Ok(None), |code| found.grant(&code.grant_id))?;
    let mut institutions = caller.parameters.named_institutions()?;
    if caller.signs() {
        caller.parameters.require("redirect_uri")?;
        caller.parameters.institutions()?;
    } else if let Some(scope) = caller.parameters.get("scope") {
        // The scope is that of the code. What names an institution in it must be the code's, too.
        let mut in_scope = NamedInstitutions::default();
        in_scope.take_from(scope, &caller.client)?;
        institutions.join(&in_scope)?;
    }
    let asked = RedemptionRequest {
        code,
        redirect_uri: caller.parameters.get("redirect_uri"),
        institutions,
        verifier: caller.parameters.get("code_verifier"),
    };
    let decided = redeem(&caller.client, grant, &asked, &caller.replay, &service.settings, &entropy()?, context.now);
    let (redemption, answer) = match decided {
        Ok(decided) => decided,
        Err(refusal) => return Err(refuse(service, grant.map(|grant| grant.id), refusal, context).await?),
    };
    store(service, &caller, &redemption, &answer, context).await
}

/// Stores a redemption, and hands its tokens out.
pub(super) async fn store(
    service: &Service,
    caller: &Caller<'_>,
    redemption: &Redemption,
    answer: &TokenResponse,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    match service.store.redeem(redemption, caller.replay.once().as_ref(), &mut context.usage).await? {
        Write::Done => {
            context.log_line.grant_id = Some(redemption.id);
            Ok(response::tokens(&caller.client, answer, caller.form(None, None), context.answered_at()))
        }
        Write::Ended => Err(Denial::GrantRevoked),
        Write::Used => Err(caller.replay.refusal()),
        Write::Conflict(found) => {
            let refusal = lost_race(found.as_deref(), &caller.replay);
            Err(refuse(service, Some(redemption.id), refusal, context).await?)
        }
    }
}

/// Another request came between the read and the write.
fn lost_race(found: Option<&Grant>, replay: &Replay) -> Denied {
    match found.and_then(|grant| Some((grant, grant.redeemed()?))) {
        Some((grant, redeemed)) => second_use(grant, &redeemed, replay),
        None if found.is_some_and(|grant| grant.revoked_at.is_some()) => Denial::GrantRevoked.into(),
        None if found.is_some() => Denial::CodeExpired.into(),
        None => Denial::CodeUnknown.into(),
    }
}

/// Revokes where the rule says so, before the refusal is told.
pub(super) async fn refuse(
    service: &Service,
    grant_id: Option<GrantId>,
    refusal: Denied,
    context: &mut RequestContext,
) -> Result<Denial, Denial> {
    if let (true, Some(grant_id)) = (refusal.revoke, grant_id) {
        context.log_line.grant_id = Some(grant_id);
        service.store.revoke_grant(&grant_id, context.now, &mut context.usage).await?;
    }
    Ok(refusal.denial)
}
