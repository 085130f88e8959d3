//! Grant types by their wire names.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

#[test]
fn a_grant_type_has_one_name_and_no_other() {
    for (grant_type, name) in [
        (GrantType::AuthorizationCode, "authorization_code"),
        (GrantType::ClientCredentials, "client_credentials"),
        (GrantType::RefreshToken, "refresh_token"),
        (GrantType::Implicit, "implicit"),
        (GrantType::DeviceCode, "urn:ietf:params:oauth:grant-type:device_code"),
    ] {
        assert_eq!(grant_type.as_str(), name);
        assert_eq!(GrantType::parse(name), Some(grant_type));
        assert_eq!(GrantType::parse(&name.to_uppercase()), None);
        assert_eq!(GrantType::parse(&format!("{name} ")), None);
    }
    for name in ["", "password", "device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"] {
        assert_eq!(GrantType::parse(name), None, "{name}");
    }
}

#[test]
fn no_request_to_the_token_endpoint_asks_for_the_implicit_grant() {
    assert_eq!(
        GrantType::ASKED_FOR.map(GrantType::as_str),
        ["authorization_code", "client_credentials", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"]
    );
}

/// A new type is placed here: the compiler asks.
#[test]
fn the_endpoint_takes_a_type_and_a_client_must_prove_itself_for_it_as_its_specification_says() {
    for grant_type in GrantType::ALL {
        let placed = match grant_type {
            GrantType::AuthorizationCode => (true, false),
            GrantType::ClientCredentials | GrantType::RefreshToken | GrantType::DeviceCode => (true, true),
            GrantType::Implicit => (false, false),
        };
        let is_in = (GrantType::ASKED_FOR.contains(&grant_type), GrantType::PROVED.contains(&grant_type));
        assert_eq!(is_in, placed, "{grant_type:?}");
    }
}

#[test]
fn an_operator_reads_each_type_once_with_what_its_name_does_not_say() {
    let described = GrantType::described();
    let (first, last) = described.rsplit_once(" or ").unwrap();
    let items: Vec<_> = first.split(", ").chain([last]).collect();
    assert_eq!(items.len(), GrantType::ALL.len(), "{described}");
    for (item, grant_type) in items.into_iter().zip(GrantType::ALL) {
        let words = item.strip_prefix(grant_type.as_str()).unwrap();
        match grant_type {
            GrantType::Implicit => assert!(words.contains("response_type=token"), "{item}"),
            GrantType::DeviceCode => assert!(words.contains("without a browser"), "{item}"),
            GrantType::AuthorizationCode | GrantType::ClientCredentials | GrantType::RefreshToken => {
                assert_eq!(words, "", "{item}");
            }
        }
    }
}
