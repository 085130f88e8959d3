//! How long failures make wait, when they lock, and who is not kept out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::recent::Room;
use super::*;
use crate::example::NOW;

/// A moment at which a minute begins.
const BEGIN: u64 = NOW - NOW % 60;

fn here(here: Attempts) -> Counted {
    Counted { here, ..Counted::default() }
}

fn failed(failures: u32) -> Counted {
    here(Attempts { count: 7, failures, blocked_until: 0, expires_at: NOW + 1 })
}

fn account(failures: u64) -> Option<Account> {
    Some(Account { failures, wrong_codes: 0, password: [1; 8], expires_at: NOW + 1 })
}

/// Counts by the minute, each so many minutes before `BEGIN`.
fn recent(counts: &[(u64, u64)]) -> Recent {
    Recent(counts.iter().map(|(ago, count)| (BEGIN / 60 - ago, *count)).collect())
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
        let left = after(&failed(before), false, NOW);
        assert_eq!((left.failures, left.blocked_until), (before + 1, NOW + wait));
        assert_eq!((left.count, left.expires_at), (8, NOW + 3600));
    }
    assert_eq!(after(&failed(u32::MAX), false, NOW).failures, u32::MAX);
}

#[test]
fn the_right_password_ends_all_waiting_and_counts_as_an_attempt() {
    for failures in [0, 5, 6, 1000] {
        let left = after(&failed(failures), true, NOW);
        assert_eq!(left, Attempts { count: 8, failures: 0, blocked_until: NOW, expires_at: NOW + 3600 });
        assert_eq!(may_try(&here(left), false, NOW), Ok(()));
    }
}

#[test]
fn failures_from_a_network_are_forgotten_an_hour_after_the_last_attempt() {
    for (expires_at, failures) in [(NOW - 1, 1), (NOW, 1), (NOW + 1, 21)] {
        let mut counted = failed(20);
        counted.here.expires_at = expires_at;
        let left = after(&counted, false, NOW);
        assert_eq!(left.failures, failures);
        assert_eq!(left.count, 8, "what tells attempts apart is not");
    }
}

#[test]
fn failures_with_a_known_browser_stay_a_year_also_after_a_right_password() {
    assert_eq!(YEAR, 31_536_000);
    let counted = Counted { known: true, ..failed(7) };
    let wrong = after(&counted, false, NOW);
    assert_eq!((wrong.failures, wrong.blocked_until, wrong.expires_at), (8, NOW + 8, NOW + YEAR));
    let right = after(&counted, true, NOW);
    assert_eq!((right.failures, right.blocked_until, right.expires_at), (7, NOW, NOW + YEAR));
}

#[test]
fn no_attempt_is_looked_at_before_the_wait_is_over() {
    for (blocked_until, told) in [
        (0, Ok(())),
        (BEGIN - 1, Ok(())),
        (BEGIN, Ok(())),
        (BEGIN + 1, Err(Denial::SignIn(SignInError::Slowed { seconds: 1 }))),
        (BEGIN + 300, Err(Denial::SignIn(SignInError::Slowed { seconds: 300 }))),
    ] {
        let attempts = Attempts { blocked_until, ..Attempts::default() };
        assert_eq!(may_try(&here(attempts), false, BEGIN), told);
    }
}

/// The documents have this figure.
#[test]
fn one_network_that_waits_locks_an_account_in_seven_hours_and_a_quarter() {
    let (mut counted, mut now, mut failures) = (Counted::default(), NOW, 0);
    loop {
        assert_eq!(may_try(&counted, false, now), Ok(()));
        counted.here = after(&counted, false, now);
        *counted.user.0.entry(Recent::minute(now)).or_default() += 1;
        failures += 1;
        counted.account = account(failures);
        if counted.is_locked() {
            break;
        }
        assert!(failures < ACCOUNT_FAILURES, "it never locks");
        now = counted.here.blocked_until;
    }
    assert_eq!((failures, now - NOW), (ACCOUNT_FAILURES, 510 + 86 * 300));
}

#[test]
fn a_hundred_failures_lock_unknown_browsers_out_and_no_known_one() {
    for (failures, locked) in [(0, false), (99, false), (100, true), (101, true), (u64::MAX, true)] {
        let unknown = Counted { account: account(failures), ..Counted::default() };
        let told = if locked { Err(Denial::SignIn(SignInError::Locked)) } else { Ok(()) };
        assert_eq!((unknown.is_locked(), may_try(&unknown, false, NOW)), (locked, told), "{failures}");
        let known = Counted { known: true, ..unknown };
        assert_eq!((known.is_locked(), may_try(&known, false, NOW)), (false, Ok(())), "{failures}");
    }
    assert!(!Counted::default().is_locked(), "where none are remembered");
}

#[test]
fn a_locked_account_takes_a_second_factor_until_its_codes_were_guessed_at_too() {
    let (time, recovery) = (Some(Some(Used::Time(1))), Some(Some(Used::Recovery([1; 32]))));
    let of = |failures, wrong_codes, known| {
        let account = Some(Account { failures, wrong_codes, password: [1; 8], expires_at: NOW + 1 });
        let counted = Counted { known, account, ..Counted::default() };
        assert_eq!(may_try(&counted, true, NOW), Ok(()), "a code is looked at");
        [None, Some(None), time, recovery].map(|factor| counted.takes(factor))
    };
    assert_eq!(of(99, 99, false), [true, false, true, true]);
    assert_eq!(of(100, 99, false), [false, false, true, true]);
    assert_eq!(of(200, 100, false), [false, false, false, true]);
    assert_eq!(of(200, 100, true), [true, false, true, true]);
}

#[test]
fn a_count_ends_a_year_after_its_last_failure_and_with_its_password() {
    let failures = Account { failures: 100, wrong_codes: 0, password: [1; 8], expires_at: Account::end(false, NOW) };
    assert_eq!(failures.expires_at, NOW + YEAR);
    assert_eq!(failures.live([1; 8], NOW + YEAR - 1), Some(failures));
    assert_eq!(failures.live([1; 8], NOW + YEAR), None);
    assert_eq!(failures.live([2; 8], NOW), None);
    assert_eq!(Account::end(true, NOW), NOW + 3600);
}

#[cfg(feature = "passwords")]
#[test]
fn each_password_and_none_has_a_mark() {
    use crate::sign_in::SignIn;
    use crate::sign_in::password::{DECOY, PasswordHash, hash};
    let sign_in = SignIn::Password;
    let one = sign_in(PasswordHash::parse(DECOY).unwrap());
    let salted = |salt| sign_in(hash("the same", &[salt; 16]).unwrap());
    let marks = [None, Some(&one), Some(&salted(1)), Some(&salted(2))].map(Account::mark);
    for (at, mark) in marks.iter().enumerate() {
        assert!(!marks[..at].contains(mark), "{at}");
    }
    assert_eq!(Account::mark(Some(&one)), marks[1]);
}

#[test]
fn a_window_slides_and_never_takes_more_than_it_may() {
    // All at the last second of a minute: none is forgotten before ten minutes have passed.
    let full = recent(&[(0, 50)]);
    for (now, wait) in [(BEGIN, 660), (BEGIN + 59, 601), (BEGIN + 600, 60), (BEGIN + 659, 1), (BEGIN + 660, 0)] {
        assert_eq!(full.wait(50, now), wait, "{}", now - BEGIN);
        assert_eq!(full.wait(51, now), 0);
    }
    // As many as leave are taken, and no more.
    let spread = recent(&[(11, 9), (10, 20), (5, 20), (0, 10)]);
    for (now, wait, below) in [(BEGIN, 60, 10), (BEGIN + 59, 1, 10), (BEGIN + 60, 0, 20), (BEGIN + 360, 0, 40)] {
        assert_eq!((spread.wait(50, now), spread.room(50, now).below), (wait, below), "{}", now - BEGIN);
    }
    // Fewer than fifty, and not just fifty.
    assert_eq!(recent(&[(10, 1), (5, 20), (0, 30)]).wait(50, BEGIN), 360);
    assert_eq!(Recent::default().wait(50, NOW), 0);
    assert_eq!(Recent::default().wait(0, 0), 0, "no minute ends it");
}

#[test]
fn what_was_counted_in_the_minute_before_must_be_as_it_was_read() {
    let counts = recent(&[(1, 3), (0, 4)]);
    assert_eq!(counts.room(50, BEGIN + 30), Room { minute: BEGIN / 60, below: 47, before: Some(3) });
    assert_eq!(counts.room(50, BEGIN + 60), Room { minute: BEGIN / 60 + 1, below: 43, before: Some(4) });
    assert_eq!(counts.room(50, BEGIN + 120).before, None);
    assert_eq!(counts.room(5, BEGIN + 60).below, 0);
    assert_eq!(counts.room(5, 0).before, None);
    // A machine whose clock is ahead has counted in a minute to come.
    assert_eq!(counts.room(50, BEGIN - 60), Room { minute: BEGIN / 60 - 1, below: 46, before: None });
}

#[test]
fn minutes_outside_the_window_go_with_the_next_attempt_and_all_of_them_with_the_last() {
    let counts = recent(&[(12, 1), (11, 1), (10, 1), (0, 1)]);
    assert_eq!(counts.ended(BEGIN).collect::<Vec<_>>(), [BEGIN / 60 - 12, BEGIN / 60 - 11]);
    assert_eq!(Recent::end(BEGIN + 59), BEGIN + 660);
    assert_eq!(counts.ended(0).count(), 0);
}

#[test]
fn each_network_and_the_user_have_a_limit_and_wider_networks_count_for_unknown_browsers_alone() {
    let waits = |known, user, networks: [u64; 3]| {
        let of = |count| recent(&[(0, count)]);
        let counted = Counted { known, user: of(user), networks: networks.map(of).into(), ..Counted::default() };
        may_try(&counted, false, BEGIN) == Err(Denial::SignIn(SignInError::Slowed { seconds: 660 }))
    };
    for (user, networks, unknown, known) in [
        (49, [99, 149, 299], false, false),
        (50, [0; 3], true, false),
        (0, [100, 100, 100], true, true),
        (0, [0, 150, 150], true, false),
        (0, [0, 0, 300], true, false),
        (u64::MAX, [u64::MAX; 3], true, true),
    ] {
        assert_eq!(waits(false, user, networks), unknown, "{user} {networks:?}");
        assert_eq!(waits(true, user, networks), known, "{user} {networks:?}");
    }
}

#[test]
fn the_longer_of_two_waits_counts() {
    for (blocked, wait) in [(0, 650), (649, 650), (650, 650), (651, 651)] {
        let attempts = Attempts { blocked_until: BEGIN + 10 + blocked, ..Attempts::default() };
        let counted = Counted { user: recent(&[(0, 50)]), ..here(attempts) };
        assert_eq!(may_try(&counted, false, BEGIN + 10), Err(Denial::SignIn(SignInError::Slowed { seconds: wait })));
    }
}
