//! What is measured, as it is shipped.

use std::path::PathBuf;
use std::process::Command;

/// Builds the functions without the local server, and what they are compared with. Says where they lie.
pub fn functions() -> PathBuf {
    let target = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/functions");
    // Apart: what the examples need beside would find its way into the functions.
    for what in ["--no-default-features --features lambda --bins", "--no-default-features --features lambda --example nothing --example bare_sdk"] {
        let mut command = Command::new(env!("CARGO"));
        command.args("build --quiet --locked --release".split(' ')).args(what.split(' ')).arg("--target-dir").arg(&target);
        assert!(command.status().unwrap().success(), "the functions do not build");
    }
    target.join("release")
}
