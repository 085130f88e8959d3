//! Discovery documents: what is read of a good one, and every fault of others in words.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::*;
use crate::provider::example::ISSUER;

fn document() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{ISSUER}/authorize"),
        "token_endpoint": format!("{ISSUER}/token"),
        "jwks_uri": format!("{ISSUER}/keys"),
        "end_session_endpoint": format!("{ISSUER}/logout"),
        "response_types_supported": ["code", "id_token"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "response_modes_supported": ["query", "form_post"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "id_token_signing_alg_values_supported": ["none", "HS256", "ES256", "RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "scopes_supported": ["openid", "profile"],
        "claims_supported": ["sub", "preferred_username"],
        "prompt_values_supported": ["none", "login", "select_account"],
        "authorization_response_iss_parameter_supported": true,
    })
}

fn wanted() -> Wanted<'static> {
    Wanted { issuer: ISSUER, claim: "sub", scope: "openid profile", algorithm: None, method: None, loopback: false }
}

fn words(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

fn faults(document: &Value, wanted: &Wanted<'_>) -> Vec<String> {
    words(&read(&document.to_string(), wanted).err().unwrap_or_default())
}

fn with(name: &str, value: Value) -> Value {
    let mut document = document();
    document[name] = value;
    document
}

fn without(name: &str) -> Value {
    let mut document = document();
    document.as_object_mut().unwrap().remove(name);
    document
}

#[test]
fn a_good_document_is_read_and_nothing_is_unwise_about_it() {
    let read = read(&document().to_string(), &wanted()).unwrap();
    assert_eq!(
        read,
        Discovered {
            authorization_endpoint: "https://login.demo.example/authorize".into(),
            token_endpoint: "https://login.demo.example/token".into(),
            jwks_uri: "https://login.demo.example/keys".into(),
            end_session_endpoint: Some("https://login.demo.example/logout".into()),
            algorithm: Algorithm::Rs256,
            method: Method::Basic,
            sends_iss: true,
            selects_account: true,
            findings: Vec::new(),
        }
    );
}

#[test]
fn the_document_is_beside_its_issuer() {
    for (issuer, url) in [
        ("https://a.example", "https://a.example/.well-known/openid-configuration"),
        ("https://a.example/", "https://a.example/.well-known/openid-configuration"),
        ("https://a.example/realms/b", "https://a.example/realms/b/.well-known/openid-configuration"),
    ] {
        assert_eq!(document_url(issuer), url);
    }
}

#[test]
fn each_fault_is_told_in_words() {
    let expected = "is registered: they must be equal, character by character (OpenID Connect Discovery section 4.3)";
    let differs = |issuer: &str| {
        format!("the discovery document is of the issuer {issuer:?}, and \"https://login.demo.example\" {expected}")
    };
    let must = |what: &str, offered: &str, needed: &str| format!("{what} has {offered:?}; it must have {needed}");
    let (algorithms, methods) = ("id_token_signing_alg_values_supported", "token_endpoint_auth_methods_supported");
    for (document, told) in [
        (with("issuer", json!("https://login.demo.example/")), differs("https://login.demo.example/")),
        (with("issuer", json!("https://evil.example")), differs("https://evil.example")),
        (with("issuer", json!("a\u{1b}[2J\u{202e}")), differs("a\u{1b}[2J\u{202e}")),
        (without("issuer"), "the discovery document has no issuer".into()),
        (without("jwks_uri"), "the discovery document has no jwks_uri".into()),
        (with("token_endpoint", json!(1)), "token_endpoint in the discovery document is not a text".into()),
        (
            with("token_endpoint", json!("http://login.demo.example/token")),
            "token_endpoint in the discovery document is \"http://login.demo.example/token\": it must begin with https://".into(),
        ),
        (
            with("jwks_uri", json!("https://169.254.169.254/latest")),
            "jwks_uri in the discovery document is \"https://169.254.169.254/latest\": its address is not one of the public \
             network"
                .into(),
        ),
        (
            with("authorization_endpoint", json!("https://a.example/?state=1")),
            "authorization_endpoint has the parameter state, which the service adds itself".into(),
        ),
        (with("response_types_supported", json!(["id_token"])), "response_types_supported does not have code".into()),
        (without("response_types_supported"), "the discovery document has no response_types_supported".into()),
        (
            with("response_types_supported", json!("code")),
            "response_types_supported in the discovery document is not a list of texts".into(),
        ),
        (with("grant_types_supported", json!(["implicit"])), {
            "grant_types_supported does not have authorization_code".into()
        }),
        (with("response_modes_supported", json!(["fragment"])), "response_modes_supported does not have query".into()),
        (
            with("code_challenge_methods_supported", json!(["plain"])),
            "code_challenge_methods_supported does not have S256 (RFC 7636)".into(),
        ),
        (
            with("require_pushed_authorization_requests", json!(true)),
            "the provider takes only pushed authorization requests (RFC 9126), and Latchkey sends none \
             (require_pushed_authorization_requests)"
                .into(),
        ),
        (
            with("require_signed_request_object", json!(true)),
            "the provider takes only signed request objects (RFC 9101), and Latchkey sends none \
             (require_signed_request_object)"
                .into(),
        ),
        (
            with("require_signed_request_object", json!("true")),
            "require_signed_request_object in the discovery document is neither true nor false".into(),
        ),
        (without(algorithms), format!("the discovery document has no {algorithms}")),
        (with(algorithms, json!({})), format!("{algorithms} in the discovery document is not a list of texts")),
        (
            with(algorithms, json!(["none", "HS256", "RS512"])),
            must(algorithms, "none HS256 RS512", "one of RS256, PS256, ES256, EdDSA"),
        ),
        (
            with(methods, json!(["private_key_jwt"])),
            must(methods, "private_key_jwt", "client_secret_basic or client_secret_post"),
        ),
        (with(methods, json!([1])), format!("{methods} in the discovery document is not a list of texts")),
    ] {
        assert_eq!(faults(&document, &wanted()), [told], "{document}");
    }
}

#[test]
fn every_fault_is_told_at_once() {
    let told = faults(&json!({}), &wanted());
    assert_eq!(told.len(), 6, "{told:?}");
    let told = faults(&json!({ "issuer": 1, "jwks_uri": [] }), &wanted());
    assert!(told.contains(&"issuer in the discovery document is not a text".to_owned()), "{told:?}");
}

#[test]
fn what_is_no_document_is_told() {
    let told = |text: &str| words(&read(text, &wanted()).unwrap_err());
    assert_eq!(told("<html>"), ["the discovery document is not an object of JSON"]);
    assert_eq!(told("[]"), ["the discovery document is not an object of JSON"]);
    assert_eq!(told(&"[".repeat(60_000)), ["the discovery document is not an object of JSON"]);
    assert_eq!(told(r#"{"issuer":"a","issuer":"b"}"#), [r#"the discovery document has the member "issuer" twice"#]);
    assert_eq!(told(&" ".repeat(MAX_DOCUMENT + 1)), ["the discovery document is longer than 65536 bytes"]);
    let long = faults(&with("issuer", json!("x".repeat(5000))), &wanted());
    assert!(long[0].len() < 500, "what the provider says is repeated in part");
}

#[test]
fn what_the_operator_asks_for_the_provider_must_offer() {
    let choose = |algorithm, method| {
        let wanted = Wanted { algorithm, method, ..wanted() };
        read(&document().to_string(), &wanted).map(|read| (read.algorithm, read.method))
    };
    assert_eq!(choose(Some(Algorithm::Es256), Some(Method::Post)), Ok((Algorithm::Es256, Method::Post)));
    for algorithm in [Algorithm::Ps256, Algorithm::EdDsa, Algorithm::Hs256] {
        let told = words(&choose(Some(algorithm), None).unwrap_err());
        let needed = format!(
            "id_token_signing_alg_values_supported has \"none HS256 ES256 RS256\"; it must have {}",
            algorithm.as_str()
        );
        assert_eq!(told, [needed], "never by a shared secret");
    }
    let only = |name: &str, value| read(&with(name, json!([value])).to_string(), &wanted()).unwrap();
    assert_eq!(only("token_endpoint_auth_methods_supported", "client_secret_post").method, Method::Post);
    assert_eq!(only("id_token_signing_alg_values_supported", "Ed25519").algorithm, Algorithm::EdDsa);
    let silent = read(&without("token_endpoint_auth_methods_supported").to_string(), &wanted()).unwrap();
    assert_eq!(silent.method, Method::Basic);
    let post = Wanted { method: Some(Method::Post), ..wanted() };
    assert_eq!(faults(&without("token_endpoint_auth_methods_supported"), &post).len(), 1);
}

#[test]
fn what_is_unwise_is_told_and_keeps_nothing_from_working() {
    let found = |document: Value, wanted: &Wanted<'_>| {
        let read = read(&document.to_string(), wanted).unwrap();
        (words(&read.findings), read)
    };
    let begins = |findings: &[String], begins: &str| {
        assert!(findings.len() == 1 && findings[0].starts_with(begins), "{findings:?}");
    };
    let (told, _) = found(without("code_challenge_methods_supported"), &wanted());
    begins(&told, "the provider does not say that it checks PKCE");
    let (told, read) = found(without("authorization_response_iss_parameter_supported"), &wanted());
    begins(&told, "the provider does not say in its answers which issuer it is (RFC 9207)");
    assert!(!read.sends_iss);
    let (told, _) = found(document(), &Wanted { scope: "openid profile groups", ..wanted() });
    begins(&told, "scopes_supported does not have \"groups\"");
    let (told, _) = found(document(), &Wanted { claim: "preferred_username", ..wanted() });
    begins(&told, "only sub never names another person later");
    let (told, _) = found(with("claims_supported", json!([])), &wanted());
    begins(&told, "claims_supported does not have \"sub\"");
    let (told, read) = found(with("end_session_endpoint", json!("http://a.example")), &wanted());
    begins(&told, "end_session_endpoint is \"http://a.example\", so pages do not lead there");
    assert_eq!(read.end_session_endpoint, None);
    // What no document must say.
    for name in ["scopes_supported", "claims_supported", "grant_types_supported", "response_modes_supported"] {
        assert_eq!(found(without(name), &wanted()).0, Vec::<String>::new(), "{name}");
    }
    let (told, read) = found(without("end_session_endpoint"), &wanted());
    assert_eq!((told, read.end_session_endpoint), (Vec::new(), None));
    for (document, selects) in [
        (without("prompt_values_supported"), true),
        (with("prompt_values_supported", json!(["none", "login", "consent"])), false),
    ] {
        let (told, read) = found(document, &wanted());
        assert_eq!((told, read.selects_account), (Vec::new(), selects));
    }
}

#[test]
fn a_provider_is_on_loopback_only_beside_a_service_that_is() {
    let text = document().to_string();
    let local = text.replace(ISSUER, "http://127.0.0.1:3000");
    let wanted = |issuer, loopback| Wanted { issuer, loopback, ..wanted() };
    assert!(read(&local, &wanted("http://127.0.0.1:3000", true)).is_ok());
    let told = words(&read(&local, &wanted("http://127.0.0.1:3000", false)).unwrap_err());
    assert_eq!(told.len(), 3, "{told:?}");
    // What the service calls is on this machine too; what browsers open may be elsewhere.
    let elsewhere = |path: &str| local.replace(&format!("http://127.0.0.1:3000{path}"), &format!("{ISSUER}{path}"));
    for path in ["/authorize", "/logout"] {
        assert!(read(&elsewhere(path), &wanted("http://127.0.0.1:3000", true)).is_ok(), "{path}");
    }
    for (path, name) in [("/token", "token_endpoint"), ("/keys", "jwks_uri")] {
        let told = words(&read(&elsewhere(path), &wanted("http://127.0.0.1:3000", true)).unwrap_err());
        let said = format!(
            "{name} in the discovery document is \"{ISSUER}{path}\": it must be on this machine, as the issuer is"
        );
        assert!(told.len() == 1 && told[0].starts_with(&said), "{told:?}");
    }
    // A provider elsewhere leads nowhere on loopback.
    let mixed = text.replace("https://login.demo.example/token", "http://127.0.0.1:3000/token");
    assert_eq!(read(&mixed, &wanted(ISSUER, true)).unwrap_err().len(), 1);
}
