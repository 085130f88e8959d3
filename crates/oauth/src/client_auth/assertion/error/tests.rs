//! What a client is told of an assertion that is refused.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::jose::Part;

#[test]
fn a_mismatch_looks_the_same_to_the_client_whatever_its_cause() {
    let causes =
        [Mismatch::WrongCredentials, Mismatch::UnknownClient, Mismatch::DisabledClient, Mismatch::MethodNotRegistered];
    let told = causes.map(|cause| {
        let wire = Error::Wrong(cause).wire();
        (wire.status, wire.error, wire.description.into_owned(), wire.details, Error::Wrong(cause).anchor())
    });
    assert!(told.iter().all(|one| *one == told[0]));
    assert_eq!((told[0].0, told[0].1, told[0].4), (401, "invalid_client", "assertion_wrong"));
}

#[test]
fn what_cannot_be_read_is_told_with_its_part() {
    for (fault, words) in [
        (Unreadable::TooLong, "longer than 4096 bytes"),
        (Unreadable::HeaderTooLong, "header is longer than 1024 bytes"),
        (Unreadable::Parts, "three parts"),
        (Unreadable::NotBase64(Part::Header), "its header is not base64url"),
        (Unreadable::NotBase64(Part::Signature), "its signature is not base64url"),
        (Unreadable::NotJson(Part::Payload), "its payload is not an object of JSON"),
        (Unreadable::Repeated(Part::Payload), "its payload has a member twice"),
        (Unreadable::HeaderMember("kid"), "kid in its header is not a text"),
        (Unreadable::Algorithm, "HS256, RS256"),
    ] {
        let told = Error::Unreadable(fault).wire().description;
        assert!(told.contains(words), "{told}");
    }
}
