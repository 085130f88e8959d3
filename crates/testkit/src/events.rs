//! Events of API Gateway, as `tests/events` has them of the gateway itself and of its emulators.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::root;

pub const SHAPES: [&str; 3] = ["api-gateway", "sam-local", "cargo-lambda"];

/// A stored event, with a query and a header of today.
pub fn event(shape: &str, query: &str, authorization: &str) -> Value {
    let path = root().join(format!("tests/events/{shape}.json"));
    let mut event: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    event["rawQueryString"] = query.into();
    for (name, value) in event["headers"].as_object_mut().unwrap() {
        if name.eq_ignore_ascii_case("authorization") {
            *value = authorization.into();
        }
    }
    event
}

pub const AUTHORIZER_SHAPES: [&str; 3] = ["authorizer-http-api", "authorizer-rest-token", "authorizer-rest-request"];

/// The recorded event, with another Authorization value; none takes it away.
pub fn authorizer_event(shape: &str, authorization: Option<&str>) -> String {
    let path = root().join(format!("tests/events/{shape}.json"));
    let text = std::fs::read_to_string(path).unwrap();
    match authorization {
        Some(value) => text.replace("Bearer TOKEN", &value.replace('\\', "\\\\").replace('"', "\\\"")),
        None => text
            .replace("\"authorization\"", "\"x-a\"")
            .replace("\"Authorization\"", "\"x-a\"")
            .replace("\"authorizationToken\"", "\"x-a\""),
    }
}

/// A browser's event, with its cookie where API Gateway puts it.
pub fn browser_event(method: &str, last: &str, query: &str, cookie: Option<&str>, body: &str) -> Value {
    let path = format!("/oauth2/{last}");
    json!({
        "version": "2.0", "routeKey": format!("{method} {path}"), "rawPath": path, "rawQueryString": query,
        "cookies": cookie.map(|cookie| ["other=1", cookie]),
        "headers": { "content-type": "application/x-www-form-urlencoded", "host": "auth.example" },
        "requestContext": {
            "domainName": "auth.example", "stage": "$default",
            "http": { "method": method, "path": path, "sourceIp": "192.0.2.7" },
        },
        "body": STANDARD.encode(body), "isBase64Encoded": true,
    })
}
