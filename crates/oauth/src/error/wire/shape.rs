//! What a client sees of a refusal: status, code and two texts.

use std::borrow::Cow;

/// Seconds after which a client may try again after a 503.
pub const RETRY_AFTER_SECONDS: u64 = 1;

/// Every error code: of RFC 6749 sections 4.1.2.1, 4.2.2.1 and 5.2, RFC 6750 section 3.1, RFC 8628 section 3.5, RFC 9101
/// section 7 and OpenID Connect Core section 3.1.2.6.
pub const ERROR_CODES: [&str; 19] = [
    "access_denied",
    "authorization_pending",
    "consent_required",
    "expired_token",
    "insufficient_scope",
    "interaction_required",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_request_uri",
    "invalid_scope",
    "invalid_token",
    "login_required",
    "request_not_supported",
    "slow_down",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
];

/// What a client sees of a refusal.
pub struct Wire {
    /// HTTP status.
    pub status: u16,
    /// The error code of RFC 6749 section 5.2.
    pub error: &'static str,
    /// One sentence: what is wrong. It has only characters that section 5.2 allows.
    pub description: Cow<'static, str>,
    /// What to do. It may have several lines, and may be empty.
    pub details: String,
}

impl Wire {
    /// A refusal of the request, from any client.
    pub(crate) fn invalid_request(description: impl Into<Cow<'static, str>>, details: impl Into<String>) -> Self {
        Self { status: 400, error: "invalid_request", description: description.into(), details: details.into() }
    }

    /// A refusal of what the client is not registered for.
    pub(crate) fn unauthorized_client(description: impl Into<Cow<'static, str>>, details: impl Into<String>) -> Self {
        Self { error: "unauthorized_client", ..Self::invalid_request(description, details) }
    }

    /// A refusal of a code or a token, or of what belongs to it.
    pub(crate) fn invalid_grant(description: impl Into<Cow<'static, str>>, details: impl Into<String>) -> Self {
        Self { error: "invalid_grant", ..Self::invalid_request(description, details) }
    }

    /// A refusal by the user, or of a user.
    pub(crate) fn access_denied(description: impl Into<Cow<'static, str>>, details: impl Into<String>) -> Self {
        Self { status: 403, error: "access_denied", ..Self::invalid_request(description, details) }
    }

    /// A refusal of a client that is not authenticated.
    pub(crate) fn invalid_client(description: impl Into<Cow<'static, str>>, details: impl Into<String>) -> Self {
        Self { status: 401, error: "invalid_client", description: description.into(), details: details.into() }
    }
}
