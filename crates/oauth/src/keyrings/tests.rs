//! Keyrings of sets: what one sealed, no other opens, and what the old keys do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base64::{Engine, engine::general_purpose::STANDARD};

use super::*;
use crate::secret::{Sealed, can_seal};
use crate::service::{Function, key_sets};

const FILE: &str =
    "two:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\none:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n";
const SETS: [KeySet; 2] = [KeySet::Clients, KeySet::Pages];

fn keyrings(old: OldKeys) -> Keyrings {
    Keyrings::of_all(FILE, old).unwrap()
}

fn seal(keyring: &Keyring) -> Sealed {
    keyring.seal_bytes("a", b"secret", [9; 12]).unwrap()
}

fn open(keyring: &Keyring, sealed: &Sealed) -> Result<Vec<u8>, SealError> {
    keyring.open_bytes("a", sealed)
}

#[test]
fn a_key_is_the_mac_of_its_name_with_that_of_its_set() {
    // By `printf 'latchkey sealing key pages/one' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101…01 -binary | base64`.
    let key = derived(&[1; 32], &KeySet::Pages.key_name("one")).unwrap();
    assert_eq!(STANDARD.encode(&key[..]), "zbW1OL+LJZhvLOnajd7Kom8ecRbV70rLR7Jc+tSiKrI=");
}

#[test]
fn what_one_set_sealed_no_other_opens_even_if_one_key_gave_both_their_keys() {
    let keyrings = keyrings(OldKeys::None);
    for set in KeySet::ALL.iter().copied() {
        let mut sealed = seal(keyrings.of(set));
        assert_eq!(sealed.key, format!("{}/two", set.row().name));
        assert_eq!(open(keyrings.of(set), &sealed).unwrap(), b"secret");
        for other in KeySet::ALL.iter().copied().filter(|other| *other != set) {
            assert_eq!(open(keyrings.of(other), &sealed), Err(SealError::KeyUnknown));
            sealed.key = other.key_name("two");
            assert_eq!(open(keyrings.of(other), &sealed), Err(SealError::Damaged));
            sealed.key = set.key_name("two");
        }
    }
}

#[test]
fn the_old_keys_open_until_their_end_and_seal_for_the_pages_during_the_update_only() {
    let before = Keyring::parse(FILE).unwrap();
    let old = seal(&before);
    assert_eq!(old.key, "two");
    for set in SETS {
        let ring = |old| Keyrings::of_file(FILE, [set].into_iter(), old).unwrap();
        let (none, opens, seals) = (ring(OldKeys::None), ring(OldKeys::Open), ring(OldKeys::Seal));
        for (found, expected) in
            [(&none, Err(SealError::KeyUnknown)), (&opens, Ok(b"secret".to_vec())), (&seals, Ok(b"secret".to_vec()))]
        {
            assert_eq!(open(found.of(set), &old), expected, "{set:?}");
        }
        // Each opens what another sealed, except that the end of the old keys is one.
        assert_eq!(opens.of(set).sealing_key(), set.key_name("two"));
        assert_eq!(none.of(set).sealing_key(), set.key_name("two"));
        let of_update = if set == KeySet::Pages { "two".to_owned() } else { set.key_name("two") };
        assert_eq!(seals.of(set).sealing_key(), of_update);
        assert!(open(seals.of(set), &seal(opens.of(set))).is_ok() && open(opens.of(set), &seal(seals.of(set))).is_ok());
        assert!(open(none.of(set), &seal(opens.of(set))).is_ok() && open(opens.of(set), &seal(none.of(set))).is_ok());
    }
    // In the update, functions of the version before open what the pages seal.
    assert!(open(&before, &seal(keyrings(OldKeys::Seal).of(KeySet::Pages))).is_ok());
}

#[test]
fn a_set_of_another_function_neither_seals_nor_opens_nor_panics() {
    let own = Keyrings::of_file(FILE, KeySet::of(Function::Authorize), OldKeys::Open).unwrap();
    let other = own.of(KeySet::Clients);
    assert_eq!(other.seal_bytes("a", b"", [0; 12]).err(), Some(SealError::KeyUnknown));
    assert_eq!(open(other, &seal(keyrings(OldKeys::Open).of(KeySet::Clients))), Err(SealError::KeyUnknown));
    assert_eq!(other.open_decoy().err(), Some(SealError::KeyUnknown));
    assert_eq!((other.sealing_key(), other.has("")), ("", false));
}

#[test]
fn each_set_has_a_name_a_variable_and_resources_of_its_own_and_the_authorizer_has_none() {
    let rows: Vec<_> = KeySet::ALL.iter().map(|set| set.row()).collect();
    for (at, row) in rows.iter().enumerate() {
        assert!(crate::secret::is_key_name(row.name) && !row.functions.is_empty());
        for other in &rows[at + 1..] {
            assert!(row.name != other.name && row.sam != other.sam && row.terraform != other.terraform);
            assert_ne!(row.kms_key.name, other.kms_key.name);
        }
    }
    assert_eq!(KeySet::of(Function::Authorizer).count(), 0);
    assert_eq!(key_sets::KMS_KEYS.len(), KeySet::ALL.len());
    // Who reads clients' secrets has no key of the pages, and the pages have none of theirs.
    let of = |function| KeySet::of(function).filter(|set| SETS.contains(set)).collect::<Vec<_>>();
    for function in [Function::Issue, Function::Refresh, Function::Introspect, Function::Revoke] {
        assert_eq!(of(function), [KeySet::Clients]);
    }
    assert_eq!(of(Function::Authorize), [KeySet::Pages]);
}

#[test]
fn a_key_that_sealed_has_a_bare_name_or_that_of_a_set() {
    for name in ["v1", "pages/v1", "a-b_c/2028-11-26"] {
        assert!(can_seal(name), "{name}");
    }
    for name in ["", "/", "pages/", "/v1", "pages/v1/x", "pages//v1", "pages/v 1", "p.ages/v1"] {
        assert!(!can_seal(name), "{name}");
    }
}

#[test]
fn old_keys_do_nothing_for_what_no_old_version_sealed() {
    let named = |name: &str| vec![(name.to_owned(), zeroize::Zeroizing::new([1; 32]))];
    for set in KeySet::ALL.iter().copied() {
        for old in [OldKeys::None, OldKeys::Open, OldKeys::Seal] {
            let ring = ring(set, named("own"), named("old"), old).unwrap();
            let has_old = set.row().is_old && old != OldKeys::None;
            assert_eq!((ring.has("own"), ring.has("old")), (true, has_old), "{set:?} {old:?}");
        }
    }
    assert!(KeySet::ALL.iter().any(|set| !set.row().is_old));
}
