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
