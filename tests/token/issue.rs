//! `POST /oauth2/accessToken` with client credentials.

use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::registry::GrantFilter;
use latchkey_oauth::client_auth::wskey::replay_key;
use latchkey_oauth::grant::Principal;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::service::{INTROSPECT, REFRESH};
use latchkey_oauth::token::{Kind, Unverified};
use latchkey_testkit::world::{ASK, Choices, ISSUE, World, redemption, refreshing};

fn query(scope: &str, authenticating: &str, context: &str) -> String {
    format!(
        "grant_type=client_credentials&scope={scope}&authenticatingInstitutionId={authenticating}\
         &contextInstitutionId={context}"
    )
}

#[tokio::test]
async fn a_signed_request_gets_an_access_token() {
    let world = World::new().await;
    let client = world.client().await;
    let reply = world.ask(&client, ISSUE, &query("WMS_NCIP", "128807", "91475")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(Unverified::parse(reply.member("access_token")).unwrap().kind, Kind::Access);
    assert_eq!(reply.member("authenticating_institution_id"), "128807");
    assert_eq!(reply.member("context_institution_id"), "91475");
    assert!(reply.body.get("refresh_token").is_none(), "none was asked for");
}

#[tokio::test]
async fn the_scope_refresh_token_gets_a_refresh_token_too() {
    let world = World::new().await;
    let client = world.client().await;
    let reply = world.tokens(&client).await;
    let (access, refresh) = (reply.member("access_token"), reply.member("refresh_token"));
    let (access, refresh) = (Unverified::parse(access).unwrap(), Unverified::parse(refresh).unwrap());
    assert_eq!((access.kind, refresh.kind), (Kind::Access, Kind::Refresh));
    assert_eq!(access.grant_id, refresh.grant_id, "one item carries both");
}

#[tokio::test]
async fn only_hashes_of_tokens_are_stored_and_the_item_expires_in_seconds() {
    let world = World::new().await;
    let client = world.client().await;
    let reply = world.tokens(&client).await;
    let grant = world.grant_of(reply.member("access_token")).await.unwrap();
    let hash = Unverified::parse(reply.member("access_token")).unwrap().hash;
    assert!(grant.access.unwrap().hash.matches(&hash));
    assert_eq!(grant.access.unwrap().expires_at, world.now() + 1200);
    assert_eq!(grant.refresh.unwrap().expires_at, world.now() + 86400);
    assert_eq!(grant.expires_at, world.now() + 86400 + 1200, "as long as the last refreshed token can live");
}

#[tokio::test]
async fn the_life_of_a_refresh_token_may_be_the_clients_own() {
    let world = World::new().await;
    let client = world.client_with(|client| client.refresh_token_seconds = Some(604_800)).await;
    assert_eq!(world.tokens(&client).await.body["refresh_token_expires_in"], 604_799);
}

#[tokio::test]
async fn the_item_outlives_the_window_of_its_request_even_where_its_token_does_not() {
    let settings = latchkey_oauth::settings::Settings { access_token_seconds: 1, ..Default::default() };
    let world = World::with(Choices { settings, ..Default::default() }).await;
    let client = world.client().await;
    let reply = world.ask(&client, ISSUE, &query("WMS_NCIP", "128807", "128807")).await;
    let grant = world.grant_of(reply.member("access_token")).await.unwrap();
    // Even if the operator raises the window meanwhile, to an hour at the most.
    assert!(grant.expires_at > world.now() + 2 * 3600);
}

#[test]
fn a_request_is_known_by_client_time_and_nonce_together() {
    let of = replay_key;
    assert!(of("a", "1", "n") == of("a", "1", "n"));
    for (client_id, timestamp, nonce) in
        [("b", "1", "n"), ("a", "2", "n"), ("a", "1", "o"), ("a", "12", ""), ("a1", "", "n")]
    {
        assert!(of("a", "1", "n") != of(client_id, timestamp, nonce), "{client_id} {timestamp} {nonce}");
    }
    assert!(of("a", "1", "23") != of("a", "12", "3"));
}

#[tokio::test]
async fn a_principal_is_named_only_by_a_client_registered_to() {
    let world = World::new().await;
    let trusted = world.client_with(|client| client.names_principal = true).await;
    let principal = Some(("201571dd-b197", "urn:oclc:wms:da"));
    let reply = world.post(ISSUE, ASK, &trusted.sign_as(ASK, world.now(), principal, &[])).await;
    assert_eq!((reply.member("principalID"), reply.member("principalIDNS")), ("201571dd-b197", "urn:oclc:wms:da"));
    let other = world.client().await;
    let reply = world.post(ISSUE, ASK, &other.sign_as(ASK, world.now(), principal, &[])).await;
    reply.refuses(400, "unauthorized_client");
    assert_eq!(world.last_log()["denial"], "principal_not_allowed");
}

/// Two spellings of a name look the same, and some keyboards and libraries write the one, some the other.
#[tokio::test]
async fn a_principal_in_two_spellings_is_one_user_and_a_search_finds_all_of_that_users_grants() {
    let world = World::new().await;
    let trusted = world.client_with(|client| client.names_principal = true).await;
    for (id, idns) in [("zoe\u{308}", "urn:bu\u{308}cher"), ("zo\u{EB}", "urn:b\u{FC}cher"), ("zoe", "urn:b\u{FC}cher")]
    {
        let reply = world.post(ISSUE, ASK, &trusted.sign_as(ASK, world.now(), Some((id, idns)), &[])).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let read = (reply.member("principalID"), reply.member("principalIDNS"));
        assert_eq!(read, (if id == "zoe" { "zoe" } else { "zo\u{EB}" }, "urn:b\u{FC}cher"));
    }
    // A grant of an earlier version holds the text as it came.
    world
        .code_with(&trusted, "WMS_NCIP", |consent| {
            consent.principal = Some(Principal { id: "zoe\u{308}".into(), idns: "urn:bu\u{308}cher".into() });
        })
        .await;
    for (id, idns) in [("zoe\u{308}", "urn:b\u{FC}cher"), ("zo\u{EB}", "urn:bu\u{308}cher")] {
        let filter = GrantFilter {
            principal_id: Some(id.into()),
            principal_idns: Some(idns.into()),
            unrevoked: true,
            ..GrantFilter::default()
        };
        let mut usage = Usage::default();
        assert_eq!(world.service.store.grants(&filter, &mut usage).await.unwrap().len(), 3, "{id}");
        assert_eq!(world.service.store.grant_ids(&filter, &mut usage).await.unwrap().len(), 3, "{id}");
    }
}

#[tokio::test]
async fn half_a_principal_is_refused() {
    let world = World::new().await;
    let client = world.client_with(|client| client.names_principal = true).await;
    let authorization = format!("{}, principalID=\"p\"", client.sign(ASK, world.now()));
    world.post(ISSUE, ASK, &authorization).await.refuses(400, "invalid_request");
    assert_eq!(world.last_log()["denial"], "principal_incomplete");
}

#[tokio::test]
async fn a_missing_or_empty_parameter_is_refused_by_name() {
    let world = World::new().await;
    let client = world.client().await;
    for name in ["grant_type", "scope", "authenticatingInstitutionId", "contextInstitutionId"] {
        let without: Vec<_> = ASK.split('&').filter(|pair| !pair.starts_with(name)).collect();
        let empty = format!("{}&{name}=", without.join("&"));
        for query in [without.join("&"), empty] {
            let reply = world.ask(&client, ISSUE, &query).await;
            reply.refuses(400, if name == "scope" { "invalid_scope" } else { "invalid_request" });
            assert_eq!(world.last_log()["denial"], "parameter_missing");
            assert!(reply.member("error_description").contains(name), "{}", reply.text);
        }
    }
}

#[tokio::test]
async fn a_repeated_parameter_is_refused_by_name() {
    let world = World::new().await;
    let client = world.client().await;
    for repeated in ["grant_type=client_credentials", "scope=WMS_ACQ", "contextInstitutionId=", "code=1&code=1"] {
        let reply = world.ask(&client, ISSUE, &format!("{ASK}&{repeated}")).await;
        reply.refuses(400, "invalid_request");
        assert_eq!(world.last_log()["denial"], "parameter_repeated");
    }
}

#[tokio::test]
async fn unknown_parameters_are_ignored_even_repeated_ones() {
    let world = World::new().await;
    let client = world.client().await;
    assert_eq!(world.ask(&client, ISSUE, &format!("{ASK}&x=1&x=2&y")).await.status, 200);
}

#[tokio::test]
async fn a_client_id_beside_the_credentials_names_the_same_client() {
    let world = World::new().await;
    let client = world.client_with(|client| client.introspects = vec!["*".into()]).await;
    let other = world.client().await;
    let tokens = world.tokens(&client).await;
    let refresh = refreshing(tokens.member("refresh_token"));
    let introspect = format!("token={}", tokens.member("access_token"));
    for (path, query) in [
        (ISSUE, ASK),
        (ISSUE, redemption("auth_x").as_str()),
        (REFRESH, &refresh),
        (INTROSPECT, &introspect),
        ("/oauth2/revoke", &introspect),
    ] {
        for named in [other.id.as_str(), "nobody", "%20"] {
            let reply = world.ask(&client, path, &format!("{query}&client_id={named}")).await;
            reply.refuses(400, "invalid_request");
            assert_eq!(world.last_log()["denial"], "client_id_differs", "{path}");
        }
        let twice = format!("{query}&client_id={id}&client_id={id}", id = client.id);
        world.ask(&client, path, &twice).await.refuses(400, "invalid_request");
        assert_eq!(world.last_log()["denial"], "parameter_repeated", "{path}");
    }
    // Nothing was revoked or spent; and what is right or empty is taken.
    for query in [format!("{ASK}&client_id={}", client.id), format!("{ASK}&client_id=")] {
        assert_eq!(world.ask(&client, ISSUE, &query).await.status, 200, "{query}");
    }
    assert_eq!(world.introspect(&client, tokens.member("access_token")).await.body["active"], true);
}

#[tokio::test]
async fn an_unknown_grant_type_is_unsupported() {
    let world = World::new().await;
    let client = world.client().await;
    for grant_type in ["password", "implicit", "CLIENT_CREDENTIALS", "urn:ietf:params:oauth:grant-type:jwt-bearer"] {
        let query = ASK.replace("client_credentials", grant_type);
        world.ask(&client, ISSUE, &query).await.refuses(400, "unsupported_grant_type");
        assert_eq!(world.last_log()["denial"], "grant_type_unsupported");
    }
}

#[tokio::test]
async fn a_grant_type_outside_the_registration_is_unauthorized() {
    let world = World::new().await;
    let client = world.client_with(|client| client.grant_types = vec![GrantType::AuthorizationCode]).await;
    world.ask(&client, ISSUE, ASK).await.refuses(400, "unauthorized_client");
    assert_eq!(world.last_log()["denial"], "grant_type_not_allowed");
}

#[tokio::test]
async fn a_scope_outside_the_registration_is_refused_whole() {
    let world = World::new().await;
    let client = world.client().await;
    for scope in ["WorldCatMetadataAPI", "WMS_NCIP%20WorldCatMetadataAPI", "wms_ncip"] {
        world.ask(&client, ISSUE, &query(scope, "128807", "128807")).await.refuses(400, "invalid_scope");
    }
}

#[tokio::test]
async fn a_refresh_token_is_given_only_where_the_registration_allows_it() {
    let world = World::new().await;
    let client = world.client_with(|client| client.grant_types = vec![GrantType::ClientCredentials]).await;
    world.ask(&client, ISSUE, ASK).await.refuses(400, "invalid_scope");
}

#[tokio::test]
async fn a_scope_that_is_none_is_refused() {
    let world = World::new().await;
    let client = world.client().await;
    let long = "S".repeat(513);
    let many: Vec<_> = (0..33).map(|number| number.to_string()).collect();
    for scope in ["%20", "WMS%22NCIP", "WMS_NCIP%0A", "%C3%A9", &long, &many.join("+")] {
        world.ask(&client, ISSUE, &query(scope, "128807", "128807")).await.refuses(400, "invalid_scope");
        assert_eq!(world.last_log()["denial"], "scope_malformed");
    }
}

#[tokio::test]
async fn a_scope_that_names_no_service_is_refused() {
    let world = World::new().await;
    let client = world.client().await;
    world.ask(&client, ISSUE, &query("refresh_token", "128807", "128807")).await.refuses(400, "invalid_scope");
    assert_eq!(world.last_log()["denial"], "scope_without_service");
}

#[tokio::test]
async fn scopes_are_separated_by_blanks_in_any_encoding_and_count_once() {
    let world = World::new().await;
    let client = world.client().await;
    for scope in ["WMS_NCIP%20WMS_ACQ", "WMS_NCIP+WMS_ACQ", "WMS_NCIP++WMS_ACQ+WMS_NCIP"] {
        let reply = world.ask(&client, ISSUE, &query(scope, "128807", "128807")).await;
        assert_eq!(reply.member("scope"), "WMS_NCIP WMS_ACQ");
    }
}

#[tokio::test]
async fn an_institution_outside_the_registration_is_unauthorized() {
    let world = World::new().await;
    let client = world.client().await;
    for (authenticating, context) in [("1", "128807"), ("128807", "1")] {
        let reply = world.ask(&client, ISSUE, &query("WMS_NCIP", authenticating, context)).await;
        reply.refuses(400, "unauthorized_client");
        assert_eq!(world.last_log()["denial"], "institution_not_allowed");
    }
    let any = world.client_with(|client| client.institutions = vec!["*".into()]).await;
    assert_eq!(world.ask(&any, ISSUE, &query("WMS_NCIP", "1", "2")).await.status, 200);
}

#[tokio::test]
async fn an_institution_that_cannot_be_one_is_refused() {
    let world = World::new().await;
    let client = world.client_with(|client| client.institutions = vec!["*".into()]).await;
    for institution in ["*", "a%20b", "%0A", &"1".repeat(65)] {
        let reply = world.ask(&client, ISSUE, &query("WMS_NCIP", institution, "128807")).await;
        reply.refuses(400, "invalid_request");
        assert_eq!(world.last_log()["denial"], "parameter_invalid");
    }
}

#[tokio::test]
async fn a_refused_request_spends_no_nonce_and_stores_nothing() {
    let world = World::new().await;
    let client = world.client_with(|client| client.scopes = vec!["WMS_ACQ".into()]).await;
    let authorization = client.sign(ASK, world.now());
    world.post(ISSUE, ASK, &authorization).await.refuses(400, "invalid_scope");
    assert_eq!(world.last_log()["write_units"], 0.0);
    world.change(&client, |client| client.scopes = vec!["WMS_NCIP".into()]).await;
    assert_eq!(world.post(ISSUE, ASK, &authorization).await.status, 200, "the same request, now allowed");
}

#[tokio::test]
async fn the_same_signed_request_is_accepted_once() {
    let world = World::new().await;
    let client = world.client().await;
    let authorization = client.sign(ASK, world.now());
    assert_eq!(world.post(ISSUE, ASK, &authorization).await.status, 200);
    world.post(ISSUE, ASK, &authorization).await.refuses(401, "invalid_client");
    assert_eq!(world.last_log()["denial"], "replayed");
}
