//! The directory, remembered for some seconds: only where the deployment asks for it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::now;
use crate::store::Store;
use latchkey_oauth::user::Directory;

/// What was read of the directory last, and when the read began.
pub(in crate::store) struct Remembered {
    seconds: u64,
    last: Mutex<Option<(u64, Directory)>>,
}

impl Remembered {
    /// The directory, if it was read within the seconds that it is remembered. A clock that was set back makes it forgotten.
    fn at(&self, now: u64) -> Option<Directory> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (read, directory) = last.as_ref()?;
        let is_fresh = now.checked_sub(*read).is_some_and(|age| age < self.seconds);
        is_fresh.then(|| directory.clone())
    }

    fn keep(&self, read: u64, directory: &Directory) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((read, directory.clone()));
    }
}

/// One read of the directory, or what is remembered of it.
pub(super) struct Reading<'a> {
    remembered: Option<&'a Remembered>,
    began: u64,
    /// The directory, if it need not be read.
    pub(super) known: Option<Directory>,
}

impl Reading<'_> {
    /// Remembers what was read. A change after the read began is seen when the seconds are over, counted from then.
    pub(super) fn done(self, read: Option<Directory>) -> Option<Directory> {
        if let (Some(remembered), Some(directory)) = (self.remembered, &read) {
            remembered.keep(self.began, directory);
        }
        self.known.or(read)
    }
}

impl Store {
    /// Remembers the directory for so many seconds, for the pages; with 0 each page reads it. Commands always read it.
    pub fn remembering_directory(self, seconds: u64) -> Self {
        let remembered = (seconds > 0).then(|| Arc::new(Remembered { seconds, last: Mutex::default() }));
        Self { remembered, ..self }
    }

    pub(super) fn reading_directory(&self) -> Reading<'_> {
        let (remembered, began) = (self.remembered.as_deref(), now());
        let known = remembered.and_then(|remembered| remembered.at(began));
        Reading { remembered, began, known }
    }
}
