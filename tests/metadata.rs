//! The documents that others read: the metadata document, and the OpenAPI description.

use std::collections::BTreeSet;
use std::path::Path;

use bytes::Bytes;
use http::Method;
use latchkey::endpoint::parameters::fields;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::service::{DEVICE_AUTHORIZATION, INTROSPECT, METADATA, PUSH, REVOKE, ROUTES, TOKEN};
use latchkey_oauth::settings::Settings;
use latchkey_testkit::world::{Choices, World};
use serde_json::Value;

#[tokio::test]
async fn the_metadata_document_says_where_everything_is_under_the_issuer_that_served_it() {
    let world = World::new().await;
    let reply = world.send(Method::GET, METADATA, &[], Bytes::new()).await;
    assert_eq!(
        (reply.status.as_u16(), &reply.headers["cache-control"]),
        (200, &"public, max-age=3600".parse().unwrap())
    );
    assert_eq!(reply.member("issuer"), world.url);
    let served: BTreeSet<_> = ROUTES.iter().map(|route| format!("{}{}", world.url, route.path)).collect();
    for (name, value) in reply.body.as_object().unwrap() {
        if name.ends_with("_endpoint") {
            assert!(served.contains(value.as_str().unwrap()), "{name}");
        }
        assert!(value.as_array().is_none_or(|list| !list.is_empty()), "RFC 8414 section 3.2: no empty array, {name}");
    }
    assert_eq!(
        reply.body["grant_types_supported"],
        serde_json::json!([
            "authorization_code",
            "client_credentials",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code"
        ])
    );
    for (name, has) in [
        ("code_challenge_methods_supported", "S256"),
        ("response_types_supported", "code"),
        ("token_endpoint_auth_methods_supported", "wskey_hmac_sha256"),
        ("revocation_endpoint_auth_methods_supported", "wskey_hmac_sha256"),
    ] {
        assert!(reply.body[name].as_array().unwrap().iter().any(|value| value == has), "{name}");
    }
    let clients = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/clients.md")).unwrap();
    assert!(clients.contains("`wskey_hmac_sha256`"), "the name of our own is documented");
}

#[tokio::test]
async fn the_issuer_that_is_set_is_the_one_that_is_told() {
    let settings = Settings { issuer: Some("https://auth.example".into()), ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    let reply = world.send(Method::GET, METADATA, &[], Bytes::new()).await;
    assert_eq!(reply.member("issuer"), "https://auth.example");
    assert_eq!(reply.member("token_endpoint"), "https://auth.example/oauth2/accessToken");
}

/// All of it, so that nothing is promised that is not served.
#[tokio::test]
async fn the_document_has_these_members_and_no_other_and_what_is_published_beside_them() {
    let settings = Settings {
        issuer: Some("https://auth.example".into()),
        scopes_supported: vec!["WMS_ACQ".into(), "refresh_token".into()],
        service_documentation: Some("https://docs.example/latchkey".into()),
        ..Settings::default()
    };
    let untold = Settings { scopes_supported: Vec::new(), service_documentation: None, ..settings.clone() };
    let proving =
        ["wskey_hmac_sha256", "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"];
    let algorithms = ["HS256", "RS256", "PS256", "ES256", "EdDSA", "Ed25519"];
    let methods = [&proving[..], &["none"]].concat();
    let mut expected = serde_json::json!({
        "issuer": "https://auth.example",
        "authorization_endpoint": "https://auth.example/oauth2/authorizeCode",
        "token_endpoint": "https://auth.example/oauth2/accessToken",
        "device_authorization_endpoint": "https://auth.example/oauth2/device_authorization",
        "introspection_endpoint": "https://auth.example/oauth2/introspect",
        "revocation_endpoint": "https://auth.example/oauth2/revoke",
        "pushed_authorization_request_endpoint": "https://auth.example/oauth2/par",
        "require_pushed_authorization_requests": false,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": GrantType::ASKED_FOR.map(GrantType::as_str),
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": proving,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent"],
        "authorization_response_iss_parameter_supported": true,
        "ui_locales_supported": ["en", "de"],
    });
    let served = async |settings| {
        let world = World::with(Choices { settings, ..Choices::default() }).await;
        world.send(Method::GET, METADATA, &[], Bytes::new()).await.body
    };
    assert_eq!(served(untold).await, expected);
    expected["scopes_supported"] = serde_json::json!(["WMS_ACQ", "refresh_token"]);
    expected["service_documentation"] = "https://docs.example/latchkey".into();
    assert_eq!(served(settings).await, expected);
}

fn openapi() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_openapi_document_describes_every_route_and_no_other() {
    let document = openapi();
    let described: BTreeSet<_> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            // An alias is described once.
            let methods = match methods["$ref"].as_str() {
                Some(place) => document.pointer(place.strip_prefix('#').unwrap()).unwrap(),
                None => methods,
            };
            methods
                .as_object()
                .unwrap()
                .keys()
                .map(|method| format!("{} {path}", method.to_uppercase()))
                .collect::<Vec<_>>()
        })
        .collect();
    let served: BTreeSet<_> = ROUTES.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(described, served);
}

#[test]
fn the_openapi_document_has_the_parameters_that_are_read() {
    let document = openapi();
    let named = |path: &str, method: &str| -> BTreeSet<String> {
        let parameters = document["paths"][path][method]["parameters"].as_array().unwrap();
        parameters.iter().map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
    };
    let known = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(named(TOKEN, "post"), known(&fields::TOKEN));
    assert_eq!(named(INTROSPECT, "post"), known(&fields::INTROSPECT));
    assert_eq!(named(DEVICE_AUTHORIZATION, "post"), known(&fields::DEVICE_AUTHORIZATION));
    assert_eq!(named(PUSH, "post"), known(&fields::PUSH));
    let parameters = document["paths"][TOKEN]["post"]["parameters"].as_array().unwrap();
    let grant_type = parameters.iter().find(|parameter| parameter["name"] == "grant_type").unwrap();
    let taken: BTreeSet<_> =
        grant_type["schema"]["enum"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    assert_eq!(taken, GrantType::ASKED_FOR.map(GrantType::as_str).into());
    let revoke: BTreeSet<_> = &named(REVOKE, "post") | &named(REVOKE, "put");
    assert_eq!(revoke, known(&fields::REVOKE));
}
