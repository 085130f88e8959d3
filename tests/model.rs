//! Random lives of clients and tokens, beside a model of them: no token is ever good that the model says is not, and none
//! refused that it says is good, whatever the database does meanwhile.
//!
//! The same lives are lived each time; `PROPTEST_CASES` asks for more of them, `PROPTEST_RNG_SEED` for others.

mod accounts;
mod books;
mod life;
mod moves;
mod operator;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngSeed};

use self::life::Life;
use self::moves::moves;

const CLIENTS: usize = 2;
const SCOPE: &str = "WMS_NCIP WMS_ACQ refresh_token";
/// What is left of it for a client whose registration shrank.
const LESS: &str = "WMS_ACQ refresh_token";
const NARROW: &str = "WMS_ACQ";
/// Each has a user of the same id.
const NAMESPACES: [&str; 2] = ["urn:latchkey:128807", "urn:oclc:wms:da"];
const USER: &str = "201571dd";

fn config(cases: u32, file: &'static str) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let base = Config::default();
    let rng_seed = if base.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { base.rng_seed };
    Config {
        cases: asked.unwrap_or(cases),
        rng_seed,
        max_shrink_iters: 400,
        failure_persistence: crate::regressions(file),
        ..base
    }
}

proptest! {
    #![proptest_config(config(100, "tests/proptest-regressions/model.txt"))]
    #[test]
    fn no_token_is_good_that_should_not_be_and_none_refused_that_should_whatever_happens(
        moves in vec(moves(), 1..50),
        // Shorter than a signed request counts, too.
        life in select(&[1200, 60][..]),
        // Shorter than a form counts, too.
        code_life in select(&[600, 60][..]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut life = Life::new(life, code_life).await;
            for step in moves {
                life.make(step).await;
                life.check(&[]).await;
            }
            life.end().await;
        });
    }
}
