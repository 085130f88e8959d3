//! The count of an account: wrong passwords since the last right one, from everywhere.

use sha2::{Digest, Sha256};

use super::{MEMORY, YEAR};
use crate::sign_in::SignIn;

/// Which password a count is about: a new one ends the count. Of no password it is a mark too.
pub type PasswordMark = [u8; 8];

/// What is counted for an account, whether there is such a user or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Wrong passwords since the last right one.
    pub failures: u64,
    /// Those of them that had the right password and a wrong code.
    pub wrong_codes: u64,
    /// The password that they were taken for.
    pub password: PasswordMark,
    /// From when on they are forgotten: a year after the last one; POSIX seconds. The table's TTL attribute.
    pub expires_at: u64,
}

impl Account {
    /// The mark of what a user signs in with.
    pub fn mark(sign_in: Option<&SignIn>) -> PasswordMark {
        let hash = Sha256::digest(format!("latchkey password\n{}", sign_in.map_or("", SignIn::stored)));
        std::array::from_fn(|at| hash[at])
    }

    /// The count that was read, where it still counts.
    pub fn live(self, password: PasswordMark, now: u64) -> Option<Self> {
        Some(self).filter(|account| account.password == password && now < account.expires_at)
    }

    /// When the count ends after an attempt at this time. There is nothing to remember after a right password.
    pub fn end(succeeded: bool, now: u64) -> u64 {
        now.saturating_add(if succeeded { MEMORY } else { YEAR })
    }
}
