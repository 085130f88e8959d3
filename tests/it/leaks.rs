//! Nothing secret reaches a log line, an error text or the table.

use bytes::Bytes;
use http::Method;
use latchkey::local::{Options, Server};

use crate::world::{ASK, ISSUE, REFRESH, World, redemption, refreshing};

#[tokio::test]
async fn no_secret_token_code_query_or_header_reaches_a_log_line() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let code = world.code(&client, "WMS_NCIP refresh_token").await;
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
    let redeemed = world.redeem(&client, &code).await;
    world.redeem(&client, &code).await;
    let canary = "canary-5d1c";
    for query in [
        format!("{ASK}&x={canary}"),
        format!("grant_type={canary}"),
        redemption(canary),
        refreshing(canary),
        format!("token={canary}"),
        format!("token={}", tokens.member("access_token")),
        format!("token={}", tokens.member("refresh_token")),
        canary.into(),
    ] {
        for path in [ISSUE, REFRESH, "/oauth2/introspect", "/oauth2/revoke"] {
            world.ask(&client, path, &query).await;
            world.post(path, &query, &client.sign("other=1", world.now())).await;
        }
    }
    let authorization = client.sign(ASK, world.now());
    for header in
        [canary, &format!("{authorization}, principalID=\"{canary}\""), &authorization.replace(&client.id, canary)]
    {
        world.post(ISSUE, ASK, header).await;
    }
    world.send(Method::POST, ISSUE, &[("authorization", &authorization)], Bytes::from(canary)).await;
    let log = world.log();
    assert!(log.len() > 25);
    for line in log {
        let line = line.to_string();
        for secret in [
            canary,
            client.secret.expose(),
            tokens.member("access_token"),
            tokens.member("refresh_token"),
            refreshed.member("access_token"),
            redeemed.member("access_token"),
            &code,
            "grant_type=",
            "signature=\"",
            "hmac/v1",
        ] {
            assert!(!line.contains(secret), "{secret} is in {line}");
        }
    }
}

#[tokio::test]
async fn a_client_id_that_the_database_does_not_know_is_not_logged() {
    let world = World::new().await;
    let client = world.client().await;
    let authorization = client.sign(ASK, world.now()).replace(&client.id, "a-secret-in-the-wrong-place");
    world.post(ISSUE, ASK, &authorization).await.refuses(401, "invalid_client");
    assert!(world.last_log().get("client_id").is_none());
}

#[tokio::test]
async fn no_token_code_or_secret_stands_in_the_state_file() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { state: Some(folder.path().to_owned()), ..Options::default() };
    let server = Server::start(options).await.unwrap();
    let world =
        World::with(crate::world::Choices { store: Some(server.latchkey.store.clone()), ..Default::default() }).await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let code = world.code(&client, "WMS_NCIP").await;
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
    server.stop().await;
    let mut dump = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        dump.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let holds = |text: &str| dump.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(&client.id), "the dump is one of the right tables");
    for secret in [
        client.secret.expose(),
        tokens.member("access_token"),
        tokens.member("refresh_token"),
        refreshed.member("access_token"),
        &code,
    ] {
        let body = secret.split_once('_').map_or(secret, |(_, body)| body);
        assert!(!holds(body));
    }
}
