//! Every refusal there is, and the one match that turns it into status, code and text.

use std::borrow::Cow;
use std::fmt::Write;

use crate::grant::GrantType;
use crate::signature::header::HeaderError;

/// Why a request is refused, with the facts of the case. What it tells the caller is in [`Denial::wire`]; what it tells
/// the log is its [`Denial::name`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// The event is not one of an API Gateway HTTP API (payload 2.0).
    EventMalformed,
    /// The token endpoint takes POST (RFC 6749 section 3.2).
    MethodNotAllowed,
    /// The query string is longer than this, bytes.
    QueryTooLong(usize),
    /// The body is longer than this, bytes.
    BodyTooLong(usize),
    /// A body that is not a form.
    BodyNotForm,
    /// A body that no body hash covers.
    BodyUnsigned,
    /// Query or body holds bytes that are not UTF-8.
    ParametersNotText,
    /// A parameter stands twice (RFC 6749 section 3.2).
    ParameterRepeated(&'static str),
    /// A required parameter is missing or empty.
    ParameterMissing(&'static str),
    /// A parameter has a value that it cannot have.
    ParameterInvalid(&'static str),
    /// Only one of `principalID` and `principalIDNS` is there.
    PrincipalIncomplete,

    /// No Authorization header.
    CredentialsMissing,
    /// An Authorization header that does not parse.
    CredentialsMalformed(HeaderError),
    /// The timestamp lies too far from the server's clock; all in seconds.
    TimestampSkewed {
        /// The request's.
        timestamp: u64,
        /// The server's.
        now: u64,
        /// How far it may lie.
        window: u64,
    },
    /// The `bodyhash` attribute is not that of the body.
    BodyHashMismatch,
    /// Unknown client, disabled client or wrong signature: one answer for the three.
    SignatureMismatch {
        /// The text the server signed, secret values blanked.
        signed_text: String,
        /// What most likely went wrong.
        hints: Vec<String>,
        /// Which of the three it was, for the log alone.
        cause: Mismatch,
    },
    /// This signed request was accepted before.
    Replayed,

    /// `grant_type` is none that exists.
    GrantTypeUnsupported,
    /// The refresh endpoint takes one grant type only.
    GrantTypeElsewhere,
    /// The client is not registered for it.
    GrantTypeNotAllowed(GrantType),
    /// The client may not act for one of the institutions.
    InstitutionNotAllowed,
    /// The client may not name a user.
    PrincipalNotAllowed,
    /// `scope` is outside the grammar of RFC 6749 section 3.3, or too long.
    ScopeMalformed,
    /// A scope that the client is not registered for.
    ScopeNotAllowed,
    /// A refresh asks for more than was granted.
    ScopeWidened,

    /// No such code of this client: unknown, another client's, or altered.
    CodeUnknown,
    /// Older than its life.
    CodeExpired,
    /// Redeemed before. What came of it is revoked.
    CodeRedeemed,
    /// Another redirect URI than the one the code was sent to.
    RedirectUriDiffers,
    /// Other institutions than those of the grant.
    InstitutionsDiffer,
    /// PKCE: the code has a challenge and no verifier came.
    VerifierMissing,
    /// PKCE: the verifier is not the challenge's.
    VerifierWrong,
    /// PKCE: a verifier came for a code without a challenge.
    VerifierUnexpected,
    /// No such refresh token of this client: unknown, another client's, or altered.
    RefreshTokenUnknown,
    /// Older than its life.
    RefreshTokenExpired,
    /// The grant was revoked.
    GrantRevoked,

    /// The service cannot decide now.
    Unavailable(Trouble),
}

/// Why a signature was not accepted. Only the log sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// No such client.
    UnknownClient,
    /// The client is disabled.
    DisabledClient,
    /// No live secret gives this signature.
    WrongSignature,
}

/// What keeps the service from deciding. Only the log sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// DynamoDB did not answer in time, or with an error that may pass.
    DatabaseUnreachable,
    /// DynamoDB throttles.
    DatabaseThrottling,
    /// DynamoDB refuses: a missing table or permission. An operator must act.
    DatabaseRefuses,
    /// An item cannot be read. An operator must act.
    ItemDamaged,
    /// A secret does not open under the keyring. An operator must act.
    SecretUnopened,
    /// The operating system gave no randomness.
    NoRandomness,
}

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

/// Seconds after which a caller may try again, where the answer is 503.
pub const RETRY_AFTER_SECONDS: u64 = 1;

impl Denial {
    /// The refusal's name in the log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::EventMalformed => "event_malformed",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::QueryTooLong(_) => "query_too_long",
            Self::BodyTooLong(_) => "body_too_long",
            Self::BodyNotForm => "body_not_form",
            Self::BodyUnsigned => "body_unsigned",
            Self::ParametersNotText => "parameters_not_text",
            Self::ParameterRepeated(_) => "parameter_repeated",
            Self::ParameterMissing(_) => "parameter_missing",
            Self::ParameterInvalid(_) => "parameter_invalid",
            Self::PrincipalIncomplete => "principal_incomplete",
            Self::CredentialsMissing => "credentials_missing",
            Self::CredentialsMalformed(_) => "credentials_malformed",
            Self::TimestampSkewed { .. } => "timestamp_skewed",
            Self::BodyHashMismatch => "body_hash_mismatch",
            Self::SignatureMismatch { cause: Mismatch::UnknownClient, .. } => "client_unknown",
            Self::SignatureMismatch { cause: Mismatch::DisabledClient, .. } => "client_disabled",
            Self::SignatureMismatch { cause: Mismatch::WrongSignature, .. } => "signature_mismatch",
            Self::Replayed => "replayed",
            Self::GrantTypeUnsupported => "grant_type_unsupported",
            Self::GrantTypeElsewhere => "grant_type_elsewhere",
            Self::GrantTypeNotAllowed(_) => "grant_type_not_allowed",
            Self::InstitutionNotAllowed => "institution_not_allowed",
            Self::PrincipalNotAllowed => "principal_not_allowed",
            Self::ScopeMalformed => "scope_malformed",
            Self::ScopeNotAllowed => "scope_not_allowed",
            Self::ScopeWidened => "scope_widened",
            Self::CodeUnknown => "code_unknown",
            Self::CodeExpired => "code_expired",
            Self::CodeRedeemed => "code_redeemed",
            Self::RedirectUriDiffers => "redirect_uri_differs",
            Self::InstitutionsDiffer => "institutions_differ",
            Self::VerifierMissing => "verifier_missing",
            Self::VerifierWrong => "verifier_wrong",
            Self::VerifierUnexpected => "verifier_unexpected",
            Self::RefreshTokenUnknown => "refresh_token_unknown",
            Self::RefreshTokenExpired => "refresh_token_expired",
            Self::GrantRevoked => "grant_revoked",
            Self::Unavailable(Trouble::DatabaseUnreachable) => "database_unreachable",
            Self::Unavailable(Trouble::DatabaseThrottling) => "database_throttling",
            Self::Unavailable(Trouble::DatabaseRefuses) => "database_refuses",
            Self::Unavailable(Trouble::ItemDamaged) => "item_damaged",
            Self::Unavailable(Trouble::SecretUnopened) => "secret_unopened",
            Self::Unavailable(Trouble::NoRandomness) => "no_randomness",
        }
    }

    /// What the caller is told.
    pub fn wire(&self) -> Wire {
        let (status, error, description, details): (_, _, Cow<'static, str>, _) = match self {
            Self::EventMalformed => (400, "invalid_request", "The request cannot be read.".into(), ""),
            Self::MethodNotAllowed => {
                (405, "invalid_request", "The token endpoint takes POST.".into(), "RFC 6749 section 3.2")
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
            Self::BodyUnsigned => (
                400,
                "invalid_request",
                "The body is not covered by the signature.".into(),
                "Send the parameters in the query string with an empty body, or add the attribute \
                 bodyhash=base64(SHA-256(body)) to the Authorization header and sign it on line 4.",
            ),
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
                (400, "invalid_request", format!("The parameter {name} is missing or empty.").into(), "")
            }
            Self::ParameterInvalid(name) => {
                (400, "invalid_request", format!("The parameter {name} has a value that it cannot have.").into(), "")
            }
            Self::PrincipalIncomplete => {
                (400, "invalid_request", "principalID and principalIDNS come together or not at all.".into(), "")
            }
            Self::CredentialsMissing => (
                401,
                "invalid_client",
                "The request is not signed: it has no Authorization header.".into(),
                "Sign it with your WSKey and secret.",
            ),
            Self::CredentialsMalformed(error) => (401, "invalid_client", format!("{error}.").into(), ""),
            Self::TimestampSkewed { timestamp, now, window } => {
                let (skew, side) = match now.checked_sub(*timestamp) {
                    Some(behind) => (behind, "behind"),
                    None => (timestamp - now, "ahead of"),
                };
                let description = format!(
                    "The timestamp is {skew} seconds {side} the server's time, {now}; at most {window} are taken."
                );
                (401, "invalid_client", description.into(), "Set the clock of the client, then sign the request anew.")
            }
            Self::BodyHashMismatch => (
                401,
                "invalid_client",
                "The bodyhash attribute is not base64(SHA-256(body)) of the body that arrived.".into(),
                "",
            ),
            Self::SignatureMismatch { signed_text, hints, .. } => {
                return Wire {
                    status: 401,
                    error: "invalid_client",
                    description: "The client is unknown or disabled, or the signature does not match.".into(),
                    details: mismatch_details(signed_text, hints),
                };
            }
            Self::Replayed => (
                401,
                "invalid_client",
                "This signed request was accepted before.".into(),
                "Sign each request anew, with a nonce of its own.",
            ),
            Self::GrantTypeUnsupported => (
                400,
                "unsupported_grant_type",
                "The grant_type is none of authorization_code, client_credentials and refresh_token.".into(),
                "",
            ),
            Self::GrantTypeElsewhere => (
                400,
                "unsupported_grant_type",
                "This endpoint takes grant_type refresh_token and no other.".into(),
                "POST /oauth2/accessToken takes every grant type.",
            ),
            Self::GrantTypeNotAllowed(grant_type) => (
                400,
                "unauthorized_client",
                format!("The client is not registered for grant_type {}.", grant_type.as_str()).into(),
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
            Self::Unavailable(_) => {
                (503, "temporarily_unavailable", "The service cannot answer now; try again.".into(), "")
            }
        };
        Wire { status, error, description, details: details.to_owned() }
    }
}

fn mismatch_details(signed_text: &str, hints: &[String]) -> String {
    let mut details = String::from("The server signed these lines, each with a line feed at its end:\n");
    for (index, line) in signed_text.lines().enumerate() {
        let _ = writeln!(details, "{:>2}: {line}", index + 1);
    }
    for hint in hints {
        let _ = writeln!(details, "- {hint}");
    }
    details
}
