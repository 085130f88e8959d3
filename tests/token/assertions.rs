//! Client assertions over HTTP: `client_secret_jwt` and `private_key_jwt`.

mod replays;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::{Client, ClientKey};
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::{ROUTES, Route};
use latchkey_testkit::assertion::{Key, PAIRS, parameters};
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::world::{ASK, INTROSPECT, ISSUE, REFRESH, World, redemption, refreshing};
use serde_json::{Value, json};

const REVOKE: &str = "/oauth2/revoke";

/// A client with the public halves of these keys, and no secret.
async fn client_of(world: &World, keys: &[Key], edit: impl FnOnce(&mut Client)) -> Signer {
    let edit = |client: &mut Client| {
        client.auth_methods = vec![AuthMethod::PrivateKeyJwt];
        client.keys = keys.iter().map(Key::registered).collect();
        client.secrets.clear();
        client.introspects = vec!["*".into()];
        edit(client);
    };
    world.client_with(edit).await
}

async fn ask(world: &World, key: &Key, client: &Signer, path: &str, form: &str) -> Reply {
    world.post_form(path, &[], &world.asserted(key, client, form)).await
}

async fn with_assertion(world: &World, path: &str, form: &str, assertion: &str) -> Reply {
    world.post_form(path, &[], &format!("{form}&{}", parameters(assertion))).await
}

/// Refuses an assertion with these claims or this header, and spends nothing.
async fn refuses(world: &World, assertion: &str, denial: &str, reads: u64) -> Reply {
    let reply = with_assertion(world, ISSUE, ASK, assertion).await;
    let log = world.last_log();
    assert_eq!(log["denial"], denial, "{}", reply.text);
    reply.refuses(401, "invalid_client");
    assert_eq!((log["round_trips"].as_u64(), log["write_units"].as_f64()), (Some(reads), Some(0.0)), "{denial}");
    let challenge = reply.headers["www-authenticate"].to_str().unwrap();
    assert!(challenge.starts_with("WSKeyV2 "), "{challenge}");
    reply
}

#[tokio::test]
async fn a_client_asserts_by_each_kind_of_key_at_every_endpoint() {
    let world = World::new().await;
    for key in PAIRS {
        let client = client_of(&world, std::slice::from_ref(&key), |_| {}).await;
        let tokens = ask(&world, &key, &client, ISSUE, ASK).await;
        assert_eq!(tokens.status, 200, "{key:?}: {}", tokens.text);
        // As any client that does not sign: numbers are numbers.
        assert!(tokens.body["expires_in"].is_number() && tokens.body.get("error_code").is_none(), "{}", tokens.text);
        let log = world.last_log();
        assert_eq!(
            (&log["authenticates_by"], &log["secret"]),
            (&json!("private_key_jwt"), &json!(key.registered().kid))
        );
        let refresh_token = tokens.member("refresh_token").to_owned();
        for path in [REFRESH, ISSUE] {
            assert_eq!(ask(&world, &key, &client, path, &refreshing(&refresh_token)).await.status, 200, "{path}");
        }
        let token = format!("token={refresh_token}");
        assert_eq!(ask(&world, &key, &client, INTROSPECT, &token).await.body["active"], true);
        assert_eq!(ask(&world, &key, &client, REVOKE, &token).await.status, 200);
        assert_eq!(ask(&world, &key, &client, INTROSPECT, &token).await.body["active"], false);
        let code = world.code(&client, "WMS_NCIP").await;
        assert_eq!(ask(&world, &key, &client, ISSUE, &redemption(&code)).await.status, 200);
    }
}

#[tokio::test]
async fn the_issuer_and_every_path_of_the_endpoint_that_is_called_are_audiences_and_no_other() {
    let world = World::new().await;
    let client = client_of(&world, &[Key::EdDsa], |_| {}).await;
    let called = |route: &&Route| {
        let paths =
            ["/oauth2/accessToken", "/oauth2/refreshToken", "/token", "/oauth2/token", INTROSPECT, "/introspect"];
        route.method == Method::POST && (paths.contains(&route.path) || [REVOKE, "/revoke"].contains(&route.path))
    };
    let mut tried = 0;
    for route in ROUTES.iter().filter(called) {
        let form = match route.path {
            "/oauth2/refreshToken" => refreshing("rt_x"),
            path if path.ends_with("oken") => ASK.to_owned(),
            _ => "token=x".to_owned(),
        };
        for audience in ROUTES.iter().filter(called) {
            let mut claims = world.claims(&client.id);
            claims["aud"] = json!(format!("{}{}", world.issuer(), audience.path));
            let reply = with_assertion(&world, route.path, &form, &Key::EdDsa.assert(&claims)).await;
            let kind = |path: &str| match path {
                "/token" | "/oauth2/token" | ISSUE => 1,
                INTROSPECT | "/introspect" => 2,
                REVOKE | "/revoke" => 3,
                _ => 4,
            };
            let is_wrong = world.last_log()["denial"] == "assertion_audience_wrong";
            assert_eq!(is_wrong, kind(route.path) != kind(audience.path), "{} {}", route.path, audience.path);
            assert_eq!(reply.status == 401, is_wrong, "{}", reply.text);
            tried += 1;
        }
        let reply = ask(&world, &Key::EdDsa, &client, route.path, &form).await;
        assert_ne!(reply.status, 401, "the issuer is one everywhere: {}", reply.text);
    }
    assert_eq!(tried, 64);
}

#[tokio::test]
async fn what_an_assertion_says_wrongly_is_refused_by_name_before_anything_is_read() {
    let world = World::new().await;
    let client = client_of(&world, &[Key::EdDsa], |_| {}).await;
    let (now, claims) = (world.now(), || world.claims(&client.id));
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        Key::EdDsa.assert(&claims)
    };
    let header = |header: Value| Key::EdDsa.jwt(&header.to_string(), &claims().to_string());
    let good = Key::EdDsa.assert(&claims());
    let twice = claims().to_string().replacen("{", "{\"iss\":\"other\",", 1);
    let [head, payload, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let two = json!({ "payload": payload, "signatures": [
        { "protected": head, "signature": signature }, { "protected": head, "signature": signature } ] });
    for (assertion, denial, told) in [
        (with("aud", json!("https://other.example")), "assertion_audience_wrong", "must be one text"),
        (with("aud", json!([world.issuer(), "https://other.example"])), "assertion_audience_wrong", "must be one text"),
        (with("exp", json!(now - 7)), "assertion_expired", "ended 7 seconds before"),
        (with("exp", json!(now + 3601)), "assertion_lives_too_long", "ends in 3601 seconds"),
        (with("exp", Value::Null), "assertion_claim_missing", "The claim exp"),
        (with("jti", json!("j".repeat(300))), "assertion_claim_missing", "1 to 256 bytes"),
        (with("iat", json!(now + 400)), "assertion_from_future", "400 seconds after"),
        (with("nbf", json!(now + 400)), "assertion_from_future", "at most 300 seconds"),
        (with("sub", json!("another")), "assertion_issuer_differs", "must both be the client id"),
        (header(json!({ "alg": "none" })), "assertion_algorithm_unknown", "HS256, RS256, PS256, ES256, EdDSA, Ed25519"),
        (header(json!({ "alg": "EdDSA", "crit": ["exp"] })), "assertion_header_refused", "crit"),
        (header(json!({ "alg": "EdDSA", "typ": "at+jwt" })), "assertion_header_refused", "typ"),
        (header(json!({ "alg": "EdDSA", "x5c": "x".repeat(1000) })), "assertion_too_long", "1024 bytes"),
        ("a".repeat(4097), "assertion_too_long", "4096 bytes"),
        (
            Key::EdDsa.jwt(r#"{"alg":"EdDSA","alg":"EdDSA"}"#, &claims().to_string()),
            "assertion_malformed",
            "header has a member",
        ),
        (Key::EdDsa.jwt(r#"{"alg":"EdDSA"}"#, &twice), "assertion_malformed", "payload has a member twice"),
        (two.to_string(), "assertion_malformed", "several signatures"),
        (format!("{head}.{payload}"), "assertion_malformed", "three parts"),
        (format!("{good}=="), "assertion_malformed", "not base64url"),
    ] {
        let reply = refuses(&world, &assertion, denial, 0).await;
        assert!(reply.member("error_description").contains(told), "{}", reply.text);
        assert!(!reply.text.contains(&assertion));
    }
    for (form, denial) in [
        (format!("{ASK}&client_assertion={good}"), "assertion_type_unknown"),
        (format!("{ASK}&client_assertion={good}&client_assertion_type=urn:x"), "assertion_type_unknown"),
    ] {
        world.post_form(ISSUE, &[], &form).await.refuses(401, "invalid_client");
        assert_eq!(world.last_log()["denial"], denial);
    }
    let url = format!("{ISSUE}?{}", parameters(&good));
    world.post_form(&url, &[], ASK).await.refuses(400, "invalid_request");
    assert_eq!(
        (&world.last_log()["denial"], &world.last_log()["round_trips"]),
        (&json!("assertion_in_url"), &json!(0))
    );
    assert_eq!(with_assertion(&world, ISSUE, ASK, &good).await.status, 200, "none of them spent the assertion");
}

#[tokio::test]
async fn unknown_disabled_not_registered_and_wrong_are_one_answer() {
    let world = World::new().await;
    let known = client_of(&world, &[Key::EdDsa, Key::Rs256], |_| {}).await;
    let disabled = client_of(&world, &[Key::EdDsa], |client| client.disabled = true).await;
    let signs = world.client().await;
    let claims = |client: &str| world.claims(client);
    let by_its_own = |client: &str| Key::EdDsa.assert(&claims(client));
    let public = Key::Rs256.jwk().to_string();
    let mut answers = Vec::new();
    for (assertion, denial) in [
        (by_its_own("nobody"), "client_unknown"),
        (by_its_own(&disabled.id), "client_disabled"),
        (by_its_own(&signs.id), "method_not_registered"),
        (Key::Seed(9).assert(&claims(&known.id)), "assertion_wrong"),
        // By its RSA key, said to be Ed25519's; by the public key, said to be a secret; and by a key of the header's.
        (Key::Rs256.jwt(r#"{"alg":"EdDSA"}"#, &claims(&known.id).to_string()), "assertion_wrong"),
        (Key::Secret(public).assert(&claims(&known.id)), "method_not_registered"),
        (Key::Ps256.assert(&claims(&known.id)), "assertion_wrong"),
        (
            Key::Seed(9)
                .jwt(&json!({ "alg": "EdDSA", "jwk": Key::Seed(9).jwk() }).to_string(), &claims(&known.id).to_string()),
            "assertion_wrong",
        ),
        (Key::EdDsa.jwt(r#"{"alg":"EdDSA","kid":"another"}"#, &claims(&known.id).to_string()), "assertion_wrong"),
        (Key::Secret("wrong".into()).assert(&claims("nobody")), "client_unknown"),
    ] {
        let reply = refuses(&world, &assertion, denial, 1).await;
        answers.push((reply.text, reply.headers["www-authenticate"].clone()));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
}

#[tokio::test]
async fn a_stored_key_of_small_order_verifies_no_signature_that_anyone_can_compute() {
    let world = World::new().await;
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    // Keys of order 4 and 1. The neutral point and zero are the signature of one message in four, and of each.
    for x in [[0; 32], std::array::from_fn(|at| u8::from(at == 0))] {
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(&x), "alg": "EdDSA", "kid": "k" });
        let key = ClientKey { kid: "k".to_owned(), jwk: jwk.to_string() };
        let client = client_of(&world, &[], |client| client.keys = vec![key]).await;
        for _ in 0..32 {
            let claims = world.claims(&client.id).to_string();
            let signed = format!("{}.{}", encode(br#"{"alg":"EdDSA"}"#), encode(claims.as_bytes()));
            let signature = [&[1][..], &[0; 63]].concat();
            refuses(&world, &format!("{signed}.{}", encode(&signature)), "assertion_wrong", 1).await;
        }
    }
}

#[tokio::test]
async fn two_methods_in_one_request_are_refused() {
    let world = World::new().await;
    let client = world
        .client_with(|client| {
            client.auth_methods = AuthMethod::PROVING.to_vec();
            client.keys = vec![Key::EdDsa.registered()];
        })
        .await;
    for key in [client.shared_key(), Key::EdDsa] {
        let form = world.asserted(&key, &client, ASK);
        let with_secret = format!("{form}&client_secret={}", client.secret.expose());
        let signed = client.sign_as("", world.now(), None, form.as_bytes());
        for (headers, form) in [
            (&[("authorization", client.basic(true).as_str())][..], &form),
            (&[("authorization", &signed)], &form),
            (&[], &with_secret),
        ] {
            world.post_form(ISSUE, headers, form).await.refuses(400, "invalid_request");
            assert_eq!(
                (&world.last_log()["denial"], &world.last_log()["round_trips"]),
                (&json!("methods_mixed"), &json!(0))
            );
        }
        assert_eq!(world.post_form(ISSUE, &[], &form).await.status, 200);
    }
}

#[tokio::test]
async fn a_registration_says_how_long_an_assertion_may_live() {
    let world = World::new().await;
    let client = client_of(&world, &[Key::EdDsa], |_| {}).await;
    let living = |seconds: u64| {
        let mut claims = world.claims(&client.id);
        claims["exp"] = json!(world.now() + seconds);
        Key::EdDsa.assert(&claims)
    };
    assert_eq!(with_assertion(&world, ISSUE, ASK, &living(300)).await.status, 200);
    let told = refuses(&world, &living(301), "assertion_lives_too_long", 1).await;
    assert!(told.member("error_description").contains("it must end within 300"), "{}", told.text);
    world.change(&client, |client| client.assertion_seconds = Some(3600)).await;
    assert_eq!(with_assertion(&world, ISSUE, ASK, &living(3600)).await.status, 200);
}

#[tokio::test]
async fn an_imported_secret_that_is_too_short_is_told_to_whoever_has_it_and_logged() {
    let world = World::new().await;
    let mut client = world.client_by(&[AuthMethod::WsKey, AuthMethod::SecretJwt]).await;
    client.secret = ClientSecret::new("UYnwZbmvf3fAXCEa0JryLQ==".to_owned());
    let sealed = world.seal(&client.id, &client.secret, "imported");
    world.change(&client, |client| client.secrets = vec![sealed]).await;
    let reply =
        refuses(&world, &client.shared_key().assert(&world.claims(&client.id)), "assertion_secret_short", 1).await;
    assert!(reply.member("error_description").contains("at least 32 bytes"), "{}", reply.text);
    refuses(&world, &Key::Secret("x".into()).assert(&world.claims(&client.id)), "assertion_wrong", 1).await;
    world.tokens(&client).await;
}

#[tokio::test]
async fn keys_overlap_while_both_are_registered() {
    let world = World::new().await;
    let client = client_of(&world, &[Key::Rs256], |_| {}).await;
    assert_eq!(ask(&world, &Key::Rs256, &client, ISSUE, ASK).await.status, 200);
    ask(&world, &Key::Es256, &client, ISSUE, ASK).await.refuses(401, "invalid_client");
    world.change(&client, |client| client.keys.push(Key::Es256.registered())).await;
    for key in [Key::Rs256, Key::Es256] {
        assert_eq!(ask(&world, &key, &client, ISSUE, ASK).await.status, 200);
    }
    world.change(&client, |client| client.keys.retain(|key| *key == Key::Es256.registered())).await;
    ask(&world, &Key::Rs256, &client, ISSUE, ASK).await.refuses(401, "invalid_client");
    assert_eq!(ask(&world, &Key::Es256, &client, ISSUE, ASK).await.status, 200);
}

#[tokio::test]
async fn a_client_named_beside_an_assertion_is_that_of_the_assertion() {
    let world = World::new().await;
    let client = client_of(&world, &[Key::EdDsa], |_| {}).await;
    let named = |id: &str| format!("{ASK}&client_id={id}");
    assert_eq!(ask(&world, &Key::EdDsa, &client, ISSUE, &named(&client.id)).await.status, 200);
    ask(&world, &Key::EdDsa, &client, ISSUE, &named("another")).await.refuses(400, "invalid_request");
    assert_eq!(world.last_log()["denial"], "client_id_differs");
}
