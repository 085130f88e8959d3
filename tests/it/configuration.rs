//! Configuration from the environment: each variable, by name.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use latchkey::config::{Config, Sealing};
use latchkey_dynamodb::aws;
use latchkey_dynamodb::roots::{AMAZON, Roots, trusted};
use sha2::{Digest as _, Sha256};

use crate::tls::Tls;

fn read(changes: &[(&str, &str)]) -> Result<Config, String> {
    let base = [
        ("LATCHKEY_CLIENTS_TABLE", "clients"),
        ("LATCHKEY_TOKENS_TABLE", "tokens"),
        ("LATCHKEY_USERS_TABLE", "users"),
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
    for name in ["LATCHKEY_CLIENTS_TABLE", "LATCHKEY_TOKENS_TABLE", "LATCHKEY_USERS_TABLE"] {
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
        ("LATCHKEY_ISSUER", "https://auth.example:8443"),
        ("LATCHKEY_SESSION_SECONDS", "600"),
        ("LATCHKEY_TRUSTED_PROXIES", "1"),
        ("LATCHKEY_PAGE_NAME", "A library"),
        ("LATCHKEY_PAGE_LOGO_URL", "https://img.example/logo.png"),
        ("LATCHKEY_PAGE_COLOR", "#FFD700"),
    ]);
    let settings = config.unwrap().settings;
    assert_eq!(settings.issuer.as_deref(), Some("https://auth.example:8443"));
    assert_eq!((settings.session_seconds, settings.trusted_proxies), (600, 1));
    let theme = settings.theme;
    assert_eq!((theme.name.as_str(), theme.logo_url.as_deref()), ("A library", Some("https://img.example/logo.png")));
    assert_eq!((theme.color.to_string().as_str(), theme.color.text()), ("#ffd700", "#000"));
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
        ("LATCHKEY_ISSUER", "auth.example"),
        ("LATCHKEY_ISSUER", "http://auth.example"),
        ("LATCHKEY_ISSUER", "https://auth.example/"),
        ("LATCHKEY_ISSUER", "https://auth.example?x"),
        ("LATCHKEY_ISSUER", "https://auth.example/base"),
        ("LATCHKEY_ISSUER", "http://localhost.evil.example"),
        ("LATCHKEY_SESSION_SECONDS", "86401"),
        ("LATCHKEY_SESSION_SECONDS", "599"),
        ("LATCHKEY_TRUSTED_PROXIES", "9"),
        ("LATCHKEY_PAGE_NAME", "two\nlines"),
        ("LATCHKEY_PAGE_LOGO_URL", "http://img.example/logo.png"),
        ("LATCHKEY_PAGE_LOGO_URL", "https://img.example/';script-src *"),
        ("LATCHKEY_PAGE_COLOR", "red"),
        ("LATCHKEY_PAGE_COLOR", "#12345"),
        ("LATCHKEY_PAGE_COLOR", "#12345é"),
    ] {
        let error = read(&[(name, value)]).unwrap_err();
        assert!(error.starts_with(&format!("{name} must be ")) && !error.contains(value), "{error}");
    }
}

#[test]
fn the_sealing_keys_come_from_one_place_and_have_names() {
    let both = read(&[("LATCHKEY_SEALING_KMS_KEY", "alias/x")]).unwrap_err();
    let none = read(&[("LATCHKEY_SEALING_KEY_FILE", "")]).unwrap_err();
    for error in [both, none] {
        assert_eq!(error, "just one of LATCHKEY_SEALING_KMS_KEY and LATCHKEY_SEALING_KEY_FILE must be set");
    }
    let kms = [("LATCHKEY_SEALING_KEY_FILE", ""), ("LATCHKEY_SEALING_KMS_KEY", "alias/x")];
    let names = |given: &'static str| read(&[&kms[..], &[("LATCHKEY_SEALING_KEY_NAMES", given)]].concat());
    for (given, expected) in [("", &["v1"][..]), ("v2, v1", &["v2", "v1"])] {
        let Sealing::Kms { key_id, names } = names(given).unwrap().sealing else { panic!("not KMS") };
        assert_eq!(
            (key_id.as_str(), names.iter().map(String::as_str).collect::<Vec<_>>()),
            ("alias/x", expected.to_vec())
        );
    }
    for wrong in [",", "v1,", "v 1", "v:1"] {
        assert!(names(wrong).unwrap_err().starts_with("LATCHKEY_SEALING_KEY_NAMES must be"));
    }
}

#[test]
fn every_variable_stands_in_the_readme() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = ["src/app.rs", "src/app/sealing.rs"].map(|path| std::fs::read_to_string(root.join(path)).unwrap());
    let source = sources.concat();
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let mut names: Vec<_> = source
        .split("\"LATCHKEY_")
        .skip(1)
        .map(|rest| rest.split(|end: char| !end.is_ascii_uppercase() && end != '_').next().unwrap())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 21);
    for name in names {
        assert!(readme.contains(&format!("`LATCHKEY_{name}`")), "{name}");
    }
}

#[test]
fn the_authorizer_needs_one_table_and_refuses_scopes_and_seconds_that_are_none() {
    use latchkey_guard::config::AuthorizerConfig;
    let read = |changes: &[(&str, &str)]| {
        let all = [&[("LATCHKEY_TOKENS_TABLE", "tokens")], changes].concat();
        let find =
            |name: &str| all.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        AuthorizerConfig::read(find).map_err(|error| error.to_string())
    };
    let config = read(&[]).unwrap();
    assert_eq!((config.tokens.as_str(), config.cache_seconds), ("tokens", 0));
    let scopes = [("LATCHKEY_ROUTE_SCOPES", r#"{"*":"a"}"#), ("LATCHKEY_TOKEN_CACHE_SECONDS", "3600")];
    assert_eq!(read(&scopes).unwrap().cache_seconds, 3600);
    assert_eq!(read(&[("LATCHKEY_TOKENS_TABLE", "")]).unwrap_err(), "LATCHKEY_TOKENS_TABLE is not set");
    for (name, value) in [
        ("LATCHKEY_ROUTE_SCOPES", "WMS_NCIP"),
        ("LATCHKEY_ROUTE_SCOPES", r#"{"*":"a","*":"b"}"#),
        ("LATCHKEY_TOKEN_CACHE_SECONDS", "3601"),
        ("LATCHKEY_TOKEN_CACHE_SECONDS", "-1"),
    ] {
        assert!(read(&[(name, value)]).unwrap_err().starts_with(&format!("{name} must be ")), "{value}");
    }
}

#[test]
fn the_roots_that_functions_trust_are_the_five_of_amazon_trust_services() {
    // Fingerprints as https://www.amazontrust.com/repository/ prints them.
    let published = [
        "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
        "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
        "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
        "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
        "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
    ];
    let ends = "-----END CERTIFICATE-----";
    let encoded = AMAZON.split(ends).map(|part| part.replace("-----BEGIN CERTIFICATE-----", "").replace('\n', ""));
    let roots = encoded.filter(|text| !text.is_empty()).map(|text| Sha256::digest(STANDARD.decode(text).unwrap()));
    let hex = |hash: &[u8]| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(roots.map(|hash| hex(&hash)).collect::<Vec<_>>(), published);
}

#[tokio::test]
async fn who_is_none_of_amazons_is_not_believed_to_be_dynamodb() {
    let folder = tempfile::tempdir().unwrap();
    let tls = Tls::before("http://127.0.0.1:9", folder.path()).await;
    let config = aws::dynamodb_at(&tls.url).config().to_builder().http_client(aws::http_client(Roots::Amazon));
    let refused = aws_sdk_dynamodb::Client::from_conf(config.build()).list_tables().send().await.unwrap_err();
    assert!(format!("{refused:?}").contains("UnknownIssuer"), "{refused:?}");
}

#[test]
fn amazons_roots_are_trusted_where_aws_itself_is_called_and_the_systems_elsewhere() {
    let with = |region, set: &[(&str, &str)]| {
        let set: Vec<_> = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        trusted(region, move |name| set.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
    };
    for region in ["us-east-1", "eu-central-2", "ap-southeast-4", "il-central-1", "mx-central-1"] {
        assert_eq!(with(region, &[]), Roots::Amazon, "{region}");
    }
    for region in
        ["cn-north-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "eusc-de-east-1", "us-gov-west-1", "local"]
    {
        assert_eq!(with(region, &[]), Roots::System, "{region}");
    }
    let dynamodb = "AWS_ENDPOINT_URL_DYNAMODB";
    for own in ["https://dynamodb.us-east-1.amazonaws.com", "https://vpce-1.dynamodb.us-east-1.vpce.amazonaws.com/"] {
        assert_eq!(with("us-east-1", &[(dynamodb, own)]), Roots::Amazon, "{own}");
    }
    for other in [
        "http://127.0.0.1:8000",
        "https://localhost:4566",
        "https://evil.example/.amazonaws.com",
        "https://amazonaws.com.evil",
    ] {
        assert_eq!(with("us-east-1", &[(dynamodb, other)]), Roots::System, "{other}");
    }
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_USE_FIPS_ENDPOINT"] {
        assert_eq!(with("us-east-1", &[(name, "set")]), Roots::System);
    }
    assert_eq!(with("us-east-1", &[("AWS_USE_FIPS_ENDPOINT", "False")]), Roots::Amazon);
}
