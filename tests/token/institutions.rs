//! Which institutions a request of a client that does not sign is for: those of its parameters, its scope or its registration.

use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::service::AUTHORIZE;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::request;
use latchkey_testkit::world::{ISSUE, REFRESH, World};

use super::stock::sends;

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[tokio::test]
async fn institutions_come_from_parameters_scope_or_registration_and_never_beyond_it() {
    let world = World::new().await;
    let one = world.client_with(sends).await;
    let two = world.client_by(&[AuthMethod::Basic]).await;
    let named = "&authenticatingInstitutionId=128807&contextInstitutionId=91475";
    for (client, scope, more, told) in [
        (&one, "WMS_NCIP", "", Ok(("128807", "128807"))),
        (&two, "WMS_NCIP", "", Err("parameter_missing")),
        (&two, "WMS_NCIP context:91475", "", Ok(("91475", "91475"))),
        (&two, "context:91475 WMS_NCIP", "&authenticatingInstitutionId=128807", Ok(("128807", "91475"))),
        (&two, "WMS_NCIP", "&contextInstitutionId=91475", Ok(("91475", "91475"))),
        (&two, "WMS_NCIP", named, Ok(("128807", "91475"))),
        (&two, "WMS_NCIP context:91475", named, Ok(("128807", "91475"))),
        (&two, "WMS_NCIP context:128807", named, Err("institutions_contradict")),
        (&two, "WMS_NCIP context:128807 context:91475", "", Err("institutions_contradict")),
        (&two, "WMS_NCIP context:1", "", Err("institution_not_allowed")),
        (&one, "WMS_NCIP context:91475", "", Err("institution_not_allowed")),
        (&two, "WMS_NCIP context:", "", Err("context_malformed")),
        (&two, "WMS_NCIP context:a/b", "", Err("context_malformed")),
        (&two, "context:91475", "", Err("scope_malformed")),
        (&two, "WMS_NCIP", "&contextInstitutionId=a%2Fb", Err("parameter_invalid")),
    ] {
        let scope_sent = latchkey_oauth::form::encode(scope);
        let form = format!("grant_type=client_credentials&scope={scope_sent}{more}");
        let reply = world.ask_basic(client, ISSUE, &form).await;
        match told {
            Err(denial) => assert_eq!(world.last_log()["denial"], denial, "{scope} {more}: {}", reply.text),
            Ok((authenticating, context)) => {
                assert_eq!(reply.member("authenticating_institution_id"), authenticating, "{scope} {more}");
                assert_eq!(reply.member("context_institution_id"), context, "{scope} {more}");
                // As it was asked for, for clients that compare; the token itself has no such scope.
                let asked = scope.split(' ').all(|token| reply.member("scope").split(' ').any(|known| known == token));
                assert!(asked, "{}", reply.text);
                let grant = world.grant_of(reply.member("access_token")).await.unwrap();
                assert_eq!(grant.scope.to_string(), "WMS_NCIP");
            }
        }
    }
}

#[tokio::test]
async fn a_refresh_may_repeat_the_institution_that_its_scope_named() {
    let world = World::new().await;
    let client = world.client_by(&[AuthMethod::Basic]).await;
    let asked = "grant_type=client_credentials&scope=WMS_NCIP+refresh_token+context%3A91475";
    let refresh_token = world.ask_basic(&client, ISSUE, asked).await.member("refresh_token").to_owned();
    for (scope, told) in [
        ("WMS_NCIP refresh_token context:91475", Ok("WMS_NCIP refresh_token context:91475")),
        ("WMS_NCIP", Ok("WMS_NCIP")),
        ("context:91475", Ok("WMS_NCIP refresh_token context:91475")),
        ("WMS_NCIP context:128807", Err("institutions_differ")),
        ("WMS_ACQ context:91475", Err("scope_widened")),
    ] {
        let scope_sent = latchkey_oauth::form::encode(scope);
        let form = format!("grant_type=refresh_token&refresh_token={refresh_token}&scope={scope_sent}");
        let reply = world.ask_basic(&client, REFRESH, &form).await;
        match told {
            Ok(granted) => assert_eq!(reply.member("scope"), granted, "{scope}"),
            Err(denial) => assert_eq!(world.last_log()["denial"], denial, "{scope}"),
        }
    }
    for (more, told) in [
        ("&contextInstitutionId=91475&authenticatingInstitutionId=91475", None),
        ("&contextInstitutionId=128807", Some("institutions_differ")),
        ("&authenticatingInstitutionId=128807", Some("institutions_differ")),
        ("&scope=WMS_NCIP+context%3A91475&contextInstitutionId=128807", Some("institutions_contradict")),
        ("&contextInstitutionId=a%2Fb", Some("parameter_invalid")),
    ] {
        for path in [REFRESH, ISSUE] {
            let form = format!("grant_type=refresh_token&refresh_token={refresh_token}{more}");
            let reply = world.ask_basic(&client, path, &form).await;
            assert_eq!(reply.status == 200, told.is_none(), "{more}: {}", reply.text);
            assert_eq!(world.last_log()["denial"].as_str(), told, "{more}");
            assert_eq!(world.last_log()["write_units"].as_f64().unwrap() > 0.0, told.is_none(), "{more}");
        }
    }
}

#[tokio::test]
async fn a_code_is_redeemed_for_its_own_institutions_and_without_a_redirect_uri_where_that_is_safe() {
    let world = World::new().await;
    let client = world.client_by(&[AuthMethod::Basic]).await;
    let bare = |code: &str| format!("grant_type=authorization_code&code={code}");
    let pkce = async |client: &Signer| {
        world.code_with(client, "WMS_NCIP", |consent| consent.challenge = Some(CHALLENGE.into())).await
    };
    let code = world.code(&client, "WMS_NCIP").await;
    let with = |more: &str| format!("{}{more}", bare(&code));
    for (more, denial) in [
        ("&contextInstitutionId=91475", "institutions_differ"),
        ("&authenticatingInstitutionId=91475", "institutions_differ"),
        ("&scope=context%3A91475", "institutions_differ"),
        ("&scope=WMS_NCIP+context%3A91475", "institutions_differ"),
        ("&redirect_uri=https%3A%2F%2Fapp.example%2Fother", "redirect_uri_differs"),
    ] {
        world.ask_basic(&client, ISSUE, &with(more)).await.refuses(400, "invalid_grant");
        assert_eq!(world.last_log()["denial"], denial);
    }
    for (more, denial) in [
        ("&scope=context%3A128807&contextInstitutionId=91475", "institutions_contradict"),
        ("&scope=WMS_NCIP+context%3A", "context_malformed"),
    ] {
        assert_eq!(world.ask_basic(&client, ISSUE, &with(more)).await.status, 400, "{more}");
        assert_eq!(world.last_log()["denial"], denial, "{more}");
    }
    let other = world.code(&client, "WMS_NCIP").await;
    let own = format!("{}&scope=anything+context%3A128807&contextInstitutionId=128807", bare(&other));
    assert_eq!(
        world.ask_basic(&client, ISSUE, &own).await.status,
        200,
        "of the scope, only the institution is looked at"
    );
    // Its only one.
    let reply = world.ask_basic(&client, ISSUE, &bare(&code)).await;
    assert_eq!(reply.member("context_institution_id"), "128807", "{}", reply.text);
    world.change(&client, |client| client.redirect_uris.push("https://app.example/other".into())).await;
    let code = world.code(&client, "WMS_NCIP").await;
    world.ask_basic(&client, ISSUE, &bare(&code)).await.refuses(400, "invalid_request");
    assert_eq!(world.last_log()["denial"], "parameter_missing");
    let code = pkce(&client).await;
    let form = format!("{}&code_verifier={VERIFIER}", bare(&code));
    assert_eq!(world.ask_basic(&client, ISSUE, &form).await.status, 200);
}

#[tokio::test]
async fn a_scope_names_the_institution_where_a_user_is_sent_too() {
    let world = World::peopled().await;
    let client = world.client_by(&[AuthMethod::Basic]).await;
    let sent = |scope: &str, more: &[(&str, &str)]| {
        let none = [("authenticatingInstitutionId", ""), ("contextInstitutionId", "")];
        let kept = none.iter().filter(|(name, _)| !more.iter().any(|(known, _)| known == name));
        request(&client, &[more, &[("scope", scope)], &kept.copied().collect::<Vec<_>>()].concat())
    };
    for (scope, more, told) in [
        ("WMS_NCIP context:128807", &[][..], ("128807", "First Library")),
        ("WMS_NCIP context:91475", &[("authenticatingInstitutionId", "128807")], ("91475", "Second Library")),
    ] {
        let visitor = world.visitor();
        let page = visitor.sign_in(&sent(scope, more)).await;
        let text = page.text.replace(['\u{2068}', '\u{2069}'], "");
        assert!(text.contains(told.1) && text.contains("Circulation") && !text.contains("context:"), "{text}");
        let given = visitor.post(AUTHORIZE, &[("form", &page.form()), ("action", "allow")]).await;
        assert!(given.given("context_institution_id").is_none(), "the application knows it");
        let redeemed = world
            .ask_basic(&client, ISSUE, &format!("grant_type=authorization_code&code={}", given.given("code").unwrap()))
            .await;
        assert_eq!((redeemed.member("scope"), redeemed.member("context_institution_id")), ("WMS_NCIP", told.0));
        assert_eq!(world.grant_of(redeemed.member("access_token")).await.unwrap().scope.to_string(), "WMS_NCIP");
    }
    for (scope, more, error, denial) in [
        (
            "WMS_NCIP context:91475",
            &[("contextInstitutionId", "128807")][..],
            "invalid_request",
            "institutions_contradict",
        ),
        ("WMS_NCIP context:", &[], "invalid_scope", "context_malformed"),
        ("WMS_NCIP context:4711", &[], "unauthorized_client", "institution_not_allowed"),
        ("context:128807", &[], "invalid_scope", "scope_malformed"),
    ] {
        world.visitor().ask(&sent(scope, more)).await.tells(error);
        assert_eq!(world.last_log()["denial"], denial, "{scope}");
    }
    let signs = world.client().await;
    let scope = [("scope", "WMS_NCIP context:128807")];
    world.visitor().ask(&request(&signs, &scope)).await.tells("invalid_scope");
    assert_eq!(world.last_log()["denial"], "scope_not_allowed", "as it ever was");
}
