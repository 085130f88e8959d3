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
