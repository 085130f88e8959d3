//! The page of the local server, and what its log has.

use bytes::Bytes;
use http::Method;
use latchkey_oauth::settings::Settings;
use latchkey_oauth::time::instant;
use latchkey_testkit::hunt::Hunt;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::world::{ASK, Choices, ISSUE, World};
use serde_json::Value;

use crate::running::Running;

async fn page(world: &World) -> Reply {
    let reply = world.send(Method::GET, "/", &[], Bytes::new()).await;
    assert_eq!(
        (reply.status.as_u16(), &reply.headers["content-type"]),
        (200, &"text/html;charset=UTF-8".parse().unwrap())
    );
    reply
}

#[tokio::test]
async fn the_page_shows_what_is_served_the_requests_with_their_reasons_clients_and_grants() {
    let world = World::new().await;
    let client = world.client().await;
    let empty = page(&world).await.text;
    assert!(empty.contains("No request came since the start") && empty.contains("No client was granted anything"));
    let tokens = world.tokens(&client).await;
    let wrong = client.sign("other=1", world.now());
    let refused = world.post(ISSUE, ASK, &wrong).await;
    world.post(ISSUE, ASK, &client.sign(ASK, world.now() - 400)).await;
    world.send(Method::POST, "/oauth2/access-token", &[], Bytes::new()).await;
    let text = page(&world).await.text;
    for shown in [
        "GET /oauth2/authorizeCode",
        "POST /oauth2/accessToken",
        "401 signature_mismatch",
        "docs/errors.md#signature_mismatch",
        "401 timestamp_skewed",
        "(unverified)",
        "404 denied",
        "no route",
        &client.id,
        "A test&#39;s client",
        "refresh token until",
        &instant(world.now()),
        refused.headers["apigw-requestid"].to_str().unwrap(),
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert!(!text.contains("access-token"), "an address that is no route may hold anything");
    assert!(!text.contains("<script") && !text.contains("href="), "without errors page there is no link");
    assert!(tokens.member("access_token").starts_with("tk_"));
}

#[tokio::test]
async fn no_secret_token_or_code_stands_on_the_page_and_nothing_shown_becomes_markup() {
    let world = World::new().await;
    let client = world.client_with(|client| client.name = "<b>Bold</b> & \"quoted\"".into()).await;
    let tokens = world.tokens(&client).await;
    let code = world.code(&client, "WMS_NCIP refresh_token").await;
    let redeemed = world.redeem(&client, &code).await;
    for claimed in ["tk_abc", client.secret.expose(), "<i>x"] {
        world.post(ISSUE, ASK, &client.sign(ASK, world.now()).replace(&client.id, claimed)).await;
    }
    world.send(Method::GET, &format!("/{code}?{ASK}"), &[], Bytes::new()).await;
    let reply = page(&world).await;
    assert!(reply.text.contains("&#60;b&#62;Bold") && !reply.text.contains("<b>") && !reply.text.contains("<i>"));
    let mut hunt = Hunt::default();
    hunt.add("the secret", client.secret.expose().as_bytes());
    for token in [tokens.member("access_token"), tokens.member("refresh_token"), redeemed.member("access_token"), &code]
    {
        hunt.add_token("a token", token);
    }
    hunt.finds_nothing("the page", reply.text.as_bytes());
    assert!(!reply.text.contains("tk_abc") && !reply.text.contains("grant_type="));
    let policy = reply.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(reply.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn the_page_links_to_the_errors_page_and_shows_a_hundred_requests() {
    let settings = Settings { error_pages: Some("https://docs.example/errors".into()), ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    for _ in 0..120 {
        world.send(Method::POST, ISSUE, &[], Bytes::new()).await;
    }
    let text = page(&world).await.text;
    assert_eq!(text.matches("href=\"https://docs.example/errors#credentials_missing\"").count(), 100);
}

#[tokio::test]
async fn a_log_line_has_its_time_and_the_request_id_that_the_answer_has() {
    let world = World::new().await;
    let client = world.client().await;
    let reply = world.tokens(&client).await;
    let log = world.last_log();
    assert_eq!(log["time"], instant(world.now()));
    assert_eq!(log["request_id"].as_str(), reply.headers["apigw-requestid"].to_str().ok());
    let other = world.send(Method::GET, "/nowhere", &[], Bytes::new()).await;
    assert_ne!(other.headers["apigw-requestid"], reply.headers["apigw-requestid"]);
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(folder.path(), &[]);
    world.send_to(&server.url, Method::POST, ISSUE, &[], Bytes::new()).await;
    let line: Value = serde_json::from_str(&server.log(1)[0]).unwrap();
    let time = line["time"].as_str().unwrap();
    assert!(time.starts_with("20") && time.ends_with('Z'), "{line}");
}
