//! Names of methods.

#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn every_method_has_the_name_that_its_registry_knows() {
    assert_eq!(AuthMethod::ALL.map(AuthMethod::as_str), ["wskey", "client_secret_basic", "client_secret_post", "none"]);
    let listed = ["wskey_hmac_sha256", "client_secret_basic", "client_secret_post", "none"];
    assert_eq!(AuthMethod::ALL.map(AuthMethod::in_metadata), listed);
    assert_eq!(AuthMethod::default(), AuthMethod::WsKey);
}

#[test]
fn a_registration_names_a_method_to_the_letter() {
    for method in AuthMethod::ALL {
        assert_eq!(AuthMethod::parse(method.as_str()), Some(method));
        assert!(AuthMethod::described().contains(method.words()));
    }
    for other in ["", "WSKEY", "wskey_hmac_sha256", "basic", "client_secret_jwt", " none"] {
        assert_eq!(AuthMethod::parse(other), None, "{other}");
    }
}

#[test]
fn none_proves_nothing() {
    let proving: Vec<_> = AuthMethod::ALL.into_iter().filter(|method| *method != AuthMethod::None).collect();
    assert_eq!(proving, AuthMethod::PROVING);
}
