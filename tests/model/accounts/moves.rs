//! What can happen next to an account: a browser tries, a stranger guesses, an operator or time changes something.

use latchkey_testkit::faults::Fault;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::moves::{ago, faults};
use super::books::YEAR;
use super::{BROWSERS, NAMES};

/// What is typed as a code.
#[derive(Clone, Debug)]
pub enum Typed {
    Nothing,
    /// The code so many steps from the present one.
    Time(i64),
    /// The code that was taken last.
    Again,
    /// One of all the recovery codes that the user ever had.
    Recovery(Index),
    /// Six digits that are no code.
    Wrong,
    /// What can be no code.
    Other,
}

#[derive(Clone, Debug)]
pub enum Step {
    Try {
        browser: usize,
        account: usize,
        is_right: bool,
        typed: Typed,
        /// One of two, or one that was never seen.
        network: Option<usize>,
        /// Another browser brings the same between its read and its write.
        rival: bool,
        faults: Vec<Fault>,
    },
    /// A browser brings one wrong password after the other, as soon as each is taken.
    Mistype {
        browser: usize,
        account: usize,
        times: usize,
    },
    /// Strangers guess, each from a network of its own, until so many passwords are wrong, or codes with the right one.
    Guess {
        account: usize,
        until: u64,
        codes: bool,
    },
    /// A browser has the cookie of another, of the accounts that it is known at.
    Copy {
        from: usize,
        to: usize,
    },
    /// A browser loses all its cookies.
    Forget {
        browser: usize,
    },
    /// A browser is asked, and shows whether its user is signed in.
    Visit {
        browser: usize,
    },
    Passwd {
        account: usize,
    },
    Unlock {
        account: usize,
    },
    /// Gives a user a second factor, or takes it away.
    Enrol {
        account: usize,
        gives: bool,
    },
    /// Other recovery codes.
    Renew {
        account: usize,
    },
    Disable {
        account: usize,
        disabled: bool,
    },
    /// Deploys a time from which on sessions and known browsers are good, or none.
    Deploy {
        ago: Option<u64>,
    },
    Wait {
        seconds: u64,
    },
    /// What the tables' TTL may delete is gone.
    Sweep,
}

pub fn moves() -> impl Strategy<Value = Step> {
    let (browser, account, index, yes) = (|| 0..BROWSERS, || 0..NAMES.len(), any::<Index>, any::<bool>);
    let user = || prop_oneof![3 => Just(0_usize), 3 => Just(1), 1 => Just(2)];
    let typed = prop_oneof![
        4 => Just(Typed::Nothing),
        5 => (-2_i64..=2).prop_map(Typed::Time),
        1 => Just(Typed::Again),
        2 => index().prop_map(Typed::Recovery),
        2 => Just(Typed::Wrong),
        1 => Just(Typed::Other),
    ];
    let is_right = prop_oneof![3 => Just(true), 1 => Just(false)];
    let network = prop_oneof![2 => Just(None), 1 => (0..2_usize).prop_map(Some)];
    let rival = prop_oneof![4 => Just(false), 1 => Just(true)];
    let times = select(&[4, 9, 10][..]);
    let waits = [1, 29, 30, 60, 300, 3599, 3600, 86_400, YEAR - 1, YEAR];
    prop_oneof![
        14 => (browser(), user(), is_right, typed, network, rival, faults()).prop_map(
            |(browser, account, is_right, typed, network, rival, faults)| Step::Try {
                browser, account, is_right, typed, network, rival, faults,
            }
        ),
        1 => (browser(), 0..2_usize, times).prop_map(|(browser, account, times)| Step::Mistype { browser, account, times }),
        2 => (user(), 97_u64..=100, yes()).prop_map(|(account, until, codes)| Step::Guess { account, until, codes }),
        1 => (browser(), browser()).prop_map(|(from, to)| Step::Copy { from, to }),
        1 => browser().prop_map(|browser| Step::Forget { browser }),
        2 => browser().prop_map(|browser| Step::Visit { browser }),
        1 => account().prop_map(|account| Step::Passwd { account }),
        1 => account().prop_map(|account| Step::Unlock { account }),
        1 => (account(), yes()).prop_map(|(account, gives)| Step::Enrol { account, gives }),
        1 => account().prop_map(|account| Step::Renew { account }),
        1 => (account(), yes()).prop_map(|(account, disabled)| Step::Disable { account, disabled }),
        1 => ago().prop_map(|ago| Step::Deploy { ago }),
        4 => select(waits.to_vec()).prop_map(|seconds| Step::Wait { seconds }),
        1 => Just(Step::Sweep),
    ]
}
