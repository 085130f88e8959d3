//! What an institution's id may be.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

#[test]
fn an_institution_id_is_1_to_64_letters_digits_hyphens_underscores_and_dots() {
    for (length, fits) in [(0, false), (1, true), (63, true), (64, true), (65, false)] {
        assert_eq!(is_institution_id(&"1".repeat(length)), fits, "{length}");
    }
    for byte in 0..=0x7F {
        let character = char::from(byte);
        let fits = character.is_ascii_alphanumeric() || "-_.".contains(character);
        assert_eq!(is_institution_id(&format!("1{character}")), fits, "{character:?}");
    }
    assert!(!is_institution_id("é"));
}

#[test]
fn institutions_are_chosen_when_both_are() {
    for (authenticating, context, chosen) in [("1", "2", true), ("", "2", false), ("1", "", false), ("", "", false)] {
        let institutions = Institutions { authenticating: authenticating.into(), context: context.into() };
        assert_eq!(institutions.are_chosen(), chosen, "{institutions:?}");
    }
}

#[test]
fn no_user_has_the_namespace_of_another_institution() {
    for (idns, may) in [
        ("urn:oclc:platform:128807", true),
        ("urn:latchkey:128807", true),
        ("urn:latchkey:1288", false),
        ("urn:latchkey:", false),
        ("urn:latchkey:91475", false),
        ("", true),
    ] {
        assert_eq!(may_have_namespace("128807", idns), may, "{idns}");
    }
}

#[test]
fn those_whom_a_provider_names_have_a_namespace_that_no_other_user_may_have() {
    let namespace = namespace_of_provider("128807");
    assert_eq!(namespace, "urn:latchkey:128807:provider");
    assert!(!may_have_namespace("128807", &namespace));
    assert!(!is_institution_id(namespace.strip_prefix(NAMESPACES).unwrap()));
}

#[test]
fn a_user_consents_to_what_the_client_gets_by_no_credentials_of_its_own() {
    use crate::example::{consented, grant, grant_with, principal};
    assert_eq!(consented().consented_by(), Some(&principal()));
    assert_eq!(grant().consented_by(), None, "in a user's name, and without one");
    for (grant_type, is_by_consent) in [
        (GrantType::AuthorizationCode, true),
        (GrantType::Implicit, true),
        (GrantType::DeviceCode, true),
        (GrantType::ClientCredentials, false),
        (GrantType::RefreshToken, false),
    ] {
        let grant = grant_with(|grant| grant.grant_type = grant_type);
        assert_eq!(grant.consented_by(), is_by_consent.then_some(&principal()), "{grant_type:?}");
    }
}
