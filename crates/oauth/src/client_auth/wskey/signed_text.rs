//! The signed text: what both sides put together and sign.
//!
//! Nine elements. The first eight are a line each: client id, timestamp, nonce, body hash or nothing, method, host,
//! port, path. The ninth is the normalised query, a line `name=value` for each pair, sorted (draft-hammer-oauth-v2-
//! mac-token-02, section 3.3.1.1).

use std::borrow::Cow;
use std::fmt;

use crate::form::Pairs;
use crate::settings::Authority;

/// The encoded pairs, sorted as bytes by name, then by value.
#[derive(Clone, Debug, Default)]
pub struct NormalisedQuery<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl Pairs<'_> {
    /// The ninth element.
    pub fn normalised(&self) -> NormalisedQuery<'_> {
        let mut pairs: Vec<_> = self.encoded().collect();
        pairs.sort_unstable();
        NormalisedQuery(pairs)
    }
}

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

    /// The text with the values of secret parameters blanked. Only this form may be shown.
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

/// The replacement for a blanked value. Angle brackets never occur in a normalised query.
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
            let shown = is_shown(name);
            // A token or secret with no `=` behind it arrives as a name.
            let name = if shown || is_short_word(name) { name } else { BLANKED };
            writeln!(f, "{name}={}", if shown { value } else { BLANKED })
        })
    }
}

/// Whether the value of a parameter may be shown.
pub(super) fn is_shown(name: &str) -> bool {
    SHOWN.contains(&name)
}

/// Shorter than any token, and than any secret that the tests of existing clients show.
fn is_short_word(name: &str) -> bool {
    name.len() <= 20 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}
