//! What a scope is, and that none is ever wider than it reads.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

#[test]
fn a_scope_is_written_as_it_was_read_but_for_blanks_and_repetitions() {
    for (text, written) in [
        ("A", "A"),
        ("B A", "B A"),
        ("A A", "A"),
        ("A B A B", "A B"),
        (" A  B ", "A B"),
        ("a A", "a A"),
        ("refresh_token", "refresh_token"),
        ("refresh_token A", "refresh_token A"),
        ("https://x.example/y?z=1&a:b", "https://x.example/y?z=1&a:b"),
    ] {
        assert_eq!(scope(text).to_string(), written, "{text}");
        assert_eq!(String::from(scope(text)), written);
        assert_eq!(scope(text).tokens().collect::<Vec<_>>(), written.split(' ').collect::<Vec<_>>());
        assert_eq!(Scope::try_from(text.to_owned()), Ok(scope(written)));
    }
}

#[test]
fn a_text_outside_the_grammar_is_no_scope() {
    for text in ["", " ", "   ", "A\tB", "A\nB", "A\"B", "A\\B", "é", "A\u{7F}", "A\0", "A\u{A0}B", "A B\r"] {
        assert_eq!(Scope::parse(text), None, "{text:?}");
        assert!(Scope::try_from(text.to_owned()).is_err());
        assert!(serde_json::from_value::<Scope>(text.into()).is_err());
    }
}

#[test]
fn the_characters_of_a_scope_are_those_of_rfc_6749_section_3_3() {
    for byte in 0..=0x7F {
        let nqchar = byte == 0x21 || (0x23..=0x5B).contains(&byte) || (0x5D..=0x7E).contains(&byte);
        let text = format!("A{}B", char::from(byte));
        assert_eq!(Scope::parse(&text).is_some(), nqchar || byte == b' ', "{byte:#x}");
    }
}

#[test]
fn a_scope_is_as_long_as_its_bounds_and_no_longer() {
    let many = |count: usize| (0..count).map(|number| format!("S{number}")).collect::<Vec<_>>().join(" ");
    for (text, fits) in [
        ("A".repeat(511), true),
        ("A".repeat(512), true),
        ("A".repeat(513), false),
        (format!("A{}", " ".repeat(511)), true),
        (format!("A{}", " ".repeat(512)), false),
        (many(31), true),
        (many(32), true),
        (many(33), false),
        // What counts once is one.
        ("A ".repeat(33), true),
    ] {
        assert_eq!(Scope::parse(&text).is_some(), fits, "{text:.20}… of {}", text.len());
    }
}

#[test]
fn a_scope_contains_whole_tokens_only() {
    let scope = scope("WMS_NCIP WMS");
    for (token, contained) in
        [("WMS_NCIP", true), ("WMS", true), ("WMS_", false), ("wms", false), ("", false), ("WMS_NCIP WMS", false)]
    {
        assert_eq!(scope.contains(token), contained, "{token}");
    }
}

#[test]
fn a_scope_is_within_another_only_where_each_of_its_tokens_is() {
    for (asked, granted, within) in [
        ("A", "A", true),
        ("A", "A B", true),
        ("B A", "A B", true),
        ("A B", "A", false),
        ("B", "A", false),
        ("A B C", "A B", false),
        ("a", "A", false),
        ("A refresh_token", "A", false),
    ] {
        assert_eq!(scope(asked).is_within(&scope(granted)), within, "{asked} within {granted}");
    }
}

#[test]
fn the_scope_refresh_token_names_no_service() {
    for (text, names_a_service, wants) in [
        ("A", true, false),
        ("refresh_token", false, true),
        ("A refresh_token", true, true),
        ("refresh_token A", true, true),
        ("REFRESH_TOKEN", true, false),
        ("refresh_tokens", true, false),
    ] {
        let scope = scope(text);
        assert_eq!((scope.names_a_service(), scope.wants_refresh_token()), (names_a_service, wants), "{text}");
    }
}

#[test]
fn what_is_filtered_keeps_its_order_and_gains_nothing() {
    let scope = scope("C A B");
    assert_eq!(scope.filtered(|_| true), scope);
    assert_eq!(scope.filtered(|token| token != "A").to_string(), "C B");
    let nothing = scope.filtered(|_| false);
    assert_eq!((nothing.to_string().as_str(), nothing.names_a_service()), ("", false));
}

#[test]
fn a_scope_is_kept_as_its_wire_form() {
    let scope = scope("B A");
    assert_eq!(serde_json::to_string(&scope).unwrap(), r#""B A""#);
    assert_eq!(serde_json::from_str::<Scope>(r#""B A""#).unwrap(), scope);
}

#[test]
fn a_list_has_each_scope_once_with_one_blank_between_two() {
    let names = |names: &[&str]| Some(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
    for (text, expected) in [
        ("A", names(&["A"])),
        ("B A refresh_token", names(&["B", "A", "refresh_token"])),
        ("", None),
        ("A ", None),
        (" A", None),
        ("A  B", None),
        ("A B A", None),
        ("A \"B", None),
        ("A\tB", None),
    ] {
        assert_eq!(list(text), expected, "{text:?}");
    }
}
