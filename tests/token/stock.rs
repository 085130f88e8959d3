//! What OAuth libraries expect of any server: other paths, no institutions, answers in the types of RFC 6749. What signs is
//! asked and answered as ever.

use bytes::Bytes;
use http::Method;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::Client;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::visitor::request;
use latchkey_testkit::world::{ASK, INTROSPECT, ISSUE, REDIRECT, REFRESH, World, redemption};
use serde_json::json;

/// What a library sends that knows only RFC 6749.
pub(super) const PLAIN: &str = "grant_type=client_credentials&scope=WMS_NCIP%20refresh_token";

pub(super) fn sends(client: &mut Client) {
    client.auth_methods = vec![AuthMethod::Basic];
    client.institutions = vec!["128807".into()];
}

pub(super) fn members(reply: &Reply) -> Vec<&str> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_client_that_does_not_sign_is_answered_in_the_types_of_the_rfc() {
    let world = World::new().await;
    let client = world.client_with(sends).await;
    let tokens = world.ask_basic(&client, ISSUE, PLAIN).await;
    let of_tokens = [
        "access_token",
        "authenticating_institution_id",
        "context_institution_id",
        "expires_in",
        "refresh_token",
        "refresh_token_expires_in",
        "scope",
        "token_type",
    ];
    let mut named = members(&tokens);
    named.sort_unstable();
    assert_eq!(named, of_tokens);
    assert_eq!((&tokens.body["expires_in"], &tokens.body["refresh_token_expires_in"]), (&1199.into(), &86399.into()));
    assert_eq!(tokens.headers["cache-control"], "no-store");
    let refresh_token = tokens.member("refresh_token");
    let form = format!("grant_type=refresh_token&refresh_token={refresh_token}");
    for path in [REFRESH, ISSUE, "/token", "/oauth2/token"] {
        let refreshed = world.ask_basic(&client, path, &form).await;
        assert_eq!(refreshed.member("refresh_token"), refresh_token, "the same, and as good as before");
        assert!(!members(&refreshed).contains(&"expires_at"));
    }
    // The type of a string is that of the other form.
    world.change(&client, |client| client.numbers_as_strings = true).await;
    assert_eq!(world.ask_basic(&client, ISSUE, PLAIN).await.body["expires_in"], 1199);
}

#[tokio::test]
async fn who_asks_in_the_query_as_oclcs_clients_do_is_answered_as_they_are() {
    let world = World::new().await;
    let client = world.client_with(sends).await;
    let authorization = client.basic(false);
    let headers = [("authorization", authorization.as_str())];
    let target = "/token?grant_type=client_credentials&scope=WMS_NCIP+context%3A128807";
    let reply = world.send(Method::POST, target, &headers, Bytes::new()).await;
    assert_eq!(members(&reply)[..4], ["access_token", "token_type", "expires_in", "expires_at"]);
    let ends = latchkey_oauth::time::instant(world.now() + 1200);
    assert_eq!((reply.member("expires_at"), reply.member("scope")), (ends.as_str(), "WMS_NCIP"));
    assert_eq!(reply.member("context_institution_id"), "128807");
}

#[tokio::test]
async fn a_user_may_be_sent_without_a_redirect_uri_by_a_client_that_has_only_one() {
    let world = World::peopled().await;
    let client = world.client_with(sends).await;
    let visitor = world.visitor();
    let bare = request(&client, &[("redirect_uri", "")]);
    let location = visitor.allow(&bare).await.location();
    assert!(location.starts_with(&format!("{REDIRECT}?code=")), "{location}");
    world.change(&client, |client| client.redirect_uris.push("https://app.example/other".into())).await;
    visitor.ask(&bare).await.shows(400);
    assert_eq!(world.last_log()["denial"], "parameter_missing");
    // Of one that only signs it is asked as ever; and nobody learns which clients there are.
    let signs = world.client().await;
    let disabled = world
        .client_with(|client| {
            sends(client);
            client.disabled = true;
        })
        .await;
    for id in [signs.id.as_str(), &disabled.id, "nobody"] {
        visitor.ask(&format!("client_id={id}&response_type=code&scope=WMS_NCIP")).await.shows(400);
        assert_eq!(world.last_log()["denial"], "parameter_missing", "{id}");
    }
}

#[tokio::test]
async fn introspection_says_whom_an_applications_own_token_is_for() {
    let world = World::new().await;
    let api = world
        .client_with(|client| {
            client.auth_methods = vec![AuthMethod::Basic, AuthMethod::WsKey];
            client.introspects = vec!["*".into()];
        })
        .await;
    let client = world.client().await;
    let form = format!("token={}", world.tokens(&client).await.member("access_token"));
    for path in [INTROSPECT, "/introspect"] {
        let seen = world.ask_basic(&api, path, &form).await;
        assert_eq!((seen.member("sub"), seen.member("client_id")), (client.id.as_str(), client.id.as_str()));
    }
    assert!(world.ask(&api, INTROSPECT, &form).await.body.get("sub").is_none(), "who signs is told what it ever was");
}

#[tokio::test]
async fn who_signs_is_asked_for_what_it_ever_was() {
    let world = World::new().await;
    let signs = world.client_with(|client| client.institutions = vec!["128807".into()]).await;
    let code = world.code(&signs, "WMS_NCIP").await;
    for (query, name) in [
        (PLAIN.to_owned(), "authenticatingInstitutionId"),
        (redemption(&code).replace("&contextInstitutionId=128807", ""), "contextInstitutionId"),
        (redemption(&code).replace("&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback", ""), "redirect_uri"),
    ] {
        let reply = world.ask(&signs, ISSUE, &query).await;
        reply.refuses(400, "invalid_request");
        assert_eq!(reply.member("error_description"), format!("The parameter {name} is missing or empty."));
    }
    let scope = ASK.replace("WMS_NCIP", "WMS_NCIP%20context%3A128807");
    world.ask(&signs, ISSUE, &scope).await.refuses(400, "invalid_scope");
    assert_eq!(world.last_log()["denial"], "scope_not_allowed");
    // At a redemption, a scope is not looked at; at a refresh, institutions are not.
    let other = world.code(&signs, "WMS_NCIP refresh_token").await;
    let query = format!("{}&scope=context%3A91475", redemption(&other));
    let redeemed = world.ask(&signs, ISSUE, &query).await;
    let refresh = format!(
        "grant_type=refresh_token&refresh_token={}&contextInstitutionId=91475&authenticatingInstitutionId=a%2Fb",
        redeemed.member("refresh_token")
    );
    assert_eq!(world.ask(&signs, REFRESH, &refresh).await.status, 200);
    let redeemed = world.redeem(&signs, &code).await;
    assert_eq!(redeemed.body["error_code"], json!(null));
    assert!(redeemed.body.as_object().unwrap().contains_key("error_code"));
}
