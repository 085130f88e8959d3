//! `POST /oauth2/accessToken` with an authorization code.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::{Usage, Write};
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client_auth::replay::Replay;
use latchkey_oauth::client_auth::wskey::replay_key;
use latchkey_oauth::grant::Institutions;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::grants::Entropy;
use latchkey_oauth::grants::authorization_code::redeem::{RedemptionRequest, redeem};
use latchkey_oauth::token::Unverified;
use latchkey_testkit::world::{Choices, ISSUE, REDIRECT, World, redemption};
use sha2::{Digest, Sha256};

#[tokio::test]
async fn a_code_gets_tokens_for_its_user() {
    let world = World::new().await;
    let client = world.client().await;
    let code = world.code(&client, "WMS_NCIP refresh_token").await;
    let reply = world.redeem(&client, &code).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!((reply.member("principalID"), reply.member("principalIDNS")), ("201571dd", "urn:oclc:wms:da"));
    assert_eq!(world.refresh(&client, reply.member("refresh_token")).await.status, 200);
}

#[tokio::test]
async fn a_code_without_the_scope_refresh_token_gets_none() {
    let world = World::new().await;
    let client = world.client().await;
    let code = world.code(&client, "WMS_NCIP").await;
    assert!(world.redeem(&client, &code).await.body.get("refresh_token").is_none());
}

#[tokio::test]
async fn a_scope_in_a_redemption_changes_nothing_as_ruby_sends_it() {
    let world = World::new().await;
    let client = world.client().await;
    let code = world.code(&client, "WMS_NCIP").await;
    let reply = world.ask(&client, ISSUE, &format!("{}&scope=WMS_ACQ+refresh_token", redemption(&code))).await;
    assert_eq!(reply.member("scope"), "WMS_NCIP");
}

#[tokio::test]
async fn a_code_works_once_and_a_second_use_revokes_what_the_first_produced() {
    let world = World::new().await;
    let client = world.client().await;
    let code = world.code(&client, "WMS_NCIP refresh_token").await;
    let first = world.redeem(&client, &code).await;
    world.redeem(&client, &code).await.refuses(400, "invalid_grant");
    assert_eq!(world.last_log()["denial"], "code_redeemed");
    assert!(world.grant_of(&code).await.unwrap().revoked_at.is_some());
    world.refresh(&client, first.member("refresh_token")).await.refuses(400, "invalid_grant");
}

#[tokio::test]
async fn a_copy_of_the_request_that_redeemed_a_code_is_a_replay_and_revokes_nothing() {
    let world = World::new().await;
    let client = world.client().await;
    let code = world.code(&client, "WMS_NCIP refresh_token").await;
    let query = redemption(&code);
    let authorization = client.sign(&query, world.now());
    let first = world.post(ISSUE, &query, &authorization).await;
    assert_eq!(first.status, 200);
    world.post(ISSUE, &query, &authorization).await.refuses(401, "invalid_client");
    assert_eq!(world.last_log()["denial"], "replayed");
    assert_eq!(world.refresh(&client, first.member("refresh_token")).await.status, 200);
}

#[tokio::test]
async fn a_code_works_until_its_last_second_and_not_beyond() {
    let world = World::new().await;
    let client = world.client().await;
    let (early, late) = (world.code(&client, "WMS_NCIP").await, world.code(&client, "WMS_NCIP").await);
    world.advance(599);
    assert_eq!(world.redeem(&client, &early).await.status, 200);
    world.advance(1);
    world.redeem(&client, &late).await.refuses(400, "invalid_grant");
    assert_eq!(world.last_log()["denial"], "code_expired");
}

#[tokio::test]
async fn a_redeemed_code_is_kept_as_long_as_its_request_could_be_sent_again() {
    let settings = latchkey_oauth::settings::Settings { access_token_seconds: 1, ..Default::default() };
    let world = World::with(Choices { settings, ..Default::default() }).await;
    let client = world.client().await;
    let code = world.code(&client, "WMS_NCIP").await;
    assert_eq!(world.redeem(&client, &code).await.status, 200);
    assert!(world.grant_of(&code).await.unwrap().expires_at > world.now() + 2 * 3600);
}

#[tokio::test]
async fn a_grant_revoked_at_that_very_moment_redeems_nothing() {
    let world = World::new().await;
    let signer = world.client().await;
    let code = Unverified::parse(&world.code(&signer, "WMS_NCIP").await).unwrap();
    let (store, usage) = (&world.service.store, &mut Usage::default());
    let (client, kept) = store.client_and_tokens(&signer.id, &[code], usage).await.unwrap();
    let asked = RedemptionRequest {
        code: Some(code),
        redirect_uri: Some(REDIRECT),
        institutions: Institutions { authenticating: "128807".into(), context: "128807".into() }.into(),
        verifier: None,
    };
    let entropy = Entropy { access: random().unwrap(), refresh: random().unwrap() };
    let replay = Replay::marked(AuthMethod::WsKey, replay_key(&signer.id, "1", "n"), world.now());
    let grant = kept.grant(&code.grant_id);
    let decided =
        redeem(&client.unwrap(), grant.unwrap(), &asked, &replay, &world.service.settings, &entropy, world.now());
    let Ok((redemption, _)) = decided else { panic!("it was good when it was read") };
    assert!(store.revoke_grant(&code.grant_id, world.now(), usage).await.unwrap());
    let Write::Conflict(Some(found)) = store.redeem(&redemption, None, usage).await.unwrap() else {
        panic!("it is revoked")
    };
    assert!(found.revoked_at.is_some() && found.access.is_none());
}

#[tokio::test]
async fn a_refusal_for_another_reason_leaves_the_code_good() {
    let world = World::new().await;
    let (client, thief) = (world.client().await, world.client().await);
    let code = world.code(&client, "WMS_NCIP").await;
    let query = redemption(&code);
    let altered = format!("{}{}", &code[..52], if code.ends_with('A') { "B" } else { "A" });
    for (signer, query, denial) in [
        (&thief, query.clone(), "code_unknown"),
        (&client, redemption(&altered), "code_unknown"),
        (&client, query.replace("auth_", "rt_"), "code_unknown"),
        (&client, query.replace("callback", "other"), "redirect_uri_differs"),
        (&client, query.replace("callback", "callback%2F"), "redirect_uri_differs"),
        (&client, query.replace("contextInstitutionId=128807", "contextInstitutionId=91475"), "institutions_differ"),
        (&client, format!("{query}&code_verifier=v"), "verifier_unexpected"),
    ] {
        world.ask(signer, ISSUE, &query).await.refuses(400, "invalid_grant");
        assert_eq!(world.last_log()["denial"], denial);
        assert_eq!(world.last_log()["write_units"], 0.0);
    }
    assert_eq!(world.redeem(&client, &code).await.status, 200);
}

#[tokio::test]
async fn what_is_no_code_is_refused() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let refresh = tokens.member("refresh_token");
    let renamed = refresh.replace("rt_", "auth_");
    for code in [refresh, &renamed, "auth_", "x", "auth_%2F", &format!("auth_{}", "A".repeat(48))] {
        world.redeem(&client, code).await.refuses(400, "invalid_grant");
        assert_eq!(world.last_log()["denial"], "code_unknown");
    }
}

#[tokio::test]
async fn a_missing_parameter_of_a_redemption_is_refused_by_name() {
    let world = World::new().await;
    let client = world.client().await;
    let query = redemption(&world.code(&client, "WMS_NCIP").await);
    for name in ["code", "redirect_uri", "authenticatingInstitutionId", "contextInstitutionId"] {
        let without: Vec<_> = query.split('&').filter(|pair| !pair.starts_with(&format!("{name}="))).collect();
        let reply = world.ask(&client, ISSUE, &without.join("&")).await;
        reply.refuses(400, "invalid_request");
        assert!(reply.member("error_description").contains(name));
    }
}

#[tokio::test]
async fn a_challenge_demands_its_verifier() {
    let world = World::new().await;
    let client = world.client().await;
    // RFC 7636, appendix B
    let (verifier, challenge) =
        ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let code = world.code_with(&client, "WMS_NCIP", |consent| consent.challenge = Some(challenge.into())).await;
    world.redeem(&client, &code).await.refuses(400, "invalid_grant");
    assert_eq!(world.last_log()["denial"], "verifier_missing");
    for (wrong, denial) in [
        (challenge, "verifier_wrong"),
        ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl", "verifier_wrong"),
        ("x", "verifier_malformed"),
        ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX+", "verifier_malformed"),
    ] {
        let reply = world.ask(&client, ISSUE, &format!("{}&code_verifier={wrong}", redemption(&code))).await;
        reply.refuses(400, "invalid_grant");
        assert_eq!(world.last_log()["denial"], denial);
    }
    let reply = world.ask(&client, ISSUE, &format!("{}&code_verifier={verifier}", redemption(&code))).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// RFC 7636 section 4.1: whoever reads a request's challenge would soon guess a short verifier.
#[tokio::test]
async fn a_verifier_has_43_to_128_unreserved_characters() {
    let world = World::new().await;
    let client = world.client().await;
    for (verifier, taken) in [
        ("short".to_owned(), false),
        ("a".repeat(42), false),
        ("a".repeat(43), true),
        ("-._~".repeat(32), true),
        ("a".repeat(129), false),
        (format!("{}%20", "a".repeat(50)), false),
        (format!("{}%C3%A9", "a".repeat(50)), false),
        (format!("{}%2B", "a".repeat(50)), false),
    ] {
        let text = verifier.replace("%20", " ").replace("%C3%A9", "é").replace("%2B", "+");
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(text));
        let code = world.code_with(&client, "WMS_NCIP", |consent| consent.challenge = Some(challenge)).await;
        let reply = world.ask(&client, ISSUE, &format!("{}&code_verifier={verifier}", redemption(&code))).await;
        if taken {
            assert_eq!(reply.status, 200, "{verifier}: {}", reply.text);
        } else {
            reply.refuses(400, "invalid_grant");
            assert_eq!(world.last_log()["denial"], "verifier_malformed", "{verifier}");
            assert!(world.grant_of(&code).await.unwrap().code.unwrap().redeemed.is_none(), "the code stays good");
        }
    }
}

#[tokio::test]
async fn a_revoked_code_is_refused() {
    let world = World::new().await;
    let client = world.client().await;
    let code = world.code(&client, "WMS_NCIP").await;
    let id = Unverified::parse(&code).unwrap().grant_id;
    world.service.store.revoke_grant(&id, world.now(), &mut Usage::default()).await.unwrap();
    world.redeem(&client, &code).await.refuses(400, "invalid_grant");
    assert_eq!(world.last_log()["denial"], "grant_revoked");
}

#[tokio::test]
async fn a_registration_that_shrank_since_the_consent_counts() {
    let world = World::new().await;
    let client = world.client().await;
    let code = world.code(&client, "WMS_NCIP WMS_ACQ refresh_token").await;
    world.change(&client, |client| client.institutions = vec!["91475".into()]).await;
    world.redeem(&client, &code).await.refuses(400, "unauthorized_client");
    world.change(&client, |client| client.institutions = vec!["128807".into()]).await;
    world.change(&client, |client| client.redirect_uris.clear()).await;
    world.redeem(&client, &code).await.refuses(400, "invalid_grant");
    world.change(&client, |client| client.redirect_uris = vec![REDIRECT.into()]).await;
    world.change(&client, |client| client.scopes = vec!["WorldCatMetadataAPI".into()]).await;
    world.change(&client, |client| client.grant_types = vec![GrantType::AuthorizationCode]).await;
    world.redeem(&client, &code).await.refuses(400, "invalid_scope");
    world.change(&client, |client| client.scopes = vec!["WMS_ACQ".into()]).await;
    let reply = world.redeem(&client, &code).await;
    assert_eq!(reply.member("scope"), "WMS_ACQ");
    assert!(reply.body.get("refresh_token").is_none(), "the registration no longer allows one");
    let seen = world.introspect(&world.owner(&["*"]).await, reply.member("access_token")).await;
    assert_eq!(seen.body["scope"], "WMS_ACQ", "to an API it is good for no more than its client was told");
}

#[tokio::test]
async fn a_redeemed_grant_is_kept_as_long_as_its_form_could_be_sent_again() {
    let world = World::new().await;
    let client = world.client().await;
    let form_ends_at = world.now() + 100_000;
    let code = world.code_with(&client, "WMS_NCIP", |consent| consent.form_ends_at = form_ends_at).await;
    assert_eq!(world.redeem(&client, &code).await.status, 200);
    assert_eq!(world.grant_of(&code).await.unwrap().expires_at, form_ends_at);
}

#[tokio::test]
async fn a_grant_type_outside_the_registration_redeems_nothing() {
    let world = World::new().await;
    let client = world.client().await;
    let code = world.code(&client, "WMS_NCIP").await;
    world.change(&client, |client| client.grant_types = vec![GrantType::ClientCredentials]).await;
    world.redeem(&client, &code).await.refuses(400, "unauthorized_client");
}
