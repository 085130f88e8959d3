//! Methods other than signing: what a registration lets in, and that a request never chooses.

use bytes::Bytes;
use http::Method;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::new_secret;
use latchkey_oauth::secret::ClientSecret;
use latchkey_testkit::assertion::Key;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::world::{ASK, INTROSPECT, ISSUE, REFRESH, World, redemption, refreshing};

const REVOKE: &str = "/oauth2/revoke";

/// The form of a request that authenticates by its form.
fn with_secret(signer: &Signer, form: &str) -> String {
    let secret = latchkey_oauth::form::encode(signer.secret.expose()).into_owned();
    format!("{form}&client_id={}&client_secret={secret}", signer.id)
}

async fn by(world: &World, method: AuthMethod, signer: &Signer, path: &str, form: &str) -> Reply {
    match method {
        AuthMethod::WsKey => world.ask(signer, path, form).await,
        AuthMethod::Basic => world.ask_basic(signer, path, form).await,
        AuthMethod::Post => world.post_form(path, &[], &with_secret(signer, form)).await,
        AuthMethod::SecretJwt => world.post_form(path, &[], &world.asserted(&signer.shared_key(), signer, form)).await,
        AuthMethod::PrivateKeyJwt => world.post_form(path, &[], &world.asserted(&Key::EdDsa, signer, form)).await,
        AuthMethod::None => world.post_form(path, &[], &format!("{form}&client_id={}", signer.id)).await,
    }
}

#[tokio::test]
async fn a_client_authenticates_by_what_it_is_registered_for_at_every_endpoint_and_by_nothing_else() {
    let world = World::new().await;
    for registered in AuthMethod::PROVING {
        let client = world
            .client_with(|client| {
                client.auth_methods = vec![registered];
                if registered == AuthMethod::PrivateKeyJwt {
                    client.keys = vec![Key::EdDsa.registered()];
                    client.secrets.clear();
                }
                client.introspects = vec!["*".into()];
            })
            .await;
        for method in AuthMethod::ALL {
            let tokens = by(&world, method, &client, ISSUE, ASK).await;
            if method != registered {
                tokens.refuses(401, "invalid_client");
                let log = world.last_log();
                assert_eq!(log["denial"], "method_not_registered", "{method:?} of {registered:?}");
                assert_eq!(log["authenticates_by"], method.as_str());
                assert_eq!(log["registered_methods"], serde_json::json!([registered.as_str()]));
                continue;
            }
            assert_eq!(tokens.status, 200, "{}", tokens.text);
            assert_eq!(world.last_log()["authenticates_by"], method.as_str());
            let by_key = registered == AuthMethod::PrivateKeyJwt;
            let name = if by_key { Key::EdDsa.registered().kid } else { "first".to_owned() };
            assert_eq!(world.last_log()["secret"], name);
            assert!(world.last_log().get("registered_methods").is_none());
            let refresh_token = tokens.member("refresh_token").to_owned();
            for path in [REFRESH, ISSUE] {
                let refreshed = by(&world, method, &client, path, &refreshing(&refresh_token)).await;
                assert_eq!(refreshed.status, 200, "{}", refreshed.text);
            }
            let token = format!("token={refresh_token}");
            let seen = by(&world, method, &client, INTROSPECT, &token).await;
            assert_eq!(seen.body["active"], true, "{}", seen.text);
            assert_eq!(by(&world, method, &client, REVOKE, &token).await.status, 200);
            let seen = by(&world, method, &client, INTROSPECT, &token).await;
            assert_eq!(seen.text, r#"{"active":false}"#);
        }
    }
}

#[tokio::test]
async fn a_client_of_two_methods_uses_either() {
    let world = World::new().await;
    let client = world.client_by(&[AuthMethod::WsKey, AuthMethod::Basic]).await;
    for method in [AuthMethod::WsKey, AuthMethod::Basic] {
        assert_eq!(by(&world, method, &client, ISSUE, ASK).await.status, 200, "{method:?}");
    }
    by(&world, AuthMethod::Post, &client, ISSUE, ASK).await.refuses(401, "invalid_client");
}

#[tokio::test]
async fn a_client_that_is_told_nothing_of_methods_signs_and_its_secret_is_taken_in_no_other_way() {
    let world = World::new().await;
    let client = world.client().await;
    for method in [AuthMethod::Basic, AuthMethod::Post] {
        by(&world, method, &client, ISSUE, ASK).await.refuses(401, "invalid_client");
        assert_eq!(world.last_log()["denial"], "method_not_registered");
    }
    world.tokens(&client).await;
}

#[tokio::test]
async fn unknown_disabled_wrong_and_not_registered_are_one_answer_by_each_method() {
    let world = World::new().await;
    for method in [AuthMethod::Basic, AuthMethod::Post, AuthMethod::None] {
        let known = world.client_by(&[method]).await;
        let disabled = world
            .client_with(|client| {
                client.auth_methods = vec![method];
                client.disabled = true;
            })
            .await;
        let signs = world.client().await;
        let unknown = Signer { id: "x".repeat(80), secret: new_secret([0; 24]) };
        let wrong = Signer { id: known.id, secret: new_secret([1; 24]) };
        let mut answers = Vec::new();
        for (signer, denial) in [
            (&unknown, "client_unknown"),
            (&disabled, "client_disabled"),
            (&signs, "method_not_registered"),
            (&wrong, "secret_wrong"),
        ] {
            if method == AuthMethod::None && denial == "secret_wrong" {
                continue;
            }
            let reply = by(&world, method, signer, ISSUE, ASK).await;
            reply.refuses(401, "invalid_client");
            assert_eq!(world.last_log()["denial"], denial, "{method:?}: the log alone knows which");
            assert_eq!(world.last_log()["round_trips"], 1, "{method:?}");
            let challenge = reply.headers["www-authenticate"].to_str().unwrap().to_owned();
            assert_eq!(challenge.starts_with("Basic realm="), method == AuthMethod::Basic, "{challenge}");
            answers.push((reply.text, challenge));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    }
}

#[tokio::test]
async fn a_secret_counts_raw_and_form_encoded() {
    let world = World::new().await;
    for text in
        ["c2VjcmV0c2VjcmV0/+c2Vjcg==", "percent%41percent%percent", "sch\u{f6}n und gro\u{df} genug", "a:b:c:d:e:f:g"]
    {
        let mut client = world.client_by(&[AuthMethod::Basic, AuthMethod::Post]).await;
        client.secret = ClientSecret::new(text.to_owned());
        let sealed = world.seal(&client.id, &client.secret, "imported");
        world.change(&client, |client| client.secrets.push(sealed)).await;
        for encoded in [false, true] {
            let authorization = client.basic(encoded);
            let reply = world.post_form(ISSUE, &[("authorization", &authorization)], ASK).await;
            assert_eq!(reply.status, 200, "{text} {encoded}: {}", reply.text);
            assert_eq!(world.last_log()["secret"], "imported");
        }
        assert_eq!(world.post_form(ISSUE, &[], &with_secret(&client, ASK)).await.status, 200, "{text}");
    }
}

#[tokio::test]
async fn a_secret_that_was_sent_ends_with_its_rotation() {
    let world = World::new().await;
    let old = world.client_by(&[AuthMethod::Basic]).await;
    let new = Signer { id: old.id.clone(), secret: new_secret([7; 24]) };
    let second = world.seal(&old.id, &new.secret, "second");
    let end = world.now() + 100;
    world
        .change(&old, |client| {
            client.secrets[0].expires_at = Some(end);
            client.secrets.push(second);
        })
        .await;
    for (client, name) in [(&old, "first"), (&new, "second")] {
        assert_eq!(world.ask_basic(client, ISSUE, ASK).await.status, 200);
        assert_eq!(world.last_log()["secret"], name);
    }
    world.advance(100);
    world.ask_basic(&old, ISSUE, ASK).await.refuses(401, "invalid_client");
    assert_eq!(world.ask_basic(&new, ISSUE, ASK).await.status, 200);
}

#[tokio::test]
async fn two_methods_at_once_and_a_secret_in_the_url_are_refused_before_anything_is_read() {
    let world = World::new().await;
    let client = world.client_by(&[AuthMethod::WsKey, AuthMethod::Basic, AuthMethod::Post]).await;
    let code = world.code(&client, "WMS_NCIP").await;
    let basic = client.basic(false);
    let form = with_secret(&client, &redemption(&code));
    let signed = client.sign_as("", world.now(), None, form.as_bytes());
    for authorization in [&basic, &signed] {
        let reply = world.post_form(ISSUE, &[("authorization", authorization)], &form).await;
        reply.refuses(400, "invalid_request");
        assert_eq!(
            (&world.last_log()["denial"], &world.last_log()["round_trips"]),
            (&"methods_mixed".into(), &0.into())
        );
    }
    let url = format!("{ISSUE}?{form}");
    let signed = client.sign(&form, world.now());
    for headers in [&[][..], &[("authorization", basic.as_str())], &[("authorization", &signed)]] {
        let reply = world.send(Method::POST, &url, headers, Bytes::new()).await;
        reply.refuses(400, "invalid_request");
        assert!(!reply.text.contains(client.secret.expose()));
        assert_eq!(
            (&world.last_log()["denial"], &world.last_log()["round_trips"]),
            (&"secret_in_url".into(), &0.into())
        );
    }
    assert_eq!(world.ask_basic(&client, ISSUE, &redemption(&code)).await.status, 200, "none of them spent the code");
}

#[tokio::test]
async fn a_malformed_basic_header_says_what_is_wrong_and_costs_no_read() {
    let world = World::new().await;
    for (header, told) in [
        ("Basic", "no colon"),
        ("Basic YXBw", "no colon"),
        ("basic !!!", "not base64"),
        ("Basic /zph", "not UTF-8"),
        ("Basic OnNlY3JldA==", "1 to 128 visible ASCII"),
        (&format!("Basic {}", "YTpi".repeat(1500)), "longer than 4096 bytes"),
    ] {
        let reply = world.post_form(ISSUE, &[("authorization", header)], ASK).await;
        reply.refuses(401, "invalid_client");
        assert!(reply.member("error_description").contains(told), "{}", reply.text);
        assert!(reply.headers["www-authenticate"].to_str().unwrap().starts_with("Basic realm="));
        let log = world.last_log();
        assert_eq!((&log["denial"], &log["round_trips"]), (&"basic_malformed".into(), &0.into()), "{header}");
    }
}

#[tokio::test]
async fn a_script_is_never_challenged_to_ask_its_user_for_a_password() {
    let world = World::new().await;
    let wrong = Signer { id: "nobody".to_owned(), secret: new_secret([0; 24]) }.basic(false);
    for (origin, scheme) in
        [(None, "Basic realm="), (Some("https://app.example"), "WSKeyV2 "), (Some("null"), "WSKeyV2 ")]
    {
        for authorization in [wrong.as_str(), "Basic !"] {
            let mut headers = vec![("authorization", authorization)];
            headers.extend(origin.map(|origin| ("origin", origin)));
            let reply = world.post_form(ISSUE, &headers, ASK).await;
            reply.refuses(401, "invalid_client");
            let challenge = reply.headers["www-authenticate"].to_str().unwrap();
            assert!(challenge.starts_with(scheme), "{origin:?}: {challenge}");
        }
    }
}

#[tokio::test]
async fn a_request_may_name_only_the_client_that_its_credentials_name() {
    let world = World::new().await;
    let client = world.client_by(&[AuthMethod::Basic]).await;
    let named = |id: &str| format!("{ASK}&client_id={id}");
    assert_eq!(world.ask_basic(&client, ISSUE, &named(&client.id)).await.status, 200);
    world.ask_basic(&client, ISSUE, &named("another")).await.refuses(400, "invalid_request");
    assert_eq!(world.last_log()["denial"], "client_id_differs");
}

#[tokio::test]
async fn what_sends_its_secret_has_no_replay_key_and_a_second_use_of_a_code_always_revokes() {
    let world = World::new().await;
    for method in [AuthMethod::Basic, AuthMethod::Post] {
        let client = world.client_by(&[method]).await;
        let (one, two) = (by(&world, method, &client, ISSUE, ASK).await, by(&world, method, &client, ISSUE, ASK).await);
        assert_eq!((one.status.as_u16(), two.status.as_u16()), (200, 200), "the same request, twice");
        assert_ne!(one.member("access_token"), two.member("access_token"));
        let refreshing = refreshing(one.member("refresh_token"));
        for _ in 0..2 {
            assert_eq!(by(&world, method, &client, REFRESH, &refreshing).await.status, 200);
        }
        let code = world.code(&client, "WMS_NCIP refresh_token").await;
        let first = by(&world, method, &client, ISSUE, &redemption(&code)).await;
        assert_eq!(first.status, 200, "{}", first.text);
        let grant = world.grant_of(&code).await.unwrap();
        assert!(grant.code.unwrap().redeemed.unwrap().by.is_none());
        // To the letter the request that redeemed the code.
        by(&world, method, &client, ISSUE, &redemption(&code)).await.refuses(400, "invalid_grant");
        assert_eq!(world.last_log()["denial"], "code_redeemed");
        assert!(world.grant_of(&code).await.unwrap().revoked_at.is_some());
        let refreshed = format!("grant_type=refresh_token&refresh_token={}", first.member("refresh_token"));
        by(&world, method, &client, REFRESH, &refreshed).await.refuses(400, "invalid_grant");
    }
}

#[tokio::test]
async fn of_many_redemptions_at_once_by_a_secret_one_succeeds_and_nothing_of_it_stays_good() {
    let world = World::new().await;
    let client = world.client_by(&[AuthMethod::Basic]).await;
    let code = world.code(&client, "WMS_NCIP").await;
    let form = redemption(&code);
    let send = || world.ask_basic(&client, ISSUE, &form);
    let replies: [Reply; 4] = tokio::join!(send(), send(), send(), send()).into();
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert!(world.grant_of(&code).await.unwrap().revoked_at.is_some());
}

#[tokio::test]
async fn a_request_by_a_secret_costs_one_read_and_at_most_one_write() {
    let world = World::new().await;
    let client = world.client_by(&[AuthMethod::Basic, AuthMethod::WsKey]).await;
    let code = world.code(&client, "WMS_NCIP").await;
    let tokens = world.tokens(&client).await;
    let signed = world.last_log();
    for form in [ASK.to_owned(), redemption(&code), refreshing(tokens.member("refresh_token"))] {
        let reply = world.ask_basic(&client, ISSUE, &form).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let log = world.last_log();
        assert_eq!((&log["round_trips"], &log["write_units"]), (&signed["round_trips"], &1.0.into()), "{form}");
    }
}

#[tokio::test]
async fn a_secret_that_does_not_open_is_a_503_for_who_sends_one() {
    let (world, other) = (World::new().await, World::new().await);
    let client = world.client_by(&[AuthMethod::Basic]).await;
    let closed = other.seal(&client.id, &client.secret, "first");
    world.change(&client, |client| client.secrets[0].sealed = closed.sealed).await;
    world.ask_basic(&client, ISSUE, ASK).await.refuses(503, "temporarily_unavailable");
}
