//! What an operator may register, and the words for what not.

#![allow(clippy::unwrap_used)]

use super::*;

fn told(result: Result<(), String>) -> String {
    result.err().unwrap_or_default()
}

#[test]
fn an_address_is_https_at_a_public_place() {
    let public = "its address is not one of the public network";
    let here =
        "it must begin with https:// (a provider on this machine: http://127.0.0.1:PORT, with the local server only)";
    for (text, words) in [
        ("https://login.demo.example", ""),
        ("https://login.demo.example:8443/realms/a?b=c", ""),
        ("https://8.8.8.8/a", ""),
        ("http://login.demo.example", "it must begin with https://"),
        ("ftp://login.demo.example", "it must begin with https://"),
        ("javascript:alert(1)", "it must begin with https://"),
        ("login.demo.example", "it is not a URL: relative URL without a base"),
        ("", "it is not a URL: relative URL without a base"),
        ("https://", "it is not a URL: empty host"),
        ("https://user@login.demo.example", "it must not have a user or a password"),
        ("https://user:secret@login.demo.example", "it must not have a user or a password"),
        ("https://login.demo.example/#a", "it must not have a fragment (#)"),
        ("https://login.demo.example/#", "it must not have a fragment (#)"),
        (" https://login.demo.example", "it has a blank, a control character or one that is not ASCII"),
        ("https://login.demo.example/\n", "it has a blank, a control character or one that is not ASCII"),
        ("https://l\u{f6}gin.example", "it has a blank, a control character or one that is not ASCII"),
        ("https://127.0.0.1", public),
        ("https://2130706433", public),
        ("https://10.0.0.1", public),
        ("https://169.254.169.254", public),
        ("https://[::1]", public),
        ("https://[fd00:ec2::254]", public),
        ("https://[::ffff:10.0.0.1]", public),
        ("http://127.0.0.1:3000", "http on loopback is only for a service that is on loopback itself"),
        ("http://localhost:3000", here),
    ] {
        assert_eq!(told(endpoint(text, false)), words, "{text}");
    }
    for (text, words) in [
        ("http://127.0.0.1:3000/a", ""),
        ("http://[::1]:3000", ""),
        ("https://login.demo.example", ""),
        ("http://localhost:3000", here),
        ("http://10.0.0.1", "it must begin with https://"),
        ("https://127.0.0.1", public),
        ("http://user@127.0.0.1", "it must not have a user or a password"),
    ] {
        assert_eq!(told(endpoint(text, true)), words, "{text}");
    }
    let long = |length: usize| format!("https://a.example/{}", "x".repeat(length - 18));
    assert_eq!(told(endpoint(&long(MAX_URL), false)), "");
    assert_eq!(told(endpoint(&long(MAX_URL + 1), false)), "it has more than 512 bytes");
}

#[test]
fn an_issuer_has_no_query() {
    assert_eq!(told(issuer("https://login.demo.example/a", false)), "");
    assert_eq!(told(issuer("https://login.demo.example/?a", false)), "an issuer has no query");
    assert_eq!(told(issuer("https://login.demo.example?", false)), "an issuer has no query");
    assert_eq!(told(issuer("http://login.demo.example", false)), "it must begin with https://");
    for text in ["https://login.demo.example", "https://login.demo.example/a/", "http://127.0.0.1:3000"] {
        let text = format!("{text}/.well-known/openid-configuration");
        let words = "leave out /.well-known/openid-configuration: the issuer is what is before it";
        assert_eq!(told(issuer(&text, true)), words, "{text}");
        assert_eq!(told(issuer(&format!("{text}/"), true)), words, "{text}");
    }
    assert_eq!(told(issuer("https://login.demo.example/.well-known/openid-configuration/a", false)), "");
}

#[test]
fn no_address_has_what_the_service_adds() {
    for (endpoint, found) in [
        ("https://a.example/", None),
        ("https://a.example/?policy=state", None),
        ("https://a.example/?a=b&nonce=c", Some("nonce")),
        ("https://a.example/?%73tate", Some("state")),
        ("https://a.example/?a=%ff&state=x", Some("state")),
    ] {
        assert_eq!(added_before(endpoint), found, "{endpoint}");
    }
}

#[test]
fn texts_have_their_bounds() {
    for (is_good, text) in [
        (true, "a".to_owned()),
        (true, "urn:a:b~\"\\".to_owned()),
        (true, "x".repeat(MAX_CLIENT_ID)),
        (false, "x".repeat(MAX_CLIENT_ID + 1)),
        (false, String::new()),
        (false, "a b".to_owned()),
        (false, "a\n".to_owned()),
        (false, "\u{e9}".to_owned()),
    ] {
        assert_eq!(client_id(&text).is_ok(), is_good, "{text}");
        assert_eq!(secret(&text).is_ok(), is_good || text.len() == MAX_CLIENT_ID + 1, "{text}");
    }
    assert_eq!(told(secret("")), "the secret must have 1 to 512 visible ASCII characters");
    assert!(secret(&"x".repeat(MAX_SECRET)).is_ok() && secret(&"x".repeat(MAX_SECRET + 1)).is_err());
}

#[test]
fn a_claim_names_one_user_for_good() {
    for text in ["sub", "oid", "preferred_username", "eduperson_principal_name", "mailbox_id", "https://a.example/uid"]
    {
        assert_eq!(told(claim(text)), "", "{text}");
    }
    let urls = ["http://schemas.example/identity/claims/emailaddress", "https://a.example/Email"];
    let odd = ["Email", "EMAIL", "Mail", "emails", "emailAddress", "Email_Address", "Sid", "NAME"];
    for text in NO_NAMES.into_iter().chain(ADDRESSES).chain(urls).chain(odd) {
        assert!(told(claim(text)).starts_with(&format!("the claim {text} does not name one user for good")), "{text}");
    }
    assert!(claim("").is_err() && claim("a b").is_err() && claim(&"x".repeat(MAX_CLAIM + 1)).is_err());
}

#[test]
fn a_scope_asks_for_an_id_token() {
    for text in ["openid", "openid profile", "profile openid email"] {
        assert_eq!(told(scope(text)), "", "{text}");
    }
    for text in ["profile", "openidx", "OpenID"] {
        assert!(told(scope(text)).starts_with("the scope must have openid"), "{text}");
    }
    for text in [String::new(), "openid \"".to_owned(), format!("openid {}", "x".repeat(MAX_SCOPE))] {
        assert!(told(scope(&text)).starts_with("the scope must be a list"), "{text}");
    }
}

#[test]
fn a_namespace_is_the_institutions_own() {
    for text in ["https://login.demo.example", "urn:latchkey:128807", "urn:oclc:wms:da", "a b"] {
        assert_eq!(told(namespace("128807", text)), "", "{text}");
    }
    let another = "the namespace urn:latchkey:91475 is another institution's";
    assert_eq!(told(namespace("128807", "urn:latchkey:91475")), another);
    let long = "x".repeat(MAX_PRINCIPAL + 1);
    for text in ["", " a", "a\"b", "a\\b", "a\u{200b}", "a\u{fffd}", "e\u{301}", &long] {
        assert!(told(namespace("128807", text)).starts_with("a namespace must have 1 to 256 bytes"), "{text}");
    }
}
