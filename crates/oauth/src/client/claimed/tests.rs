//! The claims that a log may have, and those that it must not.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::client::{new_client_id, new_secret};

#[test]
fn what_can_be_a_client_id_is_told() {
    let own = new_client_id([0xA5; 40]);
    for id in ["demo", "reading-lists.example", "app@library:7~x_y", &own, &"a".repeat(100)] {
        assert_eq!(claimed_id(id).as_deref(), Some(id));
    }
    assert_eq!(claimed_id(""), None);
}

#[test]
fn what_looks_like_a_secret_or_a_token_and_what_can_be_no_client_id_is_withheld() {
    for byte in 0..=255 {
        let minted = new_secret([byte, 7, 200, byte, 91, 16].repeat(4).try_into().unwrap());
        assert_eq!(claimed_id(minted.expose()).as_deref(), Some("(withheld: 32 characters)"), "{byte}");
    }
    let pair = format!("shop:{}", new_secret([7; 24]).expose());
    let long = "a".repeat(101);
    for text in [
        "tk_abc",
        "rt_abc",
        "auth_abc",
        "shop:tk_abc",
        "tk_abc@shop",
        &pair,
        "9ahjb9w7Xe2sB9d3aQHXjQ==",
        "a b",
        "a\nb",
        "a\u{202e}b",
        "\"",
        "{}",
        "ä",
        &long,
    ] {
        let claimed = claimed_id(text).unwrap();
        assert_eq!(claimed, format!("(withheld: {} characters)", text.chars().count()));
    }
}

#[test]
fn of_an_id_that_no_client_has_only_the_beginning_is_told_and_of_a_short_one_nothing() {
    for (claimed, told) in [
        ("3f8c1b2a9d4e5f60718293a4b5c6d7e8f9a0b1c2", "3f8c... (40 characters)"),
        ("a-stranger", "a-st... (10 characters)"),
        ("123456789", "1234... (9 characters)"),
        ("12345678", "(withheld: 8 characters)"),
        ("x", "(withheld: 1 characters)"),
        ("(withheld: 32 characters)", "(withheld: 32 characters)"),
    ] {
        assert_eq!(unknown_id(claimed), told);
    }
}

#[test]
fn a_text_loses_what_looks_like_a_token_or_a_secret_and_nothing_else() {
    let secret = new_secret([7; 24]);
    let token = format!("tk_{}", "aB3_-".repeat(12));
    let text = format!("no client has the id {token}, '{}' or auth_methods (tk_...)", secret.expose());
    let clean = "no client has the id (withheld: 63 characters), '(withheld: 32 characters)' or auth_methods (tk_...)";
    assert_eq!(without_secrets(&text), clean);
    for text in
        ["", "clients[2].auth_methods: it is missing", "7b0c2f5e-31d1-4a60-8c3e-9a4b1f6d2e07", "zo\u{eb}: \u{1f600}"]
    {
        assert_eq!(without_secrets(text), text);
    }
    let id = new_client_id([0x5A; 40]);
    assert_eq!(without_secrets(&id), id);
}

#[test]
fn a_secret_is_of_32_letters_of_both_cases_and_a_token_of_any() {
    for (text, is_secret) in [
        (new_secret([7; 24]).expose(), true),
        ("tk_x", true),
        ("shop:tk_x", true),
        // 32 letters of one case, as a hash has; both cases, and shorter.
        ("9f86d081884c7d659a2feaa0c55ad015", false),
        ("9F86D081884C7D659A2FEAA0C55AD015", false),
        ("ReadingLists", false),
        ("Z-9", false),
        ("", false),
    ] {
        assert_eq!(looks_secret(text), is_secret, "{text}");
    }
}
