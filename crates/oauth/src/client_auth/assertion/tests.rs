//! What an assertion may say, and how its key is found.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::*;
use crate::client::{Client, ClientKey, NamedSecret};
use crate::client_auth::ClientAuth;
use crate::jose::PublicKey;
use crate::secret::{ClientSecret, Keyring};

const NOW: u64 = 1_795_393_844;
const SECRET: &str = "a secret of two and thirty bytes";
const ISSUER: &str = "https://auth.example";

fn claims() -> Value {
    json!({ "iss": "app", "sub": "app", "aud": ISSUER, "jti": "1", "exp": NOW + 60, "iat": NOW })
}

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn public(seed: u8, kid: Option<&str>) -> ClientKey {
    let mut jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(pair(seed).public_key()) });
    if let Some(kid) = kid {
        jwk["kid"] = json!(kid);
    }
    (&PublicKey::parse(&jwk.to_string()).unwrap()).into()
}

fn signed(header: &str, claims: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(sign(text.as_bytes())))
}

fn by_secret(claims: &Value, secret: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    signed(r#"{"alg":"HS256"}"#, &claims.to_string(), |text| hmac::sign(&key, text).as_ref().to_vec())
}

fn by_key(header: &Value, claims: &Value, seed: u8) -> String {
    signed(&header.to_string(), &claims.to_string(), |text| pair(seed).sign(text).as_ref().to_vec())
}

fn audiences() -> Audiences {
    Audiences {
        issuer: ISSUER.to_owned(),
        endpoints: vec![format!("{ISSUER}/oauth2/accessToken"), format!("{ISSUER}/token")],
    }
}

/// Reads an assertion and checks what needs no record.
fn checked(text: &str) -> Result<Assertion, Error> {
    let assertion = Assertion::parse(text)?;
    assertion.check(&audiences(), &Settings::default(), NOW).map(|()| assertion)
}

fn with(name: &str, value: Value) -> Result<(), &'static str> {
    let mut claims = claims();
    claims[name] = value;
    checked(&by_secret(&claims, SECRET)).map(drop).map_err(Error::name)
}

fn keyring() -> Keyring {
    Keyring::parse(&Keyring::line("k", &[7; 32])).unwrap()
}

fn client(methods: &[AuthMethod], secret: &str, keys: Vec<ClientKey>) -> Client {
    let sealed = keyring().seal("app", &ClientSecret::new(secret.to_owned()), [1; 12]).unwrap();
    let secret = NamedSecret { name: "first".to_owned(), sealed, created_at: 0, expires_at: None };
    Client { auth_methods: methods.to_vec(), keys, ..Client::new("app".to_owned(), String::new(), secret, 0) }
}

/// The name of the secret or key that made it, or of the refusal.
fn verified(text: &str, client: Option<Client>) -> Result<String, &'static str> {
    let form = format!("{CLIENT_ASSERTION_TYPE}={JWT_BEARER}&{CLIENT_ASSERTION}={text}");
    let form = Pairs::parse(form.as_bytes()).unwrap();
    let auth = ClientAuth::of(None, &Pairs::default(), &form).map_err(|denial| denial.name())?;
    let verified = auth.verify(client, &Pairs::default(), &keyring(), &Settings::default(), NOW);
    verified.map(|verified| verified.secret.unwrap()).map_err(|denial| denial.name())
}

#[test]
fn each_claim_is_what_it_must_be() {
    let missing = Err("assertion_claim_missing");
    for name in ["iss", "sub", "aud", "jti", "exp"] {
        for value in [Value::Null, json!(""), json!({}), json!(-1)] {
            assert_eq!(with(name, value.clone()), missing, "{name} {value}");
        }
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        assert_eq!(checked(&by_secret(&claims, SECRET)).map(drop).map_err(Error::name), missing, "{name}");
    }
    for name in ["iat", "nbf"] {
        assert_eq!(with(name, json!("now")), missing);
        assert_eq!(with(name, json!(NOW + 300)), Ok(()));
        assert_eq!(with(name, json!(NOW + 301)), Err("assertion_from_future"));
        assert_eq!(with(name, json!(1)), Ok(()));
    }
    assert_eq!(with("sub", json!("other")), Err("assertion_issuer_differs"));
    assert_eq!(with("iss", json!("urn:latchkey:user:x")), Err("assertion_issuer_differs"));
    assert_eq!(with("jti", json!("j".repeat(256))), Ok(()));
    assert_eq!(with("jti", json!("j".repeat(257))), missing);
    assert_eq!(with("exp", json!(NOW)), Err("assertion_expired"));
    assert_eq!(with("exp", json!(NOW + 1)), Ok(()));
    assert_eq!(with("exp", json!(NOW as f64 + 59.5)), Ok(()));
    assert_eq!(with("exp", json!(NOW + 3600)), Ok(()));
    assert_eq!(with("exp", json!(NOW + 3601)), Err("assertion_lives_too_long"));
    assert_eq!(with("exp", json!(u64::MAX)), Err("assertion_lives_too_long"));
    assert_eq!(with("anything", json!({ "else": [1] })), Ok(()), "another claim says nothing");
}

#[test]
fn an_assertion_is_for_this_service_and_for_no_other() {
    for (audience, fits) in [
        (json!(ISSUER), true),
        (json!([ISSUER]), true),
        (json!("https://auth.example/oauth2/accessToken"), true),
        (json!("https://auth.example/token"), true),
        (json!("https://auth.example/"), false),
        (json!("https://auth.example/oauth2/revoke"), false),
        (json!("https://AUTH.example"), false),
        (json!([ISSUER, "https://other.example"]), false),
        (json!([ISSUER, ISSUER]), false),
        (json!([]), false),
        (json!("https://other.example"), false),
    ] {
        let expected = if fits { Ok(()) } else { Err("assertion_audience_wrong") };
        assert_eq!(with("aud", audience.clone()), expected, "{audience}");
    }
    // An assertion of its own type is for the issuer alone.
    let mut to_endpoint = claims();
    to_endpoint["aud"] = json!("https://auth.example/token");
    for typ in ["client-authentication+jwt", "application/Client-Authentication+JWT"] {
        let header = json!({ "alg": "EdDSA", "typ": typ });
        assert!(checked(&by_key(&header, &claims(), 1)).is_ok());
        let refused = checked(&by_key(&header, &to_endpoint, 1)).map(drop).map_err(Error::name);
        assert_eq!(refused, Err("assertion_audience_wrong"), "{typ}");
    }
}

#[test]
fn what_cannot_be_read_has_a_name_for_each_reason() {
    let good = by_secret(&claims(), SECRET);
    let claims = claims().to_string();
    let header = |header: &str| signed(header, &claims, |_| vec![1; 64]);
    let [_, payload, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    for (text, name) in [
        (String::new(), "assertion_malformed"),
        ("a.b".to_owned(), "assertion_malformed"),
        (format!("{good}.e30"), "assertion_malformed"),
        (format!(".{payload}.{signature}"), "assertion_malformed"),
        (format!("{good}="), "assertion_malformed"),
        (format!("{good} "), "assertion_malformed"),
        (r#"{"payload":"e30","signatures":[{},{}]}"#.to_owned(), "assertion_malformed"),
        (header("[]"), "assertion_malformed"),
        (header("\u{ff}"), "assertion_malformed"),
        (header(r#"{"alg":"HS256","alg":"none"}"#), "assertion_malformed"),
        (signed(r#"{"alg":"HS256"}"#, r#"{"iss":"a","iss":"b"}"#, |_| vec![1]), "assertion_malformed"),
        (signed(r#"{"alg":"HS256"}"#, "not JSON", |_| vec![1]), "assertion_malformed"),
        (header(r#"{"alg":"HS256","crit":["b64"],"b64":false}"#), "assertion_header_refused"),
        (header(r#"{"alg":"HS256","crit":null}"#), "assertion_header_refused"),
        (header(r#"{"alg":"HS256","typ":"at+jwt"}"#), "assertion_header_refused"),
        (header(r#"{"alg":"HS256","typ":1}"#), "assertion_header_refused"),
        (header(r#"{"alg":"HS256","kid":["a"]}"#), "assertion_header_refused"),
        (header("{}"), "assertion_algorithm_unknown"),
        (header(r#"{"alg":"none"}"#), "assertion_algorithm_unknown"),
        (header(r#"{"alg":"nOnE"}"#), "assertion_algorithm_unknown"),
        (header(r#"{"alg":"HS384"}"#), "assertion_algorithm_unknown"),
        (header(&format!(r#"{{"alg":"HS256","x":"{}"}}"#, "x".repeat(760))), "assertion_too_long"),
        ("a".repeat(4097), "assertion_too_long"),
    ] {
        assert_eq!(checked(&text).map(drop).map_err(Error::name), Err(name), "{text}");
    }
    assert!(checked(&good).is_ok());
}

#[test]
fn only_the_secret_of_a_client_that_is_registered_for_it_signs_by_hs256() {
    let good = by_secret(&claims(), SECRET);
    let by = |methods: &[AuthMethod]| verified(&good, Some(client(methods, SECRET, vec![])));
    assert_eq!(by(&[AuthMethod::SecretJwt]), Ok("first".to_owned()));
    assert_eq!(by(&[AuthMethod::WsKey, AuthMethod::SecretJwt]), Ok("first".to_owned()));
    for other in [AuthMethod::WsKey, AuthMethod::Basic, AuthMethod::Post, AuthMethod::PrivateKeyJwt, AuthMethod::None] {
        assert_eq!(by(&[other]), Err("method_not_registered"), "{other:?}");
    }
    let known = client(&[AuthMethod::SecretJwt], SECRET, vec![]);
    assert_eq!(verified(&good, None), Err("client_unknown"));
    assert_eq!(verified(&good, Some(Client { disabled: true, ..known.clone() })), Err("client_disabled"));
    assert_eq!(verified(&by_secret(&claims(), "another"), Some(known.clone())), Err("assertion_wrong"));
    // A public key is no secret: whoever signs with its text signs with what everybody has.
    let keys = vec![public(1, Some("k"))];
    let confused = by_secret(&claims(), &keys[0].jwk);
    let both = client(&[AuthMethod::SecretJwt, AuthMethod::PrivateKeyJwt], SECRET, keys);
    assert_eq!(verified(&confused, Some(both)), Err("assertion_wrong"));
}

#[test]
fn a_secret_that_is_too_short_is_named_to_whoever_has_it() {
    for (length, told) in [(31, Err("assertion_secret_short")), (32, Ok("first".to_owned()))] {
        let secret = &SECRET[..length];
        let client = client(&[AuthMethod::SecretJwt], secret, vec![]);
        assert_eq!(verified(&by_secret(&claims(), secret), Some(client.clone())), told);
        assert_eq!(verified(&by_secret(&claims(), "wrong"), Some(client)), Err("assertion_wrong"));
    }
}

#[test]
fn a_key_is_found_by_its_name_or_among_all_and_used_by_its_own_algorithm_only() {
    let keys = vec![public(1, Some("one")), public(2, Some("two")), public(3, None)];
    let client = client(&[AuthMethod::PrivateKeyJwt], SECRET, keys.clone());
    let by = |header: Value, seed| verified(&by_key(&header, &claims(), seed), Some(client.clone()));
    assert_eq!(by(json!({ "alg": "EdDSA" }), 2), Ok("two".to_owned()));
    assert_eq!(by(json!({ "alg": "Ed25519", "kid": "one" }), 1), Ok("one".to_owned()));
    assert_eq!(by(json!({ "alg": "EdDSA", "kid": keys[2].kid }), 3), Ok(keys[2].kid.clone()));
    for (header, seed) in [
        (json!({ "alg": "EdDSA", "kid": "one" }), 2),
        (json!({ "alg": "EdDSA", "kid": "four" }), 1),
        (json!({ "alg": "EdDSA" }), 4),
        (json!({ "alg": "ES256" }), 1),
        (json!({ "alg": "RS256", "kid": "one" }), 1),
        // A key that the header brings along is nobody's.
        (json!({ "alg": "EdDSA", "jwk": { "kty": "OKP" }, "jku": "https://x.example", "kid": "four" }), 4),
    ] {
        assert_eq!(by(header.clone(), seed), Err("assertion_wrong"), "{header} {seed}");
    }
    let good = by_key(&json!({ "alg": "EdDSA" }), &claims(), 1);
    assert_eq!(verified(&good, None), Err("client_unknown"));
    assert_eq!(verified(&good, Some(Client { disabled: true, ..client.clone() })), Err("client_disabled"));
    for other in [AuthMethod::WsKey, AuthMethod::SecretJwt, AuthMethod::None] {
        let other = Client { auth_methods: vec![other], ..client.clone() };
        assert_eq!(verified(&good, Some(other)), Err("method_not_registered"));
    }
    // A stored key that cannot be read verifies nothing, and hinders no other.
    let mut damaged = client;
    damaged.keys[1].jwk = "{".to_owned();
    assert_eq!(verified(&good, Some(damaged.clone())), Ok("one".to_owned()));
    assert_eq!(verified(&by_key(&json!({ "alg": "EdDSA" }), &claims(), 2), Some(damaged)), Err("assertion_wrong"));
}

#[test]
fn the_registration_says_how_far_away_the_end_may_be() {
    for (registered, most) in [(None, 300), (Some(60), 60), (Some(3600), 3600), (Some(9999), 3600)] {
        let client = Client { assertion_seconds: registered, ..client(&[AuthMethod::SecretJwt], SECRET, vec![]) };
        for (left, told) in [(most, Ok("first".to_owned())), (most + 1, Err("assertion_lives_too_long"))] {
            let mut claims = claims();
            claims["exp"] = json!(NOW + left);
            assert_eq!(verified(&by_secret(&claims, SECRET), Some(client.clone())), told, "{registered:?} {left}");
        }
    }
}

#[test]
fn a_form_has_one_assertion_of_the_one_type() {
    let of = |form: &str| {
        let pairs = Pairs::parse(form.as_bytes()).unwrap();
        match Assertion::of(&pairs) {
            Ok(None) => Ok(None),
            Ok(Some(_)) => {
                let auth = ClientAuth::of(None, &Pairs::default(), &pairs);
                auth.map(|auth| Some(auth.method())).map_err(|denial| denial.name())
            }
            Err(denial) => Err(denial.name()),
        }
    };
    let good = by_secret(&claims(), SECRET);
    let by_key = by_key(&json!({ "alg": "EdDSA" }), &claims(), 1);
    let of_type = format!("{CLIENT_ASSERTION_TYPE}={JWT_BEARER}");
    for (form, told) in [
        (String::new(), Ok(None)),
        ("client_assertion=&client_assertion_type=".to_owned(), Ok(None)),
        (format!("{of_type}&client_assertion={good}"), Ok(Some(AuthMethod::SecretJwt))),
        (format!("{of_type}&client_assertion={by_key}"), Ok(Some(AuthMethod::PrivateKeyJwt))),
        (of_type.clone(), Err("parameter_missing")),
        (format!("client_assertion={good}"), Err("assertion_type_unknown")),
        (format!("client_assertion={good}&client_assertion_type=x"), Err("assertion_type_unknown")),
        (format!("client_assertion={good}&client_assertion_type={JWT_BEARER}%20"), Err("assertion_type_unknown")),
        (format!("{of_type}&client_assertion={good}&client_assertion={good}"), Err("parameter_repeated")),
        (format!("{of_type}&{of_type}&client_assertion={good}"), Err("parameter_repeated")),
    ] {
        assert_eq!(of(&form), told, "{form}");
    }
}

#[test]
fn a_copy_is_known_by_client_and_jti_and_never_as_a_signed_request() {
    let replay = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value.clone();
        if name == "iss" {
            claims["sub"] = value;
        }
        let assertion = checked(&by_secret(&claims, SECRET)).unwrap();
        (assertion.replay_key(), assertion.until())
    };
    let (key, until) = replay("jti", json!("1"));
    assert_eq!(until, NOW + 60 + 60);
    assert_eq!(replay("iat", json!(1)).0, key);
    for (name, value) in [("jti", json!("2")), ("iss", json!("ap")), ("jti", json!("p1"))] {
        assert_ne!(replay(name, value).0, key);
    }
    assert_ne!(ReplayKey::of_assertion("ap", "p1"), ReplayKey::of_assertion("app", "1"));
    assert_ne!(ReplayKey::of(&["app", "1"]), ReplayKey::of_assertion("app", "1"));
    assert_ne!(ReplayKey::of(&["\0jwt\0", "app", "1"]), ReplayKey::of_assertion("app", "1"));
}

#[test]
fn only_a_client_that_is_registered_for_one_of_both_kinds_asserts() {
    use AuthMethod::*;
    for (methods, asserts) in [
        (&[SecretJwt][..], true),
        (&[PrivateKeyJwt], true),
        (&[WsKey, PrivateKeyJwt], true),
        (&[WsKey, Basic, Post], false),
        (&[None], false),
    ] {
        assert_eq!(client(methods, SECRET, vec![]).asserts(), asserts, "{methods:?}");
    }
}

#[test]
fn a_short_secret_that_is_there_twice_is_short() {
    let mut client = client(&[AuthMethod::SecretJwt], "short", vec![]);
    client.secrets.push(NamedSecret { name: "second".to_owned(), ..client.secrets[0].clone() });
    assert_eq!(verified(&by_secret(&claims(), "short"), Some(client)), Err("assertion_secret_short"));
}

#[test]
fn only_an_assertion_has_an_audience_to_check() {
    let settings = Settings::default();
    let auth = |form: String| ClientAuth::of(None, &Pairs::default(), &Pairs::parse(form.as_bytes()).unwrap()).ok();
    for (text, other) in [
        (by_secret(&claims(), SECRET), "https://other.example"),
        (by_key(&json!({ "alg": "EdDSA" }), &claims(), 1), "https://auth.example/oauth2/revoke"),
    ] {
        let auth = auth(format!("{CLIENT_ASSERTION_TYPE}={JWT_BEARER}&{CLIENT_ASSERTION}={text}")).unwrap();
        assert_eq!(auth.check_assertion(audiences, &settings, NOW), Ok(()));
        let elsewhere = || Audiences { issuer: other.to_owned(), endpoints: vec![] };
        let refused = auth.check_assertion(elsewhere, &settings, NOW);
        assert_eq!(refused.map_err(|failure| failure.name()), Err("assertion_audience_wrong"));
    }
    let public = auth("client_id=app".to_owned()).unwrap();
    assert_eq!(public.check_assertion(|| panic!("it has no audience"), &settings, NOW), Ok(()));
}
