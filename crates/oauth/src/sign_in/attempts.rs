//! Attempts to sign in. Failures slow further attempts. After very many of them an account takes a password only from a browser
//! that its user has signed in with before.
//!
//! A browser is known if it has signed in to the account: then its failures are counted for it alone, with a budget of its own,
//! so that guesses from elsewhere do not keep the user out. All other browsers are unknown, and share the counts.

mod account;
mod recent;
#[cfg(test)]
mod tests;

use crate::error::{Denial, SignInError};
use crate::sign_in::factor::Used;

pub use account::{Account, PasswordMark};
pub use recent::{Recent, WINDOW};

/// Attempts to sign in as one user from one network, or with one browser, right ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// How many there were. Each attempt is written under the condition that no other came in between.
    pub count: u64,
    /// Failures: from a network since the last success, with a known browser all of them.
    pub failures: u32,
    /// No attempt is looked at before; POSIX seconds.
    pub blocked_until: u64,
    /// From when on all this is forgotten; POSIX seconds. The table's TTL attribute.
    pub expires_at: u64,
}

/// So many wrong passwords of one user from one network cost nothing.
const FREE_FAILURES: u32 = 5;
/// The first wait, seconds; each further failure doubles it.
const FIRST_WAIT: u64 = 2;
/// The longest wait, seconds.
const LONGEST_WAIT: u64 = 300;
/// Failures from a network are forgotten so long after the last attempt, seconds.
const MEMORY: u64 = 3600;
/// A year, seconds. So long an account's count and a browser's failures stay, and so long a browser is known.
pub const YEAR: u64 = 365 * 24 * 60 * 60;
/// So many wrong passwords of a known browser are counted for it alone. After them it is unknown.
pub const DEVICE_FAILURES: u32 = 10;
/// So many wrong passwords without a right one are taken from unknown browsers (NIST SP 800-63B-4 section 3.2.2).
pub const ACCOUNT_FAILURES: u64 = 100;
/// So many wrong passwords of one user are taken in [`WINDOW`] from unknown browsers: more than one person mistypes.
pub const USER_FAILURES: u64 = 50;
/// So many wrong passwords are taken in [`WINDOW`] from one network, over all users: an address of IPv4 or a /64 of IPv6, which
/// a library's visitors share, and from unknown browsers the /56 and the /48 around it.
pub const NETWORK_FAILURES: [u64; 3] = [100, 150, 300];

/// What was counted before an attempt, as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Whether the browser has signed in to the account, and has not used up its budget.
    pub known: bool,
    /// Attempts with this browser if it is known; else those from the same network.
    pub here: Attempts,
    /// Wrong passwords of the account since the last right one; none where none are remembered.
    pub account: Option<Account>,
    /// Wrong passwords of the user from unknown browsers.
    pub user: Recent,
    /// Wrong passwords from the networks, the narrowest first; of IPv4 there is one.
    pub networks: Vec<Recent>,
}

impl Counted {
    /// Whether the account takes a password only from browsers that have signed in to it before, and this is none.
    pub fn is_locked(&self) -> bool {
        let failures = self.account.map_or(0, |account| account.failures);
        !self.known && failures >= ACCOUNT_FAILURES
    }

    /// Whether the account takes an attempt with the right password and this result of the second factor: `None` where the
    /// user has none, and in it `None` where no code is right.
    pub fn takes(&self, factor: Option<Option<Used>>) -> bool {
        let wrong_codes = self.account.map_or(0, |account| account.wrong_codes);
        match factor {
            None => !self.is_locked(),
            Some(None) => false,
            // An attacker with the password can guess six digits: a hundred wrong ones end them too.
            Some(Some(Used::Time(_))) => self.known || wrong_codes < ACCOUNT_FAILURES,
            Some(Some(Used::Recovery(_))) => true,
        }
    }
}

/// Whether an attempt is looked at now; else how long to wait. The answer is the same whether the user exists or not. With a code
/// of any kind a locked account is looked at: it may be the second factor's.
pub fn may_try(counted: &Counted, has_code: bool, now: u64) -> Result<(), Denial> {
    if counted.is_locked() && !has_code {
        return Err(Denial::SignIn(SignInError::Locked));
    }
    let mut wait = counted.here.blocked_until.saturating_sub(now);
    let widest = if counted.known { 1 } else { NETWORK_FAILURES.len() };
    for (recent, most) in counted.networks.iter().zip(NETWORK_FAILURES).take(widest) {
        wait = wait.max(recent.wait(most, now));
    }
    if !counted.known {
        wait = wait.max(counted.user.wait(USER_FAILURES, now));
    }
    if wait == 0 { Ok(()) } else { Err(Denial::SignIn(SignInError::Slowed { seconds: wait })) }
}

/// What an attempt leaves behind, from its network or with its browser.
///
/// With a right password a browser gets a new name, and with it a new budget. The failures of the old name stay, so that a copy
/// of its cookie gains nothing.
pub fn after(counted: &Counted, succeeded: bool, now: u64) -> Attempts {
    let before = &counted.here;
    let known = if now < before.expires_at { before.failures } else { 0 };
    let failures = match (succeeded, counted.known) {
        (false, _) => known.saturating_add(1),
        (true, true) => known,
        (true, false) => 0,
    };
    let over = if succeeded { 0 } else { failures.saturating_sub(FREE_FAILURES) };
    let wait = if over == 0 {
        0
    } else {
        FIRST_WAIT.saturating_mul(2_u64.saturating_pow(over.saturating_sub(1))).min(LONGEST_WAIT)
    };
    Attempts {
        count: before.count.saturating_add(1),
        failures,
        blocked_until: now.saturating_add(wait),
        expires_at: now.saturating_add(if counted.known { YEAR } else { MEMORY }),
    }
}
