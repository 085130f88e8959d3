//! The key set of a provider (RFC 7517 section 5). It may have keys of other kinds and uses, which are skipped. What is left must
//! leave no choice.

use std::fmt;

use crate::jose::key::KeyFault;
use crate::jose::members::{Fault, Members};
use crate::jose::{Algorithm, PublicKey};

#[cfg(test)]
mod tests;

/// The longest document that a provider may answer with, in bytes.
pub const MAX_DOCUMENT: usize = 64 * 1024;
/// The most keys of a set.
pub const MAX_LISTED: usize = 32;
/// The most keys of the algorithm: each is kept.
pub const MAX_USABLE: usize = 16;

/// Why a key set is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySetFault {
    /// It is longer than [`MAX_DOCUMENT`].
    TooLong,
    /// It is no key set.
    NotKeys,
    /// It has a member twice.
    Repeated(String),
    /// It has more than [`MAX_LISTED`] keys.
    TooMany(usize),
    /// A key, by its place from 1, has a part that only its owner may have.
    Private(usize),
    /// It has no key of the algorithm. The first one that could have been, by its place from 1, is not taken for this.
    NoneUsable(Algorithm, Option<(usize, KeyFault)>),
    /// It has more than [`MAX_USABLE`] of them.
    TooManyUsable(Algorithm, usize),
    /// Two of them have one `kid`.
    SameName(String),
}

impl fmt::Display for KeySetFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the key set is longer than {MAX_DOCUMENT} bytes"),
            Self::NotKeys => write!(f, "the key set is not an object of JSON with a list keys (RFC 7517 section 5)"),
            Self::Repeated(name) => write!(f, "the key set has the member {name:?} twice"),
            Self::TooMany(count) => write!(f, "the key set has {count} keys; Latchkey reads at most {MAX_LISTED}"),
            Self::Private(place) => write!(
                f,
                "key {place} of the key set has its private part, so anyone can sign ID tokens: tell the provider's \
                 administrator"
            ),
            Self::NoneUsable(algorithm, first) => {
                write!(f, "the key set has no key for {}", algorithm.as_str())?;
                match first {
                    None => Ok(()),
                    Some((place, KeyFault::Shared)) => write!(
                        f,
                        "; key {place} is a shared secret (kty oct), by which everyone who reads the set could sign: tell the \
                         provider's administrator"
                    ),
                    Some((place, fault)) => write!(f, "; key {place} is not taken: {fault}"),
                }
            }
            Self::TooManyUsable(algorithm, count) => write!(
                f,
                "the key set has {count} keys for {}; Latchkey keeps at most {MAX_USABLE}",
                algorithm.as_str()
            ),
            Self::SameName(kid) => write!(f, "two keys of the key set have the kid {kid:?}"),
        }
    }
}

/// Reads the keys of this algorithm. A key that names none is one of it if its kind is.
pub fn read(document: &str, algorithm: Algorithm) -> Result<Vec<PublicKey>, KeySetFault> {
    if document.len() > MAX_DOCUMENT {
        return Err(KeySetFault::TooLong);
    }
    let members = Members::parse(document).map_err(|fault| match fault {
        Fault::NotAnObject => KeySetFault::NotKeys,
        Fault::Repeated(name) => KeySetFault::Repeated(name),
    })?;
    let listed = members.list("keys").ok().flatten().ok_or(KeySetFault::NotKeys)?;
    if listed.len() > MAX_LISTED {
        return Err(KeySetFault::TooMany(listed.len()));
    }
    let (mut usable, mut first) = (Vec::<PublicKey>::new(), None);
    for (raw, place) in listed.into_iter().zip(1..) {
        match read_key(raw.get(), algorithm) {
            Ok(None) => {}
            // A provider may list a key twice.
            Ok(Some(key)) if usable.contains(&key) => {}
            Ok(Some(key)) => usable.push(key),
            Err(KeyFault::Private(_)) => return Err(KeySetFault::Private(place)),
            Err(fault) => first = first.or(Some((place, fault))),
        }
    }
    if usable.is_empty() {
        return Err(KeySetFault::NoneUsable(algorithm, first));
    }
    if usable.len() > MAX_USABLE {
        return Err(KeySetFault::TooManyUsable(algorithm, usable.len()));
    }
    let names: Vec<_> = usable.iter().filter_map(|key| key.kid.as_deref()).collect();
    let is_repeated = |name: &&&str| names.iter().filter(|other| *other == *name).count() > 1;
    match names.iter().find(is_repeated) {
        Some(kid) => Err(KeySetFault::SameName((*kid).to_owned())),
        None => Ok(usable),
    }
}

/// A key, if it is one of the algorithm.
fn read_key(text: &str, algorithm: Algorithm) -> Result<Option<PublicKey>, KeyFault> {
    let key = PublicKey::parse(text)?;
    let says = Members::parse(text)?.has("alg");
    Ok(if says { Some(key).filter(|key| key.algorithm == algorithm) } else { key.used_by(algorithm) })
}
