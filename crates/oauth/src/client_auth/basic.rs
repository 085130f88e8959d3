//! `client_secret_basic`: the header `Authorization: Basic` has client id and secret (RFC 6749 section 2.3.1).
//!
//! ```text
//! Basic base64(client id ":" secret)
//! ```
//!
//! RFC 6749 has both form-encoded before they are joined. Half of the client libraries skip that. So both readings count: the
//! texts as they are, and the texts decoded. A secret matches if it is one of the two.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode;
use zeroize::Zeroizing;

use crate::client::is_client_id;
use crate::client_auth::Challenge;
use crate::client_auth::secrets::SentSecret;
use crate::error::Wire;

#[cfg(test)]
mod tests;

/// The longest header, in bytes: a client id and a secret of some hundred characters, each of them encoded.
pub const MAX_HEADER: usize = 4096;

/// A 401's challenge (RFC 7617 section 2).
pub(super) const CHALLENGE: &str = r#"Basic realm="clients", charset="UTF-8""#;

const SCHEME: &str = "Basic";

/// Client id and secret of a header. Nothing of them is verified.
pub struct Basic {
    pub(super) sent: SentSecret,
    /// How a refusal challenges.
    pub(super) challenge: Challenge,
}

/// Whether the value of an Authorization header has the scheme. Schemes have no case (RFC 9110 section 11.1).
pub fn is_basic(value: &[u8]) -> bool {
    let scheme = value.split(|byte| *byte == b' ' || *byte == b'\t').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case(SCHEME.as_bytes())
}

impl Basic {
    /// Reads the value of the header. A refusal challenges by `challenge`.
    pub(super) fn parse(value: &[u8], challenge: Challenge) -> Result<Self, Error> {
        let refused = |what| Error { what, challenge };
        if value.len() > MAX_HEADER {
            return Err(refused(Malformed::TooLong));
        }
        let encoded = value[SCHEME.len()..].trim_ascii();
        let decoded = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| refused(Malformed::NotBase64))?);
        let text = std::str::from_utf8(&decoded).map_err(|_| refused(Malformed::NotText))?;
        // RFC 7617 section 2: the first colon ends the user's name.
        let (client_id, secret) = text.split_once(':').ok_or(refused(Malformed::NoColon))?;
        let client_id = named(client_id).ok_or(refused(Malformed::ClientId))?;
        Ok(Self { sent: SentSecret::of(client_id, secret.as_bytes(), &form_decoded(secret)), challenge })
    }
}

/// The client id that a request names: decoded, if that can be one; else as it is. An id with a percent sign before two
/// hexadecimal digits has to come encoded.
fn named(text: &str) -> Option<String> {
    let decoded = String::from_utf8(form_decoded(text).to_vec()).ok().filter(|id| is_client_id(id));
    decoded.or_else(|| is_client_id(text).then(|| text.to_owned()))
}

/// What a form-encoded text means: `+` is a blank, and `%XX` is a byte.
fn form_decoded(text: &str) -> Zeroizing<Vec<u8>> {
    let blank = Zeroizing::new(text.replace('+', " "));
    Zeroizing::new(percent_decode(blank.as_bytes()).collect())
}

/// Why the header cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub what: Malformed,
    /// How the refusal challenges.
    pub challenge: Challenge,
}

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It is longer than [`MAX_HEADER`].
    TooLong,
    /// It is not the base64 of anything.
    NotBase64,
    /// It is not UTF-8 once it is decoded.
    NotText,
    /// Client id and secret have no colon between them.
    NoColon,
    /// What is before the colon cannot be a client id.
    ClientId,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "it is longer than {MAX_HEADER} bytes"),
            Self::NotBase64 => write!(f, "what follows Basic is not base64 with padding"),
            Self::NotText => write!(f, "it is not UTF-8 once the base64 is decoded"),
            Self::NoColon => write!(f, "it has no colon between client id and secret once the base64 is decoded"),
            Self::ClientId => write!(
                f,
                "the client id must have 1 to 128 visible ASCII characters without a double quote, and must not begin as \
                 users' subjects do"
            ),
        }
    }
}

impl Error {
    /// The name of the error in the log.
    pub(crate) fn name(self) -> &'static str {
        "basic_malformed"
    }

    /// Turns the error into status, code and text.
    pub(crate) fn wire(self) -> Wire {
        Wire::invalid_client(
            format!("The service cannot read the header Authorization: Basic: {}.", self.what),
            "Send Basic and the base64 of client id, colon and secret, both form-encoded in UTF-8 (RFC 6749 section 2.3.1).",
        )
    }
}
