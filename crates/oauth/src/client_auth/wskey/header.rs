//! The Authorization header of a signed request.
//!
//! ```text
//! http://www.worldcat.org/wskey/v2/hmac/v1 clientId="…", timestamp="…", nonce="…", signature="…"[, principalID="…",
//! principalIDNS="…"][, bodyhash="…"]
//!
//! header    = scheme 1*blank [ attribute *( *blank "," *blank attribute ) ] *blank [ "," ] *blank
//! attribute = name *blank "=" *blank DQUOTE *( any character but DQUOTE and controls ) DQUOTE
//! blank     = SP / HTAB / CR / LF                 ; the documentation prints the header folded over lines
//! ```
//!
//! The scheme is a URL and so no token of RFC 9110: the value is parsed raw. Names compare without case, come in any
//! order, and unknown ones are ignored. Nothing in quotes is escaped.

#[cfg(test)]
mod tests;

use std::fmt;

use crate::client_auth::wskey::signature;
use crate::grant::MAX_PRINCIPAL;

/// What a signed request's Authorization header begins with.
pub const SCHEME: &str = "http://www.worldcat.org/wskey/v2/hmac/v1";

/// API Gateway passes up to 10,240 bytes of headers; the longest real value is under 500.
pub const MAX_HEADER: usize = 4096;

/// The longest real value is a client id of 80.
const MAX_VALUE: usize = MAX_PRINCIPAL;

/// The attributes of the header, as the client sent them. None of them is verified.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// `clientId`, with blanks around it trimmed.
    pub client_id: &'a str,
    /// `timestamp`: the text that is signed. Whether it is whole POSIX seconds, [`super::timestamp::seconds`] says.
    pub timestamp: &'a str,
    /// `nonce`.
    pub nonce: &'a str,
    /// `signature`: base64.
    pub signature: &'a str,
    /// `bodyhash`: base64 of the SHA-256 of the body.
    pub body_hash: Option<&'a str>,
    /// `principalID`. The signature does not cover it.
    pub principal_id: Option<&'a str>,
    /// `principalIDNS`. The signature does not cover it.
    pub principal_idns: Option<&'a str>,
}

const NAMES: [&str; 7] = ["clientId", "timestamp", "nonce", "signature", "bodyhash", "principalID", "principalIDNS"];

impl<'a> Credentials<'a> {
    /// Reads the value of the header.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        if value.len() > MAX_HEADER {
            return Err(HeaderError::TooLong(MAX_HEADER));
        }
        let value = std::str::from_utf8(value).map_err(|_| HeaderError::NotText)?.trim_matches(is_blank);
        let rest = strip_scheme(value).ok_or_else(|| HeaderError::OtherScheme(known_scheme(value)))?;
        let found = attributes(rest)?;
        let required = |index: usize| match found[index] {
            None | Some("") => Err(HeaderError::Missing(NAMES[index])),
            Some(value) => Ok(value),
        };
        let optional = |index: usize| found[index].filter(|value| !value.is_empty());
        let client_id = required(0)?.trim_matches(is_blank);
        if !crate::client::is_client_id(client_id) {
            return Err(HeaderError::Invalid(NAMES[0]));
        }
        let timestamp = required(1)?;
        let signature = required(3)?;
        if signature::decode(signature).is_none() {
            return Err(HeaderError::Signature(signature::Form::of(signature)));
        }
        Ok(Self {
            client_id,
            timestamp,
            nonce: required(2)?,
            signature,
            body_hash: optional(4),
            principal_id: optional(5),
            principal_idns: optional(6),
        })
    }
}

/// What follows the scheme. URL schemes and hosts have no case (RFC 3986 section 6.2.2.1); clients agree on the rest.
fn strip_scheme(value: &str) -> Option<&str> {
    let (scheme, rest) = value.split_at_checked(SCHEME.len())?;
    (scheme.eq_ignore_ascii_case(SCHEME) && (rest.is_empty() || rest.starts_with(is_blank))).then_some(rest)
}

/// The schemes of other ways to authenticate, which clients send by mistake. The last one is what challenges call ours.
const OTHER_SCHEMES: [&str; 7] = ["Basic", "Bearer", "Digest", "DPoP", "Negotiate", "OAuth", "WSKeyV2"];

/// The scheme of a header that is not ours, if clients know it.
fn known_scheme(value: &str) -> Option<&'static str> {
    let scheme = value.split(is_blank).next().unwrap_or_default();
    OTHER_SCHEMES.into_iter().find(|known| known.eq_ignore_ascii_case(scheme))
}

/// The known attributes, in the order of [`NAMES`].
fn attributes(mut rest: &str) -> Result<[Option<&str>; NAMES.len()], HeaderError> {
    let mut found = [None; NAMES.len()];
    loop {
        rest = rest.trim_start_matches(is_blank);
        if rest.is_empty() {
            return Ok(found);
        }
        let (name, after) = rest.split_once('=').ok_or(HeaderError::Malformed)?;
        let name = name.trim_end_matches(is_blank);
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
            return Err(HeaderError::Malformed);
        }
        let quoted = after.trim_start_matches(is_blank).strip_prefix('"').ok_or(HeaderError::Malformed)?;
        let (value, after) = quoted.split_once('"').ok_or(HeaderError::Malformed)?;
        if let Some(index) = NAMES.iter().position(|known| known.eq_ignore_ascii_case(name)) {
            if value.len() > MAX_VALUE || value.chars().any(char::is_control) {
                return Err(HeaderError::Invalid(NAMES[index]));
            }
            if found[index].replace(value).is_some() {
                return Err(HeaderError::Repeated(NAMES[index]));
            }
        }
        rest = after.trim_start_matches(is_blank);
        rest = match rest.strip_prefix(',') {
            Some(next) => next,
            None if rest.is_empty() => rest,
            None => return Err(HeaderError::Malformed),
        };
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// The header, to send.
impl fmt::Display for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            r#"{SCHEME} clientId="{}", timestamp="{}", nonce="{}", signature="{}""#,
            self.client_id, self.timestamp, self.nonce, self.signature
        )?;
        let optional =
            [("bodyhash", self.body_hash), ("principalID", self.principal_id), ("principalIDNS", self.principal_idns)];
        for (name, value) in optional {
            if let Some(value) = value {
                write!(f, r#", {name}="{value}""#)?;
            }
        }
        Ok(())
    }
}

/// What is wrong with a header. `Display` says it without a value from the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// The header is longer than this, in bytes.
    TooLong(usize),
    /// The header has another scheme: the one that is named, if it is one that clients know, or none.
    OtherScheme(Option<&'static str>),
    /// The header is not UTF-8.
    NotText,
    /// The header does not follow the grammar of [this file](self).
    Malformed,
    /// An attribute occurs more than once.
    Repeated(&'static str),
    /// A required attribute is missing or empty.
    Missing(&'static str),
    /// The value of an attribute is invalid.
    Invalid(&'static str),
    /// The signature is not the base64 of an HMAC-SHA256.
    Signature(signature::Form),
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(limit) => write!(f, "the Authorization header is longer than {limit} bytes"),
            Self::OtherScheme(None) => write!(f, "the Authorization header does not begin with {SCHEME}"),
            Self::OtherScheme(Some(scheme)) => {
                write!(f, "the Authorization header has the scheme {scheme} and must begin with {SCHEME}")
            }
            Self::NotText => write!(f, "the Authorization header is not UTF-8"),
            Self::Malformed => {
                write!(f, "the Authorization header is not one list of name=value, with each value in double quotes")
            }
            Self::Repeated(name) => {
                write!(f, "the attribute {name} occurs more than once in the Authorization header")
            }
            Self::Missing(name) => {
                write!(f, "the attribute {name} of the Authorization header is missing or empty")
            }
            Self::Invalid(name) => write!(
                f,
                "the value of the attribute {name} in the Authorization header is invalid: {}",
                expected(name)
            ),
            Self::Signature(form) => write!(
                f,
                "the value of the attribute signature in the Authorization header {form}, and must be the base64 of an \
                 HMAC-SHA256"
            ),
        }
    }
}

/// What the value of an attribute must be, as a part of a sentence.
fn expected(attribute: &str) -> &'static str {
    match attribute {
        "clientId" => "it must have 1 to 128 visible ASCII characters without a double quote",
        // Of every other attribute, only length and characters are checked.
        _ => "it is too long or has control characters",
    }
}
