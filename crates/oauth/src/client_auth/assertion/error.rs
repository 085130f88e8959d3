//! Why the service does not accept a client assertion.

use crate::client_auth::Mismatch;
use crate::client_auth::assertion::{JWT_BEARER, MAX_JTI, words};
use crate::error::Wire;
use crate::jose::{LEAST_SHARED, Unreadable};

/// Why an assertion is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The query has it.
    InUrl,
    /// `client_assertion_type` is not [`JWT_BEARER`].
    TypeUnknown,
    /// It cannot be read.
    Unreadable(Unreadable),
    /// A claim is missing, or is not what it must be.
    Claim(&'static str),
    /// `iss` and `sub` are not one client id.
    IssuerDiffers,
    /// It is meant for another service, or for several.
    AudienceWrong,
    /// It has ended.
    Expired {
        /// `exp`.
        ends: u64,
        /// The server's time.
        now: u64,
    },
    /// It begins later.
    FromFuture {
        /// The later of `iat` and `nbf`.
        begins: u64,
        /// The server's time.
        now: u64,
        /// How far it may be ahead.
        window: u64,
    },
    /// Its end is too far away.
    LivesTooLong {
        /// Seconds until its end.
        left: u64,
        /// How many they may be.
        most: u64,
        /// The server's time.
        now: u64,
    },
    /// The client's secret made it, and is too short for that.
    SecretShort,
    /// No secret and no key of the client made it. Only the log has the cause.
    Wrong(Mismatch),
}

impl Error {
    /// The name of the error in the log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::InUrl => "assertion_in_url",
            Self::TypeUnknown => "assertion_type_unknown",
            Self::Unreadable(Unreadable::TooLong | Unreadable::HeaderTooLong) => "assertion_too_long",
            Self::Unreadable(Unreadable::Algorithm) => "assertion_algorithm_unknown",
            Self::Unreadable(Unreadable::Critical | Unreadable::Type | Unreadable::HeaderMember(_)) => {
                "assertion_header_refused"
            }
            Self::Unreadable(_) => "assertion_malformed",
            Self::Claim(_) => "assertion_claim_missing",
            Self::IssuerDiffers => "assertion_issuer_differs",
            Self::AudienceWrong => "assertion_audience_wrong",
            Self::Expired { .. } => "assertion_expired",
            Self::FromFuture { .. } => "assertion_from_future",
            Self::LivesTooLong { .. } => "assertion_lives_too_long",
            Self::SecretShort => "assertion_secret_short",
            Self::Wrong(cause) => cause.name().unwrap_or("assertion_wrong"),
        }
    }

    /// The place on the errors page. What has one answer has one place.
    pub(crate) fn anchor(self) -> &'static str {
        if let Self::Wrong(_) = self { Self::Wrong(Mismatch::WrongCredentials).name() } else { self.name() }
    }

    /// Turns the error into status, code and text.
    pub(crate) fn wire(self) -> Wire {
        let clock = "Compare the client's clock with the server's: exp, iat and nbf are POSIX seconds.";
        match self {
            Self::InUrl => Wire::invalid_request(
                "The query has a client_assertion. A URL must not have one.",
                "Servers and proxies write URLs into logs. Send client_assertion and client_assertion_type in the form (RFC 7521 \
                 section 4.2).",
            ),
            Self::TypeUnknown => Wire::invalid_client(
                format!("The client_assertion_type must be {JWT_BEARER}."),
                "Send it beside client_assertion in the form, to the letter (RFC 7523 section 2.2).",
            ),
            Self::Unreadable(fault) => Wire::invalid_client(
                format!("The service cannot read the client_assertion: {}.", words(fault)),
                "Send a signed JWT: base64url of header, claims and signature, with dots between them (RFC 7515 section 7.1). The \
                 metadata document (/.well-known/oauth-authorization-server) lists the algorithms.",
            ),
            Self::Claim("jti") => Wire::invalid_client(
                format!("The claim jti of the client_assertion must be a text of 1 to {MAX_JTI} bytes."),
                "Put a new random jti, such as a UUID, into each assertion: it tells a copy from a new one.",
            ),
            Self::Claim(name) => Wire::invalid_client(
                format!("The claim {name} of the client_assertion is missing or is of another type."),
                "An assertion has iss, sub, aud and jti as texts, and exp in POSIX seconds; iat and nbf may be there, in POSIX \
                 seconds (RFC 7523 section 3).",
            ),
            Self::IssuerDiffers => Wire::invalid_client(
                "The claims iss and sub of the client_assertion must both be the client id.",
                "Put the client id into both (RFC 7523 section 3).",
            ),
            Self::AudienceWrong => Wire::invalid_client(
                "The claim aud of the client_assertion must be one text, the issuer or the URL that the request calls.",
                "Put the issuer into aud, to the letter, as the metadata document \
                 (/.well-known/oauth-authorization-server) has it. With the typ client-authentication+jwt it must be the issuer.",
            ),
            Self::Expired { ends, now } => Wire::invalid_client(
                format!(
                    "The client_assertion ended {} seconds before the server's time, {now}.",
                    now.saturating_sub(ends)
                ),
                clock,
            ),
            Self::FromFuture { begins, now, window } => Wire::invalid_client(
                format!(
                    "The client_assertion begins (iat or nbf) {} seconds after the server's time, {now}; the service accepts at \
                     most {window} seconds.",
                    begins.saturating_sub(now)
                ),
                clock,
            ),
            Self::LivesTooLong { left, most, now } => Wire::invalid_client(
                format!(
                    "The client_assertion ends in {left} seconds from the server's time, {now}; it must end within {most}."
                ),
                "Make an assertion with a nearer exp for each request. A library that cannot needs a registration that allows \
                 more: the operator sets it by --assertion-seconds, at most an hour.",
            ),
            Self::SecretShort => Wire::invalid_client(
                format!("The secret of the client is too short for HS256: it must have at least {LEAST_SHARED} bytes."),
                "Ask the operator for a new secret (RFC 7518 section 3.2), or for another method.",
            ),
            Self::Wrong(_) => Wire::invalid_client(
                "The client is unknown or disabled, is not registered for this method, or nothing of it made the \
                 client_assertion.",
                "Check the client id in iss and sub. Ask the operator by which methods the client is registered to authenticate: an \
                 HS256 assertion is client_secret_jwt, signed with the text of the secret as it is; any other is private_key_jwt, \
                 signed with the private half of a registered key. alg must be the one of that key, and kid, where the header has \
                 it, its name: latchkey client show lists both.",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
