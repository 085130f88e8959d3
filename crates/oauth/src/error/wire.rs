//! The one match that turns a refusal into status, code and text.

use std::borrow::Cow;

use crate::error::Denial;
use crate::grant_type::{GrantType, listed};

/// How a refusal looks to its caller.
pub struct Wire {
    /// HTTP status.
    pub status: u16,
    /// The error code of RFC 6749 section 5.2.
    pub error: &'static str,
    /// One sentence; only characters that section 5.2 allows.
    pub description: Cow<'static, str>,
    /// What helps to mend it; may have several lines, may be empty.
    pub details: String,
}

impl Wire {
    /// The request is at fault, whoever sent it.
    pub(crate) fn invalid_request(description: impl Into<Cow<'static, str>>, details: impl Into<String>) -> Self {
        Self { status: 400, error: "invalid_request", description: description.into(), details: details.into() }
    }

    /// The client is not authenticated.
    pub(crate) fn invalid_client(description: impl Into<Cow<'static, str>>, details: impl Into<String>) -> Self {
        Self { status: 401, error: "invalid_client", description: description.into(), details: details.into() }
    }
}

/// Seconds after which a caller may try again, where the answer is 503.
pub const RETRY_AFTER_SECONDS: u64 = 1;

impl Denial {
    /// What the caller is told.
    pub fn wire(&self) -> Wire {
        let (status, error, description, details): (_, _, Cow<'static, str>, _) = match self {
            Self::EventMalformed => (400, "invalid_request", "The request cannot be read.".into(), ""),
            Self::MethodNotAllowed => {
                (400, "invalid_request", "The endpoint does not take this method.".into(), "RFC 6749 section 3.2")
            }
            Self::QueryTooLong(limit) => {
                (400, "invalid_request", format!("The query string is longer than {limit} bytes.").into(), "")
            }
            Self::BodyTooLong(limit) => {
                (400, "invalid_request", format!("The body is longer than {limit} bytes.").into(), "")
            }
            Self::BodyNotForm => (
                400,
                "invalid_request",
                "The body is not a form: its Content-Type must be application/x-www-form-urlencoded.".into(),
                "Send the parameters in the query string with an empty body, or as a form with a bodyhash attribute.",
            ),
            Self::ParametersTooMany(limit) => {
                (400, "invalid_request", format!("There are more than {limit} parameters.").into(), "")
            }
            Self::ParametersNotText => {
                (400, "invalid_request", "A parameter is not UTF-8 text once it is percent-decoded.".into(), "")
            }
            Self::ParameterRepeated(name) => (
                400,
                "invalid_request",
                format!("The parameter {name} is given more than once.").into(),
                "RFC 6749 section 3.2: request parameters must not be included more than once, in query and body together.",
            ),
            Self::ParameterMissing(name) => {
                // RFC 6749 section 3.3: without a default, a scope that is left out is an invalid one.
                let error = if *name == "scope" { "invalid_scope" } else { "invalid_request" };
                (400, error, format!("The parameter {name} is missing or empty.").into(), "")
            }
            Self::ParameterInvalid(name) => {
                (400, "invalid_request", format!("The parameter {name} has a value that it cannot have.").into(), "")
            }
            Self::PrincipalIncomplete => {
                (400, "invalid_request", "principalID and principalIDNS come together or not at all.".into(), "")
            }
            Self::ClientAuth(failure) => return failure.wire(),
            Self::GrantTypeUnsupported => (
                400,
                "unsupported_grant_type",
                format!("The grant_type is none of {}.", listed(GrantType::ASKED_FOR.map(GrantType::as_str), "and"))
                    .into(),
                "",
            ),
            Self::GrantTypeElsewhere => (
                400,
                "unsupported_grant_type",
                format!("This endpoint takes grant_type {} and no other.", GrantType::RefreshToken.as_str()).into(),
                "POST /oauth2/accessToken takes every grant type.",
            ),
            Self::GrantTypeNotAllowed(grant_type) => (
                400,
                "unauthorized_client",
                format!("The client is not registered for the grant type {}.", grant_type.as_str()).into(),
                "",
            ),
            Self::InstitutionNotAllowed => {
                (400, "unauthorized_client", "The client is not registered for one of the institutions.".into(), "")
            }
            Self::PrincipalNotAllowed => {
                (400, "unauthorized_client", "The client is not registered to name a principal.".into(), "")
            }
            Self::ScopeMalformed => (
                400,
                "invalid_scope",
                "The scope is not a blank-separated list of scope tokens, or is too long.".into(),
                "RFC 6749 section 3.3",
            ),
            Self::ScopeWithoutService => {
                (400, "invalid_scope", "The scope names no service beside refresh_token.".into(), "")
            }
            Self::ScopeNotAllowed => {
                (400, "invalid_scope", "The client is not registered for one of the scopes.".into(), "")
            }
            Self::ScopeWidened => {
                (400, "invalid_scope", "A refresh may narrow the scope that was granted and never widen it.".into(), "")
            }
            Self::CodeUnknown => (400, "invalid_grant", "The code is not one of this client's.".into(), ""),
            Self::CodeExpired => (400, "invalid_grant", "The code is expired.".into(), ""),
            Self::CodeRedeemed => (
                400,
                "invalid_grant",
                "The code was redeemed before; what came of it is revoked.".into(),
                "RFC 6749 section 4.1.2",
            ),
            Self::RedirectUriDiffers => {
                (400, "invalid_grant", "The redirect_uri is not the one that the code was sent to.".into(), "")
            }
            Self::InstitutionsDiffer => {
                (400, "invalid_grant", "The institutions are not those that the code was made for.".into(), "")
            }
            Self::VerifierMissing => (400, "invalid_grant", "The code needs its code_verifier.".into(), "RFC 7636"),
            Self::VerifierWrong => {
                (400, "invalid_grant", "The code_verifier is not that of the code_challenge.".into(), "RFC 7636")
            }
            Self::VerifierUnexpected => {
                (400, "invalid_grant", "The code was made without a code_challenge.".into(), "RFC 7636")
            }
            Self::RefreshTokenUnknown => {
                (400, "invalid_grant", "The refresh token is not one of this client's.".into(), "")
            }
            Self::RefreshTokenExpired => (400, "invalid_grant", "The refresh token is expired.".into(), ""),
            Self::GrantRevoked => (400, "invalid_grant", "The grant was revoked.".into(), ""),
            Self::ClientUnregistered => {
                (400, "invalid_request", "No application of this client_id is registered here.".into(), "")
            }
            Self::RedirectUriUnregistered => {
                (400, "invalid_request", "The client is not registered with this redirect_uri.".into(), "")
            }
            Self::ResponseTypeUnsupported => {
                (400, "unsupported_response_type", "The response_type is neither code nor token.".into(), "")
            }
            Self::ChallengeMethodUnsupported => {
                (400, "invalid_request", "The code_challenge_method is not S256.".into(), "RFC 7636 section 4.3")
            }
            Self::InstitutionUnknown => {
                (400, "invalid_request", "Nobody can sign in at this authenticatingInstitutionId.".into(), "")
            }
            Self::ConsentRefused => (403, "access_denied", "The user did not allow it.".into(), ""),
            Self::FormStale => (400, "invalid_request", "The form is out of date.".into(), ""),
            Self::FormForged => {
                (403, "access_denied", "The form does not come from a page of this service.".into(), "")
            }
            Self::FormAnswered => (409, "invalid_request", "The form was answered before.".into(), ""),
            Self::SignInFailed => (403, "access_denied", "Username or password are wrong.".into(), ""),
            Self::SignInSlowed { seconds } => {
                (429, "access_denied", format!("Too many attempts; wait {seconds} seconds.").into(), "")
            }
            Self::IntrospectionNotAllowed => {
                (400, "unauthorized_client", "The client is not registered to introspect tokens.".into(), "")
            }
            Self::TokenForeign => {
                (400, "unauthorized_client", "The token was issued to another client.".into(), "RFC 7009 section 2.1")
            }
            Self::BearerMissing => (401, "invalid_token", "The request has no bearer token.".into(), ""),
            Self::TokenInactive => (401, "invalid_token", "The access token is not good.".into(), ""),
            Self::ScopeInsufficient => {
                (403, "insufficient_scope", "The access token does not have the scope that is asked for.".into(), "")
            }
            Self::Unavailable(_) => {
                (503, "temporarily_unavailable", "The service cannot answer now; try again.".into(), "")
            }
        };
        Wire { status, error, description, details: details.to_owned() }
    }
}
