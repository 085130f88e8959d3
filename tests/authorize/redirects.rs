//! Where the browser may be sent: an application that cannot be trusted is never redirected to.

use bytes::Bytes;
use http::Method;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::service::{Function, ROUTES, STYLE};
use latchkey_testkit::visitor::{AUTHORIZE, request};
use latchkey_testkit::world::{REDIRECT, World, redemption};

#[tokio::test]
async fn an_application_that_cannot_be_trusted_is_shown_and_never_redirected_to() {
    let world = World::peopled().await;
    let client = world.client().await;
    let disabled = world.client_with(|client| client.disabled = true).await;
    let visitor = world.visitor();
    for query in [
        request(&client, &[("client_id", "")]),
        request(&client, &[("client_id", "nobody")]),
        request(&client, &[("client_id", "a b")]),
        request(&client, &[("client_id", &"x".repeat(2000))]),
        request(&disabled, &[]),
        request(&client, &[("redirect_uri", "")]),
        format!("{}&client_id=other", request(&client, &[])),
        format!("{}&redirect_uri=https%3A%2F%2Fevil.example", request(&client, &[])),
        format!("{}&x=%FF", request(&client, &[])),
        format!("{}&x={}", request(&client, &[]), "y".repeat(9000)),
    ] {
        visitor.ask(&query).await.shows(400);
    }
    let names: Vec<_> = world.log().iter().map(|line| line["denial"].as_str().unwrap_or_default().to_owned()).collect();
    for name in
        ["client_unregistered", "parameter_missing", "parameter_repeated", "parameters_not_text", "query_too_long"]
    {
        assert!(names.iter().any(|known| known == name), "{name} in {names:?}");
    }
}

#[tokio::test]
async fn a_redirect_uri_is_the_registered_one_to_the_letter() {
    let world = World::peopled().await;
    let client = world.client().await;
    for uri in [
        "https://app.example/callback/",
        "https://app.example/callback?x=1",
        "https://app.example/callback#x",
        "https://app.example/Callback",
        "https://app.example/x/../callback",
        "https://app.example/%63allback",
        "https://app.example%2Fcallback",
        "https://app.example:443/callback",
        "https://APP.example/callback",
        "https://user@app.example/callback",
        "https://app.example\\callback",
        "https://app.example\\@evil.example/callback",
        "https://app.example@evil.example/callback",
        "https://app.example.evil.example/callback",
        "https://арр.example/callback",
        "http://app.example/callback",
        "//app.example/callback",
        "/callback",
        "javascript:alert(1)//https://app.example/callback",
        "data:text/html,x",
        "https://app.example/callback\r\nx: y",
        " https://app.example/callback",
        "http://127.0.0.1:8080/callback",
    ] {
        world.visitor().ask(&request(&client, &[("redirect_uri", uri)])).await.shows(400);
        assert_eq!(world.last_log()["denial"], "redirect_uri_unregistered", "{uri}");
    }
}

#[tokio::test]
async fn at_a_loopback_address_any_port_will_do_and_nothing_else() {
    let world = World::peopled().await;
    let register = |client: &mut latchkey_oauth::client::Client| {
        client.redirect_uris = ["http://127.0.0.1/callback", "http://[::1]:7777/callback", "http://localhost/callback"]
            .map(str::to_owned)
            .into();
    };
    let client = world.client_with(register).await;
    for uri in [
        "http://127.0.0.1/callback",
        "http://127.0.0.1:51004/callback",
        "http://[::1]/callback",
        "http://[::1]:80/callback",
        "http://localhost/callback",
        "http://localhost:51004/callback",
    ] {
        let given = world.visitor().allow(&request(&client, &[("redirect_uri", uri)])).await;
        assert!(given.location().starts_with(&format!("{uri}?code=")), "{}", given.location());
        // What is redeemed is the very URI that was asked for, port included.
        let code = given.given("code").unwrap();
        let theirs = |uri: &str| redemption(&code).replace("https%3A%2F%2Fapp.example%2Fcallback", uri);
        world
            .ask(&client, "/oauth2/accessToken", &theirs("http://127.0.0.1:1/callback"))
            .await
            .refuses(400, "invalid_grant");
        assert_eq!(world.ask(&client, "/oauth2/accessToken", &theirs(uri)).await.status, 200, "{uri}");
    }
    for uri in [
        "http://127.0.0.1:51004/other",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:80@evil.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1:+80/callback",
        "http://127.0.0.2/callback",
        "http://localhost:51004/other",
        "http://localhost.evil.example/callback",
        "https://127.0.0.1/callback",
        "http://[::1]evil.example/callback",
    ] {
        world.visitor().ask(&request(&client, &[("redirect_uri", uri)])).await.shows(400);
    }
}

#[tokio::test]
async fn tokens_in_a_fragment_are_for_clients_registered_for_them() {
    let world = World::peopled().await;
    let client = world.client().await;
    let change = [("response_type", "token")];
    let refused = world.visitor().ask(&request(&client, &change)).await;
    assert!(refused.tells("unauthorized_client").location().starts_with(&format!("{REDIRECT}#error=")));
    world.change(&client, |client| client.grant_types.push(GrantType::Implicit)).await;
    let given = world.visitor().allow(&request(&client, &change)).await;
    let location = given.location();
    let fragment = location.strip_prefix(&format!("{REDIRECT}#")).unwrap();
    let names: Vec<_> = fragment.split('&').map(|pair| pair.split('=').next().unwrap()).collect();
    assert_eq!(
        names.join(" "),
        "access_token principalID principalIDNS context_institution_id authenticating_institution_id token_type \
         expires_in state expires_at refresh_token refresh_token_expires_in refresh_token_expires_at"
    );
    assert!(fragment.ends_with('Z') && !fragment.contains('+'), "{fragment}");
    assert_eq!(world.refresh(&client, &given.given("refresh_token").unwrap()).await.status, 200);
    let grant = world.grant_of(&given.given("access_token").unwrap()).await.unwrap();
    assert_eq!((grant.grant_type, grant.expires_at), (GrantType::Implicit, world.now() + 86_400 + 1200));
    // The token endpoint knows no such grant type.
    world.ask(&client, "/oauth2/accessToken", "grant_type=implicit").await.refuses(400, "unsupported_grant_type");
}

#[tokio::test]
async fn tokens_in_a_fragment_are_given_once() {
    let world = World::peopled().await;
    let client = world.client_with(|client| client.grant_types.push(GrantType::Implicit)).await;
    let visitor = world.visitor();
    let form = visitor.sign_in(&request(&client, &[("response_type", "token")])).await.form();
    let fields = [("form", form.as_str()), ("action", "allow")];
    assert!(visitor.post(AUTHORIZE, &fields).await.given("access_token").is_some());
    visitor.post(AUTHORIZE, &fields).await.shows(409);
}

#[tokio::test]
async fn a_no_and_a_cancel_tell_the_application_and_store_nothing() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let form = visitor.ask(&request(&client, &[])).await.form();
    visitor.post(AUTHORIZE, &[("form", &form), ("action", "cancel")]).await.tells("access_denied");
    let form = visitor.sign_in(&request(&client, &[])).await.form();
    let reply = visitor.post(AUTHORIZE, &[("form", &form), ("action", "deny")]).await;
    assert_eq!(reply.tells("access_denied").given("state").as_deref(), Some("xyz"));
    assert_eq!(world.last_log()["denial"], "consent_refused");
    let everything = latchkey_dynamodb::store::registry::GrantFilter::default();
    assert!(
        world
            .service
            .store
            .grants(&everything, &mut latchkey_dynamodb::store::Usage::default())
            .await
            .unwrap()
            .is_empty()
    );
}

/// Rules for registrations grow. What was registered under earlier ones keeps working.
#[tokio::test]
async fn a_redirect_uri_that_a_registration_now_refuses_keeps_working_where_it_is_registered() {
    let world = World::peopled().await;
    for (uri, joint) in [("https://app.example/cb?state=old", '&'), ("localhost:3000/cb", '?'), ("tel:1", '?')] {
        assert!(latchkey_oauth::client::registration::redirect_uri(uri).is_err());
        let client = world.client_with(|client| client.redirect_uris = vec![uri.into()]).await;
        let given = world.visitor().allow(&request(&client, &[("redirect_uri", uri)])).await;
        assert!(given.location().starts_with(&format!("{uri}{joint}code=")), "{}", given.location());
    }
}

#[tokio::test]
async fn a_secret_in_the_address_of_the_pages_is_refused_and_no_redirect_carries_it_on() {
    let world = World::peopled().await;
    let client = world.client().await;
    let query = request(&client, &[]);
    let pages = ROUTES.into_iter().filter(|route| route.function == Function::Authorize && route.path != STYLE);
    let paths: Vec<_> = pages.map(|route| route.path).collect();
    assert!(["/authorize", "/oauth2/authorize", AUTHORIZE].iter().all(|path| paths.contains(path)), "{paths:?}");
    for path in paths {
        for (method, name) in [
            (Method::GET, "client_secret"),
            (Method::HEAD, "client_secret"),
            (Method::GET, "client%5Fsecret"),
            (Method::POST, "client_secret"),
        ] {
            for target in [format!("{path}?{query}&{name}=canary"), format!("{path}?{name}=canary")] {
                let reply = world.send(method.clone(), &target, &[], Bytes::new()).await;
                if reply.status == 404 || reply.status == 405 {
                    continue;
                }
                assert_eq!((reply.status.as_u16(), reply.headers.get("location")), (400, None), "{method} {target}");
                assert!(!reply.text.contains("canary"), "{}", reply.text);
                assert!(
                    method == Method::HEAD || reply.text.contains("A URL must not have a secret"),
                    "{}",
                    reply.text
                );
                let log = world.last_log();
                assert_eq!((&log["denial"], &log["round_trips"]), (&"secret_in_url".into(), &0.into()), "{log}");
                assert!(!log.to_string().contains("canary"));
            }
        }
    }
    // What cannot be read could hide one.
    let hidden = world.send(Method::GET, "/authorize?client_secret=canary&x=%FF", &[], Bytes::new()).await;
    assert_eq!((hidden.status.as_u16(), hidden.headers.get("location")), (400, None));
    // Without a value, it is none.
    let none = world.send(Method::GET, &format!("/authorize?{query}&client_secret="), &[], Bytes::new()).await;
    assert_eq!(none.status, 303);
}
