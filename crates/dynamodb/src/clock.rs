//! The clock: the one place that reads it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment, with the part of its second that has passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment(Duration);

impl Moment {
    /// Reads the clock.
    pub fn now() -> Self {
        Self(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    /// POSIX seconds.
    pub fn seconds(self) -> u64 {
        self.0.as_secs()
    }

    /// POSIX milliseconds.
    pub fn milliseconds(self) -> u64 {
        u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX)
    }

    /// POSIX microseconds.
    pub fn microseconds(self) -> u64 {
        u64::try_from(self.0.as_micros()).unwrap_or(u64::MAX)
    }

    /// The moment that comes so much later.
    pub fn after(self, later: Duration) -> Self {
        Self(self.0.saturating_add(later))
    }
}

/// The begin of a second.
impl From<u64> for Moment {
    fn from(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }
}

/// POSIX seconds.
pub fn now() -> u64 {
    Moment::now().seconds()
}
