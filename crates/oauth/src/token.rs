//! Tokens and codes: what is handed out, where it points, and the hash that is kept of it.
//!
//! ```text
//! rt_   base64url(grant id 16 bytes ‖ secret 20 bytes)
//! auth_ base64url(grant id 16 bytes ‖ secret 20 bytes)
//! dev_  base64url(grant id 16 bytes ‖ secret 20 bytes)
//! tk_   base64url(grant id 16 bytes ‖ secret 20 bytes)                        minted with its grant
//! tk_   base64url(grant id 16 bytes ‖ selector 12 bytes ‖ secret 20 bytes)    minted by a refresh
//! ```
//!
//! A token names its own item, so finding it is a key lookup. Only letters, digits, `-` and `_` occur, because the
//! signature schemes of existing clients disagree about everything else.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::replay::ReplayKey;

#[cfg(test)]
mod tests;
mod user_code;

pub use user_code::UserCode;

const GRANT_BYTES: usize = 16;
const SELECTOR_BYTES: usize = 12;
/// RFC 6749 section 10.10 asks that a guess succeeds with a probability of at most 2^-160.
pub const SECRET_BYTES: usize = 20;
/// What follows the prefix of the longest token: base64url of 16, 12 and 20 bytes.
const LONGEST_BODY: usize = 64;

/// Names a grant: the partition key of everything minted with it. It is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantId(Uuid);

impl GrantId {
    /// A grant that a user's consent makes: a random id (UUID version 4).
    pub fn random(bytes: [u8; GRANT_BYTES]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// A grant that one request of a client makes: its id is that request's, so the request cannot make a second one.
    pub fn of_request(key: &ReplayKey) -> Self {
        Self(uuid::Builder::from_custom_bytes(key.first()).into_uuid())
    }

    /// A grant that a device asks for: its id follows from the code that the user types, so that both codes lead to one item.
    pub fn of_user_code(code: &UserCode) -> Self {
        let hash = Sha256::new().chain_update("latchkey user code\n").chain_update(code.letters()).finalize();
        Self(uuid::Builder::from_custom_bytes(std::array::from_fn(|at| hash[at])).into_uuid())
    }

    /// Reads the form that [`fmt::Display`] prints.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// Names one refreshed access token within its grant. It is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selector([u8; SELECTOR_BYTES]);

impl Selector {
    /// The access token that one refresh makes: the same request cannot make a second one.
    pub fn of_request(key: &ReplayKey) -> Self {
        Self(key.first())
    }
}

impl Selector {
    /// Reads the form that [`fmt::Display`] prints.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// SHA-256 of the secret part of a token. A table full of them opens nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Hashes a secret part.
    pub fn of(secret: &[u8]) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// From storage; `None` unless it is 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// For storage.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// Equality in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// What a token is for; its prefix says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `tk_`, sent to APIs.
    Access,
    /// `rt_`, sent to the token endpoint only.
    Refresh,
    /// `auth_`, redeemed once.
    Code,
    /// `dev_`, polled with until a user has answered, and redeemed once.
    Device,
}

impl Kind {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Access, Self::Refresh, Self::Code, Self::Device];

    /// What the token's text begins with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Access => "tk_",
            Self::Refresh => "rt_",
            Self::Code => "auth_",
            Self::Device => "dev_",
        }
    }
}

/// A token just made. Its text leaves in one response and is kept nowhere.
pub struct Minted {
    /// The wire form; wiped from memory when dropped.
    pub text: Zeroizing<String>,
    /// What is stored.
    pub hash: TokenHash,
}

impl Minted {
    /// Makes a token of `grant`, with a `selector` where a refresh makes it.
    pub fn new(kind: Kind, grant: GrantId, selector: Option<Selector>, secret: &[u8; SECRET_BYTES]) -> Self {
        let selector = selector.as_ref().map_or(&[][..], |selector| &selector.0);
        // Both are made in the one size they need: what grew would leave copies behind that nothing wipes.
        let bytes = Zeroizing::new([&grant.0.as_bytes()[..], selector, secret].concat());
        let mut text = Zeroizing::new(String::with_capacity(
            kind.prefix().len().saturating_add(bytes.len().div_ceil(3).saturating_mul(4)),
        ));
        text.push_str(kind.prefix());
        URL_SAFE_NO_PAD.encode_string(&bytes[..], &mut text);
        Self { text, hash: TokenHash::of(secret) }
    }
}

/// A token as a request presents it: the grant that it names, and the hash of its secret. Nothing of it is verified.
#[derive(Clone, Copy)]
pub struct Unverified {
    /// What it claims to be for.
    pub kind: Kind,
    /// The grant it names.
    pub grant_id: GrantId,
    /// The refreshed access token it names, if any.
    pub selector: Option<Selector>,
    /// The hash to compare with the stored one.
    pub hash: TokenHash,
}

impl Unverified {
    /// Reads the wire form; `None` where the prefix, the alphabet or the length is not that of a token.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, body) = Kind::ALL.into_iter().find_map(|kind| Some((kind, text.strip_prefix(kind.prefix())?)))?;
        // Checked before decoding, so that a long text costs nothing.
        if body.len() > LONGEST_BODY {
            return None;
        }
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(body).ok()?);
        let (grant, rest) = bytes.split_first_chunk::<GRANT_BYTES>()?;
        let (selector, secret) = match (kind, rest.len().checked_sub(SECRET_BYTES)?) {
            (_, 0) => (None, rest),
            (Kind::Access, SELECTOR_BYTES) => {
                let (selector, secret) = rest.split_first_chunk::<SELECTOR_BYTES>()?;
                (Some(Selector(*selector)), secret)
            }
            _ => return None,
        };
        Some(Self { kind, grant_id: GrantId(Uuid::from_bytes(*grant)), selector, hash: TokenHash::of(secret) })
    }
}
