//! `POST /oauth2/introspect`: an API's owner asks whether a token is good (RFC 7662).

use bytes::Bytes;
use http::{Method, Request};

use crate::context::{Answering, Endpoint, RequestContext, Service, issuer};
use crate::endpoint::client::Unverified;
use crate::endpoint::parameters::fields;
use crate::log::Outcome;
use latchkey_oauth::response;
use latchkey_oauth::service::{METADATA, OPENID, is_at};
use latchkey_oauth::token;
use latchkey_oauth::token::Kind;
use latchkey_oauth::tokens::active::active;
use latchkey_oauth::tokens::introspect::{check, visible};
use latchkey_oauth::tokens::token_client;

/// The endpoint. `token_type_hint` is not needed: a token says itself what it is.
pub const ENDPOINT: Endpoint = Endpoint::json(endpoint);

fn endpoint<'a>(service: &'a Service, request: &'a Request<Bytes>, context: &'a mut RequestContext) -> Answering<'a> {
    Box::pin(async move {
        if [METADATA, OPENID].into_iter().any(|path| is_at(request.uri().path(), path)) {
            return crate::endpoint::metadata::answer(service, request, context);
        }
        let unverified = Unverified::read(service, request, context, &[Method::POST])?;
        unverified.demand_credentials()?;
        let token = unverified.parameters.get("token").and_then(token::Unverified::parse);
        let (caller, found) = unverified.verify(service, token.as_slice(), &fields::INTROSPECT, context).await?;
        check(&caller.client)?;
        caller.parameters.require("token")?;
        let stored = match &token {
            Some(token) => Some((token, found.grant(&token.grant_id)?, found.access(token)?)),
            None => None,
        };
        let good = stored.and_then(|(token, grant, access)| {
            // Only its client may use a refresh token. An API that saw "active" would let it pass.
            let own = grant?.client_id == caller.client.id;
            let deployment = service.settings.not_before;
            let not_before = if own { caller.client.good_from(deployment) } else { deployment };
            let active = active(token, grant, access, not_before, context.now)?;
            (active.kind == Kind::Access || own).then_some(active)
        });
        let mut seen = good.and_then(|active| Some((visible(&caller.client, &active)?, active)));
        if let Some((_, active)) = seen.as_ref().filter(|(_, active)| active.grant.client_id != caller.client.id)
            && service.settings.check_token_client
        {
            let client = service.store.token_client(&active.grant.client_id, &mut context.usage).await?;
            if let Err(error) = token_client::check(active.grant, client) {
                context.log_line.denial = Some(error.name());
                seen = None;
            }
        }
        context.log_line.outcome = if seen.is_some() { Outcome::Active } else { Outcome::Inactive };
        context.log_line.grant_id = seen.as_ref().map(|(_, active)| active.grant.id);
        let issuer = issuer(&service.settings, request);
        let seen = seen.as_ref().map(|(scope, active)| (scope, active));
        Ok(response::introspection(seen, &issuer, service.settings.subjects, caller.signs()))
    })
}
