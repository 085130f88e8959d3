//! What a pseudonym tells apart, and what it is.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::secret::KEY_BYTES;

fn keyring(keys: &[(&str, u8)]) -> Keyring {
    let lines: String = keys.iter().map(|(name, byte)| Keyring::line(name, &[*byte; KEY_BYTES]).to_string()).collect();
    Keyring::parse(&lines).unwrap()
}

#[test]
fn one_person_has_one_pseudonym_under_a_key_and_no_other_has_it() {
    let keyring = keyring(&[("v1", 1)]);
    let id = |of| keyring.log_id(of).unwrap();
    let alice = id(Logged::User("128807", "alice"));
    assert_eq!(alice, id(Logged::User("128807", "alice")));
    assert!(alice.starts_with("v1.") && alice.len() == 3 + 16, "{alice}");
    for other in [
        Logged::User("128807", "bob"),
        Logged::User("12880", "7alice"),
        Logged::User("91475", "alice"),
        Logged::Network("128807\nalice"),
        Logged::Network("192.0.2.1"),
    ] {
        assert_ne!(id(other), alice, "{other:?}");
    }
}

#[test]
fn after_a_rotation_the_pseudonyms_of_before_are_found_under_the_old_key() {
    let alice = Logged::User("128807", "alice");
    let (old, both) = (keyring(&[("v1", 1)]), keyring(&[("v2", 2), ("v1", 1)]));
    let ids: Vec<_> = both.log_ids(alice).collect();
    assert_eq!(both.log_id(alice).as_ref(), ids.first());
    assert_eq!(old.log_id(alice).as_ref(), ids.last());
    assert_ne!(ids[0].split('.').next_back(), ids[1].split('.').next_back());
    // Under another key of the same name it is another.
    assert_ne!(keyring(&[("v1", 3)]).log_id(alice), old.log_id(alice));
}

/// Computed with Python's `hmac`, from the words of the documentation.
#[test]
fn the_pseudonym_is_the_one_that_the_document_describes() {
    let keyring = keyring(&[("v1", 7)]);
    assert_eq!(keyring.log_id(Logged::User("128807", "alice")).unwrap(), "v1.Cny3D-cANlZ_7dgB");
    assert_eq!(keyring.log_id(Logged::Network("192.0.2.1")).unwrap(), "v1.b8PGr27DYxCNoxcw");
}
