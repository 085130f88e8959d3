//! Chance that can be had again: the moments at which a test kills a server.

use latchkey_dynamodb::random;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// A number from the environment.
pub fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Those of an earlier run where `LATCHKEY_TEST_SEED` names it.
pub fn dice() -> TestRng {
    let seed = number("LATCHKEY_TEST_SEED", u64::from_le_bytes(random().unwrap()));
    println!("LATCHKEY_TEST_SEED={seed}");
    rng(seed)
}

/// Of one client.
pub fn rng(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}
