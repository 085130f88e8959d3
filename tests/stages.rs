//! What the test command and its stages say of bad input, of a tool that is missing, and of a stale file: one line. With
//! stand-ins for what compiles.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// What of the command cargo fails, and says then.
const CARGO: &str = r#"#!/usr/bin/env bash
echo "$*" >>"$LOG"
case "$*" in
  *"$FAILS"*) [ -z "$FAILS" ] || { echo "$SAYS" >&2; exit 1; } ;;
esac
"#;

/// A tree with the test command, one stage for the inner loop, and one that needs a tool that no machine has.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        let (tree, here) = (Self(tempfile::tempdir().unwrap()), Path::new(env!("CARGO_MANIFEST_DIR")));
        for file in ["tests/run", "stages/lib.sh", "stages/quick", "stages/generate"] {
            tree.put(file, &fs::read_to_string(here.join(file)).unwrap());
        }
        tree.put("stages/wanting", "# wants a tool\n. \"${BASH_SOURCE%/*}/lib.sh\"\nneeds no-such-tool 'install it'\n");
        tree.put("bin/cargo", CARGO);
        tree
    }

    fn put(&self, file: &str, text: &str) {
        let path = self.0.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn log(&self) -> String {
        fs::read_to_string(self.0.path().join("log")).unwrap_or_default()
    }

    /// Runs the test command. `fails`: part of the command that cargo fails, and what it says then. Returns how the test command
    /// ended, what it printed, and what it said.
    fn run(&self, arguments: &[&str], (fails, says): (&str, &str)) -> (Option<i32>, String, String) {
        let path = format!("{}:{}", self.0.path().join("bin").display(), std::env::var("PATH").unwrap());
        self.run_with(&path, arguments, (fails, says))
    }

    fn run_with(&self, path: &str, arguments: &[&str], (fails, says): (&str, &str)) -> (Option<i32>, String, String) {
        let done = Command::new("/bin/bash")
            .arg(self.0.path().join("tests/run"))
            .args(arguments)
            .env("PATH", path)
            .env("LOG", self.0.path().join("log"))
            .env("FAILS", fails)
            .env("SAYS", says)
            .env_remove("CI")
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (done.status.code(), text(done.stdout), text(done.stderr))
    }
}

const NOTHING: (&str, &str) = ("", "");

#[test]
fn a_stage_or_an_option_that_does_not_exist_is_told_in_one_line_and_runs_nothing() {
    let tree = Tree::new();
    tree.put("target/stages/lint.log", "of the run before");
    tree.put("elsewhere", "exit 0\n");
    for name in ["nothing", "../elsewhere", "stages/quick", "--lisst", "-h", ""] {
        // Not even a stage before it.
        let (code, out, err) = tree.run(&["quick", name], NOTHING);
        let line = format!("tests/run: no stage is called '{name}': 'tests/run --list' names them\n");
        assert_eq!((code, out.as_str(), err), (Some(2), "", line));
    }
    // A file that is no stage.
    assert_eq!(tree.run(&["lib.sh.orig"], NOTHING).0, Some(2));
    assert_eq!(tree.log(), "");
    assert_eq!(fs::read_to_string(tree.0.path().join("target/stages/lint.log")).unwrap(), "of the run before");
}

#[test]
fn a_tool_that_is_missing_is_told_in_one_line() {
    let tree = Tree::new();
    let (code, out, _) = tree.run(&["wanting", "quick"], NOTHING);
    assert_eq!(code, Some(1));
    assert!(out.lines().any(|line| line == "wanting: no no-such-tool here: install it"), "{out}");
    assert!(out.contains("| quick | 0 | 0 | not run |"), "{out}");
    assert_eq!(tree.log(), "", "no stage runs after one that failed");
    // Without Rust.
    let bin = tree.0.path().join("few");
    fs::create_dir(&bin).unwrap();
    let found = Command::new("sh").args(["-c", "command -v dirname"]).output().unwrap().stdout;
    std::os::unix::fs::symlink(String::from_utf8(found).unwrap().trim(), bin.join("dirname")).unwrap();
    let (code, out, err) = tree.run_with(bin.to_str().unwrap(), &["quick"], NOTHING);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert_eq!(err, "tests/run: no cargo here: install Rust with rustup\n");
}

/// `crates/generate` says which file is stale; its own tests say so.
#[test]
fn what_is_stale_is_told_with_the_command_that_mends_it_and_nothing_is_compiled() {
    let tree = Tree::new();
    let stale = "docs/configuration.md is stale: run stages/generate";
    let lock = "cannot update the lock file because --locked was passed";
    for (fails, says, line) in [
        ("fmt --all", "a difference", "not formatted: run 'cargo fmt --all'"),
        ("fmt --check --manifest-path fuzz", "a difference", "fuzz is not formatted: run"),
        ("--package latchkey-generate -- --check", stale, stale),
        ("--manifest-path Cargo.toml", lock, "Cargo.lock is stale: run 'cargo metadata --manifest-path Cargo.toml"),
        (
            "1 --manifest-path fuzz/Cargo.toml",
            lock,
            "fuzz/Cargo.lock is stale: run 'cargo metadata --manifest-path fuzz",
        ),
    ] {
        fs::remove_file(tree.0.path().join("log")).unwrap_or_default();
        let (code, out, err) = tree.run(&["quick"], (fails, says));
        assert_eq!(code, Some(1), "{out}{err}");
        assert_eq!(out.lines().filter(|told| told.contains(line)).count(), 1, "{out}");
        assert!(err.contains("FAILED: quick; 'tests/run STAGE' runs one alone"), "{err}");
        assert!(!tree.log().contains("clippy") && !tree.log().contains("test "), "{}", tree.log());
    }
    let (code, out, _) = tree.run(&["quick"], NOTHING);
    assert!(code == Some(0) && out.ends_with("passed: quick\n"), "{out}");
    assert!(tree.log().contains("clippy") && tree.log().contains("test --locked"), "{}", tree.log());
    // `cargo fmt` brings a stale lock file up to date, so nothing would find it stale afterwards.
    let at = |word: &str| tree.log().find(word).unwrap();
    assert!(at("fuzz/Cargo.toml") < at("fmt"), "{}", tree.log());
}
