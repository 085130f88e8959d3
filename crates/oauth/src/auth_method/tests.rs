//! Names of methods.

#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn every_method_has_the_name_that_its_registry_knows() {
    let names = ["wskey", "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"];
    assert_eq!(AuthMethod::ALL.map(AuthMethod::as_str), names);
    let listed = ["wskey_hmac_sha256", names[1], names[2], names[3], names[4], names[5]];
    assert_eq!(AuthMethod::ALL.map(AuthMethod::in_metadata), listed);
    assert_eq!(AuthMethod::default(), AuthMethod::WsKey);
}

#[test]
fn a_registration_names_a_method_to_the_letter() {
    for method in AuthMethod::ALL {
        assert_eq!(AuthMethod::parse(method.as_str()), Some(method));
        assert!(AuthMethod::described().contains(method.words()));
    }
    for other in ["", "WSKEY", "wskey_hmac_sha256", "basic", "client_secret_jwt ", " none"] {
        assert_eq!(AuthMethod::parse(other), None, "{other}");
    }
}

#[test]
fn none_proves_nothing() {
    let proving: Vec<_> = AuthMethod::ALL.into_iter().filter(|method| *method != AuthMethod::None).collect();
    assert_eq!(proving, AuthMethod::PROVING);
}

#[test]
fn an_operator_reads_how_each_method_proves_the_client() {
    for (method, words, needs_a_secret) in [
        (AuthMethod::WsKey, "signs each request", true),
        (AuthMethod::Basic, "Authorization: Basic", true),
        (AuthMethod::Post, "in the form", true),
        (AuthMethod::SecretJwt, "signed with the secret", true),
        (AuthMethod::PrivateKeyJwt, "--jwks registers", false),
        (AuthMethod::None, "without a secret", false),
    ] {
        assert!(method.words().contains(words), "{method:?}");
        assert_eq!(method.needs_a_secret(), needs_a_secret, "{method:?}");
    }
}
