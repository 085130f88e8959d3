//! What a registration must not hold.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

#[test]
fn a_client_is_registered_for_grant_types_that_exist() {
    for (text, read) in [
        ("authorization_code", Some(GrantType::AuthorizationCode)),
        ("client_credentials", Some(GrantType::ClientCredentials)),
        ("refresh_token", Some(GrantType::RefreshToken)),
        ("implicit", Some(GrantType::Implicit)),
        ("password", None),
        ("Implicit", None),
        ("", None),
    ] {
        assert_eq!(grant_type(text).ok(), read, "{text}");
    }
}

#[test]
fn a_scope_is_registered_alone_and_none_is_for_all() {
    for (text, registered, owned) in [
        ("WMS_NCIP", true, true),
        ("refresh_tokens", true, true),
        ("**", true, true),
        ("*", false, true),
        ("refresh_token", false, false),
        ("A B", false, false),
        ("A\"B", false, false),
        ("", false, false),
        (" ", false, false),
    ] {
        let told = |fits: bool| fits.then(|| text.to_owned());
        assert_eq!(scope(text).ok(), told(registered), "{text}");
        assert_eq!(owned_scope(text).ok(), told(owned), "{text}, to introspect");
    }
}

#[test]
fn an_institution_is_registered_by_its_id_or_by_an_asterisk_for_all() {
    let long = "1".repeat(64);
    let too_long = "1".repeat(65);
    for (text, one, any) in [
        ("128807", true, true),
        ("a-b_c.D", true, true),
        (long.as_str(), true, true),
        (too_long.as_str(), false, false),
        ("*", false, true),
        ("**", false, false),
        ("", false, false),
        ("128807 ", false, false),
        ("128 807", false, false),
    ] {
        let told = |fits: bool| fits.then(|| text.to_owned());
        assert_eq!(institution_id(text).ok(), told(one), "{text}");
        assert_eq!(institution(text).ok(), told(any), "{text}");
    }
}

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
        "urn:ietf:wg:oauth:2.0:oob",
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
