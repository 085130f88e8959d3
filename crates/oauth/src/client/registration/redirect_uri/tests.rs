//! Redirect URIs that a client may be registered with, and those that it may not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::client::registration::warnings;
use crate::example::client_with;

#[test]
fn a_redirect_uri_is_kept_as_it_is_written() {
    for uri in [
        "https://app.example/done",
        "https://app.example",
        "https://APP.example:8443/a/../b?x=%20&y=1",
        "HTTPS://app.example/",
        "https://192.0.2.1/",
        "http://localhost/",
        "http://localhost:8080/done",
        "http://127.0.0.1/done",
        "http://127.255.255.254:1/done",
        "http://[::1]/done",
        "app:/done",
        "com.example.app://done",
        "com.example.app:done",
    ] {
        assert_eq!(redirect_uri(uri).as_deref(), Ok(uri), "{uri}");
    }
}

#[test]
fn a_redirect_uri_is_absolute() {
    for uri in ["", "/done", "done", "//app.example/done", "https://", "https:///", "http://", ":", "1app:/done"] {
        assert!(redirect_uri(uri).is_err(), "{uri}");
    }
}

#[test]
fn a_redirect_uri_hides_nothing_from_whoever_reads_it() {
    for uri in [
        "https://app.example/#",
        "https://app.example/#done",
        "app:/done#x",
        "https://app.example/\u{E9}",
        "https://app.example/a b",
        " https://app.example/",
        "https://app.example/\n",
        "https://app.ex\tample/",
        "https://app.example\\@evil.example/",
        "app:/a\\b",
        "https://user@app.example/",
        "https://user:word@app.example/",
        "https://:word@app.example/",
        "app://user@done/",
        "https:app.example/done",
        "https:/app.example/done",
        "http:localhost",
        // A browser that is on https takes it for a path of its own.
        "https:/app.example/done?to=https://app.example",
        "http:localhost/://",
        "https://a;b.example/",
        "https://a,b.example/",
        "https://a'b.example/",
        "http://a;b/",
    ] {
        assert!(redirect_uri(uri).is_err(), "{uri}");
    }
}

#[test]
fn no_redirect_leads_to_what_runs_or_reads_something() {
    for uri in [
        "javascript:alert(1)",
        "JavaScript://app.example/%0aalert(1)",
        "vbscript:x",
        "data:text/html,x",
        "file:///etc/passwd",
        "filesystem:https://app.example/x",
        "blob:https://app.example/x",
        "about:blank",
        "view-source:https://app.example/x",
        "chrome://settings/",
        "intent://app.example/x",
    ] {
        assert!(redirect_uri(uri).is_err(), "{uri}");
    }
}

#[test]
fn http_is_for_loopback_only() {
    for uri in [
        "http://app.example/",
        "http://localhost.evil.example/",
        "http://xlocalhost/",
        "http://128.0.0.1/",
        "http://126.255.255.255/",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "http://[::2]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "HTTP://app.example/",
    ] {
        assert!(redirect_uri(uri).is_err(), "{uri}");
    }
}

#[test]
fn a_redirect_uri_is_as_long_as_its_bound_and_no_longer() {
    for (length, fits) in [(2047, true), (2048, true), (2049, false)] {
        let uri = format!("{:x<length$}", "https://app.example/");
        assert_eq!((uri.len(), redirect_uri(&uri).is_ok()), (length, fits));
    }
}

#[test]
fn a_host_with_a_port_is_no_scheme() {
    for uri in ["localhost:3000/cb", "localhost:3000", "app.example:8443/cb?x=1", "127.0.0.1:80/cb", "HOST:1/"] {
        let reason = redirect_uri(uri).unwrap_err();
        assert!(reason.contains(&format!("https://{uri}")), "{uri}: {reason}");
    }
    for uri in ["com.example.app:/1", "com.example.app:123456/x", "app:one"] {
        assert!(redirect_uri(uri).is_ok(), "{uri}");
    }
}

#[test]
fn a_redirect_leads_to_the_client_and_to_no_other_program() {
    for (uri, named) in [
        ("mailto:x@y", "mailto"),
        ("MAILTO:x@y", "mailto"),
        ("tel:1", "tel"),
        ("sms:+1", "sms"),
        ("ftp://app.example/", "ftp"),
        ("ssh://app.example/", "ssh"),
        ("wss://app.example/", "wss"),
        ("urn:ietf:wg:oauth:2.0:oob", "urn"),
        ("urn:ietf:wg:oauth:2.0:oob:auto", "urn"),
        ("https://a;b.example/", "the character ;"),
    ] {
        let reason = redirect_uri(uri).unwrap_err();
        assert!(reason.contains(named), "{uri}: {reason}");
    }
}

#[test]
fn nothing_in_a_redirect_uri_stands_for_something_else() {
    for uri in [
        "https://*.example/cb",
        "https://app.*/cb",
        "https://*/",
        "com.example.app://*/cb",
        "https://app.example/{tenant}",
        "https://app.example/<id>",
        "https://app.example/a|b",
        "https://app.example/\"",
    ] {
        assert!(redirect_uri(uri).is_err(), "{uri}");
    }
}

/// The application would find the parameter twice, and RFC 6749 section 3.1 forbids that.
#[test]
fn the_query_has_no_parameter_that_the_service_adds() {
    for name in ADDED {
        let reason = redirect_uri(&format!("https://app.example/cb?x=1&{name}=y")).unwrap_err();
        assert!(reason.contains(name), "{reason}");
    }
    for query in ["code", "co%64e=1", "state=", "a=b&iss", "x=%FF"] {
        assert!(redirect_uri(&format!("https://app.example/cb?{query}")).is_err(), "{query}");
        assert!(redirect_uri(&format!("com.example.app:/cb?{query}")).is_err(), "{query}");
    }
    for query in ["", "codes=1", "x=code", "Code=1", "my_state=1"] {
        assert!(redirect_uri(&format!("https://app.example/cb?{query}")).is_ok(), "{query}");
    }
}

#[test]
fn what_another_application_may_claim_or_libraries_read_differently_is_warned_of() {
    for (uri, warned) in [
        ("https://app.example/cb", vec![]),
        ("http://127.0.0.1/cb", vec![]),
        ("com.example.app:/cb", vec![]),
        ("app:/cb", vec!["RFC 8252 section 8.4"]),
        ("APP://cb", vec!["RFC 8252 section 8.4"]),
        ("https://app.example/cb?x=1", vec!["client libraries"]),
        ("https://app.example/*", vec!["client libraries", "no wildcard"]),
        ("app:/cb?x=1", vec!["client libraries", "RFC 8252 section 8.4"]),
    ] {
        let warnings = redirect_uri_warnings(uri);
        assert_eq!(warnings.len(), warned.len(), "{warnings:?}");
        for (warning, part) in warnings.iter().zip(warned) {
            assert!(warning.starts_with(uri) && warning.contains(part), "{warning}");
        }
    }
}

#[test]
fn what_is_registered_already_is_named_with_the_reason() {
    let client = client_with(|client| {
        client.redirect_uris =
            ["https://app.example/cb", "urn:ietf:wg:oauth:2.0:oob", "app:/cb"].map(str::to_owned).into();
    });
    let told = warnings(&client);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("urn:ietf:wg:oauth:2.0:oob: it works"), "{told:?}");
    assert!(told[1].starts_with("app:/cb: another application"), "{told:?}");
    assert!(client.redirects_to("urn:ietf:wg:oauth:2.0:oob"), "and it keeps working");
}

#[test]
fn only_a_host_before_digits_that_are_a_port_reads_as_a_host() {
    for (text, is_host) in [
        ("localhost:3000/cb", true),
        ("a-b.example:65535", true),
        ("localhost:65536", false),
        ("localhost:8x", false),
        ("localhost:+80", false),
        ("localhost:", false),
        ("-host:80", false),
        ("a_b:80", false),
        ("tel:1", false),
        ("TEL:1", false),
        ("localhost", false),
    ] {
        assert_eq!(host_and_port(text), is_host.then_some(text), "{text}");
    }
}
