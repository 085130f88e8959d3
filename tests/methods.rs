//! HEAD where GET is served, and OPTIONS for what is public (RFC 9110 section 9), over HTTP and as events of the gateway.

use bytes::Bytes;
use http::{HeaderMap, Method};
use latchkey::endpoint::{authorize, introspect};
use latchkey::lambda::invoke;
use latchkey::log::LogLine;
use latchkey_oauth::service::{APPLICATIONS, AUTHORIZE, CALLBACK, DEVICE, METADATA, ROUTES, SIGN_OUT, STYLE};
use latchkey_testkit::events::browser_event;
use latchkey_testkit::visitor::request;
use latchkey_testkit::world::World;

/// The headers that do not differ from one answer to the next.
fn lasting(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
    let changing = ["apigw-requestid", "content-length", "date", "set-cookie"];
    let kept = headers.iter().filter(|(name, _)| !changing.contains(&name.as_str()));
    let mut kept: Vec<_> = kept.map(|(name, value)| (name.to_string(), text(value))).collect();
    kept.sort();
    kept
}

#[tokio::test]
async fn head_is_answered_as_get_is_without_a_body() {
    let world = World::peopled().await;
    let client = world.client().await;
    let asked = format!("{AUTHORIZE}?{}", request(&client, &[]));
    let refused = format!("{AUTHORIZE}?client_id=nobody&redirect_uri=x");
    let told = format!("{AUTHORIZE}?{}", request(&client, &[("scope", "WMS_OTHER")]));
    for (target, status) in [
        (asked.as_str(), 200),
        (&refused, 400),
        (&told, 303),
        (SIGN_OUT, 200),
        (DEVICE, 200),
        (APPLICATIONS, 200),
        (CALLBACK, 400),
        (STYLE, 200),
        (METADATA, 200),
    ] {
        let get = world.send(Method::GET, target, &[], Bytes::new()).await;
        let head = world.send(Method::HEAD, target, &[], Bytes::new()).await;
        assert_eq!((get.status.as_u16(), head.status.as_u16()), (status, status), "{target}");
        assert_eq!(lasting(&get.headers), lasting(&head.headers), "{target}");
        assert_eq!(head.headers.contains_key("set-cookie"), get.headers.contains_key("set-cookie"), "{target}");
        assert_eq!(head.text, "", "{target}");
        // RFC 9110 section 8.6: that of GET. A sealed form is a little longer or shorter each time.
        let length: usize = head.headers["content-length"].to_str().unwrap().parse().unwrap();
        let slack = if get.text.contains("name=\"form\"") { 100 } else { 0 };
        assert!(length.abs_diff(get.text.len()) <= slack, "{target}: {length}");
    }
    // Where no GET is, no HEAD is.
    for path in ["/oauth2/accessToken", "/oauth2/device_authorization", "/oauth2/revoke", "/nothing"] {
        assert_eq!(world.send(Method::HEAD, path, &[], Bytes::new()).await.status, 404, "{path}");
    }
}

#[test]
fn every_route_of_get_has_one_of_head() {
    for route in ROUTES.iter().filter(|route| route.method == Method::GET) {
        let head = |other: &&latchkey_oauth::service::Route| {
            other.method == Method::HEAD && other.path == route.path && other.function == route.function
        };
        assert_eq!(ROUTES.iter().filter(head).count(), 1, "{}", route.path);
    }
}

#[tokio::test]
async fn an_event_of_head_gets_status_and_headers() {
    let world = World::peopled().await;
    let mut event = browser_event("HEAD", "style.css", "", None, "");
    for (last, endpoint) in [
        ("style.css", authorize::ENDPOINT),
        ("signOut", authorize::ENDPOINT),
        ("oauth-authorization-server", introspect::ENDPOINT),
    ] {
        event["rawPath"] = format!("/stage/{last}").into();
        let (reply, _) = invoke(&world.service, endpoint, &event.to_string(), LogLine::default(), world.now()).await;
        assert_eq!(reply.status_code, 200, "{last}");
        assert!(reply.headers.contains_key("content-type"), "{last}");
        assert!(reply.headers["content-length"].to_str().unwrap().parse::<u64>().unwrap() > 100, "{last}");
        assert!(reply.body.is_none_or(|body| body.is_empty()), "{last}");
    }
}

#[tokio::test]
async fn a_script_of_any_origin_may_read_the_metadata_document_and_no_other_answer() {
    let world = World::peopled().await;
    let origin = ("origin", "https://app.example");
    let read = world.send(Method::GET, METADATA, &[origin], Bytes::new()).await;
    assert_eq!((read.status.as_u16(), &read.headers["access-control-allow-origin"]), (200, &"*".parse().unwrap()));
    let asking = [origin, ("access-control-request-method", "GET"), ("access-control-request-headers", "x-version")];
    for headers in [&asking[..], &[]] {
        let reply = world.send(Method::OPTIONS, METADATA, headers, Bytes::new()).await;
        assert_eq!((reply.status.as_u16(), reply.text.as_str()), (204, ""));
        for (name, value) in [
            ("allow", "GET, HEAD, OPTIONS"),
            ("access-control-allow-origin", "*"),
            ("access-control-allow-methods", "GET, HEAD"),
            ("access-control-allow-headers", "*"),
        ] {
            assert_eq!(reply.headers[name], value, "{name}");
        }
        assert!(!reply.headers.contains_key("access-control-allow-credentials"));
    }
    for path in [
        AUTHORIZE,
        SIGN_OUT,
        CALLBACK,
        DEVICE,
        "/oauth2/device_authorization",
        STYLE,
        "/oauth2/accessToken",
        "/oauth2/introspect",
        "/oauth2/revoke",
    ] {
        // Where public clients send forms, a script may ask: tests/cors.rs has the answers.
        let asked = if ["/oauth2/accessToken", "/oauth2/revoke"].contains(&path) { 204 } else { 404 };
        let reply = world.send(Method::OPTIONS, path, &asking, Bytes::new()).await;
        assert_eq!(reply.status, asked, "{path}");
        for method in [Method::GET, Method::POST] {
            let reply = world.send(method, path, &[origin], Bytes::new()).await;
            assert!(!reply.headers.contains_key("access-control-allow-origin"), "{path}");
        }
    }
}
