//! The law of the house, read from the sources. Which crate may know which, the compiler keeps.

mod circles;
mod dependencies;
mod documents;
mod files;
mod lists;
mod modules;

use std::fs;

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

/// Every file of the repository, by its path from the root: all that no `.gitignore` leaves out. A source archive has no `.git`
/// to ask.
fn tree() -> Vec<String> {
    let (mut found, mut folders) = (Vec::new(), vec![(root().to_owned(), vec![".git".to_owned()])]);
    while let Some((folder, mut ignored)) = folders.pop() {
        let mut here = Vec::new();
        for line in fs::read_to_string(folder.join(".gitignore")).unwrap_or_default().lines() {
            let (names, name) = match line.strip_prefix('/') {
                Some(name) => (&mut here, name),
                None => (&mut ignored, line),
            };
            assert!(!name.contains(['*', '!', '#', '?', '/']), "{line}: only plain names are read");
            names.push(name.to_owned());
        }
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if ignored.contains(&name) || here.contains(&name) {
                continue;
            }
            if path.is_dir() {
                folders.push((path, ignored.clone()));
            } else {
                found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

/// What is shipped: the functions, the command line, and the crates below them.
fn sources() -> Vec<(String, String)> {
    let crates = ["src", "crates/oauth/src", "crates/dynamodb/src", "crates/guard/src", "crates/cli/src"];
    crates.into_iter().flat_map(files).collect()
}

/// What only tests, benchmarks and fuzzers use.
fn kits() -> Vec<(String, String)> {
    let crates = ["testkit", "properties", "counted", "generate", "scale"];
    crates.into_iter().flat_map(|name| files(&format!("crates/{name}/src"))).collect()
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
                "links",
                "outcome",
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
            &["provider", "response", "session"],
            &["redirect"],
        ],
    ),
    (
        "crates/dynamodb/src",
        &[
            &["advice", "clock", "documents", "random", "roots"],
            &["environment"],
            &["store"],
            &["conflicts"],
            &["aws"],
            &["direct"],
        ],
    ),
    ("crates/guard/src", &[&["bearer"], &["config", "layer"]]),
    ("crates/cli/src", &[&["gateway"], &["local"], &["cli"]]),
    ("src", &[&["log", "outbound", "page"], &["context"], &["config", "endpoint"], &["lambda"]]),
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

/// The words that a source has right after a path, such as `crate::`, also in a list.
fn after(text: &str, path: &str) -> Vec<String> {
    let code: String = code(text).map(|line| format!("{line}\n")).collect();
    let word =
        |rest: &str| rest.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect();
    let mut words: Vec<String> = Vec::new();
    for rest in code.split(path).skip(1) {
        match rest.strip_prefix('{') {
            Some(list) => words.extend(list.split('}').next().unwrap().split(',').map(|name| word(name.trim()))),
            None => words.push(word(rest)),
        }
    }
    words
}

#[test]
fn arrows_point_one_way() {
    for (folder, floors) in FLOORS {
        for (path, text) in files(folder).into_iter().filter(|(path, _)| !is_test(path)) {
            let own = room(&path, folder);
            let below = floors.iter().take_while(|floor| !floor.contains(&own));
            let below: Vec<_> = below.flat_map(|floor| floor.iter().copied()).collect();
            for other in after(&text, "crate::") {
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
        // The sealing keys come from KMS, and commands keep new secrets in Secrets Manager. Calls to providers go by the SDK's
        // HTTP client, which the functions have already.
        let may = path.starts_with("crates/dynamodb/src/")
            || path.starts_with("src/config/")
            || path == "src/outbound.rs"
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
