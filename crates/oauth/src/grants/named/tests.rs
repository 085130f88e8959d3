//! The user that a client names: what the registration says of it, and where it has to stand.

use super::*;
use crate::example::{client, client_with, principal};

fn other() -> Principal {
    Principal { id: "mallory".into(), ..principal() }
}

fn named(signed: Option<Principal>, unsigned: Option<Principal>) -> Named {
    Named { signed, unsigned }
}

#[test]
fn a_user_in_the_parameters_is_taken_and_one_in_the_header_as_the_registration_says() {
    let (old, new) = (client(), client_with(|client| client.signed_principal_required = true));
    let (some, unsigned) = (|| Some(principal()), Denial::from(PrincipalError::Unsigned));
    for (client, signed, header, expected) in [
        (&old, None, None, Ok(None)),
        (&new, None, None, Ok(None)),
        (&old, some(), None, Ok(some())),
        (&new, some(), None, Ok(some())),
        (&old, None, some(), Ok(some())),
        (&new, None, some(), Err(unsigned)),
        (&old, some(), some(), Ok(some())),
        (&new, some(), some(), Ok(some())),
        (&old, some(), Some(other()), Err(PrincipalError::Differs.into())),
        (&new, Some(other()), some(), Err(PrincipalError::Differs.into())),
    ] {
        assert_eq!(named(signed, header).taken(client), expected);
    }
}

#[test]
fn a_client_names_users_of_its_namespaces_if_it_may_name_any() {
    let mute = client_with(|client| client.names_principal = false);
    let open = client_with(|client| client.namespaces = None);
    let none = client_with(|client| client.namespaces = Some(Vec::new()));
    let foreign = Principal { idns: "urn:latchkey:128807".into(), ..principal() };
    let refused = |idns: &str| Err(PrincipalError::NamespaceNotAllowed(Sent::of(idns)).into());
    for (client, principal, expected) in [
        (&mute, principal(), Err(PrincipalError::NotAllowed.into())),
        (&mute, foreign.clone(), Err(PrincipalError::NotAllowed.into())),
        (&client(), principal(), Ok(())),
        (&client(), foreign.clone(), refused(&foreign.idns)),
        (&open, foreign.clone(), Ok(())),
        (&none, principal(), refused(&principal().idns)),
    ] {
        assert_eq!(check_principal(client, Some(&principal)), expected);
    }
    assert_eq!(check_principal(&mute, None), Ok(()));
    for near in ["urn:oclc:platform:12880", "urn:oclc:platform:128807 ", "URN:oclc:platform:128807", ""] {
        let near = Principal { idns: near.into(), ..principal() };
        assert!(check_principal(&client(), Some(&near)).is_err(), "{near:?}");
    }
}
