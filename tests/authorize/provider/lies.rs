//! ID tokens that do not count: each check of OpenID Connect Core section 3.1.3.7 has one that fails it, and no user is signed
//! in.

use latchkey_oauth::jose::PublicKey;
use latchkey_testkit::assertion::Key;
use latchkey_testkit::provider::{Behaviour, Idp, published};
use latchkey_testkit::visitor::request;
use latchkey_testkit::world::World;
use serde_json::{Value, json};

use super::visits::refused;

type Lie = Box<dyn FnOnce(&mut Behaviour)>;

fn claim(name: &'static str, value: Value) -> Lie {
    Box::new(move |says| says.edit = Box::new(move |claims| claims[name] = value.clone()))
}

fn without(name: &'static str) -> Lie {
    Box::new(move |says| {
        says.edit = Box::new(move |claims| {
            claims.as_object_mut().unwrap().remove(name);
        });
    })
}

fn later(name: &'static str, seconds: i64) -> Lie {
    Box::new(move |says| {
        says.edit = Box::new(move |claims| {
            let now = claims["iat"].as_i64().unwrap();
            claims[name] = (now + seconds).into();
        });
    })
}

fn header(header: Value, key: Key) -> Lie {
    Box::new(move |says| (says.header, says.key) = (header, key))
}

fn forged(forge: fn(String) -> String) -> Lie {
    Box::new(move |says| says.forge = Box::new(forge))
}

fn lies() -> Vec<(&'static str, Lie)> {
    let unsigned = |token: String| {
        let claims = token.split('.').nth(1).unwrap();
        format!("eyJhbGciOiJub25lIn0.{claims}.")
    };
    vec![
        ("id_token_issuer_differs", claim("iss", "https://login.example".into())),
        ("id_token_claim_malformed", without("iss")),
        ("id_token_claim_malformed", claim("iss", json!(["x"]))),
        ("id_token_audience_wrong", claim("aud", "another".into())),
        ("id_token_audience_wrong", claim("aud", json!([]))),
        ("id_token_claim_malformed", claim("aud", 7.into())),
        ("id_token_audience_wrong", claim("aud", json!(["latchkey", "another"]))),
        (
            "id_token_audience_wrong",
            Box::new(|says: &mut Behaviour| {
                says.edit = Box::new(|claims| {
                    (claims["aud"], claims["azp"]) = (json!(["latchkey", "another"]), "latchkey".into());
                });
            }),
        ),
        ("id_token_party_wrong", claim("azp", "another".into())),
        ("id_token_claim_malformed", claim("azp", 7.into())),
        ("id_token_expired", later("exp", -301)),
        ("id_token_claim_malformed", without("exp")),
        ("id_token_claim_malformed", claim("exp", "tomorrow".into())),
        ("id_token_from_future", later("iat", 9999)),
        ("id_token_too_old", later("iat", -9999)),
        ("id_token_claim_malformed", without("iat")),
        ("id_token_from_future", later("nbf", 9999)),
        ("id_token_from_future", later("auth_time", 9999)),
        ("id_token_nonce_wrong", claim("nonce", "another visit's".into())),
        ("id_token_nonce_wrong", without("nonce")),
        ("id_token_claim_malformed", without("sub")),
        ("id_token_claim_malformed", claim("sub", json!({ "x": 1 }))),
        ("id_token_subject_unusable", claim("sub", "".into())),
        ("id_token_subject_unusable", claim("sub", "x".repeat(256).into())),
        ("id_token_subject_unusable", claim("sub", "reader\u{202e}1".into())),
        ("id_token_malformed", claim("sub", "x".repeat(20_000).into())),
        // One that is too long is no answer at all.
        ("provider_answer_malformed", claim("sub", "x".repeat(1_000_000).into())),
        ("id_token_signature_wrong", forged(|token| format!("{}AAAA", &token[..token.len() - 4]))),
        ("id_token_signature_wrong", header(json!({ "alg": "RS256", "kid": "first" }), Key::Ps256)),
        ("id_token_algorithm_wrong", header(json!({ "alg": "ES256", "kid": "first" }), Key::Es256)),
        ("id_token_algorithm_wrong", header(json!({ "alg": "HS256" }), Key::Secret("what the provider gave".into()))),
        ("id_token_algorithm_wrong", forged(unsigned)),
        ("id_token_malformed", header(json!({ "alg": "RS256", "kid": "first", "typ": "at+jwt" }), Key::Rs256)),
        ("id_token_malformed", header(json!({ "alg": "RS256", "kid": "first", "crit": ["x"], "x": 1 }), Key::Rs256)),
        ("id_token_key_unknown", header(json!({ "alg": "RS256", "kid": "never published" }), Key::Rs256)),
        ("id_token_malformed", forged(|_| "x".into())),
        ("id_token_malformed", forged(|_| "a.b.c.d.e".into())),
    ]
}

#[tokio::test]
async fn an_id_token_that_fails_one_check_signs_nobody_in_and_the_log_names_the_check() {
    let world = World::peopled().await;
    let client = world.client().await;
    for (at, (denial, lie)) in lies().into_iter().enumerate() {
        let idp = Idp::start().await;
        let store = &world.service.store;
        let mut usage = latchkey_dynamodb::store::Usage::default();
        let before = store.provider("128807", &mut usage).await.unwrap();
        let put = store.put_provider(world.provider(&idp.issuer), before.as_ref(), &mut usage).await.unwrap();
        assert!(put.is_made());
        idp.behave(lie);
        let visitor = world.visitor();
        let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
        let reply = visitor.get(&to).await;
        refused(&visitor, &reply, 403, denial).await;
        assert!(reply.text.contains("could not accept"), "{at} {denial}: {}", reply.text);
        assert!(visitor.value("latchkey-visits").is_none(), "{at} {denial}");
        visitor.get(&to).await.shows(400);
        assert_eq!(idp.calls().0, 1, "{at} {denial}");
    }
}

#[tokio::test]
async fn an_application_that_wants_to_know_when_the_user_authenticated_gets_no_less() {
    let world = World::peopled().await;
    let client = world.client().await;
    let idp = Idp::of(&world, |_| ()).await;
    for (name, value, enough) in [("max_age", "300", -100), ("prompt", "login", -5)] {
        let query = request(&client, &[(name, value)]);
        for (denial, lie) in [
            ("id_token_auth_time_missing", without("auth_time")),
            ("id_token_auth_time_old", later("auth_time", -3600)),
            ("id_token_claim_malformed", claim("auth_time", "today".into())),
        ] {
            idp.behave(lie);
            let visitor = world.visitor();
            let to = visitor.visit(&idp, &query, "reader-1").await;
            refused(&visitor, &visitor.get(&to).await, 403, denial).await;
        }
        idp.behave(later("auth_time", enough));
        world.visitor().sign_in_at(&idp, &query, "reader-1").await;
    }
}

#[tokio::test]
async fn a_token_names_its_key_where_there_are_several_and_its_user_by_the_operators_claim() {
    let world = World::peopled().await;
    let client = world.client().await;
    let second = PublicKey::parse(&published(&Key::Rs256, "second").to_string()).unwrap();
    let idp = Idp::of(&world, |provider| {
        provider.keys.push(second);
        provider.claim = "eduperson_principal_name".into();
    })
    .await;
    idp.behave(|says| says.published.push(published(&Key::Rs256, "second")));
    for (denial, lie) in [
        ("id_token_key_unnamed", header(json!({ "alg": "RS256" }), Key::Rs256)),
        ("id_token_user_unnamed", header(json!({ "alg": "RS256", "kid": "second" }), Key::Rs256)),
        ("id_token_user_unnamed", claim("eduperson_principal_name", json!(["reader-1"]))),
        ("id_token_subject_unusable", claim("eduperson_principal_name", "".into())),
    ] {
        idp.behave(lie);
        let visitor = world.visitor();
        let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
        refused(&visitor, &visitor.get(&to).await, 403, denial).await;
    }
    idp.behave(claim("eduperson_principal_name", "zoe@demo.example".into()));
    let page = world.visitor().sign_in_at(&idp, &request(&client, &[]), "reader-1").await;
    assert!(page.text.contains("zoe@demo.example") && !page.text.contains("reader-1"), "{}", page.text);
}

#[tokio::test]
async fn a_new_key_of_the_provider_counts_by_one_look_at_what_it_publishes() {
    let world = World::peopled().await;
    let client = world.client().await;
    let idp = Idp::of(&world, |_| ()).await;
    idp.behave(|says| {
        says.header = json!({ "alg": "RS256", "kid": "second" });
        says.published = vec![published(&Key::Rs256, "second"), published(&Key::Es256, "of another kind")];
    });
    world.visitor().sign_in_at(&idp, &request(&client, &[]), "reader-1").await;
    assert_eq!(idp.calls(), (1, 1));
    // A key that it does not publish: looked for once, and no more.
    idp.behave(|says| says.header = json!({ "alg": "RS256", "kid": "third" }));
    let visitor = world.visitor();
    let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
    visitor.get(&to).await.shows(403);
    assert_eq!((idp.calls(), world.last_log()["denial"].as_str()), ((2, 2), Some("id_token_key_unknown")));
    // A wrong signature is no reason to look.
    idp.behave(|says| {
        says.header = json!({ "alg": "RS256", "kid": "first" });
        says.forge = Box::new(|token| format!("{}AAAA", &token[..token.len() - 4]));
    });
    let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
    visitor.get(&to).await.shows(403);
    assert_eq!((idp.calls(), world.last_log()["denial"].as_str()), ((3, 2), Some("id_token_signature_wrong")));
}

/// A key of a provider that names none: the real one, or one that it had before.
fn without_a_name(is_old: bool) -> Value {
    let mut key = published(&Key::Rs256, "");
    key.as_object_mut().unwrap().remove("kid");
    let modulus = key["n"].as_str().unwrap().to_owned();
    let (begin, rest) = modulus.split_at(100);
    let other = if rest.starts_with('A') { 'B' } else { 'A' };
    if is_old {
        key["n"] = format!("{begin}{other}{}", &rest[1..]).into();
    }
    key
}

#[tokio::test]
async fn a_key_without_a_name_that_was_replaced_is_read_again_once() {
    let old = PublicKey::parse(&without_a_name(true).to_string()).unwrap();
    let first = PublicKey::parse(&published(&Key::Rs256, "first").to_string()).unwrap();
    for registered in [vec![old.clone()], vec![old, first]] {
        let world = World::peopled().await;
        let client = world.client().await;
        let idp = Idp::of(&world, |provider| provider.keys = registered).await;
        idp.behave(|says| {
            says.header = json!({ "alg": "RS256" });
            says.published = vec![without_a_name(false)];
        });
        world.visitor().sign_in_at(&idp, &request(&client, &[]), "reader-1").await;
        assert_eq!(idp.calls(), (1, 1));
        // One that it does not publish: looked for once, and no more.
        idp.behave(|says| says.published = vec![without_a_name(true)]);
        let visitor = world.visitor();
        let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
        visitor.get(&to).await.shows(403);
        let line = world.last_log();
        assert_eq!((idp.calls(), line["denial"].as_str()), ((2, 2), Some("id_token_signature_wrong")));
        // Any other fault is no reason to look.
        idp.behave(|says| {
            says.published = vec![without_a_name(false)];
            says.header = json!({ "alg": "RS256", "typ": "at+jwt" });
        });
        let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
        visitor.get(&to).await.shows(403);
        let line = world.last_log();
        assert_eq!((idp.calls(), line["denial"].as_str()), ((3, 2), Some("id_token_malformed")));
    }
}
