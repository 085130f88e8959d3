//! The signature: HMAC-SHA256 over a signed text, keyed with the bytes of the client's secret.

use std::fmt::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::client_auth::wskey::signed_text::SignedText;
use crate::secret::ClientSecret;

#[cfg(test)]
mod tests;

/// Length of HMAC-SHA256.
pub const SIGNATURE_BYTES: usize = 32;

/// Feeds what a `Display` prints to the HMAC, so that the signed text is never put together in memory.
struct Feed(Hmac<Sha256>);

impl Write for Feed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

fn mac(secret: &ClientSecret, text: &SignedText<'_>) -> Option<Hmac<Sha256>> {
    // HMAC takes a key of any length (RFC 2104 section 3), so there is always one.
    let mut feed = Feed(Hmac::new_from_slice(secret.as_bytes()).ok()?);
    write!(feed, "{text}").ok()?;
    Some(feed.0)
}

/// Returns the signature as the header has it: base64 of the HMAC.
pub fn sign(secret: &ClientSecret, text: &SignedText<'_>) -> String {
    mac(secret, text).map_or_else(String::new, |mac| STANDARD.encode(mac.finalize().into_bytes()))
}

/// Whether `signature` is that of `text` under `secret`, compared in constant time.
pub fn verify(secret: &ClientSecret, text: &SignedText<'_>, signature: &[u8; SIGNATURE_BYTES]) -> bool {
    mac(secret, text).is_some_and(|mac| mac.verify_slice(signature).is_ok())
}

/// Reads the signature attribute: base64 of 32 bytes.
pub fn decode(signature: &str) -> Option<[u8; SIGNATURE_BYTES]> {
    STANDARD.decode(signature).ok()?.try_into().ok()
}

/// What a signature attribute is that is not the base64 of an HMAC-SHA256. Printed, it completes "the value …".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An HMAC-SHA256 in hexadecimal.
    Hexadecimal,
    /// The base64 of an HMAC-SHA256 in hexadecimal.
    HexadecimalInBase64,
    /// An HMAC-SHA256 in base64url.
    Base64Url,
    /// The base64 of an HMAC-SHA256 without the `=` at its end.
    Unpadded,
    /// Percent-encoded.
    PercentEncoded,
    /// With blanks around it.
    Blanks,
    /// The base64 of so many bytes: an HMAC of another hash.
    Bytes(usize),
    /// Anything else.
    Other,
}

impl Form {
    /// Recognizes a text that [`decode`] does not read.
    pub fn of(text: &str) -> Self {
        Self::with_bytes(text).0
    }

    /// The same, with the HMAC-SHA256 where the text holds one.
    pub fn with_bytes(text: &str) -> (Self, Option<[u8; SIGNATURE_BYTES]>) {
        let trimmed = text.trim();
        let base64 = STANDARD.decode(trimmed).ok();
        let inner = base64.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()).and_then(hexadecimal);
        let url = URL_SAFE
            .decode(trimmed)
            .or_else(|_| URL_SAFE_NO_PAD.decode(trimmed))
            .ok()
            .and_then(|bytes| bytes.try_into().ok());
        let unpadded = STANDARD_NO_PAD.decode(trimmed).ok().and_then(|bytes| bytes.try_into().ok());
        let percent = percent_decode_str(trimmed).decode_utf8_lossy();
        if let Some(bytes) = decode(trimmed) {
            (Self::Blanks, Some(bytes))
        } else if let Some(bytes) = hexadecimal(trimmed) {
            (Self::Hexadecimal, Some(bytes))
        } else if let Some(bytes) = inner {
            (Self::HexadecimalInBase64, Some(bytes))
        } else if let Some(bytes) = unpadded {
            (Self::Unpadded, Some(bytes))
        } else if let Some(bytes) = url {
            (Self::Base64Url, Some(bytes))
        } else if let Some(bytes) = decode(&percent) {
            (Self::PercentEncoded, Some(bytes))
        } else {
            (base64.map_or(Self::Other, |bytes| Self::Bytes(bytes.len())), None)
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hexadecimal => f.write_str("is hexadecimal"),
            Self::HexadecimalInBase64 => f.write_str("is the base64 of hexadecimal text"),
            Self::Base64Url => f.write_str("is base64url"),
            Self::Unpadded => f.write_str("lacks the = at its end"),
            Self::PercentEncoded => f.write_str("is percent-encoded"),
            Self::Blanks => f.write_str("has blanks around it"),
            Self::Bytes(20) => f.write_str("has 20 bytes, as an HMAC-SHA1 has"),
            Self::Bytes(64) => f.write_str("has 64 bytes, as an HMAC-SHA512 has"),
            Self::Bytes(length) => write!(f, "has {length} bytes instead of {SIGNATURE_BYTES}"),
            Self::Other => f.write_str("is not base64"),
        }
    }
}

/// Reads the hexadecimal of an HMAC-SHA256.
fn hexadecimal(text: &str) -> Option<[u8; SIGNATURE_BYTES]> {
    let digits: Vec<_> = text.chars().map(|character| character.to_digit(16)).collect::<Option<_>>()?;
    let bytes: Vec<_> = digits.chunks_exact(2).map(|pair| (16 * pair[0] + pair[1]) as u8).collect();
    if digits.len() == 2 * SIGNATURE_BYTES { bytes.try_into().ok() } else { None }
}

/// What a `bodyhash` attribute must hold: base64 of the SHA-256 of the raw body.
pub fn body_hash(body: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(body))
}

/// Whether a `bodyhash` attribute is that of `body`.
pub fn body_hash_matches(attribute: &str, body: &[u8]) -> bool {
    attribute.as_bytes().ct_eq(body_hash(body).as_bytes()).into()
}
