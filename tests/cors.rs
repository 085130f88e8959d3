//! Public clients: an application in a browser, what its scripts may read, and what it does not get.

use bytes::Bytes;
use http::Method;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::Client;
use latchkey_oauth::grant_type::GrantType;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::request;
use latchkey_testkit::world::{ASK, INTROSPECT, ISSUE, REFRESH, World, redemption};

const REVOKE: &str = "/oauth2/revoke";
const ORIGIN: &str = "https://app.example";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn publicly(client: &mut Client) {
    client.auth_methods = vec![AuthMethod::None];
    client.grant_types = vec![GrantType::AuthorizationCode];
    client.origins = vec![ORIGIN.into(), "http://localhost:5173".into()];
    client.secrets.clear();
}

fn naming(client: &Signer, form: &str) -> String {
    format!("{form}&client_id={}", client.id)
}

async fn code(world: &World, client: &Signer) -> String {
    world.code_with(client, "WMS_NCIP", |consent| consent.challenge = Some(CHALLENGE.into())).await
}

async fn send(world: &World, path: &str, origin: Option<&str>, form: &str) -> Reply {
    let origin: Vec<_> = origin.into_iter().map(|origin| ("origin", origin)).collect();
    world.post_form(path, &origin, form).await
}

/// Who may read an answer, if not everyone may.
fn readable_by(reply: &Reply) -> Option<&str> {
    let headers = &reply.headers;
    assert!(!headers.contains_key("access-control-allow-credentials"));
    let origin = headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap());
    assert_eq!(headers.get("vary").map(|value| value.to_str().unwrap()), origin.map(|_| "Origin"));
    origin
}

#[tokio::test]
async fn a_public_client_redeems_a_code_by_its_verifier_and_revokes_what_it_got() {
    let world = World::new().await;
    let client = world.client_with(publicly).await;
    let redeeming = naming(&client, &redemption(&code(&world, &client).await));
    send(&world, ISSUE, Some(ORIGIN), &redeeming).await.refuses(400, "invalid_grant");
    assert_eq!(world.last_log()["denial"], "verifier_missing");
    let tokens = send(&world, ISSUE, Some(ORIGIN), &format!("{redeeming}&code_verifier={VERIFIER}")).await;
    assert_eq!((tokens.status.as_u16(), readable_by(&tokens)), (200, Some(ORIGIN)), "{}", tokens.text);
    assert!(tokens.body.get("refresh_token").is_none());
    assert_eq!(world.last_log()["authenticates_by"], "none");
    let token = tokens.member("access_token");
    let owner = world.owner(&["*"]).await;
    assert_eq!(world.introspect(&owner, token).await.body["active"], true);
    let revoked = send(&world, REVOKE, Some(ORIGIN), &naming(&client, &format!("token={token}"))).await;
    assert_eq!((revoked.status.as_u16(), readable_by(&revoked)), (200, Some(ORIGIN)));
    assert_eq!(world.introspect(&owner, token).await.body["active"], false);
}

#[tokio::test]
async fn an_answer_may_be_read_only_by_the_origins_of_the_client_that_the_request_names() {
    let world = World::new().await;
    let client = world.client_with(publicly).await;
    let other = world
        .client_with(|client| {
            publicly(client);
            client.origins = vec!["https://other.example".into()];
        })
        .await;
    let secret = world
        .client_with(|client| {
            client.auth_methods = vec![AuthMethod::Post];
            // Registrations of later versions, or of another's hand.
            client.origins = vec![ORIGIN.into()];
        })
        .await;
    let disabled = world
        .client_with(|client| {
            publicly(client);
            client.disabled = true;
        })
        .await;
    for (named, origin, readable) in [
        (Some(&client), Some(ORIGIN), true),
        (Some(&client), Some("http://localhost:5173"), true),
        (Some(&client), Some("https://other.example"), false),
        (Some(&client), Some("https://app.example.evil"), false),
        (Some(&client), Some("https://app.example:8443"), false),
        (Some(&client), Some("http://app.example"), false),
        (Some(&client), Some("null"), false),
        (Some(&client), None, false),
        (Some(&other), Some(ORIGIN), false),
        (Some(&secret), Some(ORIGIN), false),
        (Some(&disabled), Some(ORIGIN), false),
        (None, Some(ORIGIN), false),
    ] {
        for (path, form) in [(ISSUE, "grant_type=authorization_code&code=x"), (ISSUE, ASK), (REVOKE, "token=tk_x")] {
            let form = named.map_or_else(|| format!("{form}&client_id=nobody"), |client| naming(client, form));
            let reply = send(&world, path, origin, &form).await;
            assert_eq!(readable_by(&reply), origin.filter(|_| readable), "{path} {origin:?}: {}", reply.text);
        }
    }
    // Refusals are read too, so that a developer sees them; introspection never is.
    let refused = send(&world, ISSUE, Some(ORIGIN), &naming(&client, "grant_type=none")).await;
    refused.refuses(400, "unsupported_grant_type");
    assert_eq!(readable_by(&refused), Some(ORIGIN));
    // A public client has no refresh token, so it has no use of an answer there.
    let refresh = naming(&client, "grant_type=refresh_token&refresh_token=rt_x");
    let seen = send(&world, REFRESH, Some(ORIGIN), &refresh).await;
    seen.refuses(400, "unauthorized_client");
    assert_eq!(readable_by(&seen), None);
    let seen = send(&world, INTROSPECT, Some(ORIGIN), &naming(&client, "token=tk_x")).await;
    seen.refuses(401, "invalid_client");
    assert_eq!((readable_by(&seen), &world.last_log()["round_trips"]), (None, &0.into()));
}

#[tokio::test]
async fn a_preflight_is_answered_for_every_origin_with_a_form_and_without_a_read() {
    let world = World::new().await;
    for (path, allow) in [(ISSUE, "POST, OPTIONS"), (REVOKE, "POST, PUT, OPTIONS")] {
        for origin in [Some(ORIGIN), Some("https://nobody.example"), None] {
            let mut headers: Vec<_> = origin.into_iter().map(|origin| ("origin", origin)).collect();
            headers.extend([
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "authorization,content-type"),
            ]);
            let reply = world.send(Method::OPTIONS, path, &headers, Bytes::new()).await;
            assert_eq!((reply.status.as_u16(), reply.text.as_str()), (204, ""));
            for (name, value) in [
                ("allow", allow),
                ("access-control-allow-origin", "*"),
                ("access-control-allow-methods", "POST"),
                ("access-control-allow-headers", "Content-Type"),
                ("access-control-max-age", "3600"),
            ] {
                assert_eq!(reply.headers[name], value, "{path} {name}");
            }
            assert!(!reply.headers.contains_key("access-control-allow-credentials"));
            let log = world.last_log();
            assert_eq!((&log["outcome"], &log["round_trips"]), (&"shown".into(), &0.into()));
        }
    }
}

#[tokio::test]
async fn a_public_client_gets_nothing_without_a_user_no_refresh_token_and_no_look_at_tokens() {
    let world = World::new().await;
    // As no command registers one.
    let client = world
        .client_with(|client| {
            publicly(client);
            client.grant_types = GrantType::ALL.to_vec();
            client.introspects = vec!["*".into()];
        })
        .await;
    send(&world, ISSUE, None, &naming(&client, &ASK.replace("%20refresh_token", "")))
        .await
        .refuses(400, "unauthorized_client");
    assert_eq!(world.last_log()["denial"], "grant_type_not_allowed");
    send(&world, REFRESH, None, &naming(&client, "grant_type=refresh_token&refresh_token=rt_x"))
        .await
        .refuses(400, "unauthorized_client");
    send(&world, INTROSPECT, None, &naming(&client, "token=tk_x")).await.refuses(401, "invalid_client");
    assert_eq!(world.last_log()["denial"], "credentials_missing");
}

#[tokio::test]
async fn the_pages_ask_a_public_client_for_a_challenge_and_offer_it_no_refresh_token() {
    let world = World::peopled().await;
    let client = world
        .client_with(|client| {
            publicly(client);
            client.grant_types.push(GrantType::Implicit);
            client.grant_types.push(GrantType::RefreshToken);
        })
        .await;
    let visitor = world.visitor();
    let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let told = visitor.ask(&request(&client, &[("scope", "WMS_NCIP")])).await;
    assert_eq!(told.tells("invalid_request").given("error_description").unwrap().matches("code_challenge").count(), 1);
    visitor.ask(&request(&client, &pkce)).await.tells("invalid_scope");
    visitor.ask(&request(&client, &[("response_type", "token")])).await;
    assert_eq!(world.last_log()["denial"], "scope_not_allowed", "nor in a fragment");
    let good = request(&client, &[&[("scope", "WMS_NCIP")][..], &pkce].concat());
    let code = visitor.allow(&good).await.given("code").unwrap();
    let form = format!("{}&code_verifier={VERIFIER}", naming(&client, &redemption(&code)));
    assert_eq!(send(&world, ISSUE, Some(ORIGIN), &form).await.status, 200);
}

#[tokio::test]
async fn a_code_without_a_challenge_is_of_no_use_to_a_client_that_became_public() {
    let world = World::new().await;
    let client = world.client().await;
    let code = world.code(&client, "WMS_NCIP").await;
    world.change(&client, publicly).await;
    send(&world, ISSUE, None, &naming(&client, &redemption(&code))).await.refuses(400, "invalid_request");
    assert_eq!(world.last_log()["denial"], "parameter_missing");
}

#[tokio::test]
async fn a_second_use_of_a_public_clients_code_revokes() {
    let world = World::new().await;
    let client = world.client_with(publicly).await;
    let code = code(&world, &client).await;
    let form = format!("{}&code_verifier={VERIFIER}", naming(&client, &redemption(&code)));
    assert_eq!(send(&world, ISSUE, None, &form).await.status, 200);
    send(&world, ISSUE, None, &form).await.refuses(400, "invalid_grant");
    assert!(world.grant_of(&code).await.unwrap().revoked_at.is_some());
}
