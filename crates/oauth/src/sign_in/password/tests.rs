//! Passwords, against hashes that another library made.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

/// By argon2-cffi, of "zoë" with the salt 0 to 15.
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$T5l5d4YsNiRKSWPaaVtxxe/Phs8958wj38vudYugjBo";
/// The same with parameters that cost nothing.
const CHEAP: &str = "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$vjR3hTF+mfe+v1iv5TRJ+J7iAJIBAeUFimqDCW3Ok4Q";

/// The same, of "zoë" with a blank of U+00A0 behind it, as it was hashed before blanks were mapped.
const UNMAPPED: &str = "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$2SpU9WfUlgp3ZXJ+0YG9xgQgIIYOqdGPkTl7QwFf+2g";

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

/// Blanks are mapped since they differ from keyboard to keyboard. What was hashed before that keeps working.
#[test]
fn a_password_fits_with_any_blank_and_so_does_one_that_was_hashed_before_blanks_were_mapped() {
    let mapped = hash("correct\u{A0}horse", &[7; SALT_BYTES]).unwrap();
    for typed in ["correct horse", "correct\u{A0}horse", "correct\u{3000}horse", "correct\u{2009}horse"] {
        assert!(verify(typed, Some(&mapped)), "{typed:?}");
    }
    assert_eq!(hash("correct horse", &[7; SALT_BYTES]).unwrap().as_str(), mapped.as_str());
    let before = PasswordHash::parse(UNMAPPED).unwrap();
    for (typed, fits) in
        [("zoë\u{A0}", true), ("zoe\u{308}\u{A0}", true), ("zoë ", false), ("zoë\u{3000}", false), ("zoë", false)]
    {
        assert_eq!(verify(typed, Some(&before)), fits, "{typed:?}");
    }
}

/// The work depends on what was typed alone: each form is hashed, whether the first one fits, whether there is a user.
#[test]
fn a_password_is_hashed_once_for_each_form_that_it_may_have_been_stored_in() {
    for (typed, count) in [("", 1), ("a b", 1), ("zoë", 1), ("zoe\u{308}", 1), ("a\u{A0}b", 2), ("\u{3000}", 2)] {
        assert_eq!(hashing::forms(typed).len(), count, "{typed:?}");
    }
}

#[test]
fn a_form_that_is_too_long_fits_nothing() {
    let long = "a".repeat(MAX_PASSWORD);
    let hashed = hash(&long, &[7; SALT_BYTES]).unwrap();
    assert!(verify(&long, Some(&hashed)));
    let longer = hash(&format!("{long}a"), &[7; SALT_BYTES]).unwrap();
    assert!(!verify(&format!("{long}a"), Some(&longer)));
}

#[test]
fn a_sign_in_by_password_is_stored_as_its_hash() {
    let sign_in = crate::sign_in::SignIn::Password(PasswordHash::parse(HASH).unwrap());
    assert_eq!((sign_in.stored(), sign_in.password().map(PasswordHash::as_str)), (HASH, Some(HASH)));
}
