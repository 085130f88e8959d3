//! What a crate depends on, and what it brings to those that depend on it.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use latchkey_testkit::root;

use super::tree;

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

#[test]
fn what_is_counted_brings_no_command_line_and_no_engine() {
    let brought = brought("latchkey-counted");
    for heavy in ["clap", "dynoxide-rs", "latchkey-cli", "libsqlite3-sys", "axum"] {
        assert!(!brought.contains(heavy), "{heavy}");
    }
}

/// The ecosystem of Dependabot that reads a file, if one does.
fn ecosystem(path: &str, text: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap();
    let is_name =
        |name: &str| name.chars().all(|character| character.is_ascii_alphanumeric() || "-_.[,]".contains(character));
    let pins = |line: &str| {
        line.is_empty() || line.starts_with('#') || line.split_once("==").is_some_and(|(name, _)| is_name(name))
    };
    match name {
        "Cargo.lock" => Some("cargo"),
        "package-lock.json" => Some("npm"),
        "Dockerfile" => Some("docker"),
        _ if name.ends_with(".tf") && text.contains("required_providers {") => Some("terraform"),
        _ if name.ends_with(".txt") && !text.is_empty() && text.lines().all(pins) => Some("pip"),
        _ => None,
    }
}

#[test]
fn every_manifest_is_watched_for_updates_and_nothing_else_is() {
    let mut manifests = BTreeSet::new();
    for path in tree() {
        let Ok(text) = fs::read_to_string(root().join(&path)) else { continue };
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        manifests.extend(ecosystem(&path, &text).map(|ecosystem| (ecosystem.to_owned(), format!("/{folder}"))));
    }
    let config = fs::read_to_string(root().join(".github/dependabot.yml")).unwrap();
    let values = |name: &str| -> Vec<String> {
        config.lines().filter_map(|line| Some(line.trim().strip_prefix(name)?.to_owned())).collect()
    };
    let (ecosystems, folders) = (values("- package-ecosystem: "), values("directory: "));
    assert_eq!(ecosystems.len(), folders.len(), "each has one folder");
    assert_eq!(ecosystems.into_iter().zip(folders).collect::<BTreeSet<_>>(), manifests);
}
