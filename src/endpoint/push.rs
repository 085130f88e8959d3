//! `POST /oauth2/par`: a client pushes an authorization request before it sends its user (RFC 9126).
//!
//! The answer is the request itself, sealed. Nothing is stored, so a push costs what authenticating the client costs.

use bytes::Bytes;
use http::{Method, Request, Response};

use crate::context::{RequestContext, Service};
use crate::endpoint::client::{MAX_BODY, MAX_QUERY, Unverified};
use crate::endpoint::parameters::{authorization, fields};
use crate::log::Outcome;
use latchkey_dynamodb::random;
use latchkey_oauth::error::{Denial, PushError, Unavailable};
use latchkey_oauth::grants::authorization_code::pushed::PushedRequest;
use latchkey_oauth::grants::authorization_code::request::{check, redirect_uri, trust};
use latchkey_oauth::redirect;
use latchkey_oauth::response;
use latchkey_oauth::service::KeySet;

/// Verifies, checks as the pages would, seals, replies. Whoever may use the token endpoint may push, by the same methods.
pub(super) async fn handle(
    service: &Service,
    request: &Request<Bytes>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let query = request.uri().query().unwrap_or_default();
    for (length, most) in [(request.body().len(), MAX_BODY), (query.len(), MAX_QUERY)] {
        if length > most {
            return Err(Denial::Push(PushError::TooLong(most)));
        }
    }
    let unverified = Unverified::read(service, request, context, &[Method::POST])?;
    let (caller, _) = unverified.verify(service, &[], &fields::PUSH, context).await?;
    let parameters = &caller.parameters;
    // RFC 9126 section 2.1.
    if parameters.get("request_uri").is_some() {
        return Err(Denial::Push(PushError::UriPushed));
    }
    if parameters.get("request").is_some() {
        return Err(Denial::Push(PushError::ObjectUnsupported));
    }
    let redirect_uri = redirect_uri(Some(&caller.client), parameters.get("redirect_uri"))?;
    let client = trust(Some(&caller.client), redirect_uri)?;
    parameters.check(&fields::PUSH)?;
    // The institution that a user picks is no parameter of the client's.
    let asked = check(client, redirect_uri, &authorization(parameters, None))?;
    context.log_line.grant_type = Some(asked.response_type.grant_type());
    let pushed = PushedRequest::new(asked, context.now);
    let request_uri =
        pushed.seal(service.keyring(KeySet::Requests), random()?).map_err(|_| Unavailable::SecretUnopened)?;
    pushed.check_address(&redirect::to_pushed(&client.id, &request_uri))?;
    context.log_line.outcome = Outcome::Pushed;
    Ok(response::pushed(&request_uri, pushed.ends_at(), context.answered_at()))
}
