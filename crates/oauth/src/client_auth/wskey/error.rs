//! Why the service does not accept a signed request: names for the log, texts for the client.

use std::fmt::Write;

use super::header::{HeaderError, SCHEME};
use super::timestamp;
use crate::auth_method::AuthMethod;
use crate::client_auth::Mismatch;
use crate::error::Wire;
use crate::grant_type::listed;
use crate::time::skew;

/// Why the service does not accept a signed request, with the facts of the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The Authorization header cannot be parsed.
    Header(HeaderError),
    /// The timestamp is not whole POSIX seconds.
    TimestampMalformed {
        /// What it is instead.
        form: timestamp::Form,
        /// The server's time.
        now: u64,
    },
    /// The timestamp is too far from the server's clock. All figures are seconds.
    TimestampSkewed {
        /// The timestamp of the request.
        timestamp: u64,
        /// The server's time.
        now: u64,
        /// How far the timestamp may be from the server's time.
        window: u64,
    },
    /// The attribute `bodyhash` does not match the body.
    BodyHashMismatch,
    /// The signature does not cover the body.
    BodyUnsigned,
    /// The client is unknown or disabled, or the signature does not match. The three have one answer.
    SignatureMismatch {
        /// The text the server signed, secret values blanked.
        signed_text: String,
        /// What most likely went wrong.
        hints: Vec<String>,
        /// Which of the three it was. Only the log has it.
        cause: Mismatch,
    },
}

impl From<HeaderError> for Error {
    fn from(error: HeaderError) -> Self {
        Self::Header(error)
    }
}

impl Error {
    /// The name of the error in the log.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Header(_) | Self::TimestampMalformed { .. } => "credentials_malformed",
            Self::TimestampSkewed { .. } => "timestamp_skewed",
            Self::BodyHashMismatch => "body_hash_mismatch",
            Self::BodyUnsigned => "body_unsigned",
            Self::SignatureMismatch { cause, .. } => cause.name().unwrap_or("signature_mismatch"),
        }
    }

    /// The place on the errors page that explains the error. The three errors with one answer share a place.
    pub(crate) fn anchor(&self) -> &'static str {
        match self {
            Self::SignatureMismatch { .. } => "signature_mismatch",
            error => error.name(),
        }
    }

    /// Turns the error into status, code and text.
    pub(crate) fn wire(&self) -> Wire {
        match self {
            Self::Header(error) => Wire::invalid_client(
                format!("The credentials are malformed: {error}."),
                match error {
                    HeaderError::OtherScheme(_) => methods(),
                    _ => "The command latchkey sign prints a correct Authorization header.".to_owned(),
                },
            ),
            Self::TimestampMalformed { form, now } => Wire::invalid_client(
                format!("{}.", timestamp::sentence(*form, *now)),
                "Send the seconds since 1970-01-01 00:00:00 UTC as digits, without a fraction. Sign the same text on line 2.",
            ),
            Self::TimestampSkewed { timestamp, now, window } => {
                let skew = skew(*timestamp, *now);
                Wire::invalid_client(
                    format!("The timestamp is {skew}; the service accepts at most {window} seconds."),
                    skew_details(*timestamp, *now, *window),
                )
            }
            Self::BodyHashMismatch => Wire::invalid_client(
                "The attribute bodyhash is not base64(SHA-256(body)) of the body that the service received.",
                "Hash the bytes that you send, after every encoding.",
            ),
            Self::BodyUnsigned => Wire::invalid_request(
                "The signature does not cover the body.",
                "Send the parameters in the query string with an empty body. Or add the attribute \
                 bodyhash=base64(SHA-256(body)) to the Authorization header, and sign it on line 4.",
            ),
            Self::SignatureMismatch { signed_text, hints, .. } => Wire::invalid_client(
                "The client is unknown or disabled, or the signature does not match.",
                mismatch_details(signed_text, hints),
            ),
        }
    }
}

/// The answer to a request that is not signed.
pub(crate) fn missing() -> Wire {
    Wire::invalid_client("The request is not signed: it has no Authorization header.", methods())
}

/// Which ways there are for a client that used none of them. The text is the same for every request.
fn methods() -> String {
    format!(
        "The service authenticates clients by {}: each client by the methods that it is registered for, and the operator \
         knows them. A client that signs (wskey_hmac_sha256) sends the signature in an Authorization header that begins with \
         {SCHEME}, and never sends the secret; the command latchkey sign prints a correct header. A client that sends it \
         uses the header Authorization: Basic or the form. The service accepts no Bearer credentials, and no client_secret in a \
         query. The metadata document \
         (/.well-known/oauth-authorization-server) lists the methods.",
        listed(AuthMethod::ALL.map(AuthMethod::in_metadata), "or"),
    )
}

/// What to do about a clock. A difference of whole half hours is one of time zones.
fn skew_details(timestamp: u64, now: u64, window: u64) -> String {
    const HALF_HOUR: u64 = 1800;
    let (off, furthest) = (now.abs_diff(timestamp), 28 * HALF_HOUR);
    let odd = off % HALF_HOUR;
    let zone = off > window && off <= furthest.saturating_add(window) && odd.min(HALF_HOUR.saturating_sub(odd)) <= 60;
    let reason =
        if zone { " The difference looks like a time zone: POSIX seconds count from 1970 in UTC." } else { "" };
    format!("Set the clock of the client, then sign the request again.{reason}")
}

/// The answer to a copy of a signed request.
pub(crate) fn replayed() -> Wire {
    Wire::invalid_client(
        "The service accepted this signed request before.",
        "Sign each request separately, with a new nonce.",
    )
}

fn mismatch_details(signed_text: &str, hints: &[String]) -> String {
    let mut details = String::from("The server signed these lines, each followed by a line feed:\n");
    for (index, line) in signed_text.lines().enumerate() {
        let _ = writeln!(details, "{:>2}: {line}", index.saturating_add(1));
    }
    for hint in hints {
        let _ = writeln!(details, "- {hint}");
    }
    details
}
