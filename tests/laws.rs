//! The law of the house, read from the sources. Which crate may know which, the compiler keeps.

mod documents;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use latchkey_testkit::root;

/// Every Rust file below a folder of the workspace, by its path from there.
pub fn files(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "{folder}");
    found
}

/// What is shipped: the functions, the command line, and the crates below them.
fn sources() -> Vec<(String, String)> {
    let crates = ["src", "crates/oauth/src", "crates/dynamodb/src", "crates/guard/src", "crates/cli/src"];
    crates.into_iter().flat_map(files).collect()
}

/// What only tests, benchmarks and fuzzers use.
fn kits() -> Vec<(String, String)> {
    ["crates/testkit/src", "crates/properties/src", "crates/counted/src", "crates/generate/src"]
        .into_iter()
        .flat_map(files)
        .collect()
}

/// The lines that are no comment.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// The floors of each crate, from the lowest: a room may know the rooms below it. Between crates the compiler sees to it.
const FLOORS: [(&str, &[&[&str]]); 5] = [
    (
        "crates/oauth/src",
        &[
            &[
                "form",
                "forwarded",
                "grant_type",
                "jose",
                "proxy",
                "replay",
                "scope",
                "secret",
                "service",
                "text",
                "time",
            ],
            &["auth_method", "settings", "token"],
            &["grant", "keyrings"],
            &["client"],
            &["client_auth", "error"],
            &["metrics", "sign_in"],
            &["user"],
            &["grants", "tokens"],
            &["response", "session"],
            &["redirect"],
        ],
    ),
    (
        "crates/dynamodb/src",
        &[&["clock", "environment", "random", "roots"], &["store"], &["conflicts"], &["aws"], &["direct"]],
    ),
    ("crates/guard/src", &[&["bearer"], &["config", "layer"]]),
    ("crates/cli/src", &[&["gateway"], &["local"], &["cli"]]),
    ("src", &[&["log", "page"], &["context"], &["config", "endpoint"], &["lambda"]]),
];

/// Each way to authenticate has refusals of its own, and every refusal is one of the one enum.
const MATES: [[&str; 2]; 1] = [["client_auth", "error"]];

/// What only the tests beside the rules see.
fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path == "crates/oauth/src/example.rs"
}

/// The first word of a source's place in its crate: its room.
fn room<'a>(path: &'a str, folder: &str) -> &'a str {
    path[folder.len() + 1..].split(['/', '.']).next().unwrap()
}

/// The rooms that a source names after `crate::`.
fn known(text: &str) -> Vec<String> {
    let code: String = code(text).map(|line| format!("{line}\n")).collect();
    let word =
        |rest: &str| rest.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect();
    let mut rooms: Vec<String> = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(list) => rooms.extend(list.split('}').next().unwrap().split(',').map(|name| word(name.trim()))),
            None => rooms.push(word(rest)),
        }
    }
    rooms
}

#[test]
fn arrows_point_one_way() {
    for (folder, floors) in FLOORS {
        for (path, text) in files(folder).into_iter().filter(|(path, _)| !is_test(path)) {
            let own = room(&path, folder);
            let below = floors.iter().take_while(|floor| !floor.contains(&own));
            let below: Vec<_> = below.flat_map(|floor| floor.iter().copied()).collect();
            for other in known(&text) {
                // Above all floors stand the map and the programs.
                let above = ["lib", "main", "bin"].contains(&own);
                let mates = MATES.iter().any(|mates| mates.contains(&own) && mates.contains(&other.as_str()));
                assert!(above || mates || other == own || below.contains(&other.as_str()), "{path} knows {other}");
            }
        }
    }
}

#[test]
fn every_room_has_its_law() {
    for (folder, floors) in FLOORS {
        for (path, _) in files(folder).into_iter().filter(|(path, _)| !is_test(path)) {
            let own = room(&path, folder);
            let placed = ["lib", "main", "bin"].contains(&own) || floors.iter().any(|floor| floor.contains(&own));
            assert!(placed, "{path} stands on no floor");
        }
    }
}

#[test]
fn only_store_and_app_name_the_aws_sdk() {
    for (path, text) in sources() {
        // The sealing keys come from KMS, and commands keep new secrets in Secrets Manager.
        let may = path.starts_with("crates/dynamodb/src/")
            || path.starts_with("src/config/")
            || path.starts_with("crates/cli/src/cli/secrets_manager");
        assert!(
            may || !text.contains("aws_sdk") && !text.contains("aws_config") && !text.contains("aws_smithy"),
            "{path}"
        );
    }
}

#[test]
fn only_its_door_names_lambda() {
    for (path, text) in sources() {
        // The local server speaks as the gateway does.
        let may = path.starts_with("src/lambda") || path == "crates/cli/src/gateway.rs";
        assert!(may || !text.contains("lambda_http") && !text.contains("lambda_runtime"), "{path}");
    }
}

#[test]
fn nothing_pure_is_async_or_reads_a_clock_or_the_environment() {
    for (path, text) in files("crates/oauth/src") {
        for word in [
            "async ",
            ".await",
            "SystemTime",
            "Instant",
            "std::env",
            "std::fs",
            "std::net::Tcp",
            "std::thread",
            "ring::rand",
            "SystemRandom",
        ] {
            assert!(!code(&text).any(|line| line.contains(word)), "{path} says {word}");
        }
    }
}

/// The names that a section of a manifest lists.
fn listed(manifest: &str, section: &str) -> BTreeSet<String> {
    let manifest = fs::read_to_string(root().join(manifest)).unwrap();
    let lines = manifest.lines().skip_while(|line| line.trim() != section).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.trim().is_empty());
    let name = |line: &str| line.split(['.', ' ', '=']).next().unwrap().to_owned();
    lines.filter(|line| !line.starts_with('#')).map(name).collect()
}

#[test]
fn the_rules_depend_on_nothing_that_is_not_pure() {
    let pure = [
        "aes-gcm",
        "argon2",
        "base64",
        "bytes",
        "hmac",
        "http",
        "percent-encoding",
        "ring",
        "serde",
        "serde_json",
        "sha1",
        "sha2",
        "subtle",
        "thiserror",
        "time",
        "unicode-normalization",
        "url",
        "uuid",
        "zeroize",
    ];
    assert_eq!(listed("crates/oauth/Cargo.toml", "[dependencies]"), pure.map(str::to_owned).into());
    let manifest = fs::read_to_string(root().join("crates/oauth/Cargo.toml")).unwrap();
    for other in ["[dev-dependencies", "[build-dependencies", "[target", "[dependencies."] {
        assert!(!manifest.contains(other), "{other}");
    }
}

/// Every crate that a crate of ours brings to those that depend on it.
fn brought(package: &str) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--quiet", "--locked", "--edges", "normal", "--prefix", "none", "--package", package])
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let lines = String::from_utf8(tree.stdout).unwrap();
    lines.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn the_guard_brings_api_owners_no_password_hash_template_key_service_or_lambda() {
    let brought = brought("latchkey-guard");
    assert!(brought.contains("latchkey-oauth") && brought.contains("aws-sdk-dynamodb"), "{brought:?}");
    for heavy in ["argon2", "askama", "aws-sdk-kms", "clap", "dynoxide-rs", "lambda_http", "lambda_runtime", "latchkey"]
    {
        assert!(!brought.contains(heavy), "{heavy}");
    }
}

#[test]
fn no_function_carries_what_judges_new_passwords_and_draws_pictures() {
    let commands = brought("latchkey-cli");
    for package in ["latchkey", "latchkey-check"] {
        let brought = brought(package);
        for heavy in ["zxcvbn", "fancy-regex", "qrcode", "data-encoding"] {
            assert!(commands.contains(heavy) && !brought.contains(heavy), "{package} carries {heavy}");
        }
    }
}

#[test]
fn the_fuzzers_build_no_command_line() {
    let brought = brought("latchkey-properties");
    for heavy in ["clap", "comfy-table", "latchkey-cli", "rpassword", "ureq"] {
        assert!(!brought.contains(heavy), "{heavy}");
    }
}

/// Stored numbers are added and subtracted: a lint refuses what can overflow.
#[test]
fn arithmetic_saturates_in_all_that_a_function_carries() {
    let crates = ["src", "crates/oauth/src", "crates/dynamodb/src", "crates/guard/src"];
    for folder in crates {
        let map = fs::read_to_string(root().join(folder).join("lib.rs")).unwrap();
        assert!(map.contains("#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]"), "{folder}");
    }
    for (path, text) in sources() {
        let map = ["src/lib.rs", "crates/oauth/src/lib.rs"].contains(&path.as_str());
        assert!(map || !text.contains("allow(clippy::arithmetic_side_effects"), "{path}");
    }
}

#[test]
fn what_is_counted_brings_no_command_line_and_no_engine() {
    let brought = brought("latchkey-counted");
    for heavy in ["clap", "dynoxide-rs", "latchkey-cli", "libsqlite3-sys", "axum"] {
        assert!(!brought.contains(heavy), "{heavy}");
    }
}

#[test]
fn the_environment_is_read_in_one_file_the_clock_in_one_and_randomness_in_one() {
    for (path, text) in sources() {
        // `lambda.rs` asks whether the runtime is there at all, which is no setting.
        let reads = ["crates/dynamodb/src/environment.rs", "src/lambda.rs"].contains(&path.as_str());
        assert!(reads || !text.contains("std::env"), "{path}");
        assert!(path == "crates/dynamodb/src/clock.rs" || !text.contains("SystemTime::now"), "{path}");
        assert!(path == "crates/dynamodb/src/random.rs" || !text.contains("getrandom::"), "{path}");
        // A signature of ECDSA and of RSASSA-PSS takes random numbers, and ring draws them itself.
        assert!(path == "crates/cli/src/cli/signing.rs" || !text.contains("SystemRandom"), "{path}");
    }
}

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
fn browser_tests() -> Vec<(String, String)> {
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
    let runs = ["src/", "crates/cli/src/", "crates/oauth/src/", "crates/generate/src/"];
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
