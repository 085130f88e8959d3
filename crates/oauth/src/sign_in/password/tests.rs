//! Passwords, against hashes that another library made.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

/// By argon2-cffi, of "zoë" with the salt 0 to 15.
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$T5l5d4YsNiRKSWPaaVtxxe/Phs8958wj38vudYugjBo";
/// The same with parameters that cost nothing.
const CHEAP: &str = "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$vjR3hTF+mfe+v1iv5TRJ+J7iAJIBAeUFimqDCW3Ok4Q";

#[test]
fn a_password_is_hashed_with_argon2id_and_owasps_parameters() {
    assert_eq!(hash("zoë", &std::array::from_fn(|at| at as u8)).unwrap().as_str(), HASH);
    assert!(verify("zoë", PasswordHash::parse(HASH).as_ref()));
}

#[test]
fn a_password_is_held_against_its_own_hash_with_the_parameters_that_it_names() {
    for (password, hash, fits) in [
        ("zoë", Some(CHEAP), true),
        ("zoe", Some(CHEAP), false),
        ("zoë ", Some(CHEAP), false),
        ("", Some(CHEAP), false),
        ("zoë", Some("$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw"), false),
    ] {
        let hash = hash.map(|hash| PasswordHash::parse(hash).unwrap());
        assert_eq!(verify(password, hash.as_ref()), fits, "{password}");
    }
}

#[test]
fn nobodys_password_is_right_and_costs_what_anybodys_costs() {
    assert!(!verify("zoë", None));
    let parameters = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
    assert_eq!(parameters(DECOY), parameters(HASH));
    let lengths = |hash: &str| hash.split('$').map(str::len).collect::<Vec<_>>();
    assert_eq!(lengths(DECOY), lengths(HASH));
    assert!(PasswordHash::parse(DECOY).is_some());
}

#[test]
fn a_hash_is_in_phc_string_format() {
    for (text, fits) in
        [(HASH, true), (CHEAP, true), ("", false), ("zoë", false), ("$argon2id", true), ("argon2id$", false)]
    {
        assert_eq!(PasswordHash::parse(text).is_some(), fits, "{text}");
    }
}
