//! The law of the house: which room may know which, read from the sources.

use std::fs;
use std::path::Path;

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                found.push((relative(&entry, &root), fs::read_to_string(&entry).unwrap()));
            }
        }
    }
    found
}

fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap().to_str().unwrap().to_owned()
}

/// The first word of a source's place: its room.
fn room(path: &str) -> &str {
    path.split(['/', '.']).next().unwrap()
}

const VOCABULARY: [&str; 9] = ["client", "grant", "token", "scope", "secret", "settings", "denial", "user", "password"];
const PROTOCOL: [&str; 3] = ["signature", "flow", "session"];

/// What a room may know of the crate, itself apart.
fn may_know(room: &str) -> Option<Vec<&'static str>> {
    let rooms = |names: &[&[&'static str]]| Some(names.concat());
    match room {
        room if VOCABULARY.contains(&room) => rooms(&[&VOCABULARY]),
        "signature" => rooms(&[&VOCABULARY]),
        "flow" => rooms(&[&VOCABULARY]),
        "session" => rooms(&[&VOCABULARY, &["flow"]]),
        "page" => rooms(&[&VOCABULARY]),
        "store" => rooms(&[&VOCABULARY]),
        "reply" | "record" => rooms(&[&VOCABULARY, &PROTOCOL, &["store"]]),
        "endpoint" => rooms(&[&VOCABULARY, &PROTOCOL, &["store", "reply", "record", "page"]]),
        "app" => rooms(&[&VOCABULARY, &PROTOCOL, &["store", "endpoint"]]),
        "lambda" => rooms(&[&["denial", "scope", "store", "endpoint", "record", "app"]]),
        "guard" => rooms(&[&["denial", "scope", "store", "endpoint", "reply", "app"]]),
        _ => None,
    }
}

/// The rooms that a source names after `crate::`.
fn known(text: &str) -> Vec<String> {
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect();
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
    for (path, text) in sources() {
        let Some(allowed) = may_know(room(&path)) else { continue };
        for other in known(&text) {
            assert!(other == room(&path) || allowed.contains(&other.as_str()), "{path} knows {other}");
        }
    }
}

#[test]
fn every_room_has_its_law() {
    for (path, _) in sources() {
        let free = ["lib", "bin", "local", "cli"];
        assert!(free.contains(&room(&path)) || may_know(room(&path)).is_some(), "{path} stands in no room");
    }
}

#[test]
fn nothing_pure_is_async_or_reads_a_clock_or_the_environment() {
    for (path, text) in sources() {
        if VOCABULARY.contains(&room(&path)) || PROTOCOL.contains(&room(&path)) {
            for word in
                ["async ", ".await", "SystemTime", "Instant", "std::env", "tokio", "getrandom", "aws_", "lambda"]
            {
                assert!(
                    !text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(word)),
                    "{path} says {word}"
                );
            }
        }
    }
}

#[test]
fn only_store_and_app_name_the_aws_sdk() {
    for (path, text) in sources() {
        let may = ["store", "app"].contains(&room(&path));
        assert!(
            may || !text.contains("aws_sdk") && !text.contains("aws_config") && !text.contains("aws_smithy"),
            "{path}"
        );
    }
}

#[test]
fn only_its_door_names_lambda() {
    for (path, text) in sources() {
        let may = ["lambda", "bin", "lib"].contains(&room(&path));
        assert!(may || !text.contains("lambda_http") && !text.contains("lambda_runtime"), "{path}");
    }
}

#[test]
fn the_environment_is_read_in_one_file_the_clock_in_one_and_randomness_in_one() {
    for (path, text) in sources() {
        // `lambda.rs` asks whether the runtime is there at all, which is no setting.
        assert!(["app.rs", "lambda.rs"].contains(&path.as_str()) || !text.contains("std::env"), "{path}");
        assert!(path == "app.rs" || !text.contains("SystemTime::now"), "{path}");
        assert!(path == "endpoint.rs" || !text.contains("getrandom::"), "{path}");
    }
}

#[test]
fn every_source_says_in_its_first_line_what_room_it_is() {
    for (path, text) in sources() {
        assert!(text.starts_with("//! "), "{path}");
    }
}

#[test]
fn no_source_is_longer_than_350_lines() {
    for (path, text) in sources() {
        assert!(text.lines().count() <= 350, "{path}: look for the wall");
    }
}

/// Every name between backticks that reads as a sentence, and every name between quotes, is a test.
#[test]
fn every_test_that_the_threat_model_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let model = fs::read_to_string(root.join("docs/threat-model.md")).unwrap();
    let mut tests = fs::read_to_string(root.join("tests/node/browser.test.mjs")).unwrap();
    for folder in ["tests/it", "tests/it/leaks"] {
        let files = fs::read_dir(root.join(folder)).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.is_file()).for_each(|path| tests += &fs::read_to_string(path).unwrap());
    }
    let rows: Vec<_> = model.lines().filter(|line| line.starts_with("| ")).collect();
    let named =
        rows.iter().flat_map(|row| row.split('`').skip(1).step_by(2)).filter(|name| name.matches('_').count() > 3);
    let named: Vec<_> = named.filter(|name| !name.contains(' ')).collect();
    assert!(named.len() > 50);
    for name in named {
        assert!(tests.contains(&format!("fn {name}(")), "{name} is no test");
    }
    for name in rows.iter().flat_map(|row| row.split('"').skip(1).step_by(2)) {
        assert!(tests.contains(&format!("test(\"{name}\"")), "{name} is no test");
    }
}
