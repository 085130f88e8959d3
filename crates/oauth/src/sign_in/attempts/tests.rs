//! How long failures make wait, and that none locks out for good.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::example::NOW;

/// A moment at which a window begins.
const BEGIN: u64 = NOW - NOW % WINDOW;

fn known(failures: u32) -> Attempts {
    Attempts { count: 7, failures, blocked_until: 0, expires_at: NOW + 1 }
}

#[test]
fn each_failure_beyond_the_fifth_doubles_the_wait_up_to_five_minutes() {
    for (before, wait) in [
        (0, 0),
        (3, 0),
        (4, 0),
        (5, 2),
        (6, 4),
        (7, 8),
        (8, 16),
        (9, 32),
        (10, 64),
        (11, 128),
        (12, 256),
        (13, 300),
        (14, 300),
        (36, 300),
        (37, 300),
        (38, 300),
        (69, 300),
        (1000, 300),
        (u32::MAX - 1, 300),
    ] {
        let left = after(&known(before), false, NOW);
        assert_eq!((left.failures, left.blocked_until), (before + 1, NOW + wait));
        assert_eq!((left.count, left.expires_at), (8, NOW + 3600));
    }
    assert_eq!(after(&known(u32::MAX), false, NOW).failures, u32::MAX);
}

#[test]
fn the_right_password_ends_all_waiting_and_counts_as_an_attempt() {
    for failures in [0, 5, 6, 1000] {
        let left = after(&known(failures), true, NOW);
        assert_eq!(left, Attempts { count: 8, failures: 0, blocked_until: NOW, expires_at: NOW + 3600 });
        assert_eq!(may_try(&left, 0, 0, NOW), Ok(()));
    }
}

#[test]
fn failures_are_forgotten_an_hour_after_the_last_attempt() {
    for (expires_at, failures) in [(NOW - 1, 1), (NOW, 1), (NOW + 1, 21)] {
        let attempts = Attempts { expires_at, ..known(20) };
        let left = after(&attempts, false, NOW);
        assert_eq!(left.failures, failures);
        assert_eq!(left.count, 8, "what tells attempts apart is not");
    }
}

#[test]
fn nobody_is_looked_at_before_the_wait_is_over() {
    for (blocked_until, told) in [
        (0, Ok(())),
        (BEGIN - 1, Ok(())),
        (BEGIN, Ok(())),
        (BEGIN + 1, Err(Denial::SignInSlowed { seconds: 1 })),
        (BEGIN + 300, Err(Denial::SignInSlowed { seconds: 300 })),
    ] {
        let attempts = Attempts { blocked_until, ..Attempts::default() };
        assert_eq!(may_try(&attempts, 0, 0, BEGIN), told);
    }
}

#[test]
fn many_failures_of_a_user_or_from_an_address_wait_for_the_next_window() {
    for (of_user, from_address, slowed) in
        [(0, 0, false), (49, 99, false), (50, 0, true), (0, 100, true), (51, 101, true), (u64::MAX, u64::MAX, true)]
    {
        for (now, wait) in [(BEGIN, 600), (BEGIN + 1, 599), (BEGIN + 599, 1), (BEGIN + 600, 600)] {
            let told = may_try(&Attempts::default(), of_user, from_address, now);
            let expected = if slowed { Err(Denial::SignInSlowed { seconds: wait }) } else { Ok(()) };
            assert_eq!(told, expected, "{of_user} {from_address}");
        }
    }
}

#[test]
fn the_longer_of_two_waits_counts() {
    for (blocked, wait) in [(0, 590), (589, 590), (590, 590), (591, 591)] {
        let attempts = Attempts { blocked_until: BEGIN + 10 + blocked, ..Attempts::default() };
        assert_eq!(may_try(&attempts, 50, 0, BEGIN + 10), Err(Denial::SignInSlowed { seconds: wait }));
    }
}
