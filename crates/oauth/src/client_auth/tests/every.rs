//! Each method: the list has it, and a request that shows it uses it and no other.
//!
//! Here the compiler asks for a new method, and the tests for what no match asks for: [`AuthMethod::ALL`],
//! [`ClientAuth::in_header`] and [`ClientAuth::of`].

use std::iter::successors;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::*;

/// The method that comes next in the list; none after the last.
fn next(method: AuthMethod) -> Option<AuthMethod> {
    match method {
        AuthMethod::WsKey => Some(AuthMethod::Basic),
        AuthMethod::Basic => Some(AuthMethod::Post),
        AuthMethod::Post => Some(AuthMethod::SecretJwt),
        AuthMethod::SecretJwt => Some(AuthMethod::PrivateKeyJwt),
        AuthMethod::PrivateKeyJwt => Some(AuthMethod::None),
        AuthMethod::None => None,
    }
}

fn every() -> impl Iterator<Item = AuthMethod> {
    successors(Some(AuthMethod::default()), |method| next(*method))
}

/// Authorization header and form of a request that shows the method.
fn showing(method: AuthMethod) -> (Option<String>, String) {
    let asserted = |header: &str| {
        let claims = r#"{"iss":"key","sub":"key","aud":"https://auth.example","jti":"1","exp":1795393844}"#;
        let text = [header, claims, "signature"].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        (None, format!("client_assertion_type={}&{CLIENT_ASSERTION}={text}", assertion::JWT_BEARER))
    };
    match method {
        AuthMethod::WsKey => (Some(wskey::tests::authorization("", b"")), String::new()),
        AuthMethod::Basic => (Some("Basic a2V5OnNlY3JldA==".to_owned()), String::new()),
        AuthMethod::Post => (None, "client_id=key&client_secret=s".to_owned()),
        AuthMethod::SecretJwt => asserted(r#"{"alg":"HS256"}"#),
        AuthMethod::PrivateKeyJwt => asserted(r#"{"alg":"EdDSA","kid":"1"}"#),
        AuthMethod::None => (None, "client_id=key".to_owned()),
    }
}

#[test]
fn the_list_has_every_method() {
    assert_eq!(every().collect::<Vec<_>>(), AuthMethod::ALL);
}

#[test]
fn a_request_that_shows_a_method_uses_it() {
    for method in every() {
        let (authorization, form) = showing(method);
        let authorization: Vec<_> = authorization.iter().map(String::as_str).collect();
        assert_eq!(shown(&authorization, "", &form).map(|(method, _)| method), Ok(method));
    }
}

#[test]
fn a_request_that_shows_two_proofs_is_refused() {
    let proving = || every().filter(|method| *method != AuthMethod::None);
    for (one, other) in proving().flat_map(|one| proving().map(move |other| (one, other))) {
        let both = [showing(one), showing(other)];
        let authorization: Vec<_> = both.iter().filter_map(|(header, _)| header.as_deref()).collect();
        let form = both.each_ref().map(|(_, form)| form.as_str()).join("&");
        assert!(shown(&authorization, "", form.trim_matches('&')).is_err(), "{one:?} {other:?}");
    }
}
