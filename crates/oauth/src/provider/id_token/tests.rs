//! Every ID token that is refused, by the checks of OpenID Connect Core section 3.1.3.7, and what is read of a good one.

#![allow(clippy::unwrap_used)]

use ring::hmac;
use serde_json::{Value, json};

use super::*;
use crate::example::NOW;
use crate::provider::example::{CLIENT_ID, ISSUER, NAMESPACE, SECRET, by_key, key, provider, provider_with, signed};

mod keys;

const HEADER: &str = r#"{"alg":"EdDSA","kid":"one","typ":"JWT"}"#;
const NONCE: &str = "n-0S6_WzA2Mj";

/// Made a minute after the user left, and ten seconds ago.
fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "248289761001", "aud": CLIENT_ID, "nonce": NONCE,
        "exp": NOW + 300, "iat": NOW - 10, "auth_time": NOW - 20,
    })
}

fn expected(provider: &Provider) -> Expected<'_> {
    Expected { provider, nonce: NONCE.into(), login: false, max_age: None, since: NOW - 70, now: NOW, skew: 5 }
}

fn verified(header: &str, claims: &str) -> Result<Identity, IdTokenError> {
    let provider = provider();
    verify(&by_key(header, claims, 1), &provider.keys, &expected(&provider))
}

fn with(name: &str, value: Value) -> Result<(), IdTokenError> {
    let mut claims = claims();
    claims[name] = value;
    verified(HEADER, &claims.to_string()).map(drop)
}

fn without(name: &str) -> Result<(), IdTokenError> {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    verified(HEADER, &claims.to_string()).map(drop)
}

#[test]
fn a_good_one_says_who_the_user_is() {
    let identity = verified(HEADER, &claims().to_string()).unwrap();
    assert_eq!(identity.principal, Principal { id: "248289761001".into(), idns: NAMESPACE.into() });
    assert_eq!((identity.shown.as_str(), identity.authenticated_at), ("248289761001", Some(NOW - 20)));
    for header in [r#"{"alg":"EdDSA","kid":"one"}"#, r#"{"alg":"EdDSA","typ":"application/jwt"}"#, r#"{"alg":"EdDSA"}"#]
    {
        assert_eq!(verified(header, &claims().to_string()), Ok(identity.clone()), "{header}");
    }
    assert_eq!(without("auth_time"), Ok(()));
    assert_eq!(with("groups", json!({ "a": [1, { "b": null }] })), Ok(()), "other claims do not count");
}

#[test]
fn only_the_provider_signs() {
    let (claims, provider) = (claims().to_string(), provider());
    let refused = |token: &str| verify(token, &provider.keys, &expected(&provider)).err();
    assert_eq!(refused(&by_key(HEADER, &claims, 2)), Some(IdTokenError::SignatureWrong));
    let unsigned = |header: &str| signed(header, &claims, |_| Vec::new());
    for header in
        [r#"{"alg":"none"}"#, r#"{"alg":"None","kid":"one"}"#, r#"{"alg":"","kid":"one"}"#, r#"{"kid":"one"}"#]
    {
        assert_eq!(refused(&unsigned(header)), Some(IdTokenError::AlgorithmWrong), "{header}");
    }
    assert_eq!(refused(&unsigned(HEADER)), Some(IdTokenError::SignatureWrong));
    // By what every client of the provider may know: a secret, or the public key as one.
    let public = provider.keys[0].written();
    for secret in [SECRET, &public] {
        let by = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let token = signed(r#"{"alg":"HS256","kid":"one"}"#, &claims, |text| hmac::sign(&by, text).as_ref().to_vec());
        assert_eq!(refused(&token), Some(IdTokenError::AlgorithmWrong));
    }
    // The registered algorithm counts, and not the header's.
    for name in ["RS256", "PS256", "ES256", "RS512", "eddsa"] {
        let header = json!({ "alg": name, "kid": "one" }).to_string();
        assert_eq!(refused(&by_key(&header, &claims, 1)), Some(IdTokenError::AlgorithmWrong), "{name}");
    }
    // Another part of a good one is no good one.
    let good = by_key(HEADER, &claims, 1);
    let other = by_key(HEADER, &claims.replace("248289761001", "1"), 1);
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (good, other) = (parts(&good), parts(&other));
    assert_eq!(
        refused(&[&good[0], &other[1], &good[2]].map(String::as_str).join(".")),
        Some(IdTokenError::SignatureWrong)
    );
}

#[test]
fn it_is_of_the_registered_issuer_and_for_this_service() {
    for (name, value, told) in [
        ("iss", json!("https://login.other.example"), IdTokenError::IssuerDiffers),
        ("iss", json!("https://login.demo.example/"), IdTokenError::IssuerDiffers),
        ("iss", json!("HTTPS://login.demo.example"), IdTokenError::IssuerDiffers),
        ("iss", json!(""), IdTokenError::IssuerDiffers),
        ("iss", json!([ISSUER]), IdTokenError::ClaimMalformed("iss")),
        ("aud", json!("another"), IdTokenError::AudienceWrong),
        ("aud", json!("LATCHKEY"), IdTokenError::AudienceWrong),
        ("aud", json!([]), IdTokenError::AudienceWrong),
        ("aud", json!(["another"]), IdTokenError::AudienceWrong),
        ("aud", json!([CLIENT_ID, "another"]), IdTokenError::AudienceWrong),
        ("aud", json!({ "0": CLIENT_ID }), IdTokenError::ClaimMalformed("aud")),
        ("aud", json!([CLIENT_ID, 1]), IdTokenError::ClaimMalformed("aud")),
        ("aud", json!(null), IdTokenError::ClaimMalformed("aud")),
        ("azp", json!("another"), IdTokenError::PartyWrong),
        ("azp", json!(""), IdTokenError::PartyWrong),
        ("azp", json!([CLIENT_ID]), IdTokenError::ClaimMalformed("azp")),
    ] {
        assert_eq!(with(name, value.clone()), Err(told), "{name} {value}");
    }
    assert_eq!(without("iss"), Err(IdTokenError::ClaimMalformed("iss")));
    assert_eq!(without("aud"), Err(IdTokenError::ClaimMalformed("aud")));
    assert_eq!((with("aud", json!([CLIENT_ID])), with("azp", json!(CLIENT_ID))), (Ok(()), Ok(())));
    // The service trusts no other audience, also if the token's azp is the service.
    for party in [CLIENT_ID, "another"] {
        let mut claims = claims();
        (claims["aud"], claims["azp"]) = (json!(["another", CLIENT_ID]), json!(party));
        assert_eq!(verified(HEADER, &claims.to_string()).err(), Some(IdTokenError::AudienceWrong), "{party}");
    }
}

#[test]
fn it_was_made_for_the_visit_and_is_still_good() {
    for (name, value, told) in [
        ("exp", json!(NOW - 4), None),
        ("exp", json!(NOW - 5), Some(IdTokenError::Expired)),
        ("exp", json!(0), Some(IdTokenError::Expired)),
        ("exp", json!(u64::MAX), None),
        ("exp", json!((NOW + 1).to_string()), Some(IdTokenError::ClaimMalformed("exp"))),
        ("exp", json!(-1), Some(IdTokenError::ClaimMalformed("exp"))),
        ("iat", json!(NOW + 5), None),
        ("iat", json!(NOW as f64 + 5.5), None),
        ("iat", json!(NOW + 6), Some(IdTokenError::FromFuture)),
        ("iat", json!(NOW - 75 - BACKDATED), None),
        ("iat", json!(NOW - 76 - BACKDATED), Some(IdTokenError::TooOld)),
        ("iat", json!(0), Some(IdTokenError::TooOld)),
        ("iat", json!(true), Some(IdTokenError::ClaimMalformed("iat"))),
        ("nbf", json!(NOW + 5), None),
        ("nbf", json!(NOW + 6), Some(IdTokenError::FromFuture)),
        ("nbf", json!("now"), Some(IdTokenError::ClaimMalformed("nbf"))),
    ] {
        assert_eq!(with(name, value.clone()).err(), told, "{name} {value}");
    }
    for name in ["exp", "iat"] {
        assert_eq!(without(name), Err(IdTokenError::ClaimMalformed(name)));
    }
}

#[test]
fn it_belongs_to_the_visit_by_its_nonce() {
    let other = [json!("n-0S6_WzA2Mk"), json!("n-0S6_WzA2M"), json!(""), json!(null), json!(1), json!([NONCE])];
    for value in other {
        assert_eq!(with("nonce", value.clone()), Err(IdTokenError::NonceWrong), "{value}");
    }
    assert_eq!(without("nonce"), Err(IdTokenError::NonceWrong));
}

/// An operator may allow clocks more for what clients sign.
#[test]
fn a_sign_in_that_is_to_be_new_is_no_more_than_a_minute_old() {
    let provider = provider();
    for (auth_time, told) in [(NOW - 130, Ok(Some(NOW - 130))), (NOW - 131, Err(IdTokenError::AuthTimeOld))] {
        let mut claims = claims();
        claims["auth_time"] = json!(auth_time);
        let token = by_key(HEADER, &claims.to_string(), 1);
        let expected = Expected { login: true, skew: 300, ..expected(&provider) };
        let identity = verify(&token, &provider.keys, &expected);
        assert_eq!(identity.map(|identity| identity.authenticated_at), told);
    }
}

#[test]
fn where_it_was_asked_for_it_says_when_the_user_authenticated() {
    let provider = provider();
    // The user left 70 seconds ago, and the clocks may be 5 seconds apart.
    for (login, max_age, auth_time, told) in [
        (false, None, json!(1), Ok(Some(1))),
        (false, None, json!(NOW + 3), Ok(Some(NOW))),
        (false, None, json!(NOW + 6), Err(IdTokenError::FromFuture)),
        (false, None, json!("1"), Err(IdTokenError::ClaimMalformed("auth_time"))),
        (false, None, Value::Null, Ok(None)),
        (false, Some(100), json!(NOW - 175), Ok(Some(NOW - 175))),
        (false, Some(100), json!(NOW - 176), Err(IdTokenError::AuthTimeOld)),
        (false, Some(0), json!(NOW - 75), Ok(Some(NOW - 75))),
        (false, Some(0), json!(NOW - 76), Err(IdTokenError::AuthTimeOld)),
        (false, Some(u64::MAX), json!(0), Ok(Some(0))),
        (false, Some(u64::MAX), Value::Null, Err(IdTokenError::AuthTimeMissing)),
        (true, None, json!(NOW - 75), Ok(Some(NOW - 75))),
        (true, None, json!(NOW - 76), Err(IdTokenError::AuthTimeOld)),
        (true, Some(100), json!(NOW - 76), Err(IdTokenError::AuthTimeOld)),
        (true, None, Value::Null, Err(IdTokenError::AuthTimeMissing)),
        (true, Some(100), Value::Null, Err(IdTokenError::AuthTimeMissing)),
    ] {
        let mut claims = claims();
        claims["auth_time"] = auth_time.clone();
        if auth_time.is_null() {
            claims.as_object_mut().unwrap().remove("auth_time");
        }
        let expected = Expected { login, max_age, ..expected(&provider) };
        let told_now = verify(&by_key(HEADER, &claims.to_string(), 1), &provider.keys, &expected);
        assert_eq!(told_now.map(|identity| identity.authenticated_at), told, "{login} {max_age:?} {auth_time}");
    }
}

#[test]
fn a_user_is_named_by_a_text_of_which_every_character_is_seen() {
    let long = "x".repeat(MAX_SUBJECT + 1);
    let megabyte = "x".repeat(1024 * 1024);
    for (value, told) in [
        (json!(""), IdTokenError::SubjectUnusable),
        (json!(long), IdTokenError::SubjectUnusable),
        (json!("é".repeat(128)), IdTokenError::SubjectUnusable),
        (json!(megabyte), IdTokenError::Malformed),
        (json!("a\u{0}b"), IdTokenError::SubjectUnusable),
        (json!("a\nb"), IdTokenError::SubjectUnusable),
        (json!("a\u{7f}"), IdTokenError::SubjectUnusable),
        (json!("a\u{200b}b"), IdTokenError::SubjectUnusable),
        (json!("a\u{202e}b"), IdTokenError::SubjectUnusable),
        (json!("a\u{2028}b"), IdTokenError::SubjectUnusable),
        (json!("a\u{fffd}b"), IdTokenError::SubjectUnusable),
        (json!(" a"), IdTokenError::SubjectUnusable),
        (json!("a\u{a0}"), IdTokenError::SubjectUnusable),
        (json!("\u{2800} \u{2800}"), IdTokenError::SubjectUnusable),
        // Two spellings of one name are one user to every API.
        (json!("zoe\u{308}"), IdTokenError::SubjectUnusable),
        (json!(1), IdTokenError::ClaimMalformed("sub")),
        (json!(["a"]), IdTokenError::ClaimMalformed("sub")),
        (json!({ "a": "b" }), IdTokenError::ClaimMalformed("sub")),
        (json!(null), IdTokenError::ClaimMalformed("sub")),
    ] {
        assert_eq!(with("sub", value.clone()), Err(told), "{:.40}", value.to_string());
    }
    assert_eq!(without("sub"), Err(IdTokenError::ClaimMalformed("sub")));
    for value in ["x", "zoë", "\u{2803}\u{2800}\u{2803}", "a b", &"x".repeat(MAX_SUBJECT), "AaB|\"\\"] {
        assert_eq!(with("sub", json!(value)), Ok(()), "{value}");
    }
}

#[test]
fn a_claim_of_the_operators_choice_names_the_user_and_nothing_stands_in_for_it() {
    let provider = provider_with(|provider| provider.claim = "eduperson_principal_name".into());
    let named = |claim: Option<Value>| {
        let mut claims = claims();
        (claims["email"], claims["preferred_username"]) = (json!("zoe@demo.example"), json!("other"));
        if let Some(value) = claim {
            claims["eduperson_principal_name"] = value;
        }
        let token = by_key(HEADER, &claims.to_string(), 1);
        verify(&token, &provider.keys, &expected(&provider)).map(|identity| (identity.principal.id, identity.shown))
    };
    assert_eq!(named(Some(json!("zoe@demo.example"))).unwrap(), ("zoe@demo.example".into(), "zoe@demo.example".into()));
    for (value, told) in [
        (None, IdTokenError::UserUnnamed),
        (Some(json!(["zoe@demo.example"])), IdTokenError::UserUnnamed),
        (Some(json!(null)), IdTokenError::UserUnnamed),
        (Some(json!("")), IdTokenError::SubjectUnusable),
        (Some(json!("a\u{200b}")), IdTokenError::SubjectUnusable),
    ] {
        assert_eq!(named(value.clone()), Err(told), "{value:?}");
    }
}

#[test]
fn pages_show_what_a_user_knows_and_never_more_than_a_cookie_holds() {
    let shown = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        let identity = verified(HEADER, &claims.to_string()).unwrap();
        assert_eq!(identity.principal.id, claims["sub"], "what is shown decides nothing");
        identity.shown
    };
    assert_eq!(shown("preferred_username", json!("zoë")), "zoë");
    assert_eq!(shown("name", json!("Zoë Müller")), "Zoë Müller");
    assert_eq!(shown("email", json!("zoe@demo.example")), "zoe@demo.example");
    for odd in [json!(""), json!("a\u{202e}b"), json!("\u{2800}"), json!(1), json!(null), json!(["zoë"])] {
        assert_eq!(shown("preferred_username", odd), "248289761001");
    }
    let long = shown("name", json!("é".repeat(100)));
    assert_eq!(long, format!("{}…", "é".repeat(48)));
    for length in MAX_SHOWN - 5..=MAX_SUBJECT {
        assert!(shown("name", json!("x".repeat(length))).len() <= MAX_SHOWN);
    }
}

#[test]
fn what_is_no_jwt_in_the_compact_form_is_refused() {
    let claims_text = claims().to_string();
    let padded = json!({ "alg": "EdDSA", "kid": "one", "x": "x".repeat(1024) }).to_string();
    for (header, payload, told) in [
        (r#"{"alg":"EdDSA","kid":"one","crit":["exp"]}"#, claims_text.as_str(), IdTokenError::Malformed),
        (r#"{"alg":"EdDSA","kid":"one","crit":[]}"#, &claims_text, IdTokenError::Malformed),
        (r#"{"alg":"EdDSA","kid":"one","typ":"at+jwt"}"#, &claims_text, IdTokenError::Malformed),
        (r#"{"alg":"EdDSA","kid":"one","typ":"logout+jwt"}"#, &claims_text, IdTokenError::Malformed),
        (r#"{"alg":"EdDSA","kid":"one","typ":"client-authentication+jwt"}"#, &claims_text, IdTokenError::Malformed),
        (r#"{"alg":"EdDSA","kid":"one","kid":"one"}"#, &claims_text, IdTokenError::Malformed),
        (r#"{"alg":"EdDSA","kid":1}"#, &claims_text, IdTokenError::Malformed),
        (r#"{"alg":["EdDSA"],"kid":"one"}"#, &claims_text, IdTokenError::Malformed),
        (&padded, &claims_text, IdTokenError::Malformed),
        (r#"["EdDSA"]"#, &claims_text, IdTokenError::Malformed),
        (HEADER, "[]", IdTokenError::Malformed),
        (HEADER, "", IdTokenError::Malformed),
        (HEADER, r#"{"iss":"a"}{"#, IdTokenError::Malformed),
    ] {
        assert_eq!(verified(header, payload), Err(told), "{header:.80} {payload:.80}");
    }
    // A member twice: two readers could read two users.
    for name in ["sub", "iss", "aud", "nonce", "exp", "iat"] {
        let twice = claims_text.replacen('{', &format!("{{\"{name}\":\"x\","), 1);
        assert_eq!(verified(HEADER, &twice), Err(IdTokenError::Malformed), "{name}");
    }
    let good = by_key(HEADER, &claims_text, 1);
    let json = json!({ "payload": "", "signatures": [] }).to_string();
    let provider = provider();
    for token in ["", ".", "..", "a.b.c", &json, &good.replace('.', ","), &format!("{good}."), &format!("{good}=")] {
        let told = verify(token, &provider.keys, &expected(&provider));
        assert!(matches!(told, Err(IdTokenError::Malformed | IdTokenError::AlgorithmWrong)), "{token}");
    }
}

#[test]
fn it_is_as_long_as_it_may_be_and_no_longer_however_deep() {
    let filled = |length: usize| {
        let mut claims = claims();
        claims["groups"] = json!("x".repeat(length));
        by_key(HEADER, &claims.to_string(), 1)
    };
    let provider = provider();
    let told = |token: &str| verify(token, &provider.keys, &expected(&provider)).err();
    let room = (MAX_ID_TOKEN - filled(0).len()) * 3 / 4;
    assert!(filled(room - 2).len() > MAX_ID_TOKEN - 8);
    assert_eq!(told(&filled(room - 2)), None);
    assert_eq!(told(&filled(room + 4)), Some(IdTokenError::Malformed));
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let nested = claims().to_string().replacen('{', &format!("{{\"x\":{deep},"), 1);
    assert_eq!(verified(HEADER, &nested).err(), None, "what is not looked at is not descended into");
    let nested = claims().to_string().replace("\"248289761001\"", &deep);
    assert_eq!(verified(HEADER, &nested).err(), Some(IdTokenError::ClaimMalformed("sub")));
}
