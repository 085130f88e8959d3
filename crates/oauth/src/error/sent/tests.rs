//! What an error repeats of what a caller sent, and what it does not.

#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn a_text_is_repeated_in_quotes_with_the_characters_of_the_rfc() {
    for (text, shown) in [
        ("WMS_ACQ", "'WMS_ACQ'".to_owned()),
        ("", "''".to_owned()),
        ("a b", "'a b'".to_owned()),
        ("a\"b\\c'd\ne\u{e9}\0", "'a?b?c?d?e??'".to_owned()),
        (&"a".repeat(60), format!("'{}'", "a".repeat(60))),
        (&"a".repeat(61), format!("'{}...'", "a".repeat(60))),
        (&"\u{e9}".repeat(2000), format!("'{}...'", "?".repeat(60))),
    ] {
        assert_eq!(Sent::of(text).to_string(), shown);
    }
}

#[test]
fn a_token_or_a_secret_is_withheld_and_a_parameter_that_may_hold_one_is_not_repeated() {
    let secret = crate::client::new_secret([7; 24]);
    for text in
        ["tk_s3cr3t", "rt_s3cr3t", "auth_s3cr3t", secret.expose(), &format!("A {}", secret.expose()), "a:tk_s3cr3t"]
    {
        let shown = Sent::of(text).to_string();
        assert_eq!(shown, format!("(withheld: {} characters)", text.len()));
    }
    for parameter in ["state", "code", "refresh_token", "code_verifier", "code_challenge", "token", "x"] {
        assert_eq!(Sent::value(parameter, "s3cr3t").to_string(), "", "{parameter}");
    }
    assert_eq!(Sent::value("prompt", "select_account").to_string(), "'select_account'");
    assert_eq!((Sent::maybe(None).to_string(), Sent::maybe(Some("x")).to_string()), ("missing".into(), "'x'".into()));
}
