//! Random lives of accounts, beside a model of them: no guess, copied cookie or code gets further than it may, and no user is
//! kept out who brings what is asked for, whatever the database does meanwhile.

mod books;
mod life;
mod moves;
mod operator;

use proptest::collection::vec;
use proptest::prelude::*;

use self::life::Life;
use self::moves::moves;
use super::config;

/// Two users, and a username that no user has.
const NAMES: [&str; 3] = ["alice", "bob", "nobody"];
const BROWSERS: usize = 3;
/// A browser that signs in nowhere else: it is unknown everywhere.
const STRANGER: usize = BROWSERS;

proptest! {
    #![proptest_config(config(40, "tests/proptest-regressions/accounts.txt"))]
    #[test]
    fn nobody_gets_into_an_account_who_should_not_and_nobody_is_kept_out_who_should_whatever_happens(
        moves in vec(moves(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut life = Life::new().await;
            for step in moves {
                life.make(step).await;
            }
            life.end().await;
        });
    }
}
