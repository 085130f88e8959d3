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
        ("context:91475", false, false),
        ("context:", false, false),
        ("my-context:1", true, true),
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
