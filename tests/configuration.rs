//! Configuration from the environment: each variable, by name, as the table of settings has it.

mod error_pages;
mod roots;
mod sealing;

use latchkey::config::Config;
use latchkey_guard::config::AuthorizerConfig;
use latchkey_oauth::scope::Target;
use latchkey_oauth::service::Function;
use latchkey_oauth::service::settings::{self, Default, Kind, Setting};
use latchkey_oauth::settings::{Settings, Subjects};

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
    assert_eq!(settings.subjects, Subjects::Legacy, "a deployment that updates keeps what its APIs know");
    assert_eq!(
        (settings.authority.host.as_str(), settings.authority.port, settings.authority.path.as_str()),
        ("www.oclc.org", 443, "/wskey")
    );
}

#[test]
fn what_is_not_set_is_the_tables_default_however_it_is_asked_for() {
    let read = read(&[]).unwrap().settings;
    assert_eq!(format!("{read:?}"), format!("{:?}", Settings::default()));
    assert_eq!((read.theme.name.as_str(), read.theme.color.to_string().as_str()), ("Latchkey", "#1f4e8c"));
    assert_eq!((read.session_seconds, read.trusted_proxies), (3600, 0));
    assert_eq!((read.issuer, read.error_pages, read.theme.logo_url), (None, None, None));
}

/// Another value than the default.
fn another(setting: &Setting) -> &'static str {
    match setting.kind {
        Kind::Seconds(..) => "601",
        Kind::Count(..) => "7",
        Kind::Port => "8443",
        Kind::Time => "1795393844",
        Kind::Color => "#ffd700",
        Kind::Issuer | Kind::Url | Kind::Help | Kind::BaseUrl(_) => "https://auth.example",
        Kind::RouteScopes => r#"{"*":"a"}"#,
        Kind::ProxySecrets => "0123456789abcdef0123456789abcdef",
        Kind::Subject => "v2",
        Kind::OldKeys => "none",
        Kind::SignatureHost => "auth.example",
        Kind::SignaturePath => "/another",
        Kind::Scopes(_) => "WMS_ACQ WMS_NCIP",
        Kind::Flag => "true",
        Kind::Name | Kind::KeyNames | Kind::Text => "another",
    }
}

#[test]
fn each_setting_of_the_table_is_read() {
    // With the second, it can ask about the clients of tokens.
    let tables = [&settings::TOKENS_TABLE, &settings::CLIENTS_TABLE];
    let table = |name: &str| tables.iter().find(|known| known.name == name).map(|_| "table".to_owned());
    let authorizer = |change: (&str, &str)| {
        let find = |name: &str| if name == change.0 { Some(change.1.to_owned()) } else { table(name) };
        format!("{:?}", AuthorizerConfig::read(find).unwrap())
    };
    let service = |changes: &[(&str, &str)]| format!("{:?}", read(changes).unwrap());
    for setting in settings::ALL.iter().filter(|setting| setting.deployed.is_some()) {
        let mut change = (setting.name, another(setting));
        if let Kind::Seconds(_, ..=600) = setting.kind {
            change.1 = "30";
        }
        if setting.readers.contains(&Function::Authorizer) {
            assert_ne!(authorizer(change), authorizer(("", "")), "{}", setting.name);
        }
        if setting.readers.iter().any(|function| *function != Function::Authorizer) {
            // Keys in KMS, and names of keys, count only without a file.
            let kms = [("LATCHKEY_SEALING_KEY_FILE", ""), ("LATCHKEY_SEALING_KMS_KEY", "alias/x")];
            let in_kms = setting.name.ends_with("_KMS_KEY") || setting.name == settings::SEALING_KEY_NAMES.name;
            let beside = if in_kms { &kms[..] } else { &[] };
            let file = setting.name == settings::SEALING_KEY_FILE.name;
            let beside = if file { &[("LATCHKEY_SEALING_KMS_KEY", "")][..] } else { beside };
            assert_ne!(service(&[&[change], beside].concat()), service(beside), "{}", setting.name);
        }
    }
}

#[test]
fn a_number_outside_of_its_bounds_is_refused_with_them_and_never_quoted() {
    for setting in settings::ALL {
        let Some((least, most)) = setting.kind.bounds() else { continue };
        let Default::Number(default) = setting.default else { panic!("{}", setting.name) };
        assert!((least..=most).contains(&default), "{}", setting.name);
        // Those of commands are tested with the commands.
        if setting.readers.is_empty() || setting.readers.contains(&Function::Authorizer) {
            continue;
        }
        assert!(
            read(&[(setting.name, &least.to_string())]).is_ok() && read(&[(setting.name, &most.to_string())]).is_ok()
        );
        let below = least.checked_sub(1).map(|below| below.to_string());
        for value in below.into_iter().chain([(most + 1).to_string(), "s3cr3t".to_owned(), "1.5".to_owned()]) {
            let error = read(&[(setting.name, &value)]).unwrap_err();
            assert_eq!(error, format!("{} must be {}", setting.name, setting.kind), "{value}");
            assert!(error.ends_with(&format!("{least} to {most}")), "{error}");
        }
    }
    let error = read(&[("LATCHKEY_CODE_SECONDS", "601")]).unwrap_err();
    assert_eq!(error, "LATCHKEY_CODE_SECONDS must be a number of seconds, 1 to 600");
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
        ("LATCHKEY_ERROR_PAGES", "https://docs.example/errors"),
        ("LATCHKEY_SESSION_SECONDS", "600"),
        ("LATCHKEY_DEVICE_SESSION_SECONDS", "34560000"),
        ("LATCHKEY_DIRECTORY_CACHE_SECONDS", "300"),
        ("LATCHKEY_TRUSTED_PROXIES", "1"),
        ("LATCHKEY_PAGE_NAME", "A library"),
        ("LATCHKEY_PAGE_LOGO_URL", "https://img.example/logo.png"),
        ("LATCHKEY_PAGE_COLOR", "#FFD700"),
        ("LATCHKEY_PAGE_HELP_URL", "mailto:help+desk@library.example"),
    ]);
    let settings = config.unwrap().settings;
    assert_eq!(settings.issuer.as_deref(), Some("https://auth.example:8443"));
    assert_eq!(settings.error_pages.as_deref(), Some("https://docs.example/errors"));
    assert_eq!((settings.session_seconds, settings.trusted_proxies), (600, 1));
    assert_eq!((settings.device_session_seconds, settings.directory_cache_seconds), (34_560_000, 300));
    let theme = settings.theme;
    assert_eq!((theme.name.as_str(), theme.logo_url.as_deref()), ("A library", Some("https://img.example/logo.png")));
    assert_eq!(theme.help_url.as_deref(), Some("mailto:help+desk@library.example"));
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
        ("LATCHKEY_SIGNATURE_HOST", " www.oclc.org"),
        ("LATCHKEY_SIGNATURE_HOST", "www.oclc.org\n"),
        ("LATCHKEY_SIGNATURE_HOST", "https://www.oclc.org"),
        ("LATCHKEY_SIGNATURE_HOST", "www.oclc.org:443"),
        ("LATCHKEY_SIGNATURE_HOST", "www.oclc.org/"),
        ("LATCHKEY_SIGNATURE_HOST", "www.oclc.org."),
        ("LATCHKEY_SIGNATURE_HOST", "-www.oclc.org"),
        ("LATCHKEY_SIGNATURE_HOST", "b\u{fc}cher.example"),
        ("LATCHKEY_SIGNATURE_HOST", &"a".repeat(65)),
        ("LATCHKEY_SIGNATURE_PATH", "wskey"),
        ("LATCHKEY_SIGNATURE_PATH", "/wskey "),
        ("LATCHKEY_SIGNATURE_PATH", "/ws key"),
        ("LATCHKEY_SIGNATURE_PATH", "/wskey?a"),
        ("LATCHKEY_SIGNATURE_PATH", "/wskey#a"),
        ("LATCHKEY_SIGNATURE_PATH", "/wskey\r"),
        ("LATCHKEY_SIGNATURE_PATH", &format!("/{}", "a".repeat(64))),
        ("LATCHKEY_ISSUER", "auth.example"),
        ("LATCHKEY_ISSUER", "http://auth.example"),
        ("LATCHKEY_ISSUER", "https://auth.example/"),
        ("LATCHKEY_ISSUER", "https://auth.example?x"),
        ("LATCHKEY_ISSUER", "https://auth.example/base"),
        ("LATCHKEY_ISSUER", "http://localhost.evil.example"),
        ("LATCHKEY_ERROR_PAGES", "http://docs.example/errors"),
        ("LATCHKEY_ERROR_PAGES", "https://docs.example/errors#top"),
        ("LATCHKEY_ERROR_PAGES", "https://docs.example/errors?page=1"),
        ("LATCHKEY_ERROR_PAGES", "https://docs.example/a b"),
        ("LATCHKEY_ERROR_PAGES", "https://docs.example/\"><script>"),
        ("LATCHKEY_ERROR_PAGES", "https://docs.example/\\"),
        ("LATCHKEY_ERROR_PAGES", "https://docs.example/\u{e9}"),
        ("LATCHKEY_ERROR_PAGES", &format!("https://docs.example/{}", "x".repeat(180))),
        ("LATCHKEY_SESSION_SECONDS", "86401"),
        ("LATCHKEY_SESSION_SECONDS", "599"),
        ("LATCHKEY_DEVICE_SESSION_SECONDS", "599"),
        ("LATCHKEY_DEVICE_SESSION_SECONDS", "34560001"),
        ("LATCHKEY_DIRECTORY_CACHE_SECONDS", "301"),
        ("LATCHKEY_TRUSTED_PROXIES", "9"),
        ("LATCHKEY_PAGE_NAME", "two\nlines"),
        ("LATCHKEY_PAGE_LOGO_URL", "http://img.example/logo.png"),
        ("LATCHKEY_PAGE_LOGO_URL", "https://img.example/';script-src *"),
        ("LATCHKEY_PAGE_HELP_URL", "http://library.example/help"),
        ("LATCHKEY_PAGE_HELP_URL", "help@library.example"),
        ("LATCHKEY_PAGE_HELP_URL", "mailto:"),
        ("LATCHKEY_PAGE_HELP_URL", "mailto:help"),
        ("LATCHKEY_PAGE_HELP_URL", "mailto:help@library.example?subject=x"),
        ("LATCHKEY_PAGE_HELP_URL", "mailto:a@b@c"),
        ("LATCHKEY_PAGE_HELP_URL", "javascript:alert(1)"),
        ("LATCHKEY_PAGE_HELP_URL", "https://library.example/\"><script>"),
        ("LATCHKEY_OLD_KEYS", "None"),
        ("LATCHKEY_OLD_KEYS", "all"),
        ("LATCHKEY_PAGE_COLOR", "red"),
        ("LATCHKEY_PAGE_COLOR", "#12345"),
        ("LATCHKEY_PAGE_COLOR", "#12345é"),
    ] {
        let error = read(&[(name, value)]).unwrap_err();
        let setting = settings::ALL.into_iter().find(|setting| setting.name == name).unwrap();
        // Its words are the table's, so nothing of what was sent.
        assert_eq!(error, format!("{name} must be {}", setting.kind), "{value}");
    }
}

#[test]
fn lines_6_and_8_may_be_what_the_deployments_take_to_the_last_character() {
    for (name, value) in [
        ("LATCHKEY_SIGNATURE_HOST", "a"),
        ("LATCHKEY_SIGNATURE_HOST", "9.example-1.org"),
        ("LATCHKEY_SIGNATURE_HOST", &"a".repeat(64)),
        ("LATCHKEY_SIGNATURE_PATH", "/"),
        ("LATCHKEY_SIGNATURE_PATH", "/a/b!\"$->@~"),
        ("LATCHKEY_SIGNATURE_PATH", &format!("/{}", "a".repeat(63))),
    ] {
        let settings = read(&[(name, value)]).unwrap().settings;
        assert!([settings.authority.host, settings.authority.path].contains(&value.to_owned()));
    }
}

#[test]
fn every_setting_stands_in_the_document_of_settings_with_its_default() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let document = std::fs::read_to_string(path).unwrap();
    for setting in settings::ALL {
        let begin = format!("| `{}` | ", setting.name);
        let row = document.lines().find_map(|line| line.strip_prefix(&begin)).unwrap_or_else(|| panic!("{begin}"));
        assert!(row.contains(&setting.written()), "{row}");
    }
}

#[test]
fn the_authorizer_needs_one_table_and_refuses_scopes_and_seconds_that_are_none() {
    let read = |changes: &[(&str, &str)]| {
        let all = [&[("LATCHKEY_TOKENS_TABLE", "tokens")], changes].concat();
        let find =
            |name: &str| all.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        AuthorizerConfig::read(find).map_err(|error| error.to_string())
    };
    let config = read(&[]).unwrap();
    let anywhere = Target::Route { method: "GET", path: "/loans" };
    for scopes in [&config.scopes, &read(&[("LATCHKEY_ROUTE_SCOPES", "")]).unwrap().scopes] {
        assert_eq!(scopes.required(Some("a1b2c3d4e5"), anywhere), None, "no token passes");
    }
    let open = read(&[("LATCHKEY_ROUTE_SCOPES", r#"{"*":""}"#)]).unwrap();
    assert_eq!(open.scopes.required(Some("a1b2c3d4e5"), anywhere), Some(None));
    assert_eq!((config.tokens.as_str(), config.cache_seconds, config.subjects), ("tokens", 0, Subjects::Legacy));
    assert_eq!(read(&[("LATCHKEY_SUBJECT", "v2")]).unwrap().subjects, Subjects::V2);
    let scopes = [("LATCHKEY_ROUTE_SCOPES", r#"{"*":"a"}"#), ("LATCHKEY_TOKEN_CACHE_SECONDS", "3600")];
    assert_eq!(read(&scopes).unwrap().cache_seconds, 3600);
    assert_eq!(read(&[("LATCHKEY_TOKENS_TABLE", "")]).unwrap_err(), "LATCHKEY_TOKENS_TABLE is not set");
    for (name, value) in [
        ("LATCHKEY_ROUTE_SCOPES", "WMS_NCIP"),
        ("LATCHKEY_ROUTE_SCOPES", r#"{"*":"a","*":"b"}"#),
        ("LATCHKEY_TOKEN_CACHE_SECONDS", "3601"),
        ("LATCHKEY_TOKEN_CACHE_SECONDS", "-1"),
        ("LATCHKEY_SUBJECT", "V2"),
        ("LATCHKEY_SUBJECT", "v3"),
    ] {
        assert!(read(&[(name, value)]).unwrap_err().starts_with(&format!("{name} must be ")), "{value}");
    }
}

#[test]
fn a_time_before_which_nothing_counts_has_come_and_is_in_seconds() {
    let now = latchkey_dynamodb::clock::now();
    let name = settings::NOT_BEFORE.name;
    let service = |value: &str| read(&[(name, value)]).map(|config| config.settings.not_before);
    let authorizer = |value: &str| {
        let find = |asked: &str| match asked {
            asked if asked == name => Some(value.to_owned()),
            asked if asked == settings::TOKENS_TABLE.name => Some("tokens".to_owned()),
            _ => None,
        };
        AuthorizerConfig::read(find).map(|config| config.not_before).map_err(|error| error.to_string())
    };
    for time in [0, 1, now, now + 200] {
        let value = time.to_string();
        assert_eq!((service(&value), authorizer(&value)), (Ok(time), Ok(time)));
    }
    for value in [&(now + 400).to_string(), &(now * 1000).to_string(), "-1", "2026-11-26", "1e9"] {
        let refused = Err(format!("{name} must be a time in POSIX seconds that has come, or 0"));
        assert_eq!((service(value), authorizer(value)), (refused.clone(), refused), "{value}");
    }
}
