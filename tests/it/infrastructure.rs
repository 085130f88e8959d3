//! The two deployments, held to the code and to each other by what stands in them.
//!
//! `infra/rehearse/run` deploys both to an emulator and compares what comes of it; this is the part that needs no tool.

use std::collections::BTreeSet;
use std::path::Path;

use latchkey::local::ROUTES;
use latchkey::settings::Settings;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The code that reads the environment.
fn code() -> String {
    ["src/app.rs", "src/app/sealing.rs"].map(read).concat()
}

fn template() -> String {
    read("infra/template.yaml")
}

fn module() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("infra/terraform");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "tf"));
    files.sort();
    files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// Both, by name.
fn deployments() -> [(&'static str, String); 2] {
    [("infra/template.yaml", template()), ("infra/terraform", module())]
}

/// The words of a text that begin so, and go on in capitals.
fn words(text: &str, prefix: &str, goes_on: fn(char) -> bool) -> BTreeSet<String> {
    let rest = |after: &str| after.chars().take_while(|character| goes_on(*character)).collect::<String>();
    text.split(prefix).skip(1).map(rest).filter(|rest| !rest.is_empty()).map(|rest| format!("{prefix}{rest}")).collect()
}

fn variables(text: &str) -> BTreeSet<String> {
    words(text, "LATCHKEY_", |character| character.is_ascii_uppercase() || character == '_')
}

#[test]
fn the_functions_are_given_just_the_variables_that_the_code_reads() {
    for (name, text) in deployments() {
        assert_eq!(variables(&text), variables(&code()), "{name}");
    }
}

#[test]
fn every_route_stands_in_both_deployments_and_no_other_does() {
    for (name, text) in deployments() {
        let paths = words(&text, "/oauth2/", |character| character.is_ascii_alphanumeric());
        let served: BTreeSet<_> = ROUTES.iter().map(|(_, path, ..)| (*path).to_owned()).collect();
        assert_eq!(paths, served, "{name}");
    }
}

#[test]
fn the_functions_may_do_what_their_endpoints_call_and_no_more() {
    for (name, text) in deployments() {
        let actions = words(&text, "dynamodb:", |character| character.is_ascii_alphabetic() || character == '*');
        let expected = ["BatchGetItem", "GetItem", "PutItem", "UpdateItem"].map(|action| format!("dynamodb:{action}"));
        assert_eq!(actions, BTreeSet::from(expected), "{name}");
        assert!(text.contains("kms:GenerateMac") && text.contains("HMAC_SHA_256"), "{name}");
    }
}

#[test]
fn the_defaults_of_both_deployments_are_those_of_the_code() {
    let default = Settings::default();
    for (parameter, variable, value) in [
        ("AccessTokenSeconds", "access_token_seconds", default.access_token_seconds.to_string()),
        ("RefreshTokenSeconds", "refresh_token_seconds", default.refresh_token_seconds.to_string()),
        ("CodeSeconds", "code_seconds", default.code_seconds.to_string()),
        ("ClockSkewSeconds", "clock_skew_seconds", default.clock_skew_seconds.to_string()),
        ("SignatureHost", "signature_host", default.authority.host),
        ("SignaturePort", "signature_port", default.authority.port.to_string()),
        ("SignaturePath", "signature_path", default.authority.path),
        ("SealingKeyNames", "sealing_key_names", "v1".to_owned()),
    ] {
        let (template, module) = (template(), module());
        let block = template.split(&format!("\n  {parameter}:\n")).nth(1).unwrap_or_else(|| panic!("{parameter}"));
        let line = block.lines().find(|line| line.trim_start().starts_with("Default:")).unwrap();
        assert_eq!(line.split_once(':').unwrap().1.trim().trim_matches('"'), value, "{parameter}");
        let block = module.split(&format!("variable \"{variable}\"")).nth(1).unwrap_or_else(|| panic!("{variable}"));
        let line = block.lines().find(|line| line.trim_start().starts_with("default")).unwrap();
        assert_eq!(line.split_once('=').unwrap().1.trim().trim_matches('"'), value, "{variable}");
    }
}

#[test]
fn expired_items_are_collected_by_the_attribute_that_the_code_writes() {
    assert!(read("src/store/item.rs").contains("item.put(\"expires_at\""));
    assert!(template().contains("TimeToLiveSpecification: { AttributeName: expires_at, Enabled: true }"));
    let ttl = module().split("  ttl {").nth(1).unwrap().split('}').next().unwrap().to_owned();
    let words: Vec<_> = ttl.split_whitespace().collect();
    assert_eq!(words, ["attribute_name", "=", "\"expires_at\"", "enabled", "=", "true"]);
}

#[test]
fn no_access_log_holds_a_query_a_header_or_a_parameter() {
    for (name, text) in deployments() {
        let logged = words(&text, "$context.", |character| character.is_ascii_alphanumeric() || character == '.');
        let allowed = [
            "requestId",
            "identity.sourceIp",
            "requestTime",
            "routeKey",
            "status",
            "responseLength",
            "integrationLatency",
        ];
        let allowed = BTreeSet::from(allowed.map(|word| format!("$context.{word}")));
        assert!(!logged.is_empty() && logged.is_subset(&allowed), "{name}: {logged:?}");
    }
}
