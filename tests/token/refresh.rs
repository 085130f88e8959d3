//! `POST /oauth2/refreshToken`, and the refresh grant at `/oauth2/accessToken`.

use aws_sdk_dynamodb::config::retry::TokenBucket;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::grant::device::Permission;
use latchkey_oauth::grant::{Institutions, Principal};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::settings::Settings;
use latchkey_oauth::token::{GrantId, Kind, Unverified, UserCode};
use latchkey_testkit::faults::Troubled;
use latchkey_testkit::world::{ASK, Choices, ISSUE, REFRESH, World, refreshing};

#[tokio::test]
async fn a_refresh_token_gets_a_new_access_token_at_either_address_and_never_a_new_refresh_token() {
    let world = World::new().await;
    let client = world.client().await;
    let first = world.tokens(&client).await;
    for path in [REFRESH, ISSUE] {
        let reply = world.ask(&client, path, &refreshing(first.member("refresh_token"))).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let (old, new) = (first.member("access_token"), reply.member("access_token"));
        assert_ne!(old, new);
        let token = Unverified::parse(new).unwrap();
        assert_eq!(token.kind, Kind::Access);
        assert!(token.selector.is_some(), "it has an item of its own beside its grant");
        assert_eq!(reply.member("scope"), "WMS_NCIP refresh_token");
        assert!(!reply.text.contains("rt_") && !reply.text.contains("refresh_token_expires"));
    }
}

#[tokio::test]
async fn a_refresh_token_lives_no_longer_than_the_institution_of_its_user_lets_it() {
    let world = World::new().await;
    let client = world.client_with(|client| client.refresh_token_seconds = Some(604_800)).await;
    for (most, left) in [(None, 604_799), (Some(3600), 3599), (Some(700_000), 604_799)] {
        let code = world.code_with(&client, "WMS_NCIP refresh_token", |consent| consent.refresh_seconds = most).await;
        let of_code = world.redeem(&client, &code).await;
        // A device's user says yes, and the grant keeps it from then on.
        let begun = world.device(&client).await;
        let permission = Permission {
            id: GrantId::of_user_code(&UserCode::parse(begun.member("user_code")).unwrap()),
            institutions: Institutions { authenticating: "128807".into(), context: "128807".into() },
            principal: Principal { id: "201571dd".into(), idns: "urn:test".into() },
            refresh_seconds: most,
            at: world.now(),
        };
        assert!(world.service.store.allow_device(&permission, &mut Usage::default()).await.unwrap());
        let of_device = world.poll(&client, begun.member("device_code")).await;
        for tokens in [of_code, of_device] {
            assert_eq!(tokens.body["refresh_token_expires_in"], left, "{most:?}: {}", tokens.text);
            let grant = world.grant_of(tokens.member("access_token")).await.unwrap();
            let ends = grant.refresh.unwrap().expires_at;
            assert_eq!((grant.refresh_seconds, ends), (most, world.now() + left + 1));
        }
    }
}

#[tokio::test]
async fn a_refresh_token_works_until_its_last_second_and_not_beyond() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    world.advance(86_399);
    assert_eq!(world.refresh(&client, tokens.member("refresh_token")).await.status, 200);
    world.advance(1);
    world.refresh(&client, tokens.member("refresh_token")).await.refuses(400, "invalid_grant");
    assert_eq!(world.last_log()["denial"], "refresh_token_expired");
}

#[tokio::test]
async fn a_refresh_may_narrow_the_scope_and_never_widen_it() {
    let world = World::new().await;
    let client = world.client().await;
    let ask = ASK.replace("WMS_NCIP", "WMS_NCIP%20WMS_ACQ");
    let tokens = world.ask(&client, ISSUE, &ask).await;
    let refresh = refreshing(tokens.member("refresh_token"));
    let narrowed = world.ask(&client, REFRESH, &format!("{refresh}&scope=WMS_ACQ")).await;
    assert_eq!(narrowed.member("scope"), "WMS_ACQ");
    let whole = world.ask(&client, REFRESH, &refresh).await;
    assert_eq!(whole.member("scope"), "WMS_NCIP WMS_ACQ refresh_token", "narrowing once narrows one token");
    for wider in ["WorldCatMetadataAPI", "WMS_ACQ+WorldCatMetadataAPI"] {
        let reply = world.ask(&client, REFRESH, &format!("{refresh}&scope={wider}")).await;
        reply.refuses(400, "invalid_scope");
        assert_eq!(world.last_log()["denial"], "scope_widened");
    }
    let nothing = world.ask(&client, REFRESH, &format!("{refresh}&scope=refresh_token")).await;
    nothing.refuses(400, "invalid_scope");
    let malformed = world.ask(&client, REFRESH, &format!("{refresh}&scope=%22")).await;
    malformed.refuses(400, "invalid_scope");
}

#[tokio::test]
async fn a_scope_withdrawn_from_the_client_is_not_minted_again() {
    let world = World::new().await;
    let client = world.client().await;
    let ask = ASK.replace("WMS_NCIP", "WMS_NCIP%20WMS_ACQ");
    let tokens = world.ask(&client, ISSUE, &ask).await;
    let refresh = refreshing(tokens.member("refresh_token"));
    world.change(&client, |client| client.scopes = vec!["WMS_ACQ".into()]).await;
    assert_eq!(world.ask(&client, REFRESH, &refresh).await.member("scope"), "WMS_ACQ refresh_token");
    let reply = world.ask(&client, REFRESH, &format!("{refresh}&scope=WMS_NCIP")).await;
    reply.refuses(400, "invalid_scope");
    assert_eq!(world.last_log()["denial"], "scope_not_allowed");
    world.change(&client, |client| client.scopes.clear()).await;
    world.ask(&client, REFRESH, &refresh).await.refuses(400, "invalid_scope");
}

#[tokio::test]
async fn a_client_that_may_no_longer_name_a_user_refreshes_for_none_that_it_named() {
    let world = World::new().await;
    let client = world.client_with(|client| client.names_principal = true).await;
    let named = client.sign_as(ASK, world.now(), Some(("201571dd", "urn:oclc:wms:da")), &[]);
    let named = world.post(ISSUE, ASK, &named).await;
    let own = world.tokens(&client).await;
    let consented = world.redeem(&client, &world.code(&client, "WMS_NCIP refresh_token").await).await;
    world.change(&client, |client| client.names_principal = false).await;
    world.refresh(&client, named.member("refresh_token")).await.refuses(400, "unauthorized_client");
    assert_eq!(world.last_log()["denial"], "principal_not_allowed");
    for tokens in [own, consented] {
        assert_eq!(world.refresh(&client, tokens.member("refresh_token")).await.status, 200);
    }
}

#[tokio::test]
async fn a_refreshed_token_is_promised_for_no_longer_than_its_grants_item_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let before = World::sharing(Choices::default(), folder.path()).await;
    let client = before.client().await;
    let tokens = before.tokens(&client).await;
    let settings = Settings { access_token_seconds: 86_400, ..Settings::default() };
    let store = Some(before.service.store.clone());
    let world = World::sharing(Choices { store, settings }, folder.path()).await;
    world.advance(86_000);
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
    let token = refreshed.member("access_token");
    let seen = world.introspect(&world.owner(&["*"]).await, token).await;
    assert_eq!(seen.body["exp"], world.grant_of(token).await.unwrap().expires_at);
}

#[tokio::test]
async fn a_refresh_token_of_another_client_is_refused_as_an_unknown_one() {
    let world = World::new().await;
    let (client, thief) = (world.client().await, world.client().await);
    let tokens = world.tokens(&client).await;
    let stolen = world.refresh(&thief, tokens.member("refresh_token")).await;
    stolen.refuses(400, "invalid_grant");
    let never = world.refresh(&thief, &format!("rt_{}", "A".repeat(48))).await;
    assert_eq!(stolen.text, never.text);
    assert_eq!(world.refresh(&client, tokens.member("refresh_token")).await.status, 200, "it is unharmed");
}

#[tokio::test]
async fn what_is_no_refresh_token_of_this_client_is_refused() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let (access, refresh) = (tokens.member("access_token"), tokens.member("refresh_token"));
    let code = world.code(&client, "WMS_NCIP refresh_token").await;
    let altered = format!("{}{}", &refresh[..50], if refresh.ends_with('A') { "B" } else { "A" });
    let renamed = access.replace("tk_", "rt_");
    let unredeemed = code.replace("auth_", "rt_");
    let long = format!("{refresh}AAAA");
    let huge = format!("rt_{}", "A".repeat(2000));
    for token in [access, &code, &altered, &renamed, &unredeemed, &long, &huge, "rt_", "rt_%00", "x", "rt_4393983"] {
        world.refresh(&client, token).await.refuses(400, "invalid_grant");
        assert_eq!(world.last_log()["denial"], "refresh_token_unknown", "{token}");
    }
}

#[tokio::test]
async fn a_missing_refresh_token_is_refused_by_name() {
    let world = World::new().await;
    let client = world.client().await;
    for query in ["grant_type=refresh_token", "grant_type=refresh_token&refresh_token="] {
        for path in [REFRESH, ISSUE] {
            let reply = world.ask(&client, path, query).await;
            reply.refuses(400, "invalid_request");
            assert!(reply.member("error_description").contains("refresh_token"));
        }
    }
}

#[tokio::test]
async fn the_refresh_address_takes_no_other_grant_type() {
    let world = World::new().await;
    let client = world.client().await;
    world.ask(&client, REFRESH, ASK).await.refuses(400, "unsupported_grant_type");
    assert_eq!(world.last_log()["denial"], "grant_type_elsewhere");
    let tokens = world.tokens(&client).await;
    let query = format!("refresh_token={}", tokens.member("refresh_token"));
    world.ask(&client, REFRESH, &query).await.refuses(400, "invalid_request");
}

#[tokio::test]
async fn a_client_that_lost_the_grant_type_or_the_institution_cannot_refresh() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    world.change(&client, |client| client.institutions = vec!["91475".into()]).await;
    world.refresh(&client, tokens.member("refresh_token")).await.refuses(400, "unauthorized_client");
    assert_eq!(world.last_log()["denial"], "institution_not_allowed");
    world.change(&client, |client| client.institutions = vec!["128807".into()]).await;
    world.change(&client, |client| client.grant_types = vec![GrantType::ClientCredentials]).await;
    world.refresh(&client, tokens.member("refresh_token")).await.refuses(400, "unauthorized_client");
    assert_eq!(world.last_log()["denial"], "grant_type_not_allowed");
}

#[tokio::test]
async fn a_revoked_grant_refreshes_nothing() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let id = Unverified::parse(tokens.member("refresh_token")).unwrap().grant_id;
    assert!(world.service.store.revoke_grant(&id, world.now(), &mut Usage::default()).await.unwrap());
    world.refresh(&client, tokens.member("refresh_token")).await.refuses(400, "invalid_grant");
    assert_eq!(world.last_log()["denial"], "grant_revoked");
}

#[tokio::test]
async fn the_same_signed_refresh_is_accepted_once() {
    let world = World::new().await;
    let client = world.client().await;
    let query = refreshing(world.tokens(&client).await.member("refresh_token"));
    let authorization = client.sign(&query, world.now());
    assert_eq!(world.post(REFRESH, &query, &authorization).await.status, 200);
    for path in [REFRESH, ISSUE] {
        world.post(path, &query, &authorization).await.refuses(401, "invalid_client");
        assert_eq!(world.last_log()["denial"], "replayed");
    }
}

#[tokio::test]
async fn a_refresh_names_the_user_only_to_clients_registered_for_it() {
    let world = World::new().await;
    for (registered, expected) in [(false, ""), (true, "201571dd")] {
        let client = world.client_with(|client| client.principal_on_refresh = registered).await;
        let code = world.code(&client, "WMS_NCIP refresh_token").await;
        let tokens = world.redeem(&client, &code).await;
        assert_eq!(tokens.member("principalID"), "201571dd");
        let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
        assert_eq!(refreshed.member("principalID"), expected);
    }
}

#[tokio::test]
async fn a_refreshed_tokens_item_outlives_the_window_of_its_request_too() {
    let settings = Settings { access_token_seconds: 1, ..Default::default() };
    let troubled = Troubled::with(TokenBucket::unlimited(), settings).await;
    let world = &troubled.world;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let query = refreshing(tokens.member("refresh_token"));
    let ahead = client.sign(&query, world.now() + 300);
    assert_eq!(world.post(REFRESH, &query, &ahead).await.status, 200);
    // As long as its timestamp counts.
    world.advance(600);
    troubled.sweep().await;
    world.post(REFRESH, &query, &ahead).await.refuses(401, "invalid_client");
}
