//! Configuration from the environment: each variable, by name.

use latchkey::app::Config;

fn read(changes: &[(&str, &str)]) -> Result<Config, String> {
    let base = [
        ("LATCHKEY_CLIENTS_TABLE", "clients"),
        ("LATCHKEY_TOKENS_TABLE", "tokens"),
        ("LATCHKEY_SEALING_KEY_FILE", "sealing.key"),
    ];
    let find = |name: &str| {
        changes.iter().chain(&base).find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    Config::read(find).map_err(|error| error.to_string())
}

#[test]
fn the_required_variables_are_enough_and_the_rest_has_the_documented_defaults() {
    let config = read(&[]).unwrap();
    let settings = config.settings;
    assert_eq!((settings.access_token_seconds, settings.refresh_token_seconds), (1200, 86_400));
    assert_eq!((settings.code_seconds, settings.clock_skew_seconds), (600, 300));
    assert_eq!(
        (settings.authority.host.as_str(), settings.authority.port, settings.authority.path.as_str()),
        ("www.oclc.org", 443, "/wskey")
    );
}

#[test]
fn a_missing_or_empty_required_variable_is_named() {
    for name in ["LATCHKEY_CLIENTS_TABLE", "LATCHKEY_TOKENS_TABLE", "LATCHKEY_SEALING_KEY_FILE"] {
        assert_eq!(read(&[(name, "")]).unwrap_err(), format!("{name} is not set"));
    }
}

#[test]
fn every_setting_is_read_from_its_variable() {
    let config = read(&[
        ("LATCHKEY_ACCESS_TOKEN_SECONDS", "60"),
        ("LATCHKEY_REFRESH_TOKEN_SECONDS", "604800"),
        ("LATCHKEY_CODE_SECONDS", "30"),
        ("LATCHKEY_CLOCK_SKEW_SECONDS", "5"),
        ("LATCHKEY_SIGNATURE_HOST", "auth.example"),
        ("LATCHKEY_SIGNATURE_PORT", "8443"),
        ("LATCHKEY_SIGNATURE_PATH", "/sign"),
    ]);
    let settings = config.unwrap().settings;
    assert_eq!((settings.access_token_seconds, settings.refresh_token_seconds), (60, 604_800));
    assert_eq!((settings.code_seconds, settings.clock_skew_seconds), (30, 5));
    assert_eq!(
        (settings.authority.host.as_str(), settings.authority.port, settings.authority.path.as_str()),
        ("auth.example", 8443, "/sign")
    );
}

#[test]
fn a_value_that_cannot_be_is_refused_by_name() {
    for (name, value) in [
        ("LATCHKEY_ACCESS_TOKEN_SECONDS", "0"),
        ("LATCHKEY_ACCESS_TOKEN_SECONDS", "20 minutes"),
        ("LATCHKEY_REFRESH_TOKEN_SECONDS", "-1"),
        ("LATCHKEY_REFRESH_TOKEN_SECONDS", "99999999999999999999"),
        ("LATCHKEY_CODE_SECONDS", "601"),
        ("LATCHKEY_CLOCK_SKEW_SECONDS", "3601"),
        ("LATCHKEY_SIGNATURE_PORT", "65536"),
    ] {
        let error = read(&[(name, value)]).unwrap_err();
        assert!(error.starts_with(&format!("{name} must be ")) && !error.contains(value), "{error}");
    }
}

#[tokio::test]
async fn a_sealing_key_that_cannot_be_read_is_named_without_its_contents() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sealing.key");
    let start = || async {
        read(&[("LATCHKEY_SEALING_KEY_FILE", path.to_str().unwrap())]).unwrap().start().await.err().unwrap().to_string()
    };
    assert!(start().await.starts_with("LATCHKEY_SEALING_KEY_FILE: "));
    std::fs::write(&path, "s3cr3t").unwrap();
    let error = start().await;
    assert!(error.contains("name:base64") && !error.contains("s3cr3t"), "{error}");
}

#[test]
fn every_variable_stands_in_the_readme() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = std::fs::read_to_string(root.join("src/app.rs")).unwrap();
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let mut names: Vec<_> = source
        .split("\"LATCHKEY_")
        .skip(1)
        .map(|rest| rest.split(|end: char| !end.is_ascii_uppercase() && end != '_').next().unwrap())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 10);
    for name in names {
        assert!(readme.contains(&format!("`LATCHKEY_{name}`")), "{name}");
    }
}
