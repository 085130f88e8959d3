//! The request for an ID token, as the standards write it.

#![allow(clippy::unwrap_used)]

use base64::{Engine, engine::general_purpose::STANDARD};

use super::*;
use crate::provider::example::{keyring, provider, provider_with};
use crate::secret::ClientSecret;

const CALLBACK: &str = "https://auth.example/oauth2/callback?institution=128807";

#[test]
fn the_secret_is_in_the_header_or_in_the_form_and_encoded() {
    let tab = TabSecret::new([3; 32]);
    let secret = provider().secret(&keyring()).unwrap();
    let form = format!(
        "grant_type=authorization_code&code=a%26b&redirect_uri=https%3A%2F%2Fauth.example%2Foauth2%2Fcallback\
         %3Finstitution%3D128807&code_verifier={}",
        tab.verifier()
    );
    let sent = request(&provider(), &secret, "a&b", CALLBACK, &tab);
    assert_eq!(
        sent.authorization.unwrap().as_str(),
        "Basic bGF0Y2hrZXk6YSUyMHNlY3JldCUyMG9mJTIwdHdvJTIwYW5kJTIwdGhpcnR5JTIwYnl0ZXM="
    );
    assert_eq!(*sent.body, form);

    let post = provider_with(|provider| provider.auth = Method::Post.with(provider.auth.sealed().clone()));
    let sent = request(&post, &secret, "a&b", CALLBACK, &tab);
    assert!(sent.authorization.is_none());
    assert_eq!(
        *sent.body,
        format!("{form}&client_id=latchkey&client_secret=a%20secret%20of%20two%20and%20thirty%20bytes")
    );
}

#[test]
fn a_colon_in_a_client_id_does_not_end_it() {
    let odd = provider_with(|provider| provider.client_id = "urn:a:b".into());
    let sent = request(&odd, &ClientSecret::new("a:b~".into()), "c", CALLBACK, &TabSecret::new([3; 32]));
    let header = sent.authorization.unwrap();
    let decoded = STANDARD.decode(header.strip_prefix("Basic ").unwrap()).unwrap();
    assert_eq!(String::from_utf8(decoded).unwrap(), "urn%3Aa%3Ab:a%3Ab~");
}
