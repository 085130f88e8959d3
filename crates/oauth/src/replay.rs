//! What makes a copy of a request a copy.

use sha2::{Digest, Sha256};

/// What is the same in two copies of one request: a SHA-256. It is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayKey(pub(crate) [u8; 32]);

impl ReplayKey {
    /// Of texts that hold no line feed, so that the joint is unambiguous.
    pub(crate) fn of(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
            hash.update("\n");
        }
        Self(hash.finalize().into())
    }

    /// Of a client's assertion. What is hashed begins with a byte that no client id has, so it is never what a signed request
    /// has; the length keeps client id and `jti` apart.
    pub(crate) fn of_assertion(client_id: &str, jti: &str) -> Self {
        let length = u64::try_from(client_id.len()).unwrap_or(u64::MAX);
        let hash = Sha256::new().chain_update(b"\0jwt\0").chain_update(length.to_be_bytes());
        Self(hash.chain_update(client_id).chain_update(jti).finalize().into())
    }

    /// From storage; `None` unless it is 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// For storage.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// Its first bytes, to name what the request makes.
    pub(crate) fn first<const N: usize>(&self) -> [u8; N] {
        const { assert!(N <= 32) };
        std::array::from_fn(|index| self.0[index])
    }
}
