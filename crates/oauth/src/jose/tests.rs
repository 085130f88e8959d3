//! Published vectors of signatures and keys, and what is refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};

use super::*;
use key_set::SetFault;

const RFC: &str = include_str!("../../../../tests/jose/rfc.json");
const WYCHEPROOF: &str = include_str!("../../../../tests/jose/wycheproof.json");
const WYCHEPROOF_KEYS: &str = include_str!("../../../../tests/jose/wycheproof-keys.json");

/// Whether these keys verify a signature, as the service uses keys: those of the set are registered, then the one that the
/// header names is tried, by its own algorithm.
fn verifies(keys: &[Value], jws: &str) -> bool {
    let Ok(jws) = Jws::parse(jws) else { return false };
    if jws.algorithm == Algorithm::Hs256 {
        // Secrets and public keys never stand together, and two of one name are no set: of a client's secrets each is tried.
        let named = |key: &&Value| keys.len() == 1 || key["kid"].as_str() == jws.kid.as_deref();
        let named: Vec<_> = keys.iter().filter(named).collect();
        let secrets =
            keys.iter().all(|key| key["kty"] == "oct" && key["alg"].as_str().is_none_or(|alg| alg == "HS256"));
        let secret = named[0]["k"].as_str().map(|k| URL_SAFE_NO_PAD.decode(k).unwrap());
        let fits = |secret: Vec<u8>| secret.len() >= LEAST_SHARED && jws.is_by_shared(&secret);
        return secrets && named.len() == 1 && secret.is_some_and(fits);
    }
    let Ok(keys) = key_set::parse(&json!({ "keys": keys }).to_string()) else { return false };
    let named = |key: &&PublicKey| jws.kid.is_none() || key.kid.is_none() || jws.kid == key.kid;
    keys.iter().filter(named).any(|key| key.algorithm == jws.algorithm && jws.is_by(key))
}

fn holds(file: &str, name: &str, stricter: &[u64]) -> usize {
    let file: Value = serde_json::from_str(file).unwrap();
    let mut count = 0;
    for group in file["groups"].as_array().unwrap() {
        let keys = group["keys"].as_array().cloned().unwrap_or_else(|| vec![group["key"].clone()]);
        for test in group["tests"].as_array().unwrap() {
            let number = test[0].as_u64().unwrap();
            let expected = test[3] == true && !stricter.contains(&number);
            assert_eq!(verifies(&keys, test[2].as_str().unwrap()), expected, "{name} {number}: {}", test[1]);
            count += 1;
        }
    }
    count
}

#[test]
fn what_the_standards_publish_verifies() {
    assert_eq!(holds(RFC, "RFC", &[]), 6);
}

#[test]
fn what_wycheproof_publishes_verifies_or_is_refused() {
    // Two cases are called valid although a part of them has a question mark, which base64url has not.
    assert!(holds(WYCHEPROOF, "Wycheproof", &[372, 373]) > 340);
    assert!(holds(WYCHEPROOF_KEYS, "Wycheproof, keys", &[]) > 15);
}

fn key(text: &str) -> Result<PublicKey, KeyFault> {
    PublicKey::parse(text)
}

/// A key of each kind that the service verifies by: RFC 7515 appendix A.2 and A.3, RFC 8037 appendix A.2.
fn keys() -> [Value; 3] {
    let file: Value = serde_json::from_str(RFC).unwrap();
    [1, 2, 4].map(|at| file["groups"][at]["key"].clone())
}

fn with(key: &Value, name: &str, value: Value) -> String {
    let mut key = key.clone();
    key[name] = value;
    key.to_string()
}

#[test]
fn a_key_has_the_thumbprint_that_the_standards_publish() {
    let [rsa, _, okp] = keys();
    // RFC 8037 appendix A.3.
    assert_eq!(key(&okp.to_string()).unwrap().thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    // RFC 7638 section 3.1.
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs\
             tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n\
             91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let of_rfc = json!({ "kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29" });
    let of_rfc = key(&of_rfc.to_string()).unwrap();
    assert_eq!(of_rfc.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_eq!(of_rfc.name(), "2011-04-29");
    assert_eq!(key(&rsa.to_string()).unwrap().name(), key(&rsa.to_string()).unwrap().thumbprint());
}

#[test]
fn a_key_has_one_algorithm_and_one_spelling() {
    let [rsa, ec, okp] = keys();
    let algorithm = |text: &str| key(text).map(|key| key.algorithm);
    for (jwk, by_itself, others) in [
        (&rsa, Algorithm::Rs256, &["RS256", "PS256"][..]),
        (&ec, Algorithm::Es256, &["ES256"]),
        (&okp, Algorithm::EdDsa, &["EdDSA", "Ed25519"]),
    ] {
        assert_eq!(algorithm(&jwk.to_string()), Ok(by_itself));
        for name in Algorithm::NAMES.into_iter().chain(["none", "RS512", "rs256", ""]) {
            let expected =
                if others.contains(&name) { Ok(Algorithm::parse(name).unwrap()) } else { Err(KeyFault::Algorithm) };
            assert_eq!(algorithm(&with(jwk, "alg", json!(name))), expected, "{name}");
        }
        let parsed = key(&with(jwk, "kid", json!("a\\b~!"))).unwrap();
        assert_eq!(key(&parsed.written()).unwrap(), parsed, "what is stored is read as it was");
        let unnamed = key(&jwk.to_string()).unwrap();
        assert_eq!(key(&unnamed.written()).unwrap().name(), unnamed.thumbprint());
    }
}

#[test]
fn a_key_that_is_private_shared_weak_or_of_another_kind_is_refused_with_its_reason() {
    let [rsa, ec, okp] = keys();
    for private in ["d", "p", "q", "dp", "dq", "qi", "oth"] {
        for jwk in [&rsa, &ec, &okp] {
            assert_eq!(key(&with(jwk, private, json!("AQAB"))), Err(KeyFault::Private(private)));
        }
    }
    let number = |bytes: usize, first: u8, last: u8| {
        let mut bytes = vec![0xa5; bytes];
        (bytes[0], *bytes.last_mut().unwrap()) = (first, last);
        json!(URL_SAFE_NO_PAD.encode(bytes))
    };
    let rsa_of = |n: Value| with(&rsa, "n", n);
    for (text, fault) in [
        (String::new(), KeyFault::NotJson),
        ("[]".to_owned(), KeyFault::NotJson),
        (r#"{"kty":"RSA","kty":"RSA"}"#.to_owned(), KeyFault::Repeated("kty".to_owned())),
        ("{}".to_owned(), KeyFault::Missing("kty")),
        (with(&rsa, "kty", json!(1)), KeyFault::Malformed("kty")),
        (with(&rsa, "kty", json!("oct")), KeyFault::Shared),
        (with(&rsa, "k", json!("AQAB")), KeyFault::Shared),
        (with(&rsa, "kty", json!("rsa")), KeyFault::Kind),
        (with(&rsa, "kty", json!("EC")), KeyFault::Missing("crv")),
        (with(&ec, "crv", json!("P-384")), KeyFault::Curve),
        (with(&ec, "crv", json!("secp256k1")), KeyFault::Curve),
        (with(&okp, "crv", json!("X25519")), KeyFault::Curve),
        (with(&okp, "crv", json!("Ed448")), KeyFault::Curve),
        (with(&ec, "use", json!("enc")), KeyFault::Use),
        (with(&ec, "key_ops", json!(["sign"])), KeyFault::Use),
        (with(&ec, "key_ops", json!("verify")), KeyFault::Use),
        (with(&ec, "x", json!("AQAB")), KeyFault::Malformed("x")),
        (with(&ec, "y", json!("AQ==")), KeyFault::Malformed("y")),
        (with(&okp, "x", number(31, 1, 1)), KeyFault::Malformed("x")),
        (with(&rsa, "e", json!("Aw")), KeyFault::Exponent),
        (with(&rsa, "e", json!("AQ")), KeyFault::Exponent),
        (rsa_of(number(128, 0xff, 1)), KeyFault::Size(1024)),
        (rsa_of(number(256, 0x7f, 1)), KeyFault::Size(2047)),
        (rsa_of(number(257, 0x01, 1)), KeyFault::Size(2049)),
        (rsa_of(number(1024, 0xff, 1)), KeyFault::Size(8192)),
        (rsa_of(json!("")), KeyFault::Size(0)),
        (rsa_of(number(256, 0xff, 2)), KeyFault::Malformed("n")),
        (with(&rsa, "kid", json!("")), KeyFault::Malformed("kid")),
        (with(&rsa, "kid", json!("a b")), KeyFault::Malformed("kid")),
        (with(&rsa, "kid", json!("k".repeat(129))), KeyFault::Malformed("kid")),
    ] {
        assert_eq!(key(&text), Err(fault), "{text}");
    }
    for size in [256, 384, 512] {
        assert!(key(&rsa_of(number(size, 0x80, 1))).is_ok(), "{size}");
    }
    // A zero before the first bit changes no number.
    let n = URL_SAFE_NO_PAD.decode(rsa["n"].as_str().unwrap()).unwrap();
    let longer = rsa_of(json!(URL_SAFE_NO_PAD.encode([&[0], &n[..]].concat())));
    assert_eq!(key(&longer).unwrap(), key(&rsa.to_string()).unwrap());
    // Every reason has words, and none quotes what is private.
    assert!(KeyFault::Private("d").to_string().contains("register the public key only"));
    assert!(KeyFault::Size(1024).to_string().contains("1024 bits"));
    assert!(KeyFault::Malformed("kid").to_string().contains("visible ASCII"));
    assert!(KeyFault::Malformed("x").to_string().contains("base64url"));
}

#[test]
fn a_set_has_one_to_four_keys_each_of_its_own_name() {
    let [rsa, ec, okp] = keys();
    let set = |keys: &[Value]| key_set::parse(&json!({ "keys": keys }).to_string()).map(|keys| keys.len());
    assert_eq!(set(&[rsa.clone(), ec.clone(), okp.clone()]), Ok(3));
    assert_eq!(key_set::parse(&ec.to_string()).map(|keys| keys.len()), Ok(1), "one key needs no set");
    assert_eq!(set(&[]), Err(SetFault::Empty));
    let many = |count: u8| (1..=count).map(|byte| with(&okp, "x", json!(URL_SAFE_NO_PAD.encode([byte + 2; 32]))));
    let many = |count| many(count).map(|text| serde_json::from_str(&text).unwrap()).collect::<Vec<Value>>();
    assert_eq!(set(&many(4)), Ok(4));
    for count in [5, 6] {
        assert_eq!(set(&many(count)), Err(SetFault::TooMany(usize::from(count))));
        let parsed: Vec<_> = many(count).iter().map(|jwk| key(&jwk.to_string()).unwrap()).collect();
        assert_eq!(key_set::check(&parsed), Err(SetFault::TooMany(usize::from(count))));
    }
    let named = |key: &Value, kid: &str| serde_json::from_str(&with(key, "kid", json!(kid))).unwrap();
    assert_eq!(set(&[named(&ec, "a"), named(&okp, "a")]), Err(SetFault::SameName("a".to_owned())));
    let thumbprint = key(&ec.to_string()).unwrap().thumbprint();
    assert_eq!(set(&[named(&ec, "a"), named(&ec, "b")]), Err(SetFault::SameKey(thumbprint)));
    assert_eq!(set(&[ec.clone(), json!({ "kty": "oct", "k": "AQAB" })]), Err(SetFault::Key(2, KeyFault::Shared)));
    for text in ["", "[]", "{}", r#"{"keys":1}"#, "-----BEGIN PUBLIC KEY-----"] {
        assert_eq!(key_set::parse(text).err(), Some(SetFault::NotKeys), "{text}");
    }
    let twice = format!(r#"{{"keys":[],"keys":[{ec}]}}"#);
    assert_eq!(key_set::parse(&twice).err(), Some(SetFault::Repeated("keys".to_owned())));
    for (length, fault) in [(key_set::MAX_FILE, SetFault::NotKeys), (key_set::MAX_FILE + 1, SetFault::TooLong)] {
        assert_eq!(key_set::parse(&" ".repeat(length)).err(), Some(fault));
    }
    let faults =
        [SetFault::NotKeys, SetFault::Key(2, KeyFault::Shared), SetFault::TooMany(5)].map(|fault| fault.to_string());
    assert!(faults[0].contains("RFC 7517") && faults[1].starts_with("key 2: ") && faults[2].contains("at most 4"));
}

#[test]
fn a_point_that_is_not_on_the_curve_verifies_nothing() {
    let [_, ec, okp] = keys();
    let file: Value = serde_json::from_str(RFC).unwrap();
    for (at, off) in
        [(2, with(&ec, "y", ec["x"].clone())), (4, with(&okp, "x", json!(URL_SAFE_NO_PAD.encode([2; 32]))))]
    {
        let jws = Jws::parse(file["groups"][at]["tests"][0][2].as_str().unwrap()).unwrap();
        assert!(!jws.is_by(&key(&off).unwrap()), "{off}");
    }
}

#[test]
fn a_key_that_nobody_has_is_of_the_size_that_the_signature_has() {
    let parts = |algorithm: &str, bytes: usize| {
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": algorithm }).to_string());
        format!("{header}.e30.{}", URL_SAFE_NO_PAD.encode(vec![1; bytes]))
    };
    for (algorithm, bytes, expected) in [
        ("RS256", 256, 256),
        ("PS256", 384, 384),
        ("RS256", 512, 512),
        ("RS256", 10, 256),
        ("ES256", 64, 64),
        ("EdDSA", 9, 64),
    ] {
        let jws = Jws::parse(&parts(algorithm, bytes)).unwrap();
        let decoy = jws.decoy();
        assert_eq!((decoy.algorithm, decoy.signature_bytes()), (jws.algorithm, expected));
        assert!(!jws.is_by(&decoy), "{algorithm}");
    }
}

#[test]
fn an_rsa_key_may_have_made_no_number_that_is_as_large_as_its_modulus() {
    let [rsa, _, okp] = keys();
    let n = URL_SAFE_NO_PAD.decode(rsa["n"].as_str().unwrap()).unwrap();
    let less = [&n[..255], &[n[255] - 1]].concat();
    for (signature, expected) in [
        (less, true),
        (vec![0; 256], true),
        (n.clone(), false),
        (vec![0xff; 256], false),
        (n[..255].to_vec(), false),
        ([&[0], &n[..]].concat(), false),
        (vec![0xff; 64], false),
    ] {
        let text = format!("eyJhbGciOiJSUzI1NiJ9.e30.{}", URL_SAFE_NO_PAD.encode(&signature));
        let jws = Jws::parse(&text).unwrap();
        assert_eq!(jws.may_be_by(&key(&rsa.to_string()).unwrap()), expected, "{signature:x?}");
        // The decoy is of the same length, and its modulus is the largest.
        assert_eq!(jws.may_be_by(&jws.decoy()), signature.len() == 256 && signature != [0xff; 256]);
        assert_eq!(jws.may_be_by(&key(&okp.to_string()).unwrap()), signature.len() == 64);
    }
}

/// The encodings of the eight points of small order of Ed25519, without the sign: y and, below 2^255, y + p.
const SMALL_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
];

#[test]
fn a_key_of_small_order_is_refused_in_each_encoding() {
    let [_, _, okp] = keys();
    for text in SMALL_ORDER {
        let byte = |at: usize| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap();
        let mut point: [u8; 32] = std::array::from_fn(byte);
        for sign in [0, 0x80] {
            point[31] = (point[31] & 0x7f) | sign;
            let x = json!(URL_SAFE_NO_PAD.encode(point));
            assert_eq!(key(&with(&okp, "x", x)), Err(KeyFault::SmallOrder), "{text} {sign}");
        }
        // Its neighbour is another point, or none.
        point[1] ^= 1;
        assert!(key(&with(&okp, "x", json!(URL_SAFE_NO_PAD.encode(point)))).is_ok(), "{text}");
    }
    assert!(KeyFault::SmallOrder.to_string().contains("anyone can sign"));
}

#[test]
fn a_number_of_seconds_may_have_a_fraction_and_no_sign() {
    for (text, expected) in [
        ("1", Ok(Some(1))),
        ("1.9", Ok(Some(1))),
        ("1e3", Ok(Some(1000))),
        ("1e300", Ok(Some(u64::MAX))),
        ("-1", Err(members::OtherType)),
        ("\"1\"", Err(members::OtherType)),
        ("null", Err(members::OtherType)),
    ] {
        let object = format!("{{\"exp\":{text}}}");
        assert_eq!(Members::parse(&object).unwrap().seconds("exp"), expected, "{text}");
    }
}

#[test]
fn an_assertion_and_its_header_have_a_longest_length() {
    let header =
        |padding: usize| URL_SAFE_NO_PAD.encode(json!({ "alg": "HS256", "x": "a".repeat(padding) }).to_string());
    for (padding, length, fault) in [(746, 1024, None), (747, 1026, Some(Unreadable::HeaderTooLong))] {
        assert_eq!(header(padding).len(), length);
        assert_eq!(Jws::parse(&format!("{}.e30.YQ", header(padding))).err(), fault, "{padding}");
    }
    let text = |length: usize| format!("{}.e30.", header(0)) + &"A".repeat(length - header(0).len() - ".e30.".len());
    for (length, is_too_long) in [(MAX_ASSERTION, false), (MAX_ASSERTION + 1, true)] {
        assert_eq!(Jws::parse(&text(length)).err() == Some(Unreadable::TooLong), is_too_long, "{length}");
    }
}

#[test]
fn only_a_key_of_a_curve_has_a_point_to_check() {
    let [rsa, ec, okp] = keys();
    let point = |jwk: &Value| key(&jwk.to_string()).unwrap().p256_point().map(<[u8]>::to_vec);
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(ec[name].as_str().unwrap()).unwrap();
    // Uncompressed: 4, x, y (SEC 1 section 2.3.3).
    assert_eq!(point(&ec), Some([&[4][..], &coordinate("x"), &coordinate("y")].concat()));
    assert_eq!((point(&rsa), point(&okp)), (None, None));
}
