//! What is refused: as it is pushed, as a user is sent, and what the registration decides.

use bytes::Bytes;
use http::Method;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::form::encode;
use latchkey_oauth::service::PUSH;
use latchkey_testkit::hunt::Hunt;
use latchkey_testkit::visitor::{AUTHORIZE, request};
use latchkey_testkit::world::{REDIRECT, World};

use super::{PREFIX, address, client_by, push};

#[tokio::test]
async fn what_the_pages_would_refuse_is_refused_when_it_is_pushed_and_nothing_is_read_twice() {
    let world = World::new().await;
    let client = world.client().await;
    let far = "x".repeat(2049);
    for (change, status, error, denial) in [
        (&[("response_type", "")][..], 400, "invalid_request", "parameter_missing"),
        (&[("response_type", "id_token")], 400, "unsupported_response_type", "response_type_unsupported"),
        (&[("response_type", "token")], 400, "unauthorized_client", "grant_type_not_allowed"),
        (&[("response_mode", "form_post")], 400, "invalid_request", "response_mode_unsupported"),
        (&[("redirect_uri", "")], 400, "invalid_request", "parameter_missing"),
        (&[("redirect_uri", "https://evil.example/")], 400, "invalid_request", "redirect_uri_unregistered"),
        (&[("scope", "WMS_OTHER")], 400, "invalid_scope", "scope_not_allowed"),
        (&[("scope", "a\"b")], 400, "invalid_scope", "scope_malformed"),
        (&[("scope", "refresh_token")], 400, "invalid_scope", "scope_without_service"),
        (&[("contextInstitutionId", "4711")], 400, "unauthorized_client", "institution_not_allowed"),
        (&[("contextInstitutionId", "")], 400, "invalid_request", "parameter_missing"),
        (&[("code_challenge_method", "S256")], 400, "invalid_request", "parameter_missing"),
        (&[("prompt", "select_account")], 400, "invalid_request", "parameter_invalid"),
        (&[("state", "a\u{1}b")], 400, "invalid_request", "parameter_invalid"),
        (&[("state", &far)], 400, "invalid_request", "parameter_invalid"),
        (&[("client_id", "another")], 400, "invalid_request", "client_id_differs"),
        (&[("request_uri", "urn:ietf:params:oauth:request_uri:x")], 400, "invalid_request", "request_uri_pushed"),
        (&[("request", "eyJhbGciOiJub25lIn0.e30.")], 400, "request_not_supported", "request_object_unsupported"),
    ] {
        push(&world, &client, change).await.refuses(status, error);
        let line = world.last_log();
        assert_eq!((&line["denial"], &line["round_trips"]), (&denial.into(), &1.into()), "{change:?}");
    }
    let twice = format!("{}&scope=WMS_NCIP", request(&client, &[]));
    world.ask(&client, PUSH, &twice).await.refuses(400, "invalid_request");
    assert_eq!(world.last_log()["denial"], "parameter_repeated");
    world.post(PUSH, &request(&client, &[]), &client.sign("x=1", world.now())).await.refuses(401, "invalid_client");
    world.post_form(PUSH, &[], &request(&client, &[])).await.refuses(401, "invalid_client");
    // An unknown institution is found on the page: this endpoint reads no directory.
    assert_eq!(push(&world, &client, &[("contextInstitutionId", "91475")]).await.status, 201);
    let public = client_by(&world, AuthMethod::None).await;
    world.post_form(PUSH, &[], &request(&public, &[])).await.refuses(400, "invalid_request");
    assert_eq!(world.last_log()["denial"], "parameter_missing", "a public client must send a challenge");
}

#[tokio::test]
async fn what_would_make_too_long_an_address_is_refused_by_the_name_of_its_longest_parameter() {
    let world = World::peopled().await;
    let callback = |length: usize| format!("{REDIRECT}?{}", "a".repeat(length - REDIRECT.len() - 1));
    let client = world.client_with(|client| client.redirect_uris = vec![callback(2048), callback(2000)]).await;
    let (long, longer, locales) = ("s".repeat(2000), "s".repeat(2048), "de-".repeat(300));
    for (redirect_uri, state, longest) in
        [(&callback(2000), &longer, "state"), (&callback(2048), &long, "redirect_uri")]
    {
        let change = [("redirect_uri", redirect_uri.as_str()), ("state", state.as_str()), ("ui_locales", &locales)];
        let refused = push(&world, &client, &change).await;
        refused.refuses(413, "invalid_request");
        assert_eq!(world.last_log()["denial"], "push_address_too_long");
        let said = format!("more than 6144 bytes. The longest of its parameters is {longest}.");
        assert!(refused.member("error_description").contains(&said), "{}", refused.text);
    }
    // What is taken works to the end.
    let (redirect_uri, long, locales) = (callback(2000), "s".repeat(1750), "de-".repeat(40));
    let change = [
        ("redirect_uri", redirect_uri.as_str()),
        ("state", long.as_str()),
        ("ui_locales", locales.trim_end_matches('-')),
    ];
    let address = address(&client, &push(&world, &client, &change).await);
    assert!(address.len() > 5500 && address.len() <= 6144, "{}", address.len());
    let given = world.visitor().allow(&address).await;
    assert!(given.location().starts_with(&redirect_uri) && given.given("code").is_some());
    let body = format!("{}&x={}", request(&client, &[]), "x".repeat(8192));
    let signed = client.sign_as("", world.now(), None, body.as_bytes());
    let in_query = client.sign(&body, world.now());
    for reply in
        [world.post_form(PUSH, &[("authorization", &signed)], &body).await, world.post(PUSH, &body, &in_query).await]
    {
        reply.refuses(413, "invalid_request");
        let line = world.last_log();
        assert_eq!((&line["denial"], &line["round_trips"]), (&"push_too_long".into(), &0.into()));
    }
}

#[tokio::test]
async fn a_reference_that_is_not_good_is_shown_and_gives_nothing() {
    let world = World::peopled().await;
    let (client, other) = (world.client().await, world.client().await);
    let foreign = World::peopled().await;
    let abroad = foreign.client().await;
    let elsewhere = push(&foreign, &abroad, &[]).await.member("request_uri").to_owned();
    let pushed = push(&world, &client, &[]).await;
    let good = pushed.member("request_uri").to_owned();
    let form = world.visitor().ask(&address(&client, &pushed)).await.form();
    let damaged = latchkey_testkit::world::flip(&good);
    let ask = async |id: &str, uri: &str| {
        world.visitor().ask(&format!("client_id={}&request_uri={}", encode(id), encode(uri))).await
    };
    for (id, uri, denial) in [
        (&client.id, damaged.as_str(), "request_uri_unknown"),
        (&client.id, &elsewhere, "request_uri_unknown"),
        (&abroad.id, &elsewhere, "request_uri_unknown"),
        (&client.id, &good[..good.len() - 1], "request_uri_unknown"),
        (&client.id, &good[PREFIX.len()..], "request_uri_unknown"),
        (&client.id, &format!("{PREFIX}{form}"), "request_uri_unknown"),
        (&client.id, PREFIX, "request_uri_unknown"),
        (&client.id, "https://app.example/request.jwt", "request_uri_unknown"),
        (&client.id, &"a".repeat(7000), "request_uri_unknown"),
        (&other.id, &good, "request_uri_foreign"),
        (&"nobody".to_owned(), &good, "request_uri_foreign"),
    ] {
        let reply = ask(id, uri).await;
        reply.shows(400);
        let line = world.last_log();
        assert_eq!((&line["denial"], &line["round_trips"]), (&denial.into(), &0.into()), "{uri}");
        assert!(!reply.text.contains(REDIRECT), "{}", reply.text);
    }
    let twice = format!("{}&request_uri=x", address(&client, &pushed));
    world.visitor().ask(&twice).await.shows(400);
    assert_eq!(world.last_log()["denial"], "parameter_repeated");
    world.visitor().ask(&format!("request_uri={}", encode(&good))).await.shows(400);
    assert_eq!(world.last_log()["denial"], "parameter_missing");
    assert_eq!(ask(&client.id, &good).await.status, 200);
    world.advance(90);
    ask(&client.id, &good).await.shows(400);
    assert_eq!(world.last_log()["denial"], "request_uri_expired");
    let mut hunt = Hunt::default();
    hunt.add_sealed("a reference", &good);
    for line in world.log() {
        hunt.finds_nothing("a log line", line.to_string().as_bytes());
    }
}

#[tokio::test]
async fn what_the_registration_lost_since_the_push_counts() {
    let world = World::peopled().await;
    let client = world.client().await;
    let address = address(&client, &push(&world, &client, &[]).await);
    let visitor = world.visitor();
    type Edit = fn(&mut latchkey_oauth::client::Client);
    let edits: [(Edit, &str, &str); 4] = [
        (|client| client.scopes = vec!["WMS_ACQ".into()], "invalid_scope", "scope_not_allowed"),
        (|client| client.institutions = vec!["91475".into()], "unauthorized_client", "institution_not_allowed"),
        (|client| client.pkce_required = true, "invalid_request", "parameter_missing"),
        (|client| client.grant_types.clear(), "unauthorized_client", "grant_type_not_allowed"),
    ];
    for (edit, error, denial) in edits {
        let before =
            world.service.store.client(&client.id, &mut Default::default()).await.unwrap().unwrap().into_inner();
        world.change(&client, edit).await;
        assert_eq!(visitor.ask(&address).await.tells(error).given("state").as_deref(), Some("xyz"));
        assert_eq!(world.last_log()["denial"], denial);
        world
            .change(&client, |client| *client = latchkey_oauth::client::Client { revision: client.revision, ..before })
            .await;
    }
    world.change(&client, |client| client.redirect_uris.clear()).await;
    visitor.ask(&address).await.shows(400);
    assert_eq!(world.last_log()["denial"], "redirect_uri_unregistered");
    world.change(&client, |client| client.disabled = true).await;
    visitor.ask(&address).await.shows(400);
    assert_eq!(world.last_log()["denial"], "client_unregistered");
}

#[tokio::test]
async fn a_client_that_must_push_is_taken_by_nothing_else() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let form = visitor.sign_in(&request(&client, &[])).await.form();
    world.change(&client, |client| client.require_pushed_requests = true).await;
    assert_eq!(
        visitor.ask(&request(&client, &[])).await.tells("invalid_request").given("state").as_deref(),
        Some("xyz")
    );
    assert_eq!(world.last_log()["denial"], "push_required");
    // A page from before does not give a code either.
    visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await.tells("invalid_request");
    assert_eq!(world.last_log()["denial"], "push_required");
    let pushed = push(&world, &client, &[]).await;
    assert!(world.visitor().allow(&address(&client, &pushed)).await.given("code").is_some());
    // Methods of HTTP other than POST are no push: no function is asked.
    let lines = world.log().len();
    let signed = client.sign_method("PUT", &request(&client, &[]), world.now());
    let target = format!("{PUSH}?{}", request(&client, &[]));
    let reply = world.send(Method::PUT, &target, &[("authorization", &signed)], Bytes::new()).await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (404, r#"{"message":"Not Found"}"#));
    assert_eq!(world.log().len(), lines);
}
