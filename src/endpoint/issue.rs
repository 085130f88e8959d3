//! `POST /oauth2/accessToken`: tokens for a client's own request, for a code or for a device; a refresh too, for existing
//! clients. `POST /oauth2/device_authorization` is in `device.rs`, `POST /oauth2/par` in `push.rs`.

use bytes::Bytes;
use http::{Method, Request, Response};

use crate::context::{Answering, Endpoint, RequestContext, Service};
use crate::endpoint::client::{Caller, Unverified};
use crate::endpoint::parameters::fields;
use crate::endpoint::{device, entropy, push, redeem, refresh};
use crate::log::Outcome;
use latchkey_dynamodb::store::Write;
use latchkey_oauth::error::{Denial, Sent};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::grants::client_credentials::{ClientCredentialsRequest, client_credentials};
use latchkey_oauth::grants::institutions::NamedInstitutions;
use latchkey_oauth::grants::named::Named;
use latchkey_oauth::response;
use latchkey_oauth::service::{DEVICE_AUTHORIZATION, PUSH, is_at};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::json(endpoint);

fn endpoint<'a>(service: &'a Service, request: &'a Request<Bytes>, context: &'a mut RequestContext) -> Answering<'a> {
    Box::pin(async move {
        if request.method() == Method::OPTIONS {
            context.log_line.outcome = Outcome::Shown;
            return Ok(response::preflight_of_form("POST, OPTIONS"));
        }
        if is_at(request.uri().path(), DEVICE_AUTHORIZATION) {
            return device::authorize(service, request, context).await;
        }
        if is_at(request.uri().path(), PUSH) {
            return push::handle(service, request, context).await;
        }
        let unverified = Unverified::read(service, request, context, &[Method::POST])?;
        let asked = unverified.parameters.get("grant_type").map(GrantType::parse);
        context.log_line.grant_type = asked.flatten();
        match asked.flatten() {
            Some(GrantType::RefreshToken) => refresh::handle(service, unverified, context).await,
            Some(GrantType::AuthorizationCode) => redeem::handle(service, unverified, context).await,
            Some(GrantType::DeviceCode) => device::redeem(service, unverified, context).await,
            grant_type => {
                let (caller, _) = unverified.verify(service, &[], &fields::TOKEN, context).await?;
                caller.parameters.require("grant_type")?;
                match grant_type {
                    Some(GrantType::ClientCredentials) => handle(service, &caller, context).await,
                    _ => Err(Denial::GrantTypeUnsupported(Sent::maybe(caller.parameters.get("grant_type")))),
                }
            }
        }
    })
}

/// The client-credentials grant.
async fn handle(
    service: &Service,
    caller: &Caller<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let scope = caller.parameters.require("scope")?;
    let (scope, institutions, context_sent) = if caller.signs() {
        (scope.to_owned(), caller.parameters.institutions()?, None)
    } else {
        let mut in_scope = NamedInstitutions::default();
        let scope = in_scope.take_from(scope, &caller.client)?;
        let mut named = caller.parameters.named_institutions()?;
        named.join(&in_scope)?;
        (scope, named.of_own(&caller.client)?, in_scope.context)
    };
    let asked = ClientCredentialsRequest {
        scope: &scope,
        institutions,
        named: Named { signed: caller.parameters.principal()?, unsigned: caller.principal()? },
    };
    let Caller { client, replay, .. } = caller;
    let (grant, answer) = client_credentials(client, asked, replay, &service.settings, &entropy()?, context.now)?;
    match service.store.begin_grant_once(&grant, replay.once().as_ref(), &mut context.usage).await? {
        Write::Done => {
            context.log_line.grant_id = Some(grant.id);
            Ok(response::tokens(client, &answer, caller.form(context_sent.as_deref(), None), context.answered_at()))
        }
        Write::Ended => Err(Denial::GrantRevoked),
        Write::Conflict(_) | Write::Used => Err(replay.refusal()),
    }
}
