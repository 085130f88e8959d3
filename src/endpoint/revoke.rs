//! `POST /oauth2/revoke` (RFC 7009), and `PUT /oauth2/revoke` as it was documented before that RFC was.

use bytes::Bytes;
use http::{Method, Request};

use crate::context::{Answering, Endpoint, RequestContext, Service};
use crate::endpoint::client::Unverified;
use crate::endpoint::parameters::fields;
use crate::log::Outcome;
use latchkey_oauth::error::Denial;
use latchkey_oauth::response;
use latchkey_oauth::token;
use latchkey_oauth::token::Kind;
use latchkey_oauth::tokens::revoke::{Presented, Revocation, revoke};

/// The endpoint. `token_type_hint` is not needed: a token says itself what it is.
pub const ENDPOINT: Endpoint = Endpoint::json(endpoint);

fn endpoint<'a>(service: &'a Service, request: &'a Request<Bytes>, context: &'a mut RequestContext) -> Answering<'a> {
    Box::pin(async move {
        if request.method() == Method::OPTIONS {
            context.log_line.outcome = Outcome::Shown;
            return Ok(response::preflight_of_form("POST, PUT, OPTIONS"));
        }
        let unverified = Unverified::read(service, request, context, &[Method::POST, Method::PUT])?;
        let names: &[&str] =
            if request.method() == Method::PUT { &["refresh_token", "access_token"] } else { &["token"] };
        let texts: Vec<_> = names.iter().filter_map(|name| Some((*name, unverified.parameters.get(name)?))).collect();
        let asked = !texts.is_empty();
        // The older form names the kind; what is of another kind is unknown by that name.
        let fits = |name: &str, token: &token::Unverified| match name {
            "refresh_token" => token.kind == Kind::Refresh,
            "access_token" => token.kind == Kind::Access,
            _ => true,
        };
        let parse = |(name, text)| token::Unverified::parse(text).filter(|token| fits(name, token));
        let tokens: Vec<_> = texts.into_iter().filter_map(parse).collect();
        let (caller, found) = unverified.verify(service, &tokens, &fields::REVOKE, context).await?;
        if !asked {
            return Err(Denial::ParameterMissing(if names.len() == 1 { "token" } else { "refresh_token" }));
        }
        let present = |token: token::Unverified| {
            Ok(Presented { grant: found.grant(&token.grant_id)?, access: found.access(&token)?, token })
        };
        let presented = tokens.into_iter().map(present).collect::<Result<Vec<_>, Denial>>()?;
        let revocation = revoke(&caller.client, &presented)?;
        context.log_line.outcome =
            if revocation == Revocation::default() { Outcome::Unchanged } else { Outcome::Revoked };
        context.log_line.grant_id =
            revocation.grants.first().copied().or(revocation.accesses.first().map(|(id, _)| *id));
        service.store.revoke(&revocation.grants, &revocation.accesses, context.now, &mut context.usage).await?;
        Ok(response::done())
    })
}
