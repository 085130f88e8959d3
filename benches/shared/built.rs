//! What is measured, as it is shipped.

use std::path::PathBuf;
use std::process::Command;

/// The functions without the local server, and what they are compared with.
#[allow(dead_code)]
pub fn functions() -> PathBuf {
    // Apart: what the examples need beside would find its way into the functions.
    build("--no-default-features --features lambda --bins");
    build("--no-default-features --features lambda --example nothing --example bare_sdk")
}

/// The command line, with the local server.
#[allow(dead_code)]
pub fn latchkey() -> PathBuf {
    build("--bin latchkey").join("latchkey")
}

/// Says where the binaries lie.
fn build(what: &str) -> PathBuf {
    let target = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/shipped");
    let mut command = Command::new(env!("CARGO"));
    command.args("build --quiet --locked --release --target-dir".split(' ')).arg(&target).args(what.split(' '));
    assert!(command.status().unwrap().success(), "it does not build");
    target.join("release")
}
