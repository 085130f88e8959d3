//! Starts a benchmark compiled as the tests are. What it measures are programs of their own, which it builds as they are
//! shipped. By the profile `bench` the engine and the command line would be compiled once more, for nothing.

use std::path::Path;
use std::process::{Command, ExitCode};

pub fn start(bench: &str) -> ExitCode {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    command.args("bench --quiet --locked --profile dev --workspace --bench".split(' ')).args([bench, "--"]);
    // Cargo adds it to what this program gets, and to what that one gets.
    command.args(std::env::args().skip(1).filter(|argument| argument != "--bench"));
    if command.status().is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
