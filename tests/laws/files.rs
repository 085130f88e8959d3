//! The files: their first lines, their lengths, where tests stand, and the maps.

use std::collections::BTreeSet;
use std::fs;

use latchkey_testkit::root;

use super::{code, files, kits, sources};

#[test]
fn every_source_says_in_its_first_line_what_room_it_is() {
    for (path, text) in sources().into_iter().chain(kits()).chain(files("tests")).chain(files("benches")) {
        assert!(text.starts_with("//! "), "{path}");
    }
}

#[test]
fn no_source_is_longer_than_350_lines() {
    for (path, text) in sources().into_iter().chain(kits()) {
        assert!(text.lines().count() <= 350, "{path}: look for the wall");
    }
}

/// The files of the tests in a browser, by their path.
pub(super) fn browser_tests() -> Vec<(String, String)> {
    let files = fs::read_dir(root().join("tests/node/browser")).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn no_test_is_longer_than_400_lines() {
    for (path, text) in files("tests").into_iter().chain(browser_tests()) {
        assert!(text.lines().count() <= 400, "{path}: look for the wall");
    }
}

/// `test = false` spares the linker a program for each crate. A test that stood in such a crate would never run.
#[test]
fn no_test_stands_where_none_is_run() {
    let runs = ["src/", "crates/cli/src/", "crates/oauth/src/", "crates/generate/src/", "crates/scale/src/"];
    for (path, text) in sources().into_iter().chain(kits()).filter(|(path, _)| !path.starts_with("src/bin/")) {
        let run = runs.iter().any(|folder| path.starts_with(folder)) && path != "crates/cli/src/main.rs";
        assert!(run || !code(&text).any(|line| line.contains("#[test]") || line.contains("cfg(test)")), "{path}");
    }
}

/// What the map at the top of a crate names: all between backticks in the first cell of each row.
fn mapped(text: &str) -> BTreeSet<String> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | "));
    let first = rows.filter_map(|row| row.split('|').next());
    first.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn public_modules(text: &str) -> BTreeSet<String> {
    let name = |line: &str| line.strip_prefix("pub mod ").map(|rest| rest.trim_end_matches(';').to_owned());
    text.lines().filter_map(name).collect()
}

#[test]
fn the_map_of_every_crate_names_its_rooms_and_no_other() {
    let crates = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let mut named = BTreeSet::new();
    for folder in crates.filter(|folder| folder.join("Cargo.toml").exists()) {
        let text = fs::read_to_string(folder.join("src/lib.rs")).unwrap();
        assert_eq!(mapped(&text), public_modules(&text), "{}", folder.display());
        named.insert(format!("crates/{}", folder.file_name().unwrap().to_str().unwrap()));
    }
    // The first map names the crates as well, and where the tests stand.
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let (places, rooms): (BTreeSet<_>, BTreeSet<_>) = mapped(&text).into_iter().partition(|name| name.contains('/'));
    assert_eq!(rooms, public_modules(&text));
    let (crates, others): (BTreeSet<_>, BTreeSet<_>) = places.into_iter().partition(|name| name.starts_with("crates/"));
    assert_eq!(crates, named);
    assert!(!others.is_empty());
    for place in others {
        assert!(root().join(&place).exists(), "{place}");
    }
}
