//! The one match that turns a refusal into status, code and text.

use std::borrow::Cow;

use crate::error::Denial;
use crate::grant_type::{GrantType, listed};
use crate::scope::{MAX_LENGTH, MAX_TOKENS};

mod expected;
mod shape;
#[cfg(test)]
mod tests;

use expected::invalid;
pub use shape::{ERROR_CODES, RETRY_AFTER_SECONDS, Wire};

pub(super) const START_AGAIN: &str = "Start a new authorization request.";
const NEW_TOKENS: &str = "Request new tokens. The user may have to sign in.";

impl Denial {
    /// Turns the refusal into status, code and text.
    pub fn wire(&self) -> Wire {
        let (status, error, description, details): (_, _, Cow<'static, str>, _) = match self {
            Self::EventMalformed => (
                400,
                "invalid_request",
                "The service cannot read the request.".into(),
                "The operator must invoke the function with events of an API Gateway HTTP API, payload format 2.0.",
            ),
            Self::ProxyBypassed => (
                403,
                "access_denied",
                "The request was sent to an address behind the service's CDN.".into(),
                "Send it to the service's own address, which the operator names.",
            ),
            Self::MethodNotAllowed => (
                400,
                "invalid_request",
                "The endpoint does not accept this HTTP method.".into(),
                "Send POST (RFC 6749 section 3.2). Revocation accepts PUT too.",
            ),
            Self::QueryTooLong(limit) => (
                400,
                "invalid_request",
                format!("The query string is longer than {limit} bytes.").into(),
                "Send a shorter query string.",
            ),
            Self::BodyTooLong(limit) => (
                400,
                "invalid_request",
                format!("The body is longer than {limit} bytes.").into(),
                "Send a shorter body.",
            ),
            Self::BodyNotForm => (
                400,
                "invalid_request",
                "The Content-Type of the body is not application/x-www-form-urlencoded.".into(),
                "Send the parameters in the query string with an empty body, or send a form with the attribute bodyhash.",
            ),
            Self::ParametersTooMany(limit) => (
                400,
                "invalid_request",
                format!("The query string or the body has more than {limit} parameters.").into(),
                "Send fewer parameters.",
            ),
            Self::ParametersNotText => (
                400,
                "invalid_request",
                "A parameter is not UTF-8 after percent-decoding.".into(),
                "Percent-encode the UTF-8 bytes of each name and value.",
            ),
            Self::ParameterRepeated(name) => (
                400,
                "invalid_request",
                format!("The parameter {name} occurs more than once.").into(),
                "Send it once, in the query string or in the body (RFC 6749 section 3.2).",
            ),
            Self::ParameterMissing(name) => {
                // RFC 6749 section 3.3: without a default, a missing scope is an invalid one.
                let error = if *name == "scope" { "invalid_scope" } else { "invalid_request" };
                (400, error, format!("The parameter {name} is missing or empty.").into(), "Send it with a value.")
            }
            Self::ParameterInvalid(name, sent) => {
                (400, "invalid_request", invalid(name, sent).into(), "Correct the value.")
            }
            Self::ClientIdDiffers => (
                400,
                "invalid_request",
                "The parameter client_id does not name the client that authenticated.".into(),
                "Leave client_id out, or send the client id of the credentials.",
            ),
            Self::ClientAuth(failure) => return failure.wire(),
            Self::GrantTypeUnsupported(sent) => (
                400,
                "unsupported_grant_type",
                format!(
                    "The grant_type is {sent}; it must be {}.",
                    listed(GrantType::ASKED_FOR.map(GrantType::as_str), "or")
                )
                .into(),
                "",
            ),
            Self::GrantTypeElsewhere => (
                400,
                "unsupported_grant_type",
                format!("This endpoint accepts only the grant_type {}.", GrantType::RefreshToken.as_str()).into(),
                "Send other grant types to POST /oauth2/accessToken.",
            ),
            Self::GrantTypeNotAllowed(grant_type) => (
                400,
                "unauthorized_client",
                format!("The client is not registered for the grant type {}.", grant_type.as_str()).into(),
                "Ask the operator to register it.",
            ),
            Self::InstitutionNotAllowed(name, sent) => (
                400,
                "unauthorized_client",
                format!("The client is not registered for the institution {sent}, the {name}.").into(),
                "Check the institution id, or ask the operator to register it.",
            ),
            Self::InstitutionsContradict => (
                400,
                "invalid_request",
                "The request names more than one context institution.".into(),
                "Name one: by contextInstitutionId, or by context:ID in the scope.",
            ),
            Self::ContextMalformed => (
                400,
                "invalid_scope",
                "The scope has context: and no institution id after it.".into(),
                "An institution id has 1 to 64 letters, digits, hyphens, underscores and dots: context:128807.",
            ),
            Self::Principal(error) => return error.wire(),
            Self::Device(error) => return error.wire(),
            Self::ScopeMalformed(sent) => (
                400,
                "invalid_scope",
                format!(
                    "The scope {sent} is not a list of at most {MAX_TOKENS} scope tokens, separated by blanks, in at most \
                     {MAX_LENGTH} bytes."
                )
                .into(),
                "RFC 6749 section 3.3 says which characters a scope token may have.",
            ),
            Self::ScopeWithoutService => {
                (400, "invalid_scope", "The scope names only refresh_token.".into(), "Add the scope of a service.")
            }
            Self::ScopeNotAllowed(sent) => (
                400,
                "invalid_scope",
                format!("The client is not registered for the scope {sent}.").into(),
                "Leave that scope out, or ask the operator to register it. The scope refresh_token comes with the grant \
                 type refresh_token.",
            ),
            Self::ScopeWidened(sent) => (
                400,
                "invalid_scope",
                format!("The refresh asks for the scope {sent}, which was not granted.").into(),
                "Leave the parameter scope out, or request only granted scopes. A wider scope needs a new grant.",
            ),
            Self::CodeUnknown => (400, "invalid_grant", "The code was not issued to this client.".into(), START_AGAIN),
            Self::CodeExpired => (400, "invalid_grant", "The code has expired.".into(), START_AGAIN),
            Self::CodeRedeemed => (
                400,
                "invalid_grant",
                "The code was redeemed before, so the service has revoked its tokens.".into(),
                "Start a new authorization request, and redeem each code only once (RFC 6749 section 4.1.2).",
            ),
            Self::RedirectUriDiffers => (
                400,
                "invalid_grant",
                "The redirect_uri is not the one that the code was sent to, or is no longer registered.".into(),
                "Send the redirect_uri of the authorization request, including its port.",
            ),
            Self::InstitutionsDiffer => (
                400,
                "invalid_grant",
                "The institutions are not those of the authorization request.".into(),
                "Send both institution ids of the authorization request. If the user chose the institution, take them \
                 from the redirect.",
            ),
            Self::Verifier(error) => return error.wire(),
            Self::RefreshTokenUnknown => {
                (400, "invalid_grant", "The refresh token was not issued to this client.".into(), NEW_TOKENS)
            }
            Self::RefreshTokenExpired => (400, "invalid_grant", "The refresh token has expired.".into(), NEW_TOKENS),
            Self::GrantRevoked => (400, "invalid_grant", "The grant has been revoked.".into(), NEW_TOKENS),
            Self::GrantTooOld => (400, "invalid_grant", "The operator has ended every grant of this age.".into(), NEW_TOKENS),
            Self::ClientUnregistered => (
                400,
                "invalid_request",
                "No client is registered with this client_id, or the client is disabled.".into(),
                "Check the client_id, or ask the operator.",
            ),
            Self::RedirectUriUnregistered => (
                400,
                "invalid_request",
                "The client is not registered with this redirect_uri.".into(),
                "Send a registered redirect_uri exactly, or ask the operator to register this one.",
            ),
            Self::ResponseTypeUnsupported(sent) => (
                400,
                "unsupported_response_type",
                format!("The response_type is {sent}; it must be code or token.").into(),
                "Send response_type=code.",
            ),
            Self::ResponseModeUnsupported { served } => (
                400,
                "invalid_request",
                format!(
                    "The service does not support this response_mode; with this response_type it must be {served}."
                )
                .into(),
                "Leave response_mode out.",
            ),
            Self::ChallengeMethodUnsupported(sent) => (
                400,
                "invalid_request",
                format!("The code_challenge_method is {sent}; it must be S256.").into(),
                "Send code_challenge_method=S256 (RFC 7636 section 4.3).",
            ),
            Self::InstitutionUnknown(sent) => (
                400,
                "invalid_request",
                match sent {
                    Some(sent) => format!("The service has no institution {sent}, the authenticatingInstitutionId.").into(),
                    None => "The service has no institution for this client that the user could choose.".into(),
                },
                "Check the id, or ask the operator to add the institution.",
            ),
            Self::ConsentRefused => (403, "access_denied", "The user denied the request.".into(), ""),
            Self::LoginRequired => (
                403,
                "login_required",
                "The user is not signed in, or has to type the password again; prompt=none allows no question.".into(),
                "Send the user without prompt=none.",
            ),
            Self::ConsentRequired => (
                403,
                "consent_required",
                "The user has to consent, as to every request; prompt=none allows no question.".into(),
                "Send the user without prompt=none.",
            ),
            Self::InteractionRequired => (
                403,
                "interaction_required",
                "The user has to choose an institution; prompt=none allows no question.".into(),
                "Name both institutions, or send the user without prompt=none.",
            ),
            Self::Push(error) => return error.wire(),
            Self::Form(error) => return error.wire(),
            Self::SignIn(error) => return error.wire(),
            Self::Provider(error) => return error.wire(),
            Self::IntrospectionNotAllowed => (
                400,
                "unauthorized_client",
                "The client is not registered to introspect tokens.".into(),
                "Ask the operator to register the scopes that the client may introspect.",
            ),
            Self::TokenForeign => (
                400,
                "unauthorized_client",
                "The token was issued to another client.".into(),
                "Revoke only tokens of this client (RFC 7009 section 2.1).",
            ),
            Self::BearerMissing => (
                401,
                "invalid_token",
                "The request has no access token.".into(),
                "Send the access token in the header Authorization: Bearer (RFC 6750 section 2.1).",
            ),
            Self::TokenClient(error) => return error.wire(),
            Self::TokenInactive => (
                401,
                "invalid_token",
                "The access token is invalid, expired or revoked.".into(),
                "Refresh it, then send the new access token.",
            ),
            Self::ScopeInsufficient => (
                403,
                "insufficient_scope",
                "The access token does not have the scope that this request requires.".into(),
                "Request tokens with that scope.",
            ),
            Self::Unavailable(_) => (
                503,
                "temporarily_unavailable",
                "The service is temporarily unavailable; try again in a moment.".into(),
                "Send the same request again after the seconds that Retry-After names.",
            ),
        };
        Wire { status, error, description, details: details.to_owned() }
    }
}

/// A refusal by an institution's provider. The page shows it to the user, who can only try again.
pub(super) fn of_provider(description: impl Into<Cow<'static, str>>) -> Wire {
    Wire::access_denied(description, "Start again. If it fails again, tell the institution.")
}
