//! `LATCHKEY_ERROR_PAGES`: a refusal leads to its place on the errors page, and that place tells no more than the refusal.

use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client_auth::{Failure, Mismatch, wskey};
use latchkey_oauth::error::{Denial, Unavailable};
use latchkey_oauth::form::encode;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::AUTHORIZE;
use latchkey_oauth::settings::Settings;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::request;
use latchkey_testkit::world::{ASK, Choices, ISSUE, World};

/// A world whose refusals lead to a page, or nowhere.
async fn world_with(error_pages: Option<&str>) -> World {
    let settings = Settings { error_pages: error_pages.map(str::to_owned), ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    world.with_people().await;
    world
}

#[tokio::test]
async fn an_answer_leads_to_its_place_on_the_errors_page_where_there_is_one() {
    let world = world_with(Some("https://docs.example/errors")).await;
    let client = world.client_with(|client| client.grant_types.push(GrantType::Implicit)).await;
    let uri = |reply: &Reply| reply.body["error_uri"].as_str().unwrap().to_owned();
    let reply = world.ask(&client, ISSUE, "grant_type=password").await;
    assert_eq!(uri(&reply), "https://docs.example/errors#grant_type_unsupported");
    let members: Vec<_> = ["\"error\":", "\"error_description\":", "\"error_uri\":", "\"code\":", "\"message\":"]
        .map(|member| reply.text.find(member).unwrap())
        .into();
    assert!(members.is_sorted(), "{}", reply.text);
    // One answer for an unknown client, a disabled one and a wrong signature: the page is no way to tell them apart.
    let unknown = Signer { id: "unknown".into(), secret: ClientSecret::new("other".into()) };
    let wrong = Signer { id: client.id.clone(), secret: ClientSecret::new("other".into()) };
    let asked = [world.ask(&unknown, ISSUE, ASK).await, world.ask(&wrong, ISSUE, ASK).await];
    world.change(&client, |client| client.disabled = true).await;
    for reply in asked.iter().chain([&world.ask(&client, ISSUE, ASK).await]) {
        assert_eq!(uri(reply), "https://docs.example/errors#signature_mismatch");
    }
    world.change(&client, |client| client.disabled = false).await;
    // After every other parameter, so that each of them keeps its place.
    let visitor = world.visitor();
    for kind in ["code", "token"] {
        let reply = visitor.ask(&request(&client, &[("scope", "\u{e9}"), ("response_type", kind)])).await;
        assert_eq!(reply.given("error_uri").as_deref(), Some("https://docs.example/errors#scope_malformed"));
        let last = reply.location().rsplit('&').next().unwrap().to_owned();
        assert_eq!(last, "error_uri=https%3A%2F%2Fdocs.example%2Ferrors%23scope_malformed");
    }
    let form = visitor.ask(&request(&client, &[])).await.form();
    let reply = visitor.post(AUTHORIZE, &[("form", &form), ("action", "cancel")]).await;
    assert_eq!(reply.given("error_uri").as_deref(), Some("https://docs.example/errors#consent_refused"));
}

#[tokio::test]
async fn an_answer_leads_nowhere_where_no_errors_page_is_set() {
    let world = world_with(None).await;
    let client = world.client().await;
    let reply = world.ask(&client, ISSUE, "grant_type=password").await;
    assert_eq!(
        reply.text,
        concat!(
            r#"{"error":"unsupported_grant_type","error_description":"The grant_type is 'password'; it must be authorization_code, "#,
            r#"client_credentials, refresh_token or urn:ietf:params:oauth:grant-type:device_code.","#,
            r#""code":{"type":"http","value":"400"},"message":"The grant_type is 'password'; it must be authorization_code, "#,
            r#"client_credentials, refresh_token or urn:ietf:params:oauth:grant-type:device_code.","details":""}"#
        )
    );
    let reply = world.visitor().ask(&request(&client, &[("scope", "\u{e9}")])).await;
    assert_eq!(reply.given("error_uri"), None);
    assert!(reply.location().ends_with(&format!("&iss={}", encode(&world.url))), "{}", reply.location());
}

#[test]
fn no_anchor_says_more_than_its_answer() {
    let mismatch = |cause| {
        let hints = Vec::new();
        Denial::from(wskey::Error::SignatureMismatch { signed_text: String::new(), hints, cause })
    };
    for cause in [Mismatch::UnknownClient, Mismatch::DisabledClient, Mismatch::WrongCredentials] {
        assert_eq!(mismatch(cause).anchor(), "signature_mismatch");
    }
    for unavailable in [Unavailable::DatabaseThrottling, Unavailable::ItemDamaged, Unavailable::SecretUnopened] {
        assert_eq!(Denial::from(unavailable).anchor(), "the-service-is-unavailable");
    }
    assert_eq!(Denial::from(Failure::Replayed(AuthMethod::WsKey)).anchor(), "replayed");
}
