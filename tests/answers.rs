//! The shapes of answers, byte for byte where a client depends on it.

mod refusals;

use latchkey_testkit::reply::Reply;
use latchkey_testkit::world::{ASK, ISSUE, World, redemption};

fn members(reply: &Reply) -> Vec<&str> {
    reply.body.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_token_answer_is_the_documented_one_to_the_byte() {
    let world = World::new().await;
    let client = world.client().await;
    let reply = world.tokens(&client).await;
    let at = |seconds: u64| latchkey_oauth::time::instant(world.now() + seconds);
    let expected = format!(
        concat!(
            r#"{{"access_token":"{}","token_type":"bearer","expires_in":1199,"expires_at":"{}","#,
            r#""scope":"WMS_NCIP refresh_token","scopes":"WMS_NCIP refresh_token","principalID":"","principalIDNS":"","#,
            r#""context_institution_id":"128807","contextInstitutionId":"128807","authenticating_institution_id":"128807","#,
            r#""error_code":null,"refresh_token":"{}","refresh_token_expires_in":86399,"refresh_token_expires_at":"{}"}}"#
        ),
        reply.member("access_token"),
        at(1200),
        reply.member("refresh_token"),
        at(86400)
    );
    assert_eq!(reply.text, expected);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["content-type"], "application/json;charset=UTF-8");
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert_eq!(reply.headers["pragma"], "no-cache");
}

#[test]
fn an_instant_is_utc_with_a_blank_and_a_final_z() {
    assert_eq!(latchkey_oauth::time::instant(1_377_283_529), "2013-08-23 18:45:29Z");
    assert_eq!(latchkey_oauth::time::instant(0), "1970-01-01 00:00:00Z");
    assert_eq!(latchkey_oauth::time::instant(u64::MAX), "", "no panic on what is no date");
}

#[tokio::test]
async fn a_refresh_answer_lacks_the_three_members_of_a_refresh_token() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
    let (mut first, second) = (members(&tokens), members(&refreshed));
    first.retain(|name| !name.starts_with("refresh_token"));
    assert_eq!(first, second);
    assert!(refreshed.body.get("code").is_none() && tokens.body.get("code").is_none());
}

#[tokio::test]
async fn a_client_registered_so_gets_seconds_as_strings() {
    let world = World::new().await;
    let client = world.client_with(|client| client.numbers_as_strings = true).await;
    let tokens = world.tokens(&client).await;
    assert_eq!(tokens.member("expires_in"), "1199");
    assert_eq!(tokens.member("refresh_token_expires_in"), "86399");
    assert_eq!(world.refresh(&client, tokens.member("refresh_token")).await.member("expires_in"), "1199");
    let code = world.code(&client, "WMS_NCIP").await;
    assert_eq!(world.ask(&client, ISSUE, &redemption(&code)).await.member("expires_in"), "1199");
}

#[tokio::test]
async fn every_client_gets_json_whatever_it_accepts() {
    let world = World::new().await;
    let client = world.client().await;
    for accept in ["*/*", "text/html, image/gif, image/jpeg, */*; q=0.2", "application/xml", ""] {
        let authorization = client.sign(ASK, world.now());
        let headers = [("authorization", authorization.as_str()), ("accept", accept)];
        let reply = world.send(http::Method::POST, &format!("{ISSUE}?{ASK}"), &headers, bytes::Bytes::new()).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.headers["content-type"]),
            (200, &"application/json;charset=UTF-8".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn an_error_answer_has_the_members_that_clients_read_without_asking() {
    let world = World::new().await;
    let client = world.client().await;
    let reply = world.ask(&client, ISSUE, "grant_type=none").await;
    assert_eq!(
        reply.text,
        concat!(
            r#"{"error":"unsupported_grant_type","error_description":"#,
            r#""The grant_type is 'none'; it must be authorization_code, client_credentials, refresh_token or "#,
            r#"urn:ietf:params:oauth:grant-type:device_code.","#,
            r#""code":{"type":"http","value":"400"},"message":"#,
            r#""The grant_type is 'none'; it must be authorization_code, client_credentials, refresh_token or "#,
            r#"urn:ietf:params:oauth:grant-type:device_code.","details":""}"#
        )
    );
    assert!(reply.headers.get("www-authenticate").is_none(), "only a 401 challenges");
}
