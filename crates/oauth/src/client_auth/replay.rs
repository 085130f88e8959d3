//! What makes a copy of a request a copy, and how long the service remembers it.

#[cfg(test)]
mod tests;

use sha2::{Digest, Sha256};

use crate::client_auth::{Failure, Way};
use crate::error::Denial;

/// What is the same in two copies of one request: a SHA-256. It is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayKey([u8; 32]);

impl ReplayKey {
    /// Of texts that hold no line feed, so that the joint is unambiguous.
    pub(super) fn of(parts: &[&str]) -> Self {
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

/// One request, as far as the service must know it from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replay {
    /// What a copy of the request has too.
    pub key: ReplayKey,
    /// Until when a copy could be accepted, POSIX seconds: what the request makes is kept as long.
    pub until: u64,
    /// How the request authenticates.
    pub way: Way,
}

impl Replay {
    /// A request that nothing marks, as one with a password: no copy of it can be known, so its key is random.
    pub fn unmarked(way: Way, random: [u8; 32], now: u64) -> Self {
        Self { key: ReplayKey(random), until: now, way }
    }

    /// The refusal of a copy.
    pub fn refusal(&self) -> Denial {
        Failure::Replayed(self.way).into()
    }
}
