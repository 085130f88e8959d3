//! `POST` and `PUT /oauth2/revoke` (RFC 7009): it holds at once, and nobody revokes what is another's.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::token::{GrantId, Unverified};

use crate::introspect::flip;
use crate::world::{Reply, Signer, World, refreshing};

const REVOKE: &str = "/oauth2/revoke";

async fn revoke(world: &World, client: &Signer, token: &str) -> Reply {
    world.ask(client, REVOKE, &format!("token={token}")).await
}

async fn put(world: &World, client: &Signer, query: &str) -> Reply {
    let authorization = client.sign_method("PUT", query, world.now());
    world.send(Method::PUT, &format!("{REVOKE}?{query}"), &[("authorization", &authorization)], Bytes::new()).await
}

async fn is_active(world: &World, owner: &Signer, token: &str) -> bool {
    world.introspect(owner, token).await.body["active"] == true
}

async fn refreshes(world: &World, client: &Signer, refresh_token: &str) -> bool {
    world.refresh(client, refresh_token).await.status == 200
}

#[tokio::test]
async fn a_refresh_token_takes_its_whole_grant_along_at_once() {
    let world = World::new().await;
    let (client, owner) = (world.client().await, world.owner(&["*"]).await);
    let tokens = world.tokens(&client).await;
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
    let reply = revoke(&world, &client, tokens.member("refresh_token")).await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (200, "{}"));
    let line = world.last_log();
    assert_eq!(
        (line["outcome"].as_str(), line["round_trips"].as_u64(), line["write_units"].as_f64()),
        (Some("revoked"), Some(2), Some(1.0)),
        "{line}"
    );
    for token in [tokens.member("access_token"), tokens.member("refresh_token"), refreshed.member("access_token")] {
        assert!(!is_active(&world, &owner, token).await);
    }
    world.refresh(&client, tokens.member("refresh_token")).await.refuses(400, "invalid_grant");
    // Again: no error, and nothing to write.
    assert_eq!(revoke(&world, &client, tokens.member("refresh_token")).await.status, 200);
    assert_eq!(world.last_log()["round_trips"], 1);
}

#[tokio::test]
async fn an_access_token_goes_alone() {
    let world = World::new().await;
    let (client, owner) = (world.client().await, world.owner(&["*"]).await);
    let tokens = world.tokens(&client).await;
    let refreshed = [
        world.refresh(&client, tokens.member("refresh_token")).await,
        world.refresh(&client, tokens.member("refresh_token")).await,
    ];
    for token in [tokens.member("access_token"), refreshed[0].member("access_token")] {
        assert_eq!(revoke(&world, &client, token).await.status, 200);
        assert_eq!(world.last_log()["outcome"], "revoked");
        assert!(!is_active(&world, &owner, token).await);
        assert_eq!(revoke(&world, &client, token).await.status, 200);
        let line = world.last_log();
        assert_eq!((line["outcome"].as_str(), line["write_units"].as_f64()), (Some("unchanged"), Some(0.0)), "{line}");
    }
    assert!(is_active(&world, &owner, refreshed[1].member("access_token")).await);
    assert!(refreshes(&world, &client, tokens.member("refresh_token")).await);
    assert_eq!(world.refresh(&client, tokens.member("refresh_token")).await.status, 200);
}

#[tokio::test]
async fn a_revoked_access_token_is_not_made_again_by_a_copy_of_the_request_that_made_it() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let query = refreshing(tokens.member("refresh_token"));
    let authorization = client.sign(&query, world.now());
    let refreshed = world.post("/oauth2/refreshToken", &query, &authorization).await;
    revoke(&world, &client, refreshed.member("access_token")).await;
    world.post("/oauth2/refreshToken", &query, &authorization).await.refuses(401, "invalid_client");
}

#[tokio::test]
async fn the_older_form_revokes_one_or_both_in_one_write() {
    let world = World::new().await;
    let (client, owner) = (world.client().await, world.owner(&["*"]).await);
    let tokens = world.tokens(&client).await;
    assert_eq!(put(&world, &client, &format!("access_token={}", tokens.member("access_token"))).await.status, 200);
    assert!(!is_active(&world, &owner, tokens.member("access_token")).await);
    assert!(refreshes(&world, &client, tokens.member("refresh_token")).await);
    let other = world.tokens(&client).await;
    let both =
        format!("refresh_token={}&access_token={}", tokens.member("refresh_token"), other.member("access_token"));
    assert_eq!(put(&world, &client, &both).await.status, 200);
    let line = world.last_log();
    assert_eq!(
        (line["round_trips"].as_u64(), line["write_units"].as_f64()),
        (Some(2), Some(4.0)),
        "of two grants, in one call: {line}"
    );
    assert!(!refreshes(&world, &client, tokens.member("refresh_token")).await);
    assert!(!is_active(&world, &owner, other.member("access_token")).await);
    assert!(refreshes(&world, &client, other.member("refresh_token")).await);
    let third = world.tokens(&client).await;
    let same = format!("refresh_token={}&access_token={}", third.member("refresh_token"), third.member("access_token"));
    assert_eq!(put(&world, &client, &same).await.status, 200);
    assert_eq!(world.last_log()["write_units"], 1.0);
    put(&world, &client, "").await.refuses(400, "invalid_request");
    put(&world, &client, "token=x").await.refuses(400, "invalid_request");
    // A refresh token by the name of an access token is none.
    let fourth = world.tokens(&client).await;
    assert_eq!(put(&world, &client, &format!("access_token={}", fourth.member("refresh_token"))).await.status, 200);
    assert!(refreshes(&world, &client, fourth.member("refresh_token")).await);
    // The method is signed.
    let query = format!("refresh_token={}", other.member("refresh_token"));
    let authorization = client.sign(&query, world.now());
    let target = format!("{REVOKE}?{query}");
    world
        .send(Method::PUT, &target, &[("authorization", &authorization)], Bytes::new())
        .await
        .refuses(401, "invalid_client");
}

#[tokio::test]
async fn what_is_unknown_is_no_error_and_what_is_anothers_is_refused() {
    let world = World::new().await;
    let (client, other, owner) = (world.client().await, world.client().await, world.owner(&["*"]).await);
    let tokens = world.tokens(&client).await;
    let (access, refresh) = (tokens.member("access_token"), tokens.member("refresh_token"));
    let code = world.code(&client, "WMS_NCIP").await;
    for token in
        ["x", "tk_AAAA", &flip(access), &flip(refresh), &access.replace("tk_", "rt_"), &code, &"y".repeat(7000)]
    {
        assert_eq!(revoke(&world, &client, token).await.status, 200, "{token}");
        assert_eq!(revoke(&world, &other, token).await.status, 200, "{token}");
        assert_eq!(world.last_log()["outcome"], "unchanged");
    }
    for token in [access, refresh] {
        revoke(&world, &other, token).await.refuses(400, "unauthorized_client");
        assert_eq!(world.last_log()["denial"], "token_foreign");
    }
    assert!(is_active(&world, &owner, access).await && refreshes(&world, &client, refresh).await);
    // Of two, one another's: neither is touched.
    let own = world.tokens(&other).await;
    let both = format!("refresh_token={refresh}&access_token={}", own.member("access_token"));
    put(&world, &other, &both).await.refuses(400, "unauthorized_client");
    assert!(is_active(&world, &owner, own.member("access_token")).await);
    // A wrong hint does not matter.
    let reply = world.ask(&client, REVOKE, &format!("token={refresh}&token_type_hint=access_token")).await;
    assert_eq!(reply.status, 200);
    assert!(!refreshes(&world, &client, refresh).await);
    revoke(&world, &client, "").await.refuses(400, "invalid_request");
    world.post(REVOKE, "token=x", "").await.refuses(401, "invalid_client");
    world.post(REVOKE, "token=x", &client.sign("token=y", world.now())).await.refuses(401, "invalid_client");
}

#[tokio::test]
async fn an_expired_refresh_token_still_ends_what_it_has_refreshed() {
    let world = World::new().await;
    let (client, owner) = (world.client().await, world.owner(&["*"]).await);
    let tokens = world.tokens(&client).await;
    world.advance(86_390);
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
    world.advance(20);
    assert!(is_active(&world, &owner, refreshed.member("access_token")).await);
    assert_eq!(revoke(&world, &client, tokens.member("refresh_token")).await.status, 200);
    assert!(!is_active(&world, &owner, refreshed.member("access_token")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_at_that_very_moment_never_outlives_the_revocation() {
    let world = Arc::new(World::new().await);
    let (client, owner) = (Arc::new(world.client().await), world.owner(&["*"]).await);
    let (mut granted, mut refused) = (0, 0);
    for _ in 0..2000 {
        let tokens = world.tokens(&client).await;
        let refresh_token = tokens.member("refresh_token").to_owned();
        let (racing, signer, token) = (world.clone(), client.clone(), refresh_token.clone());
        let refresh = tokio::spawn(async move { racing.refresh(&signer, &token).await });
        assert_eq!(revoke(&world, &client, &refresh_token).await.status, 200);
        let reply = refresh.await.unwrap();
        match reply.body["access_token"].as_str() {
            Some(token) => {
                granted += 1;
                assert!(!is_active(&world, &owner, token).await, "a token outlived its grant");
            }
            None => {
                reply.refuses(400, "invalid_grant");
                refused += 1;
            }
        }
    }
    assert!(granted > 0 && refused > 0, "{granted} granted, {refused} refused: no race was run");
}

#[tokio::test]
async fn of_two_grants_the_one_that_is_left_is_revoked_when_the_other_was_collected_meanwhile() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let left = Unverified::parse(tokens.member("refresh_token")).unwrap().grant_id;
    let collected = GrantId::random(random().unwrap());
    world.service.store.revoke(&[collected, left], &[], world.now(), &mut Usage::default()).await.unwrap();
    assert!(!refreshes(&world, &client, tokens.member("refresh_token")).await);
    let usage = &mut Usage::default();
    assert!(!world.service.store.revoke_grant(&collected, world.now(), usage).await.unwrap());
    assert!(world.service.store.grant(&collected, usage).await.unwrap().is_none(), "it is not made again");
}
