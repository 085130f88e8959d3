//! Pseudonyms for the log: a user and a network under a key, so that lines of one can be told from lines of others, and found
//! by who holds the key.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::secret::Keyring;

/// What the key of the pseudonyms is derived for: no other use of a sealing key makes this MAC (NIST SP 800-108, counter mode
/// with one block).
const LABEL: &[u8] = b"latchkey log ids";
/// Of a MAC of 32. Two of a million users have one pseudonym with a chance of 2^-57.
const BYTES: usize = 12;

/// Of whom a pseudonym is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logged<'a> {
    /// Institution and username, as attempts are counted.
    User(&'a str, &'a str),
    /// Namespace and id of a user whom an institution's provider names.
    Principal(&'a str, &'a str),
    /// A network, as attempts are counted.
    Network(&'a str),
}

/// The key of the pseudonyms, one for each sealing key.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct LogKey([u8; 32]);

impl LogKey {
    /// Derives it from a sealing key.
    pub(super) fn of(sealing_key: &[u8]) -> Option<Self> {
        mac(sealing_key, &[&[1], LABEL, &[0], &256_u32.to_be_bytes()]).map(Self)
    }

    fn id(&self, of: Logged<'_>) -> Option<String> {
        // No institution, username or network has a line feed.
        let mac = match of {
            Logged::User(institution_id, username) => {
                mac(&self.0, &[b"user\n", institution_id.as_bytes(), b"\n", username.as_bytes()])
            }
            // No namespace has one, either.
            Logged::Principal(idns, id) => mac(&self.0, &[b"principal\n", idns.as_bytes(), b"\n", id.as_bytes()]),
            Logged::Network(network) => mac(&self.0, &[b"network\n", network.as_bytes()]),
        };
        Some(URL_SAFE_NO_PAD.encode(&mac?[..BYTES]))
    }
}

/// HMAC takes a key of any length, so there is always one.
fn mac(key: &[u8], parts: &[&[u8]]) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    parts.iter().for_each(|part| mac.update(part));
    Some(mac.finalize().into_bytes().into())
}

impl Keyring {
    /// The pseudonym that a line of the log has: under the first key, with its name.
    pub fn log_id(&self, of: Logged<'_>) -> Option<String> {
        self.log_ids(of).next()
    }

    /// The pseudonyms under each key: what lines from before a rotation have too.
    pub fn log_ids(&self, of: Logged<'_>) -> impl Iterator<Item = String> {
        self.keys.iter().filter_map(move |(name, _, key)| Some(format!("{name}.{}", key.id(of)?)))
    }
}

#[cfg(test)]
mod tests;
