//! What makes a copy of a request a copy, and how long the service remembers it.

#[cfg(test)]
mod tests;

use crate::client_auth::{Failure, Way};
use crate::error::Denial;
use crate::replay::ReplayKey;

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
