//! Which texts are secrets of a proxy, and that a request has one of them whole or none.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

const ONE: &str = "0123456789abcdef0123456789ABCDEF";
const OTHER: &str = "-_23456789abcdef0123456789abcdef0";

#[test]
fn a_secret_is_long_and_plain_and_there_are_two_at_most() {
    for text in [
        ONE.to_owned(),
        OTHER.to_owned(),
        format!("{ONE} {OTHER}"),
        "a".repeat(128),
        format!("{ONE} {ONE}"),
        format!("{ONE} "),
        format!("{ONE} {OTHER} "),
    ] {
        assert!(ProxySecrets::parse(&text).is_some(), "{text}");
    }
    for text in [
        String::new(),
        " ".into(),
        ONE[1..].into(),
        "a".repeat(129),
        format!("{ONE}  "),
        format!(" {ONE}"),
        format!("{ONE}  {OTHER}"),
        format!("{ONE},{OTHER}"),
        format!("{ONE} {OTHER} {ONE}"),
        format!("{ONE} short"),
        format!("{ONE}\n"),
        "é".repeat(32),
        // A reference that CloudFormation did not resolve.
        "{{resolve:secretsmanager:latchkey/cdn:SecretString:v1}}".into(),
    ] {
        assert!(ProxySecrets::parse(&text).is_none(), "{text}");
    }
}

#[test]
fn either_secret_is_good_and_nothing_else_is() {
    let both = ProxySecrets::parse(&format!("{ONE} {OTHER}")).unwrap();
    assert!(both.has(Some(ONE.as_bytes())) && both.has(Some(OTHER.as_bytes())));
    for sent in [
        None,
        Some(""),
        Some(&ONE[1..]),
        Some("0123456789abcdef0123456789abcdef"),
        Some("0123456789abcdef0123456789ABCDEF "),
        Some("0123456789abcdef0123456789ABCDEF,x"),
        Some("0123456789abcdef0123456789ABCDEF -_23456789abcdef0123456789abcdef0"),
    ] {
        assert!(!both.has(sent.map(str::as_bytes)), "{sent:?}");
    }
    let twice = ProxySecrets::parse(&format!("{ONE} {ONE}")).unwrap();
    assert!(twice.has(Some(ONE.as_bytes())) && !twice.has(Some(OTHER.as_bytes())));
    let one = ProxySecrets::parse(ONE).unwrap();
    assert!(one.has(Some(ONE.as_bytes())) && !one.has(Some(OTHER.as_bytes())));
}

#[test]
fn no_secret_is_printed() {
    assert_eq!(format!("{:?}", ProxySecrets::parse(&format!("{ONE} {OTHER}")).unwrap()), "ProxySecrets(2)");
}
