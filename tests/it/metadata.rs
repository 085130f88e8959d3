//! The documents that others read: the metadata document, and the OpenAPI description.

use std::collections::BTreeSet;
use std::path::Path;

use bytes::Bytes;
use http::Method;
use latchkey::endpoint::parameters::fields;
use latchkey_oauth::service::ROUTES;
use latchkey_oauth::settings::Settings;
use serde_json::Value;

use crate::world::{Choices, World};

const METADATA: &str = "/.well-known/oauth-authorization-server";

#[tokio::test]
async fn the_metadata_document_says_where_everything_is_under_the_issuer_that_served_it() {
    let world = World::new().await;
    let reply = world.send(Method::GET, METADATA, &[], Bytes::new()).await;
    assert_eq!(
        (reply.status.as_u16(), &reply.headers["cache-control"]),
        (200, &"public, max-age=3600".parse().unwrap())
    );
    assert_eq!(reply.member("issuer"), world.url);
    let served: BTreeSet<_> = ROUTES.iter().map(|(_, path, _)| format!("{}{path}", world.url)).collect();
    for (name, value) in reply.body.as_object().unwrap() {
        if name.ends_with("_endpoint") {
            assert!(served.contains(value.as_str().unwrap()), "{name}");
        }
        assert!(value.as_array().is_none_or(|list| !list.is_empty()), "RFC 8414 section 3.2: no empty array, {name}");
    }
    for (name, has) in [
        ("grant_types_supported", "refresh_token"),
        ("code_challenge_methods_supported", "S256"),
        ("response_types_supported", "code"),
        ("token_endpoint_auth_methods_supported", "wskey_hmac_sha256"),
        ("revocation_endpoint_auth_methods_supported", "wskey_hmac_sha256"),
    ] {
        assert!(reply.body[name].as_array().unwrap().iter().any(|value| value == has), "{name}");
    }
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    assert!(readme.contains("`wskey_hmac_sha256`"), "the name of our own is documented");
}

#[tokio::test]
async fn the_issuer_that_is_set_is_the_one_that_is_told() {
    let settings = Settings { issuer: Some("https://auth.example".into()), ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    let reply = world.send(Method::GET, METADATA, &[], Bytes::new()).await;
    assert_eq!(reply.member("issuer"), "https://auth.example");
    assert_eq!(reply.member("token_endpoint"), "https://auth.example/oauth2/accessToken");
}

fn openapi() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_openapi_document_describes_every_route_and_no_other() {
    let described: BTreeSet<_> = openapi()["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods
                .as_object()
                .unwrap()
                .keys()
                .map(|method| format!("{} {path}", method.to_uppercase()))
                .collect::<Vec<_>>()
        })
        .collect();
    let served: BTreeSet<_> = ROUTES.iter().map(|(method, path, _)| format!("{method} {path}")).collect();
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
    assert_eq!(named("/oauth2/accessToken", "post"), known(&fields::TOKEN));
    assert_eq!(named("/oauth2/introspect", "post"), known(&fields::INTROSPECT));
    let revoke: BTreeSet<_> = &named("/oauth2/revoke", "post") | &named("/oauth2/revoke", "put");
    assert_eq!(revoke, known(&fields::REVOKE));
}
