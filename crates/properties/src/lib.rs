//! What must hold for every input: one property a file, a function that takes bytes and panics where it does not hold.
//!
//! libFuzzer feeds them (`fuzz/run`), and so does the test suite, with the inputs in `fuzz/corpus` (`tests/properties.rs`).
//! A crate of its own, so that the fuzzers do without the command line.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod assertion;
mod authorizer;
mod basic;
mod canonical;
mod event;
mod header;
mod key_set;
mod parameters;
mod provider;
mod pushed;
mod routes;
mod session;
mod subject;
mod token;
mod user_code;
mod visit;
mod world;

pub use assertion::assertion;
pub use authorizer::authorizer;
pub use basic::basic;
pub use canonical::canonical;
pub use event::event;
pub use header::header;
pub use key_set::key_set;
pub use parameters::parameters;
pub use provider::provider;
pub use pushed::pushed;
pub use routes::routes;
pub use session::session;
pub use subject::subject;
pub use token::token;
pub use user_code::user_code;
pub use visit::visit;

/// The parts of an input, between bytes that no text holds; a missing one is empty.
fn parts<const N: usize>(data: &[u8]) -> [&[u8]; N] {
    let mut parts = data.split(|byte| *byte == 0xFF);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

fn text(part: &[u8]) -> &str {
    std::str::from_utf8(part).unwrap_or_default()
}

/// What a target does with its input.
pub type Property = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: [(&str, Property); 16] = [
    ("assertion", assertion),
    ("authorizer", authorizer),
    ("basic", basic),
    ("canonical", canonical),
    ("event", event),
    ("header", header),
    ("key_set", key_set),
    ("parameters", parameters),
    ("provider", provider),
    ("pushed", pushed),
    ("routes", routes),
    ("session", session),
    ("subject", subject),
    ("token", token),
    ("user_code", user_code),
    ("visit", visit),
];
