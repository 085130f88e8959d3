//! `POST /oauth2/introspect` (RFC 7662): what an API's owner may know, and what looks like nothing.

use bytes::Bytes;
use http::Method;
use latchkey::lambda::authorizer::authorize;
use latchkey_dynamodb::store::Usage;
use latchkey_guard::bearer::Checker;
use latchkey_oauth::client::is_client_id;
use latchkey_oauth::form::encode;
use latchkey_oauth::grant::Principal;
use latchkey_oauth::scope::RouteScopes;
use latchkey_oauth::settings::{Settings, Subjects};
use latchkey_oauth::token::Unverified;
use latchkey_testkit::events::{AUTHORIZER_SHAPES, authorizer_event};
use latchkey_testkit::reply::Reply;
use latchkey_testkit::world::{ASK, Choices, INTROSPECT, ISSUE, World, flip, refreshing};
use serde_json::json;

fn is_inactive(reply: &Reply) {
    assert_eq!(reply.text, r#"{"active":false}"#);
}

#[tokio::test]
async fn a_good_token_is_active_with_all_that_its_api_needs_to_know() {
    let world = World::new().await;
    let (client, owner) = (world.client().await, world.owner(&["WMS_NCIP"]).await);
    let code = world.code(&client, "WMS_NCIP WMS_ACQ refresh_token").await;
    world.advance(7);
    let tokens = world.redeem(&client, &code).await;
    let body = world.introspect(&owner, tokens.member("access_token")).await.body;
    let expected = json!({
        "active": true, "scope": "WMS_NCIP", "client_id": client.id, "token_type": "bearer", "exp": world.now() + 1200,
        "iat": world.now(), "sub": "201571dd", "iss": world.url, "principalID": "201571dd", "principalIDNS": "urn:oclc:wms:da",
        "authenticating_institution_id": "128807", "context_institution_id": "128807",
    });
    assert_eq!(body, expected);
    assert_eq!(world.last_log()["outcome"], "active");
    // A refresh token is its client's business alone: an API that were told "active" would let it pass.
    is_inactive(&world.introspect(&owner, tokens.member("refresh_token")).await);
    world.change(&client, |client| client.introspects = vec!["*".into()]).await;
    let body = world.introspect(&client, tokens.member("refresh_token")).await.body;
    assert_eq!(
        (&body["active"], &body["exp"], body.get("token_type")),
        (&json!(true), &json!(world.now() + 86_400), None)
    );
    world.advance(60);
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
    let body = world.introspect(&owner, refreshed.member("access_token")).await.body;
    assert_eq!((&body["iat"], &body["exp"]), (&json!(world.now()), &json!(world.now() + 1200)));
    // Without a user there is no `sub`.
    let body = world.introspect(&owner, world.tokens(&client).await.member("access_token")).await.body;
    assert!(body["active"] == true && body.get("sub").is_none());
}

/// As the example for API owners has it: 401 for a token that is not good, 403 for one that lacks the scope.
#[tokio::test]
async fn an_api_that_sees_every_scope_can_tell_a_narrow_token_from_a_bad_one() {
    let world = World::new().await;
    let (client, narrow, wide) = (world.client().await, world.owner(&["WMS_NCIP"]).await, world.owner(&["*"]).await);
    let ask = ASK.replace("WMS_NCIP", "WMS_ACQ");
    let other = world.ask(&client, ISSUE, &ask).await;
    let token = other.member("access_token");
    is_inactive(&world.introspect(&narrow, token).await);
    let seen = world.introspect(&wide, token).await.body;
    assert_eq!((&seen["active"], seen["scope"].as_str().unwrap().contains("WMS_ACQ")), (&json!(true), true));
    assert!(!seen["scope"].as_str().unwrap().contains("WMS_NCIP"), "the API answers 403");
    is_inactive(&world.introspect(&wide, &flip(token)).await);
}

/// What introspection, both gateways and the guard call the one whom a token is for: one text, which is returned.
async fn subject(world: &World, token: &str) -> String {
    let told = world.introspect(&world.owner(&["*"]).await, token).await;
    let checker = Checker::new(world.service.store.clone(), 0);
    let bearer = format!("Bearer {token}");
    let found = checker.check(Some(bearer.as_bytes()), None, world.now(), &mut Usage::default()).await.unwrap();
    assert_eq!(found.subject(), told.member("sub"), "the guard");
    for shape in AUTHORIZER_SHAPES {
        let (event, scopes) = (authorizer_event(shape, Some(&bearer)), RouteScopes::any());
        let (answer, _) = authorize(&checker, &scopes, Subjects::V2, &event, world.now()).await;
        let answer = serde_json::to_value(answer.unwrap()).unwrap();
        assert_eq!(answer["context"]["subject"], told.member("sub"), "{shape}");
        assert!(answer.get("principalId").is_none_or(|principal| principal == told.member("sub")), "{shape}");
    }
    told.member("sub").to_owned()
}

#[tokio::test]
async fn a_user_of_two_namespaces_is_two_subjects_everywhere_and_none_is_a_clients() {
    let settings = Settings { subjects: Subjects::V2, ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    let client = world.client_with(|client| client.names_principal = true).await;
    let mut seen = Vec::new();
    for (id, idns) in [
        ("alice", "urn:latchkey:128807"),
        ("alice", "urn:latchkey:91475"),
        ("b|c", "a"),
        ("c", "a|b"),
        ("b/c", "a"),
        ("c", "a/b"),
        ("%2F", "a"),
        ("/", "a"),
        ("zo\u{EB} \"x\"", "urn:b\u{FC}cher"),
    ] {
        let query = format!("{ASK}&principalID={}&principalIDNS={}", encode(id), encode(idns));
        let tokens = world.ask(&client, ISSUE, &query).await;
        assert_eq!(
            (tokens.member("principalID"), tokens.member("principalIDNS")),
            (id, idns),
            "as WSKey clients read it"
        );
        let subject = subject(&world, tokens.member("access_token")).await;
        let told = world.introspect(&world.owner(&["*"]).await, tokens.member("access_token")).await;
        assert_eq!((told.member("principalID"), told.member("principalIDNS")), (id, idns));
        assert_eq!(Principal::of_subject(&subject), Some(Principal::new(id, idns)));
        // A client of this id could sign nothing.
        assert!(!is_client_id(&subject), "{subject}");
        let impostor = world.client_with(|impostor| impostor.id.clone_from(&subject)).await;
        let header = impostor.sign(ASK, world.now()).replace(&impostor.id, &subject);
        world.post(ISSUE, ASK, &header).await.refuses(401, "invalid_client");
        assert_eq!(world.last_log()["denial"], "credentials_malformed");
        seen.push(subject);
    }
    let own = world.tokens(&client).await;
    assert_eq!(subject(&world, own.member("access_token")).await, client.id, "an application that acts for itself");
    seen.push(client.id);
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count);
}

#[tokio::test]
async fn a_grant_of_an_early_version_is_the_same_user_in_whichever_spelling_it_holds_the_name() {
    let settings = Settings { subjects: Subjects::V2, ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    let client = world.client().await;
    let mut subjects = Vec::new();
    for id in ["zoe\u{308}", "zo\u{EB}"] {
        let code = world
            .code_with(&client, "WMS_NCIP", |consent| {
                consent.principal = Some(Principal { id: id.into(), idns: "urn:x".into() });
            })
            .await;
        subjects.push(subject(&world, world.redeem(&client, &code).await.member("access_token")).await);
    }
    assert_eq!(subjects[0], subjects[1]);
}

#[tokio::test]
async fn whatever_is_not_good_or_not_the_callers_business_looks_the_same() {
    let world = World::new().await;
    let (client, owner, other) =
        (world.client().await, world.owner(&["WMS_NCIP"]).await, world.owner(&["WMS_ACQ"]).await);
    let tokens = world.tokens(&client).await;
    let (access, refresh) = (tokens.member("access_token"), tokens.member("refresh_token"));
    let code = world.code(&client, "WMS_NCIP").await;
    for token in [
        "x",
        "tk_",
        "tk_AAAA",
        &code,
        &access.replace("tk_", "rt_"),
        &refresh.replace("rt_", "tk_"),
        &format!("{access}A"),
        &access[..access.len() - 1],
        &flip(access),
        &"tk_".repeat(500),
        &"y".repeat(7000),
        "%00",
        "t%C3%A9",
    ] {
        is_inactive(&world.introspect(&owner, token).await);
        assert_eq!(world.last_log()["outcome"], "inactive");
    }
    is_inactive(&world.introspect(&other, access).await);
    is_inactive(&world.introspect(&other, refresh).await);
    assert_eq!(world.introspect(&world.owner(&["*"]).await, access).await.body["scope"], "WMS_NCIP refresh_token");
    // A hint, right, wrong or unknown, changes nothing.
    for hint in ["access_token", "refresh_token", "x"] {
        let reply = world.ask(&owner, INTROSPECT, &format!("token={access}&token_type_hint={hint}")).await;
        assert_eq!(reply.body["active"], true);
    }
    world.advance(1199);
    assert_eq!(world.introspect(&owner, access).await.body["active"], true);
    world.advance(1);
    is_inactive(&world.introspect(&owner, access).await);
    world.change(&client, |client| client.introspects = vec!["*".into()]).await;
    assert_eq!(world.introspect(&client, refresh).await.body["active"], true);
    let id = Unverified::parse(refresh).unwrap().grant_id;
    world.service.store.revoke_grant(&id, world.now(), &mut Usage::default()).await.unwrap();
    is_inactive(&world.introspect(&client, refresh).await);
}

#[tokio::test]
async fn only_a_registered_client_may_ask_and_only_signed() {
    let world = World::new().await;
    let (client, owner) = (world.client().await, world.owner(&["WMS_NCIP"]).await);
    let tokens = world.tokens(&client).await;
    let query = format!("token={}", tokens.member("access_token"));
    world.ask(&client, INTROSPECT, &query).await.refuses(400, "unauthorized_client");
    assert_eq!(world.last_log()["denial"], "introspection_not_allowed");
    world.post(INTROSPECT, &query, "Bearer x").await.refuses(401, "invalid_client");
    world.post(INTROSPECT, &query, &owner.sign("token=other", world.now())).await.refuses(401, "invalid_client");
    world.send(Method::POST, &format!("{INTROSPECT}?{query}"), &[], Bytes::new()).await.refuses(401, "invalid_client");
    world.ask(&owner, INTROSPECT, "").await.refuses(400, "invalid_request");
    world.ask(&owner, INTROSPECT, "token=").await.refuses(400, "invalid_request");
    world.ask(&owner, INTROSPECT, &format!("{query}&token=x")).await.refuses(400, "invalid_request");
    world.change(&owner, |client| client.disabled = true).await;
    world.ask(&owner, INTROSPECT, &query).await.refuses(401, "invalid_client");
}

#[tokio::test]
async fn a_form_with_a_body_hash_introspects_as_the_rfc_has_it() {
    let world = World::new().await;
    let (client, owner) = (world.client().await, world.owner(&["WMS_NCIP"]).await);
    let token = world.tokens(&client).await;
    let body = format!("token={}", token.member("access_token"));
    let authorization = owner.sign_as("", world.now(), None, body.as_bytes());
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let reply = world.send(Method::POST, INTROSPECT, &headers, Bytes::from(body)).await;
    assert_eq!(reply.body["active"], true, "{}", reply.text);
}

#[tokio::test]
async fn what_a_narrowed_refresh_got_is_what_is_told() {
    let world = World::new().await;
    let (client, owner) = (world.client().await, world.owner(&["*"]).await);
    let tokens = world.ask(&client, ISSUE, &ASK.replace("WMS_NCIP", "WMS_NCIP%20WMS_ACQ")).await;
    let query = format!("{}&scope=WMS_ACQ", refreshing(tokens.member("refresh_token")));
    let refreshed = world.ask(&client, "/oauth2/refreshToken", &query).await;
    assert_eq!(world.introspect(&owner, refreshed.member("access_token")).await.body["scope"], "WMS_ACQ");
}
