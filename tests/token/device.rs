//! The device grant (RFC 8628) as a device sees it: it begins, it polls, and it gets tokens once.

use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::Client;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::token::{GrantId, Unverified, UserCode};
use latchkey_testkit::assertion::{Key, parameters};
use latchkey_testkit::device::{DEVICE, DEVICE_AUTHORIZATION, polling};
use latchkey_testkit::world::{ISSUE, World, flip, redemption};

#[tokio::test]
async fn a_device_gets_two_codes_where_to_send_its_user_and_how_often_to_ask() {
    let world = World::new().await;
    let client = world.client().await;
    let begun = world.device(&client).await;
    let names: Vec<_> = begun.body.as_object().unwrap().keys().map(String::as_str).collect();
    let members =
        ["device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval"];
    assert_eq!(names, members, "RFC 8628 section 3.2");
    assert_eq!(begun.headers["cache-control"], "no-store");
    let (user_code, device_code) = (begun.member("user_code"), begun.member("device_code"));
    let (halves, parsed) =
        (user_code.split('-').map(str::len).collect::<Vec<_>>(), UserCode::parse(user_code).unwrap());
    assert_eq!((halves, parsed.text()), (vec![4, 4], user_code.to_owned()));
    let uri = format!("{}{DEVICE}", world.url);
    assert_eq!(begun.member("verification_uri"), uri);
    assert_eq!(begun.member("verification_uri_complete"), format!("{uri}?user_code={user_code}"));
    assert_eq!((&begun.body["expires_in"], &begun.body["interval"]), (&899.into(), &5.into()));
    let line = world.last_log();
    assert_eq!(
        (line["outcome"].as_str(), line["grant_type"].as_str()),
        (Some("granted"), Some(GrantType::DeviceCode.as_str()))
    );
    assert!(line.get("grant_id").is_none(), "it could be tried out for the user code: {line}");
    // Both lead to one item by its key.
    let token = Unverified::parse(device_code).unwrap();
    assert_eq!(token.grant_id, GrantId::of_user_code(&parsed));
    let grant = world.grant_of(device_code).await.unwrap();
    assert_eq!(
        (grant.client_id.as_str(), grant.scope.to_string().as_str()),
        (client.id.as_str(), "WMS_NCIP refresh_token")
    );
    let other = world.device(&client).await;
    assert!(other.member("user_code") != user_code && other.member("device_code") != device_code);
}

#[tokio::test]
async fn a_device_authorization_takes_every_method_with_a_credential_and_no_client_without_one() {
    let world = World::peopled().await;
    let visitor = world.visitor();
    let form = "scope=WMS_NCIP&contextInstitutionId=128807";
    for method in AuthMethod::PROVING {
        let edit = |client: &mut Client| {
            (client.auth_methods, client.keys) = (vec![method], vec![Key::EdDsa.registered()]);
            client.single_use_assertions = true;
        };
        let client = world.client_with(edit).await;
        let ask = async |path: &str, form: &str| match method {
            AuthMethod::WsKey => world.ask(&client, path, form).await,
            AuthMethod::Basic => world.ask_basic(&client, path, form).await,
            AuthMethod::SecretJwt | AuthMethod::PrivateKeyJwt => {
                let key = if method == AuthMethod::SecretJwt { client.shared_key() } else { Key::EdDsa };
                // Of its own endpoint, and of the issuer.
                let mut claims = world.claims(&client.id);
                claims["aud"] = format!("{}{path}", world.issuer()).into();
                let form = format!("{}&{form}", parameters(&key.assert(&claims)));
                world.post_form(path, &[], &form).await
            }
            _ => {
                let form = format!("{form}&client_id={}&client_secret={}", client.id, client.secret.expose());
                world.post_form(path, &[], &form).await
            }
        };
        let begun = ask(DEVICE_AUTHORIZATION, form).await;
        assert_eq!(begun.status, 200, "{}: {}", method.as_str(), begun.text);
        let poll = polling(begun.member("device_code"));
        ask(ISSUE, &poll).await.refuses(400, "authorization_pending");
        visitor.allow_device(begun.member("user_code")).await.shows(200);
        assert_eq!(ask(ISSUE, &poll).await.status, 200, "{}", method.as_str());
        world
            .post(DEVICE_AUTHORIZATION, form, &client.sign("other=1", world.now()))
            .await
            .refuses(401, "invalid_client");
    }
    let public = world.client_by(&[AuthMethod::None]).await;
    let named = format!("{form}&client_id={}", public.id);
    world.post_form(DEVICE_AUTHORIZATION, &[], &named).await.refuses(401, "invalid_client");
    assert_eq!(world.last_log()["round_trips"], 0);
    world
        .post_form(ISSUE, &[], &format!("{}&client_id={}", polling("x"), public.id))
        .await
        .refuses(400, "unauthorized_client");
    let device_code = world.device(&world.client().await).await.member("device_code").to_owned();
    let poll = format!("{}&client_id={}", polling(&device_code), public.id);
    world.post_form(ISSUE, &[], &poll).await.refuses(400, "unauthorized_client");
}

#[tokio::test]
async fn a_device_authorization_request_is_refused_for_what_the_client_may_not() {
    let world = World::new().await;
    let client = world.client().await;
    let both = "&authenticatingInstitutionId=128807&contextInstitutionId=91475";
    for (query, error, denial) in [
        (both[1..].to_owned(), "invalid_scope", "parameter_missing"),
        (format!("scope=WMS_NCIP&scope=WMS_ACQ{both}"), "invalid_request", "parameter_repeated"),
        (format!("scope=%22{both}"), "invalid_scope", "scope_malformed"),
        (format!("scope=refresh_token{both}"), "invalid_scope", "scope_without_service"),
        (format!("scope=WMS_OTHER{both}"), "invalid_scope", "scope_not_allowed"),
        ("scope=WMS_NCIP&contextInstitutionId=1".to_owned(), "unauthorized_client", "institution_not_allowed"),
        ("scope=WMS_NCIP&contextInstitutionId=a%2Fb".to_owned(), "invalid_request", "parameter_invalid"),
        ("scope=WMS_NCIP%20context%3A".to_owned(), "invalid_scope", "context_malformed"),
        (format!("scope=WMS_NCIP%20context%3A128807{both}"), "invalid_request", "institutions_contradict"),
        (format!("scope=WMS_NCIP&client_id=another{both}"), "invalid_request", "client_id_differs"),
    ] {
        world.ask(&client, DEVICE_AUTHORIZATION, &query).await.refuses(400, error);
        let line = world.last_log();
        assert_eq!((line["denial"].as_str(), line["write_units"].as_f64()), (Some(denial), Some(0.0)), "{query}");
    }
    world.change(&client, |client| client.grant_types.retain(|known| *known != GrantType::DeviceCode)).await;
    let reply = world.ask(&client, DEVICE_AUTHORIZATION, &format!("scope=WMS_NCIP{both}")).await;
    reply.refuses(400, "unauthorized_client");
    assert_eq!(world.last_log()["denial"], "grant_type_not_allowed");
}

#[tokio::test]
async fn institutions_come_from_parameters_scope_or_registration_and_else_from_the_user() {
    let world = World::new().await;
    let (two, one) =
        (world.client().await, world.client_with(|client| client.institutions = vec!["91475".into()]).await);
    for (client, query, named) in [
        (&two, "scope=WMS_NCIP&authenticatingInstitutionId=128807&contextInstitutionId=91475", ("128807", "91475")),
        (&two, "scope=WMS_NCIP&contextInstitutionId=91475", ("91475", "91475")),
        (&two, "scope=WMS_NCIP%20context%3A91475", ("91475", "91475")),
        (&two, "scope=WMS_NCIP%20context%3A91475&authenticatingInstitutionId=128807", ("128807", "91475")),
        (&two, "scope=WMS_NCIP", ("", "")),
        (&one, "scope=WMS_NCIP", ("91475", "91475")),
    ] {
        let begun = world.ask(client, DEVICE_AUTHORIZATION, query).await;
        assert_eq!(begun.status, 200, "{query}: {}", begun.text);
        let grant = world.grant_of(begun.member("device_code")).await.unwrap();
        let both = (grant.institutions.authenticating.as_str(), grant.institutions.context.as_str());
        assert_eq!((both, grant.scope.to_string().as_str()), (named, "WMS_NCIP"), "{query}");
    }
}

#[tokio::test]
async fn a_device_waits_for_its_user_and_then_gets_what_a_code_would_get() {
    let world = World::peopled().await;
    let client = world.client().await;
    let begun = world.device(&client).await;
    let device_code = begun.member("device_code");
    for _ in 0..3 {
        world.advance(5);
        world.poll(&client, device_code).await.refuses(400, "authorization_pending");
        assert_eq!(world.last_log()["denial"], "authorization_pending");
    }
    world.visitor().allow_device(begun.member("user_code")).await.shows(200);
    let consent = world.last_log();
    assert_eq!(
        (consent["outcome"].as_str(), consent["client_id"].as_str()),
        (Some("granted"), Some(client.id.as_str()))
    );
    assert_eq!(consent["grant_type"], GrantType::DeviceCode.as_str());
    world.advance(4);
    let tokens = world.poll(&client, device_code).await;
    assert_eq!((tokens.status.as_u16(), tokens.member("principalID")), (200, "alice-id"), "{}", tokens.text);
    assert_eq!(tokens.member("context_institution_id"), "128807");
    let line = world.last_log();
    assert_eq!((line["outcome"].as_str(), &line["grant_id"]), (Some("granted"), &consent["grant_id"]));
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
    assert_eq!(refreshed.status, 200);
    let owner = world.owner(&["*"]).await;
    let seen = world.introspect(&owner, tokens.member("access_token")).await;
    assert_eq!((seen.body["active"].as_bool(), seen.body["iat"].as_u64()), (Some(true), Some(world.now())));
    // A client that does not sign is answered in the form of the RFC.
    let sender = world.client_by(&[AuthMethod::Basic]).await;
    let begun = world.ask_basic(&sender, DEVICE_AUTHORIZATION, "scope=WMS_NCIP&contextInstitutionId=128807").await;
    world.visitor().allow_device(begun.member("user_code")).await.shows(200);
    let tokens = world.ask_basic(&sender, ISSUE, &polling(begun.member("device_code"))).await;
    assert_eq!((tokens.status.as_u16(), &tokens.body["expires_in"]), (200, &1199.into()));
    assert!(tokens.body.get("expires_at").is_none() && tokens.body.get("refresh_token").is_none());
}

#[tokio::test]
async fn a_device_that_asks_too_often_is_told_to_slow_down_and_the_interval_grows() {
    let world = World::peopled().await;
    let client = world.client().await;
    let begun = world.device(&client).await;
    let device_code = begun.member("device_code");
    let poll = async |seconds: u64, error: &str| {
        world.advance(seconds);
        let reply = world.poll(&client, device_code).await;
        reply.refuses(400, error);
        assert_eq!(world.last_log()["denial"], error);
        (world.last_log()["write_units"].as_f64().unwrap(), reply.member("error_description").to_owned())
    };
    assert_eq!(poll(0, "authorization_pending").await.0, 1.0, "the first is noted");
    let (_, told) = poll(4, "slow_down").await;
    assert!(told.contains("wait 10 seconds"), "{told}");
    // RFC 8628 section 3.5: five seconds more for every later request. It is within ten of the poll that was noted.
    assert!(poll(5, "slow_down").await.1.contains("wait 15 seconds"));
    assert_eq!(poll(15, "authorization_pending").await.0, 0.0, "no write for each poll");
    assert_eq!(poll(15, "authorization_pending").await.0, 1.0);
    let stored = world.grant_of(device_code).await.unwrap().device.unwrap().poll.unwrap();
    assert_eq!((stored.at, stored.interval), (world.now(), 15));
    // Who has the user's yes is not made to wait for it.
    world.visitor().allow_device(begun.member("user_code")).await.shows(200);
    assert_eq!(world.poll(&client, device_code).await.status, 200);
}

#[tokio::test]
async fn a_device_is_told_that_its_user_denied_or_that_its_codes_are_too_old() {
    let world = World::peopled().await;
    let client = world.client().await;
    let begun = world.device(&client).await;
    let form = world.visitor();
    let page = form.sign_in_for_device(begun.member("user_code")).await.form();
    form.post(DEVICE, &[("form", &page), ("action", "deny")]).await.shows(200);
    world.poll(&client, begun.member("device_code")).await.refuses(400, "access_denied");
    assert_eq!(world.last_log()["denial"], "device_denied");
    let [late, allowed] = [world.device(&client).await, world.device(&client).await];
    world.advance(880);
    world.visitor().allow_device(allowed.member("user_code")).await.shows(200);
    world.advance(18);
    world.poll(&client, late.member("device_code")).await.refuses(400, "authorization_pending");
    world.advance(1);
    for begun in [&late, &allowed] {
        world.poll(&client, begun.member("device_code")).await.refuses(400, "expired_token");
        assert_eq!(world.last_log()["denial"], "device_code_expired");
    }
}

#[tokio::test]
async fn a_device_code_is_its_clients_and_no_other_code() {
    let world = World::peopled().await;
    let (client, other) = (world.client().await, world.client().await);
    let device_code = world.allowed_device(&client).await;
    let unknown = UserCode::random([7; 16]);
    let made_up = latchkey_oauth::token::Minted::new(
        latchkey_oauth::token::Kind::Device,
        GrantId::of_user_code(&unknown),
        None,
        &[0; 20],
    );
    let code = world.code(&client, "WMS_NCIP").await;
    for (signer, sent) in [
        (&other, device_code.clone()),
        (&client, flip(&device_code)),
        (&client, device_code.replacen("dev_", "auth_", 1)),
        (&client, device_code.replacen("dev_", "rt_", 1)),
        (&client, made_up.text.to_string()),
        (&client, code.replacen("auth_", "dev_", 1)),
        (&client, code.clone()),
        (&client, "dev_".to_owned()),
        (&client, "x".repeat(2000)),
    ] {
        world.poll(signer, &sent).await.refuses(400, "invalid_grant");
        assert_eq!(world.last_log()["denial"], "code_unknown", "{sent}");
    }
    // Nor is a device code an authorization code, and nothing of it can be revoked.
    let as_code = device_code.replacen("dev_", "auth_", 1);
    world.ask(&client, ISSUE, &redemption(&as_code)).await.refuses(400, "invalid_grant");
    assert_eq!(world.ask(&client, "/oauth2/revoke", &format!("token={device_code}")).await.status, 200);
    let missing = polling("").trim_end_matches("&device_code=").to_owned();
    world.ask(&client, ISSUE, &missing).await.refuses(400, "invalid_request");
    world.ask(&client, ISSUE, &format!("{}&device_code=x", polling("y"))).await.refuses(400, "invalid_request");
    assert_eq!(world.last_log()["denial"], "parameter_repeated");
    assert_eq!(world.poll(&client, &device_code).await.status, 200, "all that changed nothing");
}

#[tokio::test]
async fn a_device_code_works_once_and_a_second_use_revokes_what_the_first_produced() {
    let world = World::peopled().await;
    let client = world.client().await;
    let device_code = world.allowed_device(&client).await;
    let query = polling(&device_code);
    let authorization = client.sign(&query, world.now());
    let tokens = world.post(ISSUE, &query, &authorization).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    // A copy of the request that got them is a replay, and harmless.
    world.post(ISSUE, &query, &authorization).await.refuses(401, "invalid_client");
    assert_eq!(world.last_log()["denial"], "replayed");
    assert!(world.grant_of(&device_code).await.unwrap().revoked_at.is_none());
    world.poll(&client, &device_code).await.refuses(400, "invalid_grant");
    assert_eq!(world.last_log()["denial"], "code_redeemed");
    assert!(world.grant_of(&device_code).await.unwrap().revoked_at.is_some());
    world.refresh(&client, tokens.member("refresh_token")).await.refuses(400, "invalid_grant");
    // A secret marks no request: every second use revokes.
    let sender = world.client_by(&[AuthMethod::Basic]).await;
    let begun = world.ask_basic(&sender, DEVICE_AUTHORIZATION, "scope=WMS_NCIP&contextInstitutionId=128807").await;
    world.visitor().allow_device(begun.member("user_code")).await.shows(200);
    let poll = polling(begun.member("device_code"));
    assert_eq!(world.ask_basic(&sender, ISSUE, &poll).await.status, 200);
    world.ask_basic(&sender, ISSUE, &poll).await.refuses(400, "invalid_grant");
    assert!(world.grant_of(begun.member("device_code")).await.unwrap().revoked_at.is_some());
}

#[tokio::test]
async fn what_became_of_client_and_grant_since_the_consent_counts() {
    let world = World::peopled().await;
    let client = world.client().await;
    let [shrunk, gone, revoked] =
        [world.allowed_device(&client).await, world.allowed_device(&client).await, world.allowed_device(&client).await];
    let id = Unverified::parse(&revoked).unwrap().grant_id;
    world.service.store.revoke_grant(&id, world.now(), &mut Default::default()).await.unwrap();
    world.poll(&client, &revoked).await.refuses(400, "invalid_grant");
    assert_eq!(world.last_log()["denial"], "grant_revoked");
    world.change(&client, |client| client.institutions = vec!["91475".into()]).await;
    world.poll(&client, &gone).await.refuses(400, "unauthorized_client");
    world.change(&client, |client| client.institutions = vec!["128807".into()]).await;
    world.change(&client, |client| client.grant_types.retain(|known| *known != GrantType::RefreshToken)).await;
    let tokens = world.poll(&client, &shrunk).await;
    assert!(tokens.status == 200 && tokens.body.get("refresh_token").is_none(), "{}", tokens.text);
    world.advance(1);
    let ends = world.now();
    world.change(&client, |client| client.not_before = Some(ends)).await;
    world.poll(&client, &gone).await.refuses(400, "invalid_grant");
    assert_eq!(world.last_log()["denial"], "grant_too_old");
}
