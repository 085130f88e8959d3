//! Attempts to sign in: failures slow further attempts, and never lock a user out for good.

use crate::error::Denial;

#[cfg(test)]
mod tests;

/// Attempts to sign in as one user, right ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// How many there were. Each attempt is written under the condition that no other came in between.
    pub count: u64,
    /// Failures since the last success.
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
/// Failures are forgotten so long after the last attempt, seconds.
const MEMORY: u64 = 3600;
/// So many wrong passwords from one address are taken in [`WINDOW`], over all users: a library's visitors share one.
pub const ADDRESS_FAILURES: u64 = 100;
/// So many wrong passwords of one user are taken in [`WINDOW`], over all networks: more than one person mistypes.
pub const USER_FAILURES: u64 = 50;
/// Seconds. Both counts begin anew with each window.
pub const WINDOW: u64 = 600;

/// Whether an attempt is looked at now; else how long to wait. The answer is the same whether the user exists or not.
pub fn may_try(attempts: &Attempts, user_failures: u64, address_failures: u64, now: u64) -> Result<(), Denial> {
    let mut wait = attempts.blocked_until.saturating_sub(now);
    if user_failures >= USER_FAILURES || address_failures >= ADDRESS_FAILURES {
        wait = wait.max(WINDOW.saturating_sub(now % WINDOW));
    }
    if wait == 0 { Ok(()) } else { Err(Denial::SignInSlowed { seconds: wait }) }
}

/// What an attempt leaves behind.
pub fn after(attempts: &Attempts, succeeded: bool, now: u64) -> Attempts {
    let known = if now < attempts.expires_at { attempts.failures } else { 0 };
    let failures = if succeeded { 0 } else { known.saturating_add(1) };
    let over = failures.saturating_sub(FREE_FAILURES);
    let wait = if over == 0 {
        0
    } else {
        FIRST_WAIT.saturating_mul(2_u64.saturating_pow(over.saturating_sub(1))).min(LONGEST_WAIT)
    };
    Attempts {
        count: attempts.count.saturating_add(1),
        failures,
        blocked_until: now.saturating_add(wait),
        expires_at: now.saturating_add(MEMORY),
    }
}
