//! Wrong passwords of late: a window that slides, kept as a count for each minute.

use std::collections::BTreeMap;

/// Seconds. In no window of this length, wherever it begins, more wrong passwords are taken than may be.
pub const WINDOW: u64 = 600;
/// Seconds.
const MINUTE: u64 = 60;
/// So many whole minutes before the present one count. With it they cover the window, also where that begins within a minute.
const MINUTES: u64 = WINDOW / MINUTE;

/// Counts by the number of the minute since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recent(pub BTreeMap<u64, u64>);

/// What must be so when an attempt is counted, since others may be counted at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// The present minute.
    pub minute: u64,
    /// Its count must be less than this.
    pub below: u64,
    /// The count of the minute before, as it was read: an attempt that began then may still be counted there.
    pub before: Option<u64>,
}

impl Recent {
    /// The minute of a time.
    pub fn minute(now: u64) -> u64 {
        now / MINUTE
    }

    /// From when on a count of this time is forgotten.
    pub fn end(now: u64) -> u64 {
        Self::minute(now).saturating_add(MINUTES).saturating_add(1).saturating_mul(MINUTE)
    }

    /// The sum of what counts in a minute.
    fn sum(&self, minute: u64) -> u64 {
        let counting = self.0.range(minute.saturating_sub(MINUTES)..);
        counting.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// How many seconds it takes until fewer than `most` count; 0 where that is so now.
    pub fn wait(&self, most: u64, now: u64) -> u64 {
        let minute = Self::minute(now);
        if self.sum(minute) < most {
            return 0;
        }
        // It changes only where a minute leaves the window. Where one has left before now, no fewer count than now.
        let mut ends = self.0.keys().map(|counted| counted.saturating_add(MINUTES).saturating_add(1));
        let end = ends.find(|end| self.sum(*end) < most);
        end.unwrap_or(minute).saturating_mul(MINUTE).saturating_sub(now)
    }

    /// What must be so for one more.
    pub fn room(&self, most: u64, now: u64) -> Room {
        let minute = Self::minute(now);
        let present = self.0.get(&minute).copied().unwrap_or_default();
        let others = self.sum(minute).saturating_sub(present);
        let before = minute.checked_sub(1).and_then(|before| self.0.get(&before).copied());
        Room { minute, below: most.saturating_sub(others), before }
    }

    /// The minutes that count no more.
    pub fn ended(&self, now: u64) -> impl Iterator<Item = u64> {
        self.0.range(..Self::minute(now).saturating_sub(MINUTES)).map(|(minute, _)| *minute)
    }
}
