//! Configuration from the environment: each variable, by name, as the table of settings has it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use latchkey::config::{Config, Sealing};
use latchkey_dynamodb::aws;
use latchkey_dynamodb::roots::{AMAZON, Roots, trusted};
use latchkey_guard::config::AuthorizerConfig;
use latchkey_oauth::client_auth::{Failure, Mismatch, Way, wskey};
use latchkey_oauth::error::{Denial, Unavailable};
use latchkey_oauth::form::encode;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::settings::{self, Default, Kind, Setting};
use latchkey_oauth::service::{AUTHORIZE, Function};
use latchkey_oauth::settings::Settings;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::tls::Tls;
use latchkey_testkit::visitor::request;
use latchkey_testkit::world::{ASK, Choices, ISSUE, World};
use sha2::{Digest as _, Sha256};

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
        Kind::Color => "#ffd700",
        Kind::Issuer | Kind::Url | Kind::BaseUrl(_) => "https://auth.example",
        Kind::RouteScopes => r#"{"*":"a"}"#,
        Kind::Name | Kind::KeyNames | Kind::Flag | Kind::Text => "another",
    }
}

#[test]
fn each_setting_of_the_table_is_read() {
    let tokens = |name: &str| (name == settings::TOKENS_TABLE.name).then(|| "tokens".to_owned());
    let authorizer = |change: (&str, &str)| {
        let find = |name: &str| if name == change.0 { Some(change.1.to_owned()) } else { tokens(name) };
        format!("{:?}", AuthorizerConfig::read(find).unwrap())
    };
    let service = |changes: &[(&str, &str)]| format!("{:?}", read(changes).unwrap());
    for setting in settings::ALL.iter().filter(|setting| setting.deployed.is_some()) {
        let mut change = (setting.name, another(setting));
        if setting.name == settings::CODE_SECONDS.name {
            change.1 = "30";
        }
        if setting.readers.contains(&Function::Authorizer) {
            assert_ne!(authorizer(change), authorizer(("", "")), "{}", setting.name);
        }
        if setting.readers.iter().any(|function| *function != Function::Authorizer) {
            // Names of keys count only beside a key in KMS.
            let kms = [("LATCHKEY_SEALING_KEY_FILE", ""), ("LATCHKEY_SEALING_KMS_KEY", "alias/x")];
            let beside = if setting.name.starts_with("LATCHKEY_SEALING_K") { &kms[..] } else { &[] };
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
        if setting.readers.contains(&Function::Authorizer) {
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
        ("LATCHKEY_TRUSTED_PROXIES", "1"),
        ("LATCHKEY_PAGE_NAME", "A library"),
        ("LATCHKEY_PAGE_LOGO_URL", "https://img.example/logo.png"),
        ("LATCHKEY_PAGE_COLOR", "#FFD700"),
    ]);
    let settings = config.unwrap().settings;
    assert_eq!(settings.issuer.as_deref(), Some("https://auth.example:8443"));
    assert_eq!(settings.error_pages.as_deref(), Some("https://docs.example/errors"));
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
        ("LATCHKEY_TRUSTED_PROXIES", "9"),
        ("LATCHKEY_PAGE_NAME", "two\nlines"),
        ("LATCHKEY_PAGE_LOGO_URL", "http://img.example/logo.png"),
        ("LATCHKEY_PAGE_LOGO_URL", "https://img.example/';script-src *"),
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
fn the_sealing_keys_come_from_one_place_and_have_names() {
    let both = read(&[("LATCHKEY_SEALING_KMS_KEY", "alias/x")]).unwrap_err();
    let none = read(&[("LATCHKEY_SEALING_KEY_FILE", "")]).unwrap_err();
    for error in [both, none] {
        assert_eq!(error, "exactly one of LATCHKEY_SEALING_KMS_KEY and LATCHKEY_SEALING_KEY_FILE must be set");
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

/// A world whose refusals lead to a page, or nowhere.
async fn world_with(error_pages: Option<&str>) -> World {
    let settings = Settings { error_pages: error_pages.map(str::to_owned), ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    world.with_people().await;
    world
}

#[tokio::test]
async fn an_answer_leads_to_its_place_on_the_errors_page_where_there_is_one() {
    let world = world_with(Some("https://docs.example/errors")).await;
    let client = world.client_with(|client| client.grant_types.push(GrantType::Implicit)).await;
    let uri = |reply: &Reply| reply.body["error_uri"].as_str().unwrap().to_owned();
    let reply = world.ask(&client, ISSUE, "grant_type=password").await;
    assert_eq!(uri(&reply), "https://docs.example/errors#grant_type_unsupported");
    let members: Vec<_> = ["\"error\":", "\"error_description\":", "\"error_uri\":", "\"code\":", "\"message\":"]
        .map(|member| reply.text.find(member).unwrap())
        .into();
    assert!(members.is_sorted(), "{}", reply.text);
    // One answer for an unknown client, a disabled one and a wrong signature: the page is no way to tell them apart.
    let unknown = Signer { id: "unknown".into(), secret: ClientSecret::new("other".into()) };
    let wrong = Signer { id: client.id.clone(), secret: ClientSecret::new("other".into()) };
    let asked = [world.ask(&unknown, ISSUE, ASK).await, world.ask(&wrong, ISSUE, ASK).await];
    world.change(&client, |client| client.disabled = true).await;
    for reply in asked.iter().chain([&world.ask(&client, ISSUE, ASK).await]) {
        assert_eq!(uri(reply), "https://docs.example/errors#signature_mismatch");
    }
    world.change(&client, |client| client.disabled = false).await;
    // After every other parameter, so that each of them keeps its place.
    let visitor = world.visitor();
    for kind in ["code", "token"] {
        let reply = visitor.ask(&request(&client, &[("scope", "\u{e9}"), ("response_type", kind)])).await;
        assert_eq!(reply.given("error_uri").as_deref(), Some("https://docs.example/errors#scope_malformed"));
        let last = reply.location().rsplit('&').next().unwrap().to_owned();
        assert_eq!(last, "error_uri=https%3A%2F%2Fdocs.example%2Ferrors%23scope_malformed");
    }
    let form = visitor.ask(&request(&client, &[])).await.form();
    let reply = visitor.post(AUTHORIZE, &[("form", &form), ("action", "cancel")]).await;
    assert_eq!(reply.given("error_uri").as_deref(), Some("https://docs.example/errors#consent_refused"));
}

#[tokio::test]
async fn an_answer_leads_nowhere_where_no_errors_page_is_set() {
    let world = world_with(None).await;
    let client = world.client().await;
    let reply = world.ask(&client, ISSUE, "grant_type=password").await;
    assert_eq!(
        reply.text,
        concat!(
            r#"{"error":"unsupported_grant_type","error_description":"The grant_type must be authorization_code, "#,
            r#"client_credentials or refresh_token.","code":{"type":"http","value":"400"},"message":"The grant_type must "#,
            r#"be authorization_code, client_credentials or refresh_token.","details":""}"#
        )
    );
    let reply = world.visitor().ask(&request(&client, &[("scope", "\u{e9}")])).await;
    assert_eq!(reply.given("error_uri"), None);
    assert!(reply.location().ends_with(&format!("&iss={}", encode(&world.url))), "{}", reply.location());
}

#[test]
fn no_anchor_says_more_than_its_answer() {
    let mismatch = |cause| {
        let hints = Vec::new();
        Denial::from(wskey::Error::SignatureMismatch { signed_text: String::new(), hints, cause })
    };
    for cause in [Mismatch::UnknownClient, Mismatch::DisabledClient, Mismatch::WrongCredentials] {
        assert_eq!(mismatch(cause).anchor(), "signature_mismatch");
    }
    for unavailable in [Unavailable::DatabaseThrottling, Unavailable::ItemDamaged, Unavailable::SecretUnopened] {
        assert_eq!(Denial::from(unavailable).anchor(), "the-service-is-unavailable");
    }
    assert_eq!(Denial::from(Failure::Replayed(Way::WsKey)).anchor(), "replayed");
}
