//! What is measured, as it is shipped.

use std::path::PathBuf;
use std::process::Command;

use crate::root;

/// The functions without the local server, and what they are compared with.
pub fn functions() -> PathBuf {
    // Apart: what the examples need beside would find its way into the functions.
    build("-p latchkey --bins");
    build("-p latchkey --example nothing --example bare_sdk")
}

/// The command line, with the local server.
pub fn latchkey() -> PathBuf {
    build("-p latchkey-cli --bin latchkey").join("latchkey")
}

/// Says where the binaries lie.
fn build(what: &str) -> PathBuf {
    let target = root().join("target/shipped");
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root());
    command.args("build --quiet --locked --release --target-dir".split(' ')).arg(&target).args(what.split(' '));
    assert!(command.status().unwrap().success(), "it does not build");
    target.join("release")
}
