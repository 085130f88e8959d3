//! The header's limits, and every attribute missed, repeated and too long.

#![allow(clippy::unwrap_used)]

use super::*;

const SIGNATURE: &str = "5O6SRig58wqm6gqEu3oSODVte6Albon9CCvNrZHCoys=";

/// A header with these values, in the order of [`NAMES`].
fn header(values: [&str; 7]) -> String {
    let pairs: Vec<_> = NAMES.iter().zip(values).map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    format!("{SCHEME} {}", pairs.join(", "))
}

const VALUES: [&str; 7] = ["key", "1361408273", "981333", SIGNATURE, "hash", "alice", "urn:x"];

/// The header with one other value.
fn with(index: usize, value: &str) -> String {
    let mut values = VALUES;
    values[index] = value;
    header(values)
}

fn error(header: &str) -> Option<HeaderError> {
    Credentials::parse(header.as_bytes()).err()
}

#[test]
fn every_attribute_is_read_from_its_own_place() {
    let header = header(VALUES);
    let found = Credentials::parse(header.as_bytes()).unwrap();
    let required = [found.client_id, found.timestamp, found.nonce, found.signature].map(Some);
    let optional = [found.body_hash, found.principal_id, found.principal_idns];
    assert_eq!([&required[..], &optional].concat(), VALUES.map(Some));
}

#[test]
fn an_attribute_that_is_empty_is_missing_and_only_four_are_missed() {
    for (index, name) in NAMES.into_iter().enumerate() {
        let expected = (index < 4).then_some(HeaderError::Missing(name));
        assert_eq!(error(&with(index, "")), expected, "{name}");
        assert_eq!(error(&header(VALUES).replace(&format!("{name}="), "other=")), expected, "{name}");
    }
}

#[test]
fn any_attribute_given_twice_is_refused() {
    for name in NAMES {
        let twice = format!("{}, {}=\"\"", header(VALUES), name.to_uppercase());
        assert_eq!(error(&twice), Some(HeaderError::Repeated(name)));
    }
    assert_eq!(error(&format!("{}, other=\"1\", other=\"1\"", header(VALUES))), None);
}

#[test]
fn limits_hold_to_the_byte() {
    for (index, longest, character) in
        [(0, 128, "k"), (1, 256, "1"), (2, 256, "9"), (4, 256, "h"), (5, 256, "a"), (6, 256, "u")]
    {
        assert_eq!(error(&with(index, &character.repeat(longest))), None, "{}", NAMES[index]);
        let expected = Some(HeaderError::Invalid(NAMES[index]));
        assert_eq!(error(&with(index, &character.repeat(longest + 1))), expected);
    }
    let fill = |length: usize| {
        let header = format!("{}, x=\"", header(VALUES));
        format!("{header}{}\"", "a".repeat(length - header.len() - 1))
    };
    assert_eq!(error(&fill(4096)), None);
    assert_eq!(error(&fill(4097)), Some(HeaderError::TooLong(4096)));
}

#[test]
fn a_value_holds_no_control_character() {
    for (index, name) in NAMES.into_iter().enumerate() {
        for control in ["\n", "\r", "\t", "\0", "\u{7f}", "\u{85}"] {
            assert_eq!(error(&with(index, &format!("a{control}b"))), Some(HeaderError::Invalid(name)), "{control:?}");
        }
    }
}

#[test]
fn blanks_around_a_client_id_do_not_count_and_those_within_do() {
    let header = with(0, "  key ");
    assert_eq!(Credentials::parse(header.as_bytes()).unwrap().client_id, "key");
    assert_eq!(error(&with(0, "k y")), Some(HeaderError::Invalid("clientId")));
}

#[test]
fn a_signature_is_base64_of_32_bytes() {
    for length in [0, 31, 33] {
        let wrong = HeaderError::Signature(signature::Form::Bytes(length));
        let expected = if length == 0 { HeaderError::Missing("signature") } else { wrong };
        use base64::Engine;
        let signature = base64::engine::general_purpose::STANDARD.encode(vec![1; length]);
        assert_eq!(error(&with(3, &signature)), Some(expected), "{length}");
    }
}

#[test]
fn the_scheme_is_the_whole_first_word() {
    for (scheme, is_ours) in [
        (SCHEME.to_owned(), true),
        (SCHEME.to_uppercase(), true),
        (SCHEME.replace("v1", "v2"), false),
        (format!("{SCHEME}2"), false),
        (format!("{SCHEME}/"), false),
    ] {
        let expected = (!is_ours).then_some(HeaderError::OtherScheme(None));
        assert_eq!(error(&header(VALUES).replace(SCHEME, &scheme)), expected, "{scheme}");
    }
}

#[test]
fn attributes_are_names_with_commas_between_them() {
    for (from, to) in [
        (", ", " "),
        (", ", "; "),
        (", nonce=", ", the nonce="),
        (", nonce=", ", ;nonce="),
        (", nonce=", ", x=\"1\", =\"1\", nonce="),
        (", nonce=", ", no\u{ef}=\"1\", nonce="),
    ] {
        assert_eq!(error(&header(VALUES).replace(from, to)), Some(HeaderError::Malformed), "{to}");
    }
    assert_eq!(error(&header(VALUES).replace(", nonce=", ", x-1_a.b=\"1\" , nonce=")), None);
}

#[test]
fn a_value_that_is_refused_is_told_by_what_it_must_be() {
    for (name, words) in [("clientId", "1 to 128 visible ASCII"), ("nonce", "too long or has control characters")] {
        let told = HeaderError::Invalid(name).to_string();
        assert!(told.contains(name) && told.contains(words), "{told}");
    }
}
