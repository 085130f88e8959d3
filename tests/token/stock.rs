//! What OAuth libraries expect of any server: other paths, no institutions, answers in the types of RFC 6749. What signs is
//! asked and answered as ever.

use bytes::Bytes;
use http::Method;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::Client;
use latchkey_oauth::service::{AUTHORIZE, METADATA, OPENID, ROUTES};
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::request;
use latchkey_testkit::world::{ASK, INTROSPECT, ISSUE, REDIRECT, REFRESH, World, redemption};
use serde_json::json;

/// What a library sends that knows only RFC 6749.
const PLAIN: &str = "grant_type=client_credentials&scope=WMS_NCIP%20refresh_token";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn sends(client: &mut Client) {
    client.auth_methods = vec![AuthMethod::Basic];
    client.institutions = vec!["128807".into()];
}

fn members(reply: &Reply) -> Vec<&str> {
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
async fn every_alias_does_what_its_route_does_and_no_document_names_it() {
    let world = World::peopled().await;
    let client = world.client_with(sends).await;
    for path in ["/token", "/oauth2/token"] {
        let tokens = world.ask_basic(&client, path, PLAIN).await;
        let revoking = format!("token={}", tokens.member("refresh_token"));
        assert_eq!(world.ask_basic(&client, "/revoke", &revoking).await.status, 200, "{path}");
        let old = format!("refresh_token={}", tokens.member("refresh_token"));
        let headers = [("authorization", client.basic(true))];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let target = format!("/revoke?{old}");
        assert_eq!(world.send(Method::PUT, &target, &headers, Bytes::new()).await.status, 200);
        assert_eq!(world.send(Method::OPTIONS, path, &[], Bytes::new()).await.status, 204);
    }
    assert_eq!(world.send(Method::OPTIONS, "/revoke", &[], Bytes::new()).await.status, 204);
    // A client that signs may call them too: its signature covers no path.
    let signs = world.client().await;
    let mut told = members(&world.ask(&signs, "/token", ASK).await).join(" ");
    told.truncate(40);
    assert_eq!(told, "access_token token_type expires_in expir");
    let (metadata, openid) = (
        world.send(Method::GET, METADATA, &[], Bytes::new()).await,
        world.send(Method::GET, OPENID, &[], Bytes::new()).await,
    );
    assert_eq!(metadata.text, openid.text);
    for name in ["jwks_uri", "id_token_signing_alg_values_supported", "subject_types_supported", "userinfo_endpoint"] {
        assert!(openid.body.get(name).is_none(), "{name} is not there");
    }
    for route in ROUTES.iter().filter(|route| route.is_alias && route.path != OPENID) {
        let named = metadata.text.contains(&format!("\"{}{}\"", world.url, route.path));
        assert!(!named, "{}", route.path);
    }
}

#[tokio::test]
async fn an_alias_of_the_pages_leads_to_them_with_the_whole_query() {
    let world = World::peopled().await;
    let client = world.client_with(sends).await;
    let query = request(&client, &[("state", "a b&=+%/\u{e9}")]);
    for path in ["/authorize", "/oauth2/authorize"] {
        for method in [Method::GET, Method::HEAD] {
            let reply = world.send(method, &format!("{path}?{query}"), &[], Bytes::new()).await;
            assert_eq!(reply.status, 303, "{path}");
            assert_eq!(reply.headers["location"], format!("{}{AUTHORIZE}?{query}", world.url));
            assert_eq!(reply.headers["cache-control"], "no-store");
            assert_eq!(world.last_log()["round_trips"], 0);
        }
        let long = format!("{path}?{}", "a".repeat(8 * 1024 + 1));
        world.send(Method::GET, &long, &[], Bytes::new()).await.shows(400);
    }
    let visitor = world.visitor();
    let led = visitor.get(&format!("/authorize?{query}")).await.location();
    let page = visitor.get(led.strip_prefix(&world.url).unwrap()).await;
    assert!(page.text.contains("name=\"username\""), "{}", page.text);
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
