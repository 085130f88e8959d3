//! The public keys of a client, as a file has them: one JWK, or a JWK set (RFC 7517 section 5).

use std::fmt;

use super::PublicKey;
use super::key::KeyFault;
use super::members::{Fault, Members};

/// The most keys of a client.
pub const MAX_KEYS: usize = 4;
/// The longest file, in bytes: four keys of 4096 bits with long chains of certificates, which are not looked at.
pub const MAX_FILE: usize = 64 * 1024;

/// Why the keys of a file are not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetFault {
    /// The file is longer than [`MAX_FILE`].
    TooLong,
    /// It is neither a JWK nor a JWK set.
    NotKeys,
    /// It has a member twice.
    Repeated(String),
    /// It has no key.
    Empty,
    /// It has more than [`MAX_KEYS`].
    TooMany(usize),
    /// Two keys have one `kid`.
    SameName(String),
    /// It has a key twice.
    SameKey(String),
    /// A key, by its place from 1, is not taken.
    Key(usize, KeyFault),
}

impl fmt::Display for SetFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "it is longer than {MAX_FILE} bytes"),
            Self::NotKeys => {
                write!(f, "it is neither a JWK nor a JWK set (RFC 7517): an object of JSON with kty or keys")
            }
            Self::Repeated(name) => write!(f, "it has the member {name:?} twice"),
            Self::Empty => write!(f, "it has no key"),
            Self::TooMany(count) => write!(f, "it has {count} keys; a client has at most {MAX_KEYS}"),
            Self::SameName(kid) => write!(f, "two keys have the kid {kid:?}"),
            Self::SameKey(thumbprint) => write!(f, "the key with the thumbprint {thumbprint} is there twice"),
            Self::Key(place, fault) => write!(f, "key {place}: {fault}"),
        }
    }
}

/// Reads the keys of a file.
pub fn parse(text: &str) -> Result<Vec<PublicKey>, SetFault> {
    if text.len() > MAX_FILE {
        return Err(SetFault::TooLong);
    }
    let members = Members::parse(text).map_err(|fault| match fault {
        Fault::NotAnObject => SetFault::NotKeys,
        Fault::Repeated(name) => SetFault::Repeated(name),
    })?;
    let keys = if members.has("kty") {
        vec![PublicKey::parse(text).map_err(|fault| SetFault::Key(1, fault))?]
    } else {
        let listed = members.list("keys").ok().flatten().ok_or(SetFault::NotKeys)?;
        if listed.len() > MAX_KEYS {
            return Err(SetFault::TooMany(listed.len()));
        }
        let parsed = listed.into_iter().zip(1..);
        let parsed =
            parsed.map(|(raw, place)| PublicKey::parse(raw.get()).map_err(|fault| SetFault::Key(place, fault)));
        parsed.collect::<Result<_, _>>()?
    };
    check(&keys).map(|()| keys)
}

/// Whether a client may have these keys together.
pub fn check(keys: &[PublicKey]) -> Result<(), SetFault> {
    if keys.is_empty() {
        return Err(SetFault::Empty);
    }
    if keys.len() > MAX_KEYS {
        return Err(SetFault::TooMany(keys.len()));
    }
    let twice = |texts: Vec<String>| {
        let mut seen = Vec::new();
        texts.into_iter().find(|text| {
            seen.contains(text) || {
                seen.push(text.clone());
                false
            }
        })
    };
    if let Some(thumbprint) = twice(keys.iter().map(PublicKey::thumbprint).collect()) {
        return Err(SetFault::SameKey(thumbprint));
    }
    twice(keys.iter().map(PublicKey::name).collect()).map_or(Ok(()), |kid| Err(SetFault::SameName(kid)))
}
