//! Why a signed request is not accepted: names for the log, words for the client.

use std::fmt::{self, Write};

use super::SCHEME;
use crate::client_auth::{Failure, Mismatch};
use crate::error::{Denial, Wire};
use crate::time::skew;

/// Why a signed request is not accepted, with the facts of the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The Authorization header does not parse.
    Header(HeaderError),
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
    /// A body that no body hash covers.
    BodyUnsigned,
    /// Unknown client, disabled client or wrong signature: one answer for the three.
    SignatureMismatch {
        /// The text the server signed, secret values blanked.
        signed_text: String,
        /// What most likely went wrong.
        hints: Vec<String>,
        /// Which of the three it was, for the log alone.
        cause: Mismatch,
    },
}

impl From<HeaderError> for Error {
    fn from(error: HeaderError) -> Self {
        Self::Header(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::WsKey(error)
    }
}

impl From<Error> for Denial {
    fn from(error: Error) -> Self {
        Failure::from(error).into()
    }
}

impl Error {
    /// Its name in the log.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Header(_) => "credentials_malformed",
            Self::TimestampSkewed { .. } => "timestamp_skewed",
            Self::BodyHashMismatch => "body_hash_mismatch",
            Self::BodyUnsigned => "body_unsigned",
            Self::SignatureMismatch { cause, .. } => cause.name().unwrap_or("signature_mismatch"),
        }
    }

    /// Where the errors page explains it: one place for the three that are one answer.
    pub(crate) fn anchor(&self) -> &'static str {
        match self {
            Self::SignatureMismatch { .. } => "signature_mismatch",
            error => error.name(),
        }
    }

    /// What the client is told.
    pub(crate) fn wire(&self) -> Wire {
        match self {
            Self::Header(error) => Wire::invalid_client(format!("{error}."), ""),
            Self::TimestampSkewed { timestamp, now, window } => {
                let skew = skew(*timestamp, *now);
                Wire::invalid_client(
                    format!("The timestamp is {skew}; at most {window} seconds are taken."),
                    "Set the clock of the client, then sign the request anew.",
                )
            }
            Self::BodyHashMismatch => Wire::invalid_client(
                "The bodyhash attribute is not base64(SHA-256(body)) of the body that arrived.",
                "",
            ),
            Self::BodyUnsigned => Wire::invalid_request(
                "The body is not covered by the signature.",
                "Send the parameters in the query string with an empty body, or add the attribute \
                 bodyhash=base64(SHA-256(body)) to the Authorization header and sign it on line 4.",
            ),
            Self::SignatureMismatch { signed_text, hints, .. } => Wire::invalid_client(
                "The client is unknown or disabled, or the signature does not match.",
                mismatch_details(signed_text, hints),
            ),
        }
    }
}

/// What a client is told that signs nothing.
pub(crate) fn missing() -> Wire {
    Wire::invalid_client(
        "The request is not signed: it has no Authorization header.",
        "Sign it with your WSKey and secret.",
    )
}

/// What a client is told that sends a copy of a signed request.
pub(crate) fn replayed() -> Wire {
    Wire::invalid_client("This signed request was accepted before.", "Sign each request anew, with a nonce of its own.")
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

/// What is wrong with a header. Its `Display` says so without repeating any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// Longer than this, bytes.
    TooLong(usize),
    /// Another scheme: `Basic`, `Bearer`, or none at all.
    OtherScheme,
    /// Not text.
    NotText,
    /// Not the grammar of [`crate::client_auth::wskey::header`].
    Malformed,
    /// An attribute stands twice.
    Repeated(&'static str),
    /// A required attribute is missing or empty.
    Missing(&'static str),
    /// An attribute has a value that it cannot have.
    Invalid(&'static str),
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(limit) => write!(f, "the Authorization header is longer than {limit} bytes"),
            Self::OtherScheme => write!(f, "the Authorization header does not begin with {SCHEME}"),
            Self::NotText => write!(f, "the Authorization header is not UTF-8 text"),
            Self::Malformed => write!(f, "the Authorization header is not a list of name='value' with double quotes"),
            Self::Repeated(name) => write!(f, "the Authorization header has the attribute {name} twice"),
            Self::Missing(name) => write!(f, "the Authorization header lacks the attribute {name}"),
            Self::Invalid(name) => write!(f, "the Authorization header has an attribute {name} that cannot be one"),
        }
    }
}
