//! The device grant (RFC 8628) as devices see it: `POST /oauth2/device_authorization`, and polls at `POST /oauth2/accessToken`.
//! What users see of it is among the pages, in `authorize/device.rs`.

use bytes::Bytes;
use http::{Method, Request, Response};

use crate::context::{RequestContext, Service, issuer};
use crate::endpoint::client::Unverified;
use crate::endpoint::parameters::fields;
use crate::endpoint::{entropy, redeem};
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Write;
use latchkey_oauth::error::{Denial, Unavailable};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::grants::device_code::{DEVICE_CODE_SECONDS, NoTokens, begin, poll};
use latchkey_oauth::grants::institutions::NamedInstitutions;
use latchkey_oauth::response;
use latchkey_oauth::token;
use latchkey_oauth::token::UserCode;

/// So many user codes are drawn. Of a million that count at once, one in 25,000 draws meets one.
const DRAWS: usize = 3;

/// The device authorization request.
pub(super) async fn authorize(
    service: &Service,
    request: &Request<Bytes>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let unverified = Unverified::read(service, request, context, &[Method::POST])?;
    unverified.demand_credentials()?;
    context.log_line.grant_type = Some(GrantType::DeviceCode);
    let (caller, _) = unverified.verify(service, &[], &fields::DEVICE_AUTHORIZATION, context).await?;
    let client = &caller.client;
    let mut in_scope = NamedInstitutions::default();
    let scope = in_scope.take_from(caller.parameters.require("scope")?, client)?;
    let mut named = caller.parameters.named_institutions()?;
    named.join(&in_scope)?;
    let institutions = named.of_user(client)?;
    for _ in 0..DRAWS {
        let user_code = UserCode::random(random()?);
        let (grant, device_code) = begin(client, &scope, institutions.clone(), &user_code, &random()?, context.now)?;
        // Until a user has answered, the log names no grant: its id could be tried out for the user code.
        match service.store.begin_grant(&grant, &mut context.usage).await? {
            Write::Done => {
                let left = context.now.saturating_add(DEVICE_CODE_SECONDS).saturating_sub(context.answered_at());
                let issuer = issuer(&service.settings, request);
                return Ok(response::device_authorization(&device_code, &user_code, &issuer, left.saturating_sub(1)));
            }
            Write::Ended | Write::Used | Write::Conflict(_) => {}
        }
    }
    Err(Unavailable::NoRandomness.into())
}

/// A poll.
pub(super) async fn redeem(
    service: &Service,
    unverified: Unverified<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let code = unverified.parameters.get("device_code").and_then(token::Unverified::parse);
    let (caller, found) = unverified.verify(service, code.as_slice(), &fields::TOKEN, context).await?;
    caller.parameters.require("device_code")?;
    let grant = code.map_or(Ok(None), |code| found.grant(&code.grant_id))?;
    let decided = poll(&caller.client, grant, code, &caller.replay, &service.settings, &entropy()?, context.now);
    match decided {
        Ok((redemption, answer)) => redeem::store(service, &caller, &redemption, &answer, context).await,
        Err(NoTokens::Waits(denial, noted)) => {
            if let Some((noted, grant)) = noted.zip(grant) {
                service.store.note_poll(&grant.id, &noted, &mut context.usage).await?;
            }
            Err(denial)
        }
        Err(NoTokens::Denied(refusal)) => {
            Err(redeem::refuse(service, grant.map(|grant| grant.id), refusal, context).await?)
        }
    }
}
