//! `POST /oauth2/refreshToken`: a new access token for a refresh token.

use bytes::Bytes;
use http::{Method, Request, Response};

use crate::context::{Answering, Endpoint, RequestContext, Service};
use crate::endpoint::client::Unverified;
use crate::endpoint::entropy;
use crate::endpoint::parameters::fields;
use latchkey_dynamodb::store::Write;
use latchkey_oauth::error::Denial;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::grants::institutions::NamedInstitutions;
use latchkey_oauth::grants::refresh_token::{RefreshRequest, refresh};
use latchkey_oauth::response;
use latchkey_oauth::token;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::json(endpoint);

fn endpoint<'a>(service: &'a Service, request: &'a Request<Bytes>, context: &'a mut RequestContext) -> Answering<'a> {
    Box::pin(async move {
        let unverified = Unverified::read(service, request, context, &[Method::POST])?.for_no_script();
        context.log_line.grant_type = unverified.parameters.get("grant_type").and_then(GrantType::parse);
        handle(service, unverified, context).await
    })
}

/// Verifies, refreshes, replies.
pub(super) async fn handle(
    service: &Service,
    unverified: Unverified<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let token = unverified.parameters.get("refresh_token").and_then(token::Unverified::parse);
    let (caller, found) = unverified.verify(service, token.as_slice(), &fields::TOKEN, context).await?;
    if GrantType::parse(caller.parameters.require("grant_type")?) != Some(GrantType::RefreshToken) {
        return Err(Denial::GrantTypeElsewhere);
    }
    let refresh_token = caller.parameters.require("refresh_token")?;
    let mut in_scope = NamedInstitutions::default();
    let scope = match caller.parameters.get("scope") {
        Some(scope) if !caller.signs() => Some(in_scope.take_from(scope, &caller.client)?),
        scope => scope.map(str::to_owned),
    };
    // What a client that signs sends beside its token was never looked at.
    let mut institutions = NamedInstitutions::default();
    if !caller.signs() {
        institutions = caller.parameters.named_institutions()?;
        institutions.join(&in_scope)?;
    }
    let context_sent = in_scope.context;
    // A scope of nothing but an institution narrows nothing.
    let scope = scope.as_deref().filter(|scope| context_sent.is_none() || !scope.is_empty());
    let asked = RefreshRequest { token, scope, institutions };
    let (access, answer) = refresh(
        &caller.client,
        token.map_or(Ok(None), |token| found.grant(&token.grant_id))?,
        &asked,
        &caller.replay,
        &service.settings,
        &entropy()?,
        context.now,
    )?;
    match service.store.add_refreshed_token(&access, caller.replay.once().as_ref(), &mut context.usage).await? {
        Write::Done => {
            context.log_line.grant_id = Some(access.grant_id);
            let form = caller.form(context_sent.as_deref(), Some(refresh_token));
            Ok(response::tokens(&caller.client, &answer, form, context.answered_at()))
        }
        Write::Ended => Err(Denial::GrantRevoked),
        Write::Conflict(_) | Write::Used => Err(caller.replay.refusal()),
    }
}
