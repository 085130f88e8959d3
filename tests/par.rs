//! `POST /oauth2/par` (RFC 9126), and the pages that a pushed request leads to.

mod assertions;
mod refused;

use bytes::Bytes;
use http::Method;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::Client;
use latchkey_oauth::form::encode;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::service::PUSH;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, request};
use latchkey_testkit::world::{ISSUE, REDIRECT, World};

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";
const PKCE: [(&str, &str); 2] = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];

async fn client_by(world: &World, method: AuthMethod) -> Signer {
    let edit = |client: &mut Client| {
        client.auth_methods = vec![method];
        if method == AuthMethod::None {
            client.secrets.clear();
            client.origins = vec!["https://app.example".into()];
        }
    };
    world.client_with(edit).await
}

/// Sends a form, or what is signed, as the client authenticates.
async fn send(world: &World, client: &Signer, method: AuthMethod, path: &str, form: &str) -> Reply {
    match method {
        AuthMethod::WsKey => world.ask(client, path, form).await,
        AuthMethod::Basic => world.ask_basic(client, path, form).await,
        AuthMethod::Post => {
            let secret = encode(client.secret.expose());
            world.post_form(path, &[], &format!("{form}&client_secret={secret}")).await
        }
        _ => world.post_form(path, &[], form).await,
    }
}

async fn push(world: &World, client: &Signer, change: &[(&str, &str)]) -> Reply {
    world.ask(client, PUSH, &request(client, change)).await
}

/// The address that a push leads to.
fn address(client: &Signer, pushed: &Reply) -> String {
    assert_eq!(pushed.status, 201, "{}", pushed.text);
    format!("client_id={}&request_uri={}", client.id, encode(pushed.member("request_uri")))
}

#[tokio::test]
async fn a_client_pushes_by_each_method_and_its_user_allows_what_was_pushed() {
    let world = World::peopled().await;
    for method in [AuthMethod::WsKey, AuthMethod::Basic, AuthMethod::Post, AuthMethod::None] {
        let client = client_by(&world, method).await;
        let asked = request(&client, &[&PKCE[..], &[("scope", "WMS_NCIP"), ("state", "a b&=é")]].concat());
        let pushed = send(&world, &client, method, PUSH, &asked).await;
        let line = world.last_log();
        assert_eq!((&line["outcome"], &line["grant_type"]), (&"pushed".into(), &"authorization_code".into()), "{line}");
        assert_eq!(line["authenticates_by"], method.as_str());
        let members: Vec<_> = pushed.body.as_object().unwrap().keys().collect();
        assert_eq!(members, ["request_uri", "expires_in"]);
        assert_eq!((pushed.status.as_u16(), &pushed.body["expires_in"]), (201, &89.into()));
        assert_eq!(pushed.headers["cache-control"], "no-store");
        assert!(pushed.member("request_uri").starts_with(PREFIX));
        let given = world.visitor().allow(&address(&client, &pushed)).await;
        assert_eq!(given.given("state").as_deref(), Some("a b&=é"));
        assert!(given.location().starts_with(REDIRECT) && given.given("iss").is_some());
        let form = format!(
            "grant_type=authorization_code&code={}&redirect_uri={}&code_verifier={VERIFIER}&client_id={}\
             &authenticatingInstitutionId=128807&contextInstitutionId=128807",
            given.given("code").unwrap(),
            encode(REDIRECT),
            client.id
        );
        let tokens = send(&world, &client, method, ISSUE, &form).await;
        assert_eq!(tokens.member("principalID"), "alice-id", "{}", tokens.text);
    }
}

#[tokio::test]
async fn a_form_that_a_signature_covers_is_pushed_too_and_a_copy_gains_nothing() {
    let world = World::peopled().await;
    let client = world.client().await;
    let form = request(&client, &[]);
    let signed = client.sign_as("", world.now(), None, form.as_bytes());
    let mut addresses = Vec::new();
    for _ in 0..2 {
        let pushed = world.post_form(PUSH, &[("authorization", &signed)], &form).await;
        addresses.push(address(&client, &pushed));
    }
    assert_ne!(addresses[0], addresses[1], "no two are alike");
    // What is in the form and not covered is no request of the client's.
    let other = form.replace("WMS_NCIP", "WMS_ACQ");
    world.post_form(PUSH, &[("authorization", &signed)], &other).await.refuses(401, "invalid_client");
    let page = world.visitor().sign_in(&addresses[1]).await;
    assert!(page.text.contains("Circulation"));
}

#[tokio::test]
async fn no_address_shows_what_was_pushed_and_the_user_has_as_long_as_ever() {
    let world = World::peopled().await;
    let client = world.client().await;
    let pushed = push(&world, &client, &[("state", "StAtE-of-this-test"), ("scope", "WMS_NCIP")]).await;
    let address = address(&client, &pushed);
    let visitor = world.visitor();
    world.advance(89);
    let page = visitor.ask(&address).await;
    // The reference has ended, and the page has not.
    world.advance(300);
    visitor.ask(&address).await.shows(400);
    assert_eq!(world.last_log()["denial"], "request_uri_expired");
    let fields = [("form", page.form()), ("username", "alice".into()), ("password", PASSWORD.into())];
    let mut fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.push(("action", "sign_in"));
    let signed_in = visitor.post(AUTHORIZE, &fields).await;
    let consent = visitor.get(&format!("/oauth2/{}", signed_in.location())).await;
    for page in [&page, &signed_in, &consent] {
        let text = format!("{:?}{}", page.headers, page.text);
        for hidden in ["StAtE-of-this-test", "callback", "WMS_NCIP", "response_type", "InstitutionId"] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    }
    // What leads back is of a page, and another client has no use of it.
    let back = signed_in.location();
    let other = world.client().await;
    visitor.get(&format!("/oauth2/{}", back.replace(&client.id, &other.id))).await.shows(400);
    assert_eq!(world.last_log()["denial"], "request_uri_foreign");
    let form = consent.form();
    let given = visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await;
    let code = given.given("code").unwrap();
    // One form makes one grant, however often the reference was opened.
    let again = visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await;
    assert_eq!(again.given("code").as_deref(), Some(code.as_str()));
    assert_eq!(world.redeem(&client, &code).await.status, 200);
    world.advance(600);
    visitor.get(&format!("/oauth2/{back}")).await.shows(400);
    assert_eq!(world.last_log()["denial"], "request_uri_expired");
}

#[tokio::test]
async fn a_stale_page_leads_back_to_what_was_pushed() {
    let world = World::peopled().await;
    let client = world.client().await;
    let address = address(&client, &push(&world, &client, &[]).await);
    let visitor = world.visitor();
    let form = visitor.sign_in(&address).await.form();
    world.advance(601);
    let stale = visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await;
    stale.shows(400);
    let link = stale.text.split("href=\"authorizeCode?").nth(1).unwrap().split('"').next().unwrap();
    let link = link.replace("&amp;", "&").replace("&#38;", "&");
    assert!(link.contains("request_uri=") && !link.contains("redirect_uri"), "{link}");
    let page = visitor.ask(&link).await;
    let given = visitor.post(AUTHORIZE, &[("form", &page.form()), ("action", "allow")]).await;
    assert!(given.given("code").is_some(), "{}", given.text);
}

#[tokio::test]
async fn what_stands_beside_the_reference_is_ignored() {
    let world = World::peopled().await;
    let client = world.client().await;
    let none = [("authenticatingInstitutionId", ""), ("contextInstitutionId", "")];
    let more = "&redirect_uri=https%3A%2F%2Fevil.example%2F&scope=WMS_ACQ&state=other&response_type=token&prompt=none\
                &redirect_uri=twice&find=nowhere&institution=91475&ui_locales=de&max_age=x";
    let pushed = address(&client, &push(&world, &client, &none).await) + more;
    let visitor = world.visitor();
    let page = visitor.ask(&pushed).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("First Library") && page.text.contains("Choose your institution"), "{}", page.text);
    // The user chooses, on the page.
    let uri = page.text.split("name=\"request_uri\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(!page.text.contains("name=\"redirect_uri\"") && !page.text.contains("name=\"find\" value=\"nowhere\""));
    let chosen = format!("client_id={}&request_uri={}&institution=128807", client.id, encode(uri));
    let given = visitor.allow(&chosen).await;
    assert_eq!(given.given("state").as_deref(), Some("xyz"));
    assert!(given.location().starts_with(REDIRECT) && given.given("code").is_some());
    assert_eq!(given.given("context_institution_id").as_deref(), Some("128807"));
}

#[tokio::test]
async fn pages_speak_the_language_that_was_pushed_and_ask_what_was_pushed() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let german = address(&client, &push(&world, &client, &[("ui_locales", "de")]).await);
    assert!(visitor.ask(&german).await.text.contains("lang=\"de\""));
    let silent = address(&client, &push(&world, &client, &[("prompt", "none")]).await);
    assert_eq!(visitor.ask(&silent).await.tells("login_required").given("state").as_deref(), Some("xyz"));
    let again = address(&client, &push(&world, &client, &[("prompt", "login")]).await);
    visitor.allow(&german).await;
    let page = visitor.ask(&again).await;
    assert!(page.text.contains("name=\"password\""), "{}", page.text);
    assert!(visitor.allow(&again).await.given("code").is_some(), "typed once, it is not asked for again");
}

#[tokio::test]
async fn a_script_of_a_public_client_may_push_and_read_the_answer_and_no_other_page_may() {
    let world = World::new().await;
    let client = client_by(&world, AuthMethod::None).await;
    let form = request(&client, &[&PKCE[..], &[("scope", "WMS_NCIP")]].concat());
    let preflight = world.send(Method::OPTIONS, PUSH, &[("origin", "https://any.example")], Bytes::new()).await;
    assert_eq!(
        (preflight.status.as_u16(), &preflight.headers["access-control-allow-methods"]),
        (204, &"POST".parse().unwrap())
    );
    for (origin, form, status, readable) in [
        ("https://app.example", &form, 201, true),
        ("https://app.example", &form.replace("S256", "plain"), 400, true),
        ("https://evil.example", &form, 201, false),
    ] {
        let reply = world.post_form(PUSH, &[("origin", origin)], form).await;
        let named = reply.headers.get("access-control-allow-origin").is_some();
        assert_eq!((reply.status.as_u16(), named), (status, readable), "{}", reply.text);
    }
    // A client that may not use codes has nothing to push.
    world.change(&client, |client| client.grant_types = vec![GrantType::Implicit]).await;
    world.post_form(PUSH, &[], &form).await.refuses(400, "unauthorized_client");
    assert_eq!(world.last_log()["denial"], "grant_type_not_allowed");
}
