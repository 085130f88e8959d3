//! Which origins a client may be registered with.

#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn an_origin_is_taken_as_a_browser_writes_it() {
    for good in [
        "https://app.example",
        "https://app.example:8443",
        "http://localhost:5173",
        "http://127.0.0.1",
        "http://[::1]:3000",
        "https://xn--bcher-kva.example",
    ] {
        assert_eq!(origin(good).as_deref(), Ok(good));
    }
}

#[test]
fn what_no_browser_would_send_is_refused_with_what_it_sends() {
    for (odd, told) in [
        ("https://app.example/", "browsers write this one as https://app.example"),
        ("https://app.example:443", "browsers write this one as https://app.example"),
        ("HTTPS://App.example", "browsers write this one as https://app.example"),
        ("https://app.example/path?query#fragment", "browsers write this one as https://app.example"),
        ("https://user@app.example", "browsers write this one as https://app.example"),
        ("https://bücher.example", "browsers write this one as https://xn--bcher-kva.example"),
        ("http://app.example", "only for loopback"),
        ("com.example.app:/", "its scheme must be https"),
        ("https://*.example", "no host has *"),
        ("https://app.*", "no host has *"),
        ("*", "neither * nor null"),
        ("null", "neither * nor null"),
        ("app.example", "form https://host"),
        ("", "form https://host"),
    ] {
        let told_of = origin(odd).unwrap_err();
        assert!(told_of.contains(told), "{odd}: {told_of}");
    }
    for (label, fits) in [("a", true), ("aa", false)] {
        let host = format!("{label}{}", ["a"; 146].join("."));
        let text = format!("https://{host}");
        assert_eq!((text.len() <= 300, origin(&text).is_ok()), (fits, fits), "{}", text.len());
    }
    let long = format!("https://{}.example", ["a"; 160].join("."));
    assert!(origin(&long).is_err());
}
