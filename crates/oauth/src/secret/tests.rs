//! Secrets at rest: sealed for one client, under a named key.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::{Debug, Display};

use serde::Serialize;

use super::*;
use crate::client::{Client, NamedSecret};
use crate::grant::{Code, Grant, RefreshedToken, StoredToken};
use crate::grants::authorization_code::consent::AuthorizationResponse;
use crate::grants::{Entropy, Expiring, TokenResponse};
use crate::session::Form;
use crate::token::{Minted, TokenHash, Unverified};
use crate::user::User;

fn keyring(names: &[(&str, u8)]) -> Keyring {
    let lines: String = names.iter().map(|(name, byte)| Keyring::line(name, &[*byte; 32]).to_string()).collect();
    Keyring::parse(&lines).unwrap()
}

fn sealed() -> Sealed {
    keyring(&[("one", 1)]).seal("key", &ClientSecret::new("s3cret".into()), [9; 12]).unwrap()
}

fn open(keyring: &Keyring, client_id: &str, sealed: &Sealed) -> Result<String, SealError> {
    keyring.open(client_id, sealed).map(|secret| secret.expose().to_owned())
}

#[test]
fn a_seal_is_the_nonce_and_aes_256_gcm_with_the_client_as_associated_data() {
    let hex: String = sealed().bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    // By Python's `cryptography`: AESGCM(b"\1" * 32).encrypt(b"\t" * 12, b"s3cret", b"key").
    assert_eq!(hex, "090909090909090909090909b73c44bcab44e07077070a7a8b94309b32deda2b8c62");
    assert_eq!(sealed().key, "one");
    assert_eq!(sealed().secret_bytes(), "s3cret".len());
    assert_eq!(Sealed { bytes: vec![0; 27], ..sealed() }.secret_bytes(), 0, "nonce and tag alone have 28");
}

#[test]
fn a_sealed_secret_opens_for_its_client_only() {
    let keyring = keyring(&[("one", 1)]);
    assert_eq!(open(&keyring, "key", &sealed()), Ok("s3cret".into()));
    for client_id in ["another", "", "Key", "key "] {
        assert_eq!(open(&keyring, client_id, &sealed()), Err(SealError::Damaged), "{client_id}");
    }
}

#[test]
fn a_changed_or_cut_seal_does_not_open() {
    let keyring = keyring(&[("one", 1)]);
    for at in 0..sealed().bytes.len() {
        let mut changed = sealed();
        changed.bytes[at] ^= 1;
        assert_eq!(open(&keyring, "key", &changed), Err(SealError::Damaged), "{at}");
        changed = sealed();
        changed.bytes.truncate(at);
        assert_eq!(open(&keyring, "key", &changed), Err(SealError::Damaged), "{at}");
    }
}

#[test]
fn a_seal_opens_under_the_key_that_it_names_and_no_other() {
    for (keys, opened) in [
        (&[("one", 1)][..], Ok("s3cret".to_owned())),
        (&[("two", 2), ("one", 1)], Ok("s3cret".to_owned())),
        (&[("two", 2)], Err(SealError::KeyUnknown)),
        // The right key under another name, and another key under the right one.
        (&[("two", 1)], Err(SealError::KeyUnknown)),
        (&[("one", 2), ("two", 1)], Err(SealError::Damaged)),
    ] {
        assert_eq!(open(&keyring(keys), "key", &sealed()), opened, "{keys:?}");
    }
}

#[test]
fn the_first_key_seals() {
    let both = keyring(&[("two", 2), ("one", 1)]);
    assert_eq!(both.sealing_key(), "two");
    assert_eq!(both.seal("key", &ClientSecret::new("s".into()), [9; 12]).unwrap().key, "two");
    assert!(both.has("one") && both.has("two") && !both.has("three") && !both.has(""));
}

#[test]
fn bytes_are_sealed_as_a_secret_is_and_one_that_is_no_text_is_no_secret() {
    let keyring = keyring(&[("one", 1)]);
    let bytes = keyring.seal_bytes("key", &[0xFF, 0], [9; 12]).unwrap();
    assert_eq!(keyring.open_bytes("key", &bytes), Ok(vec![0xFF, 0]));
    assert_eq!(keyring.open_bytes("other", &bytes), Err(SealError::Damaged));
    assert_eq!(open(&keyring, "key", &bytes), Err(SealError::Damaged));
    assert_eq!(keyring.open_bytes("key", &sealed()), Ok(b"s3cret".to_vec()));
}

#[test]
fn a_decoy_is_as_long_as_a_secret_of_ours_and_costs_what_one_costs() {
    let decoy = keyring(&[("one", 1)]).open_decoy().unwrap();
    let ours = crate::client::new_secret([0; 24]);
    assert_eq!(decoy.as_bytes().len(), ours.as_bytes().len());
    assert_eq!(decoy.expose(), "0".repeat(32));
    assert!(!crate::client::is_client_id(DECOY_CLIENT), "no client has this id");
}

#[test]
fn a_keyring_is_a_line_a_key_with_blanks_and_comments_between() {
    let line = Keyring::line("one", &[1; 32]);
    assert_eq!(*line, "one:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n");
    for text in [
        line.to_string(),
        line.trim().to_owned(),
        format!("# of 2026\n\n  \n{}\r\n#x:y", line.trim()),
        format!(" one : {} ", &line.trim()[4..]),
    ] {
        let keyring = Keyring::parse(&text).unwrap_or_else(|_| panic!("{text}"));
        assert_eq!(keyring.sealing_key(), "one");
        assert_eq!(open(&keyring, "key", &sealed()), Ok("s3cret".into()), "{text}");
    }
}

#[test]
fn a_keyring_that_is_none_is_refused() {
    let of = |length: usize| STANDARD.encode(vec![1; length]);
    let good = Keyring::line("one", &[1; 32]).to_string();
    for text in [
        String::new(),
        "\n \n".into(),
        "# only a comment\n".into(),
        "one".into(),
        "one:".into(),
        "one:AAAA".into(),
        "one:not base64".into(),
        format!("one:{}", "A".repeat(43)),
        format!("one:{}", of(31)),
        format!("one:{}", of(33)),
        format!("one:{}", of(16)),
        format!(":{}", of(32)),
        format!("a.b:{}", of(32)),
        format!("a b:{}", of(32)),
        format!("one {}", of(32)),
        // One wrong line among right ones.
        format!("{good}two"),
        format!("x y:{}\n{good}", of(32)),
    ] {
        assert_eq!(Keyring::parse(&text).err(), Some(SealError::KeyMalformed), "{text}");
    }
}

#[test]
fn a_keys_name_is_1_to_64_letters_digits_hyphens_and_underscores() {
    for (length, fits) in [(0, false), (1, true), (63, true), (64, true), (65, false)] {
        assert_eq!(is_key_name(&"k".repeat(length)), fits, "{length}");
    }
    for byte in 0..=0x7F {
        let character = char::from(byte);
        let fits = character.is_ascii_alphanumeric() || "-_".contains(character);
        assert_eq!(is_key_name(&format!("k{character}")), fits, "{character:?}");
    }
    assert!(!is_key_name("é"));
}

#[test]
fn the_key_of_the_hmac_is_the_text_itself() {
    let secret = ClientSecret::new("c2VjcmV0".into());
    assert_eq!((secret.expose(), secret.as_bytes()), ("c2VjcmV0", &b"c2VjcmV0"[..]));
}

/// Compiles only where the type has none of the traits: with one of them, which `of` is meant could not be told.
macro_rules! lacks {
    ($secret:ty: $($way:path),+) => { $({
        trait Has<Way> {
            fn of() {}
        }
        struct Way;
        impl<T> Has<()> for T {}
        impl<T: $way> Has<Way> for T {}
        <$secret as Has<_>>::of();
    })+ };
}

macro_rules! unprintable {
    ($($secret:ty),+) => { $(lacks!($secret: Debug, Display, Serialize);)+ };
}

#[test]
fn nothing_secret_can_be_printed_or_serialized() {
    unprintable!(ClientSecret, Sealed, Keyring, NamedSecret, Client, User);
    unprintable!(Minted, Unverified, TokenHash, StoredToken, Code, Grant, RefreshedToken);
    unprintable!(Entropy, Expiring, TokenResponse, AuthorizationResponse);
    // It is serialized to be sealed.
    lacks!(Form: Debug, Display);
}
