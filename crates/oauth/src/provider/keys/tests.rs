//! Key sets of providers: what is taken of them, and what is not.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::*;
use crate::provider::example::{jwk, key};

fn set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

/// A key of RSA with 2048 bits, which names no algorithm.
fn rsa(kid: &str) -> Value {
    let n = format!("{}{}", "_".repeat(341), "w");
    json!({ "kty": "RSA", "n": n, "e": "AQAB", "kid": kid })
}

fn with(mut key: Value, name: &str, value: Value) -> Value {
    key[name] = value;
    key
}

#[test]
fn keys_of_other_kinds_and_uses_are_skipped() {
    let mixed = [
        with(jwk(3, Some("enc")), "use", json!("enc")),
        rsa("rsa"),
        json!({ "kty": "EC", "crv": "P-521", "x": "AA", "y": "AA", "kid": "p521" }),
        json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "oct" }),
        json!({ "kty": "AKP", "alg": "ML-DSA-65", "pub": "AA" }),
        jwk(1, Some("one")),
        json!("no key"),
        json!({}),
        with(jwk(2, Some("two")), "use", json!("sig")),
        with(jwk(2, Some("two")), "use", json!("sig")),
        with(jwk(4, Some("a name with blanks")), "alg", json!("EdDSA")),
        jwk(5, None),
    ];
    let read = read(&set(&mixed), Algorithm::EdDsa).unwrap();
    assert_eq!(read, [key(1, Some("one")), key(2, Some("two")), key(5, None)]);
}

#[test]
fn a_key_without_an_algorithm_is_of_the_registered_one_if_its_kind_is() {
    let named = |text: &str, algorithm| read(text, algorithm).map(|keys| keys[0].algorithm);
    let (any, ps) = (set(&[rsa("a")]), set(&[with(rsa("a"), "alg", json!("PS256"))]));
    assert_eq!(named(&any, Algorithm::Rs256), Ok(Algorithm::Rs256));
    assert_eq!(named(&any, Algorithm::Ps256), Ok(Algorithm::Ps256));
    assert_eq!(named(&ps, Algorithm::Ps256), Ok(Algorithm::Ps256));
    assert_eq!(named(&ps, Algorithm::Rs256), Err(KeySetFault::NoneUsable(Algorithm::Rs256, None)));
    assert_eq!(named(&any, Algorithm::Es256), Err(KeySetFault::NoneUsable(Algorithm::Es256, None)));
    assert_eq!(named(&any, Algorithm::Hs256), Err(KeySetFault::NoneUsable(Algorithm::Hs256, None)));
    let stored = read(&any, Algorithm::Ps256).unwrap()[0].written();
    assert_eq!(PublicKey::parse(&stored).unwrap().algorithm, Algorithm::Ps256, "it is stored with it");
}

#[test]
fn no_kid_leaves_a_choice() {
    let same = [jwk(1, Some("one")), jwk(2, Some("one"))];
    assert_eq!(read(&set(&same), Algorithm::EdDsa), Err(KeySetFault::SameName("one".into())));
    // Of another algorithm or use it is no choice.
    let other = [jwk(1, Some("one")), rsa("one"), with(jwk(2, Some("one")), "use", json!("enc"))];
    assert_eq!(read(&set(&other), Algorithm::EdDsa), Ok(vec![key(1, Some("one"))]));
}

#[test]
fn a_set_has_its_bounds() {
    let many = |count: u8| (0..count).map(|at| jwk(at + 1, Some(&format!("k{at}")))).collect::<Vec<_>>();
    let count = |keys: &[Value]| read(&set(keys), Algorithm::EdDsa).map(|keys| keys.len());
    assert_eq!(count(&many(16)), Ok(MAX_USABLE));
    assert_eq!(count(&many(17)), Err(KeySetFault::TooManyUsable(Algorithm::EdDsa, 17)));
    let others = |count| vec![rsa("a"); count];
    assert_eq!(count(&[others(31), many(1)].concat()), Ok(1));
    assert_eq!(count(&[others(32), many(1)].concat()), Err(KeySetFault::TooMany(33)));
    let padded = |length: usize| {
        let set = set(&[with(jwk(1, None), "x5c", json!(""))]);
        set.replace("\"x5c\":\"\"", &format!("\"x5c\":\"{}\"", "x".repeat(length - set.len())))
    };
    assert_eq!(read(&padded(MAX_DOCUMENT), Algorithm::EdDsa).map(|keys| keys.len()), Ok(1));
    assert_eq!(read(&padded(MAX_DOCUMENT + 1), Algorithm::EdDsa), Err(KeySetFault::TooLong));
}

#[test]
fn what_is_no_key_set_is_refused_with_its_reason() {
    let private = with(jwk(1, None), "d", json!("AA"));
    for (text, told) in [
        (String::new(), KeySetFault::NotKeys),
        ("[]".into(), KeySetFault::NotKeys),
        ("{}".into(), KeySetFault::NotKeys),
        (r#"{"keys":{}}"#.into(), KeySetFault::NotKeys),
        (r#"{"keys":[],"keys":[]}"#.into(), KeySetFault::Repeated("keys".into())),
        (jwk(1, None).to_string(), KeySetFault::NotKeys),
        ("[".repeat(60_000), KeySetFault::NotKeys),
        (set(&[]), KeySetFault::NoneUsable(Algorithm::EdDsa, None)),
        (set(&[jwk(1, None), private]), KeySetFault::Private(2)),
        (set(&[rsa("a"), json!({ "kty": "EC" })]), {
            KeySetFault::NoneUsable(Algorithm::EdDsa, Some((2, KeyFault::Missing("crv"))))
        }),
    ] {
        assert_eq!(read(&text, Algorithm::EdDsa), Err(told), "{text:.60}");
    }
    let told = KeySetFault::NoneUsable(Algorithm::Rs256, Some((1, KeyFault::Exponent))).to_string();
    assert_eq!(
        told,
        "the key set has no key for RS256; key 1 is not taken: its exponent must be 65537 (\"e\": \"AQAB\")"
    );
}

#[test]
fn a_shared_secret_in_the_set_is_told_without_a_word_of_clients() {
    let set = json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0", "kid": "oct" }] }).to_string();
    let told = read(&set, Algorithm::EdDsa).map(|_| ()).unwrap_err().to_string();
    assert!(told.contains("key 1 is a shared secret (kty oct)") && !told.contains("client"), "{told}");
    assert!(!told.contains("c2VjcmV0"), "{told}");
}
