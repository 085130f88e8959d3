//! How often one assertion counts.

use latchkey_oauth::service::PUSH;
use latchkey_testkit::assertion::Key;
use latchkey_testkit::device::{DEVICE_AUTHORIZATION, polling};
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::request;
use latchkey_testkit::world::{ASK, INTROSPECT, ISSUE, REFRESH, World, redemption, refreshing};
use serde_json::json;

use super::{REVOKE, ask, client_of, refuses, with_assertion};

/// Sends an assertion to each endpoint that mints no token.
async fn mints_nothing(world: &World, client: &Signer, assertion: &str) {
    let pushed = request(client, &[]);
    for (path, form, status) in [
        (INTROSPECT, "token=x", 200),
        (REVOKE, "token=x", 200),
        (DEVICE_AUTHORIZATION, "scope=WMS_NCIP", 200),
        (PUSH, &pushed, 201),
    ] {
        let reply = with_assertion(world, path, form, assertion).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.text);
    }
}

#[tokio::test]
async fn the_same_assertion_never_mints_twice_by_client_credentials_nor_twice_from_one_grant() {
    let world = World::new().await;
    let client = client_of(&world, &[Key::EdDsa], |_| {}).await;
    let new = || Key::EdDsa.assert(&world.claims(&client.id));
    let tokens = with_assertion(&world, ISSUE, ASK, &new()).await;
    let refresh = refreshing(tokens.member("refresh_token"));
    let other = refreshing(with_assertion(&world, ISSUE, ASK, &new()).await.member("refresh_token"));
    let other_scope = ASK.replace("WMS_NCIP", "WMS_ACQ");
    // Whatever else the request asks for, client credentials mint once.
    let assertion = new();
    for (form, status) in [(ASK, 200), (ASK, 401), (&other_scope, 401)] {
        assert_eq!(with_assertion(&world, ISSUE, form, &assertion).await.status, status);
    }
    assert_eq!(world.last_log()["denial"], "replayed");
    // A refresh token is refreshed once by it, and another grant's too: it covers no parameter.
    let assertion = new();
    for (form, status) in [(&refresh, 200), (&refresh, 401), (&other, 200), (&other, 401)] {
        let reply = with_assertion(&world, REFRESH, form, &assertion).await;
        assert_eq!(reply.status, status, "{}", reply.text);
        assert_eq!(world.last_log()["write_units"], if status == 200 { 1.0 } else { 0.0 });
    }
    // A copy of the request that redeemed a code is a copy, and revokes nothing; another request is not.
    let (code, assertion) = (world.code(&client, "WMS_NCIP").await, new());
    for status in [200, 401] {
        assert_eq!(with_assertion(&world, ISSUE, &redemption(&code), &assertion).await.status, status);
    }
    assert!(world.grant_of(&code).await.unwrap().revoked_at.is_none());
    with_assertion(&world, ISSUE, &redemption(&code), &new()).await.refuses(400, "invalid_grant");
    assert!(world.grant_of(&code).await.unwrap().revoked_at.is_some());
    // Where no token is minted, nothing is counted.
    let assertion = new();
    for _ in 0..2 {
        mints_nothing(&world, &client, &assertion).await;
    }
}

#[tokio::test]
async fn what_an_assertion_minted_is_kept_until_the_assertion_ends() {
    let world = World::new().await;
    let client = client_of(&world, &[Key::EdDsa], |client| client.assertion_seconds = Some(3600)).await;
    let mut claims = world.claims(&client.id);
    claims["exp"] = json!(world.now() + 3600);
    let assertion = Key::EdDsa.assert(&claims);
    let ask = ASK.replace("%20refresh_token", "");
    let tokens = with_assertion(&world, ISSUE, &ask, &assertion).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    // The access token has ended long ago then.
    let kept = world.grant_of(tokens.member("access_token")).await.unwrap();
    assert_eq!(kept.expires_at, world.now() + 3600 + 60);
    world.advance(3599);
    refuses(&world, &assertion, "replayed", 2).await;
    world.advance(1);
    refuses(&world, &assertion, "assertion_expired", 0).await;
}

#[tokio::test]
async fn an_assertion_of_single_use_mints_once_across_grants_and_endpoints() {
    let world = World::peopled().await;
    let client = client_of(&world, &[Key::EdDsa], |client| client.single_use_assertions = true).await;
    let new = || Key::EdDsa.assert(&world.claims(&client.id));
    let tokens = with_assertion(&world, ISSUE, ASK, &new()).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    let refresh = refreshing(tokens.member("refresh_token"));
    let code = redemption(&world.code(&client, "WMS_NCIP").await);
    let other_code = redemption(&world.code(&client, "WMS_NCIP").await);
    let begin = "scope=WMS_NCIP&authenticatingInstitutionId=128807&contextInstitutionId=128807";
    let begun = with_assertion(&world, DEVICE_AUTHORIZATION, begin, &new()).await;
    assert_eq!(world.visitor().allow_device(begun.member("user_code")).await.status, 200);
    let device = polling(begun.member("device_code"));
    let requests = [(ISSUE, ASK), (REFRESH, &refresh), (ISSUE, &refresh), (ISSUE, &code), (ISSUE, &device)];
    for (path, form) in requests {
        let assertion = new();
        let first = with_assertion(&world, path, form, &assertion).await;
        assert_eq!(first.status, 200, "{form}: {}", first.text);
        for (path, form) in [(ISSUE, ASK), (REFRESH, &refresh), (ISSUE, &other_code)] {
            let again = with_assertion(&world, path, form, &assertion).await;
            again.refuses(401, "invalid_client");
            assert_eq!(world.last_log()["denial"], "replayed", "{form}: {}", again.text);
        }
        // Nothing is counted where no token is minted: a copy is still good there.
        mints_nothing(&world, &client, &assertion).await;
    }
    assert_eq!(with_assertion(&world, ISSUE, &other_code, &new()).await.status, 200, "no replay spent the code");
    // A refusal spends no assertion either.
    let assertion = new();
    with_assertion(&world, REFRESH, &refreshing("rt_x"), &assertion).await.refuses(400, "invalid_grant");
    assert_eq!(with_assertion(&world, ISSUE, ASK, &assertion).await.status, 200);
}

#[tokio::test]
async fn of_many_uses_at_once_of_an_assertion_of_single_use_one_succeeds() {
    let world = World::new().await;
    let client = client_of(&world, &[Key::EdDsa], |client| client.single_use_assertions = true).await;
    let tokens = ask(&world, &Key::EdDsa, &client, ISSUE, ASK).await;
    let refresh = refreshing(tokens.member("refresh_token"));
    let assertion = Key::EdDsa.assert(&world.claims(&client.id));
    let send = |path, form| with_assertion(&world, path, form, &assertion);
    let replies: [Reply; 4] =
        tokio::join!(send(ISSUE, ASK), send(REFRESH, &refresh), send(ISSUE, ASK), send(REFRESH, &refresh)).into();
    let count = |status: u16| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!(count(200), 1);
    // Who meets another under way is told to try again.
    assert_eq!(count(401) + count(503), 3);
}
