//! The signed text: what both sides put together and sign.
//!
//! Nine elements. The first eight are a line each: client id, timestamp, nonce, body hash or nothing, method, host,
//! port, path. The ninth is the normalised query, a line `name=value` for each pair, sorted (draft-hammer-oauth-v2-
//! mac-token-02, section 3.3.1.1).

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use crate::settings::Authority;

/// Everything but the unreserved characters of RFC 3986 section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The most pairs that are read: more than any request has a use for.
pub const MAX_PAIRS: usize = 64;

/// Why a query or form is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairsError {
    /// A pair is not UTF-8 text once it is decoded.
    NotText,
    /// There are more than [`MAX_PAIRS`].
    TooMany,
}

/// The pairs of an `application/x-www-form-urlencoded` text, decoded once, in the order they came.
#[derive(Clone, Debug, Default)]
pub struct Pairs<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Pairs<'a> {
    /// Splits at `&`, then at the first `=`; `+` is a blank; a pair without `=` has an empty value; empty pairs are
    /// none. A library that replaced bytes that are no UTF-8 would give two different queries one signature, so such a
    /// query is refused instead.
    pub fn parse(raw: &'a [u8]) -> Result<Self, PairsError> {
        let pairs: Vec<_> = raw
            .split(|byte| *byte == b'&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                    Some(at) => (&pair[..at], &pair[at + 1..]),
                    None => (pair, &pair[pair.len()..]),
                };
                Ok((decode(name)?, decode(value)?))
            })
            .take(MAX_PAIRS + 1)
            .collect::<Result<_, _>>()?;
        if pairs.len() > MAX_PAIRS { Err(PairsError::TooMany) } else { Ok(Self(pairs)) }
    }

    /// The decoded pairs.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// The pairs encoded again, in the order they came.
    pub fn encoded(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        self.iter().map(move |(name, value)| (encode(name), encode(value)))
    }

    /// The ninth element.
    pub fn normalised(&self) -> NormalisedQuery<'_> {
        let mut pairs: Vec<_> = self.encoded().collect();
        pairs.sort_unstable();
        NormalisedQuery(pairs)
    }
}

/// Text as it stands in a query: RFC 3986's unreserved characters, and the rest as `%XX`.
pub fn encode(text: &str) -> Cow<'_, str> {
    Cow::from(utf8_percent_encode(text, RESERVED))
}

fn decode(raw: &[u8]) -> Result<Cow<'_, str>, PairsError> {
    if raw.contains(&b'+') {
        let blank: Vec<u8> = raw.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        let text = percent_decode(&blank).decode_utf8().map_err(|_| PairsError::NotText)?;
        return Ok(Cow::Owned(text.into_owned()));
    }
    percent_decode(raw).decode_utf8().map_err(|_| PairsError::NotText)
}

/// The encoded pairs, sorted as bytes by name, then by value.
#[derive(Clone, Debug, Default)]
pub struct NormalisedQuery<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// The signed text. Its `Display` is the bytes that are signed.
#[derive(Clone, Copy)]
pub struct SignedText<'a> {
    /// Line 1.
    pub client_id: &'a str,
    /// Line 2: the header's text.
    pub timestamp: &'a str,
    /// Line 3: the header's text.
    pub nonce: &'a str,
    /// Line 4: empty where the header has none.
    pub body_hash: &'a str,
    /// Line 5: upper case.
    pub method: &'a str,
    /// Lines 6 to 8.
    pub authority: &'a Authority,
    /// The ninth element.
    pub query: &'a NormalisedQuery<'a>,
}

impl SignedText<'_> {
    /// The first eight elements.
    fn write_head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Authority { host, port, path } = self.authority;
        let Self { client_id, timestamp, nonce, body_hash, method, .. } = self;
        write!(f, "{client_id}\n{timestamp}\n{nonce}\n{body_hash}\n{method}\n{host}\n{port}\n{path}\n")
    }

    /// The text with the values of secret parameters blanked: the only form to show to anybody.
    pub fn redacted(&self) -> Redacted<'_> {
        Redacted(self)
    }
}

impl fmt::Display for SignedText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_head(f)?;
        self.query.0.iter().try_for_each(|(name, value)| writeln!(f, "{name}={value}"))
    }
}

/// What stands for a blanked value. Angle brackets never occur in a normalised query.
const BLANKED: &str = "<blanked>";

/// Parameters whose values are no secret. Anything else is blanked: what a client misspelt may hold its secret.
const SHOWN: [&str; 12] = [
    "grant_type",
    "scope",
    "authenticatingInstitutionId",
    "contextInstitutionId",
    "redirect_uri",
    "response_type",
    "client_id",
    "token_type_hint",
    "inst",
    "principalID",
    "principalIDNS",
    "state",
];

/// A signed text as others may see it.
pub struct Redacted<'a>(&'a SignedText<'a>);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write_head(f)?;
        self.0.query.0.iter().try_for_each(|(name, value)| {
            let shown = SHOWN.contains(&name.as_ref());
            // A token or secret with no `=` behind it arrives as a name.
            let name = if shown || is_short_word(name) { name } else { BLANKED };
            writeln!(f, "{name}={}", if shown { value } else { BLANKED })
        })
    }
}

/// Shorter than any token, and than any secret that the tests of existing clients show.
fn is_short_word(name: &str) -> bool {
    name.len() <= 20 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}
