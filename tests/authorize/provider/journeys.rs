//! The whole way: to the institution's provider and back, and on to what the user came for.

use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::service::APPLICATIONS;
use latchkey_testkit::device::DEVICE;
use latchkey_testkit::provider::{Idp, Says, asked};
use latchkey_testkit::reply::Reply;
use latchkey_testkit::visitor::{AUTHORIZE, request};
use latchkey_testkit::world::World;

use super::visits::start_again;

const CHALLENGE: [(&str, &str); 2] =
    [("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), ("code_challenge_method", "S256")];
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

#[tokio::test]
async fn a_user_signs_in_at_the_institution_allows_an_application_and_it_gets_tokens_that_name_the_user() {
    let world = World::peopled().await;
    let client = world.client().await;
    let idp = Idp::of(&world, |_| ()).await;
    let visitor = world.visitor();
    let query = request(&client, &CHALLENGE);

    let page = visitor.ask(&query).await;
    for part in ["value=\"provider\"", "Continue to the sign-in of \u{2068}First Library\u{2069}", "name=\"password\""]
    {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    let url = visitor.leave(&page, AUTHORIZE).await;
    assert_eq!(world.last_log()["outcome"], "to_provider");
    let sent = asked(&url);
    let expected = [
        ("response_type", "code"),
        ("client_id", "latchkey"),
        ("scope", "openid"),
        ("code_challenge_method", "S256"),
        ("redirect_uri", &format!("{}/oauth2/callback?institution=128807", world.issuer())),
    ];
    for (name, value) in expected {
        assert_eq!(sent[name], value);
    }
    assert!(sent["state"].len() <= 2048 && sent["nonce"].len() == 43 && sent["code_challenge"].len() == 43);
    assert!(!sent.contains_key("prompt") && !sent.contains_key("max_age"));

    let back = visitor.get(&idp.sign_in(&world, &url, "reader-1")).await;
    assert_eq!((back.status.as_u16(), &back.text[..]), (303, ""), "{}", back.text);
    let line = world.last_log();
    assert_eq!((line["outcome"].as_str(), line["client_id"].as_str()), (Some("signed_in"), Some(&client.id[..])));
    assert!(line["user_log_id"].as_str().is_some_and(|id| id.starts_with("pages/")), "{line}");
    assert!(visitor.value("latchkey-visits").is_none(), "what came back is away no more");

    let consent = visitor.follow(&back).await;
    assert!(consent.text.contains("reader-1@demo.example"), "{}", consent.text);
    let given = visitor.post(AUTHORIZE, &[("form", &consent.form()), ("action", "allow")]).await;
    let code = given.given("code").unwrap();
    let redemption = format!("{}&code_verifier={VERIFIER}", latchkey_testkit::world::redemption(&code));
    let tokens = world.ask(&client, latchkey_testkit::world::ISSUE, &redemption).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    assert_eq!(tokens.member("principalID"), "reader-1");
    let grant = world.grant_of(tokens.member("access_token")).await.unwrap();
    let idns = grant.principal.unwrap().idns;
    assert_eq!(tokens.member("principalIDNS"), idns);
    assert_ne!(idns, latchkey_oauth::grant::namespace_of("128807"), "no user with a password has it");
    assert_eq!(idp.calls(), (1, 0), "one call, and no other");
}

#[tokio::test]
async fn the_secret_goes_to_the_provider_in_the_form_where_that_is_registered() {
    let world = World::peopled().await;
    let client = world.client().await;
    let idp = Idp::of(&world, |provider| {
        let sealed = provider.auth.sealed().clone();
        provider.auth = latchkey_oauth::provider::Method::Post.with(sealed);
    })
    .await;
    world.visitor().sign_in_at(&idp, &request(&client, &[]), "reader-1").await;
}

#[tokio::test]
async fn a_user_sees_and_ends_applications_by_the_institutions_sign_in() {
    let world = World::peopled().await;
    let client = world.client().await;
    let idp = Idp::of(&world, |_| ()).await;
    let visitor = world.visitor();
    let consent = visitor.sign_in_at(&idp, &request(&client, &[]), "reader-1").await;
    let code = visitor.post(AUTHORIZE, &[("form", &consent.form()), ("action", "allow")]).await.given("code").unwrap();
    let access = world.redeem(&client, &code).await.member("access_token").to_owned();

    let elsewhere = world.visitor();
    let at = format!("{APPLICATIONS}?institution=128807");
    let page = elsewhere.get(&at).await;
    assert!(page.text.contains("value=\"provider\"") && !page.text.contains("value=\"cancel\""), "{}", page.text);
    let back = elsewhere.get(&idp.sign_in(&world, &elsewhere.leave(&page, &at).await, "reader-1")).await;
    assert_eq!(back.location(), "applications");
    let list = elsewhere.follow(&back).await;
    assert!(list.text.contains("A test&#39;s client"), "{}", list.text);
    elsewhere.post(APPLICATIONS, &[("form", &list.form()), ("end", &client.id)]).await.shows(200);
    assert!(world.grant_of(&access).await.unwrap().revoked_at.is_some());

    // Another user of the institution has nothing of it.
    let other = world.visitor();
    let page = other.get(&at).await;
    let back = other.get(&idp.sign_in(&world, &other.leave(&page, &at).await, "reader-2")).await;
    assert!(!other.follow(&back).await.text.contains("A test&#39;s client"));
}

#[tokio::test]
async fn who_came_for_the_applications_begins_again_at_the_same_institution_in_the_same_language() {
    let world = World::peopled().await;
    let idp = Idp::of(&world, |_| ()).await;
    idp.behave(|behaviour| behaviour.token = Says::Answer(500, "text/html", String::new()));
    for language in ["", "&language=de"] {
        let at = format!("{APPLICATIONS}?institution=128807{language}");
        let visitor = world.visitor();
        let begins_again = async |failed: Reply, denial: &str| {
            assert_eq!(world.last_log()["denial"], denial);
            let again = format!("/oauth2/{}", start_again(&failed));
            assert_eq!(again, at, "{denial}");
            let page = visitor.get(&again).await;
            assert!(page.text.contains("value=\"provider\""), "{}", page.text);
        };
        let leave = async || visitor.leave(&visitor.get(&at).await, &at).await;
        let back = idp.sign_in(&world, &leave().await, "reader-1");
        begins_again(visitor.get(&back).await, "provider_unreachable").await;
        begins_again(visitor.get(&back).await, "visit_foreign").await;
        let back = idp.sign_in(&world, &leave().await, "reader-1");
        world.advance(600);
        begins_again(visitor.get(&back).await, "visit_expired").await;
        // What the page's own form comes to.
        begins_again(visitor.post(&at, &[("action", "provider")]).await, "form_forged").await;
    }
    // No address of anyone's making is led back to.
    for made_up in ["", "?institution=", "?institution=%22%3E", "?institution=128807&institution=91475"] {
        let failed = world.visitor().post(&format!("{APPLICATIONS}{made_up}"), &[("action", "provider")]).await;
        assert_eq!(start_again(&failed), "applications", "{made_up}");
    }
}

#[tokio::test]
async fn a_device_is_allowed_by_the_institutions_sign_in() {
    let world = World::peopled().await;
    let client = world.client().await;
    let idp = Idp::of(&world, |provider| provider.refresh_seconds = Some(3600)).await;
    let begun = world.device(&client).await;
    let visitor = world.visitor();
    let page = visitor.follow(&visitor.type_code(begun.member("user_code")).await).await;
    let back = visitor.get(&idp.sign_in(&world, &visitor.leave(&page, DEVICE).await, "reader-1")).await;
    // Not by a redirect: to the browser that would be a step of another site.
    assert_eq!(back.status, 200, "{}", back.text);
    let headers = [("sec-fetch-site", "same-origin")];
    let next = format!("/oauth2/{}", back.location());
    let consent = visitor.send(http::Method::GET, &next, &headers, bytes::Bytes::new()).await;
    assert!(consent.text.contains("reader-1@demo.example"), "{}", consent.text);
    visitor.post(DEVICE, &[("form", &consent.form()), ("action", "allow")]).await.shows(200);
    let tokens = world.poll(&client, begun.member("device_code")).await;
    assert_eq!((tokens.status.as_u16(), tokens.member("principalID")), (200, "reader-1"));
    assert_eq!(world.grant_of(tokens.member("access_token")).await.unwrap().refresh_seconds, Some(3600));
}

#[tokio::test]
async fn a_pushed_request_and_one_whose_institution_the_user_picks_lead_there_and_back() {
    let world = World::peopled().await;
    let client = world.client().await;
    let idp = Idp::of(&world, |_| ()).await;
    let pushed = world.ask(&client, "/oauth2/par", &request(&client, &[])).await;
    let query = format!("client_id={}&request_uri={}", client.id, pushed.member("request_uri").replace(':', "%3A"));
    world.visitor().sign_in_at(&idp, &query, "reader-1").await;

    let nowhere = [("authenticatingInstitutionId", ""), ("contextInstitutionId", "")];
    let picked = format!("{}&institution=128807", request(&client, &nowhere));
    let visitor = world.visitor();
    let consent = visitor.sign_in_at(&idp, &picked, "reader-1").await;
    let given = visitor.post(AUTHORIZE, &[("form", &consent.form()), ("action", "allow")]).await;
    assert_eq!(given.given("authenticating_institution_id").as_deref(), Some("128807"));

    // The scope names it, which is read after the client.
    let client = world.client_by(&[AuthMethod::Basic]).await;
    let in_scope = [&nowhere[..], &[("scope", "WMS_NCIP context:128807")]].concat();
    let page = world.visitor().ask(&request(&client, &in_scope)).await;
    assert!(page.text.contains("value=\"provider\""), "{}", page.text);
}

#[tokio::test]
async fn the_institution_bounds_how_long_an_application_stays_signed_in_and_the_page_says_it() {
    let world = World::peopled().await;
    let client = world.client().await;
    let idp = Idp::of(&world, |provider| provider.refresh_seconds = Some(5 * 3600)).await;
    let visitor = world.visitor();
    let consent = visitor.sign_in_at(&idp, &request(&client, &[]), "reader-1").await;
    assert!(consent.text.contains("for about \u{2068}\u{2068}5\u{2069} hours\u{2069}"), "{}", consent.text);
    let code = visitor.post(AUTHORIZE, &[("form", &consent.form()), ("action", "allow")]).await.given("code").unwrap();
    let tokens = world.redeem(&client, &code).await;
    let grant = world.grant_of(tokens.member("access_token")).await.unwrap();
    assert_eq!(grant.refresh.unwrap().expires_at, world.now() + 5 * 3600);
    // A user with a password has what the deployment lets every user have.
    let alice = world.visitor().sign_in(&request(&client, &[])).await;
    assert!(alice.text.contains("for about \u{2068}one day\u{2069}"), "{}", alice.text);
}

#[tokio::test]
async fn each_way_to_the_provider_and_back_costs_one_read_and_no_write() {
    let world = World::peopled().await;
    let client = world.client().await;
    let idp = Idp::of(&world, |_| ()).await;
    let visitor = world.visitor();
    let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
    let costs = |line: serde_json::Value| (line["round_trips"].as_u64(), line["write_units"].as_f64());
    assert_eq!(costs(world.last_log()), (Some(1), Some(0.0)));
    visitor.get(&to).await;
    assert_eq!(costs(world.last_log()), (Some(1), Some(0.0)));
}
