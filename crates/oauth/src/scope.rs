//! Scopes: the blank-separated list of services a token is good for (RFC 6749 section 3.3).

mod routes;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use routes::{RouteScopes, Target};

/// The scope that asks for a refresh token instead of naming a service.
pub const REFRESH_TOKEN: &str = "refresh_token";

/// What begins the token of a scope that names the context institution, as OCLC's clients write it.
pub const CONTEXT: &str = "context:";

/// More than any client registers. A scope of common length leaves a grant under 1 KB, so that writing it costs one unit.
pub(crate) const MAX_TOKENS: usize = 32;
/// Bytes.
pub(crate) const MAX_LENGTH: usize = 512;

/// An ordered set of scope tokens. Its `Display` is the wire form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(Vec<String>);

impl Scope {
    /// Reads `scope-token *( SP scope-token )`. Repeated tokens count once and extra blanks are forgiven, since real
    /// clients join lists that hold empty strings. `None` for anything outside the grammar, for nothing, or for too much.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let mut tokens: Vec<String> = Vec::new();
        for token in text.split(' ').filter(|token| !token.is_empty()) {
            if !token.bytes().all(is_scope_byte) {
                return None;
            }
            if !tokens.iter().any(|known| known == token) {
                tokens.push(token.to_owned());
            }
        }
        (!tokens.is_empty() && tokens.len() <= MAX_TOKENS).then_some(Self(tokens))
    }

    /// Whether `token` is one of the scopes.
    pub fn contains(&self, token: &str) -> bool {
        self.0.iter().any(|known| known == token)
    }

    /// Whether the scope is good for anything: whether it names a service beside `refresh_token`.
    pub fn names_a_service(&self) -> bool {
        self.tokens().any(|token| token != REFRESH_TOKEN)
    }

    /// Whether the scope asks for a refresh token.
    pub fn wants_refresh_token(&self) -> bool {
        self.contains(REFRESH_TOKEN)
    }

    /// Whether every token of this scope is in `other`.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|token| other.contains(token))
    }

    /// The tokens that `keep` accepts, in order.
    pub fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|token| keep(token)).cloned().collect())
    }

    /// The tokens, in order.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Reads a list of scopes, as a setting has it: one blank between two, each once. `None` for anything else.
pub fn list(text: &str) -> Option<Vec<String>> {
    let mut scopes: Vec<String> = Vec::new();
    for token in text.split(' ') {
        if token.is_empty() || !token.bytes().all(is_scope_byte) || scopes.iter().any(|known| known == token) {
            return None;
        }
        scopes.push(token.to_owned());
    }
    Some(scopes)
}

impl TryFrom<String> for Scope {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("no scope")
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, token) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

/// RFC 6749 section 3.3: `NQCHAR = %x21 / %x23-5B / %x5D-7E`.
fn is_scope_byte(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)
}
