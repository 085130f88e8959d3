//! The forms of the pages: each counts once, in its session, in time and unchanged.

use bytes::Bytes;
use http::Method;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::settings::Settings;
use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, request};
use latchkey_testkit::world::{Choices, World};

#[tokio::test]
async fn a_form_counts_once_in_its_session_in_time_and_unchanged() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let form = visitor.sign_in(&request(&client, &[])).await.form();
    let fields = [("form", form.as_str()), ("action", "allow")];
    // Another browser, and none.
    let stranger = world.visitor();
    stranger.post(AUTHORIZE, &fields).await.shows(400);
    world.add_user("bob").await;
    stranger.sign_in_as(&request(&client, &[]), "bob", PASSWORD).await;
    stranger.post(AUTHORIZE, &fields).await.shows(400);
    assert_eq!(world.last_log()["denial"], "form_stale");
    // Another site.
    for site in ["cross-site", "same-site", "None", ""] {
        visitor.post_from(AUTHORIZE, &fields, site).await.shows(403);
        assert_eq!(world.last_log()["denial"], "form_forged");
    }
    // The browser loads a page again by itself: no other site began that.
    assert!(visitor.post_from(AUTHORIZE, &fields, "none").await.given("code").is_some());
    // Changed, cut, empty, a cookie's value, or of another kind.
    let cookie = visitor.value("latchkey").unwrap();
    let mut changed = form.clone();
    changed.replace_range(40..41, if form.as_bytes()[40] == b'A' { "B" } else { "A" });
    let empty = format!("{}.", form.split_once('.').unwrap().0);
    for wrong in [changed.as_str(), &form[..form.len() - 8], "", ".", &empty, ".AAAA", cookie.as_str()] {
        visitor.post(AUTHORIZE, &[("form", wrong), ("action", "allow")]).await.shows(403);
    }
    // Sealed by a key that is gone, or that this instance does not know yet.
    let gone = form.replacen("local-", "gone-", 1);
    let address = format!("{AUTHORIZE}?{}", request(&client, &[]));
    for (path, leads) in [
        (AUTHORIZE, None),
        (&format!("{AUTHORIZE}?"), None),
        (&address, Some("authorizeCode?client_id")),
        ("/oauth2/signOut", Some("signOut")),
    ] {
        let page = visitor.post(path, &[("form", &gone), ("action", "allow")]).await;
        let link = page.shows(400).text.split("class=\"button\" href=\"").nth(1);
        assert_eq!(link.and_then(|link| link.split(['=', '"']).next()), leads, "{path}");
        assert_eq!(world.last_log()["denial"], "form_stale");
    }
    for action in ["sign_in", "cancel", "ALLOW"] {
        visitor.post(AUTHORIZE, &[("form", &form), ("action", action)]).await.shows(403);
    }
    visitor.post(AUTHORIZE, &[("form", &form), ("form", &form), ("action", "allow")]).await.shows(400);
    let body = Bytes::from(format!("form={form}&action=allow"));
    visitor.send(Method::POST, AUTHORIZE, &[("content-type", "text/plain")], body).await.shows(403);
    visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow"), ("x", &"y".repeat(20_000))]).await.shows(400);
    // Twice: the same code, as long as nobody redeemed it.
    let code = visitor.post(AUTHORIZE, &fields).await.given("code").unwrap();
    for site in ["same-origin", "none"] {
        assert_eq!(visitor.post_from(AUTHORIZE, &fields, site).await.given("code").as_ref(), Some(&code), "{site}");
    }
    assert_eq!(world.redeem(&client, &code).await.status, 200);
    visitor.post(AUTHORIZE, &fields).await.shows(409);
    assert_eq!(world.last_log()["denial"], "form_answered");
    assert!(world.grant_of(&code).await.unwrap().revoked_at.is_none(), "a form sent again signs nobody out");
    // Too late.
    let form = visitor.ask(&request(&client, &[])).await.form();
    world.advance(598);
    assert!(visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await.given("code").is_some());
    let form = visitor.ask(&request(&client, &[])).await.form();
    world.advance(600);
    let page = visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await;
    assert!(page.shows(400).text.contains("href=\"authorizeCode?client_id="), "the way back is offered");
}

#[tokio::test]
async fn a_form_answers_its_own_question_and_no_other() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let consent = visitor.sign_in(&request(&client, &[])).await.form();
    // Asked to sign in at another institution, in the session of a user of this one.
    let sign_in = visitor.ask(&request(&client, &[("authenticatingInstitutionId", "91475")])).await.form();
    let sign_out = visitor.get("/oauth2/signOut").await.form();
    for (form, action) in [
        (&sign_in, "allow"),
        (&sign_in, "deny"),
        (&sign_out, "allow"),
        (&sign_out, "sign_in"),
        (&consent, "sign_in"),
        (&consent, "cancel"),
        (&sign_in, "sign_out"),
    ] {
        visitor.post(AUTHORIZE, &[("form", form), ("action", action)]).await.shows(403);
    }
}

#[tokio::test]
async fn a_registration_that_shrank_since_the_question_was_put_counts() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let form = visitor.sign_in(&request(&client, &[])).await.form();
    let fields = [("form", form.as_str()), ("action", "allow")];
    world.change(&client, |client| client.scopes = vec!["WMS_ACQ".into()]).await;
    visitor.post(AUTHORIZE, &fields).await.tells("invalid_scope");
    world.change(&client, |client| client.redirect_uris = vec!["https://other.example/".into()]).await;
    visitor.post(AUTHORIZE, &fields).await.shows(400);
    world.change(&client, |client| client.disabled = true).await;
    for action in ["allow", "deny"] {
        visitor.post(AUTHORIZE, &[("form", &form), ("action", action)]).await.shows(400);
    }
    // Of tokens in a fragment nothing is looked at later.
    let client = world.client_with(|client| client.grant_types.push(GrantType::Implicit)).await;
    let form = visitor.ask(&request(&client, &[("response_type", "token")])).await.form();
    let fields = [("form", form.as_str()), ("action", "allow")];
    world.change(&client, |client| client.institutions = vec!["91475".into()]).await;
    visitor.post(AUTHORIZE, &fields).await.tells("unauthorized_client");
    world.change(&client, |client| client.institutions = vec!["128807".into()]).await;
    world.change(&client, |client| client.grant_types.retain(|known| *known != GrantType::Implicit)).await;
    visitor.post(AUTHORIZE, &fields).await.tells("unauthorized_client");
}

#[tokio::test]
async fn a_form_that_is_shown_late_in_a_session_lasts_as_long_as_any() {
    let settings = Settings { session_seconds: 600, ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    world.with_people().await;
    let client = world.client().await;
    let visitor = world.visitor();
    visitor.ask(&request(&client, &[])).await;
    world.advance(590);
    let form = visitor.ask(&request(&client, &[])).await.form();
    world.advance(590);
    let fields = [("form", form.as_str()), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")];
    assert_eq!(visitor.post(AUTHORIZE, &fields).await.status, 303);
}

#[tokio::test]
async fn a_sign_in_that_is_sent_twice_leads_on() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let form = visitor.ask(&request(&client, &[])).await.form();
    let fields = [("form", form.as_str()), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")];
    for _ in 0..2 {
        let reply = visitor.post(AUTHORIZE, &fields).await;
        assert_eq!(reply.status, 303);
        assert!(reply.location().starts_with("authorizeCode?client_id="));
    }
}

#[tokio::test]
async fn a_form_without_its_button_signs_in_and_allows_nothing() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    for button in [&[][..], &[("action", "")]] {
        let form = visitor.ask(&request(&client, &[])).await.form();
        let fields = [&[("form", form.as_str()), ("username", "alice"), ("password", PASSWORD)], button].concat();
        let reply = visitor.post(AUTHORIZE, &fields).await;
        assert_eq!((reply.status.as_u16(), world.last_log()["outcome"].as_str()), (303, Some("signed_in")));
        let form = visitor.get(&format!("/oauth2/{}", reply.location())).await.form();
        let reply = visitor.post(AUTHORIZE, &[&[("form", form.as_str())], button].concat()).await;
        // The question is put again.
        assert_eq!((reply.status.as_u16(), world.last_log()["outcome"].as_str()), (303, Some("shown")));
        assert!(visitor.get(&format!("/oauth2/{}", reply.location())).await.text.contains("value=\"allow\""));
        let form = visitor.get("/oauth2/signOut").await.form();
        visitor.post("/oauth2/signOut", &[&[("form", form.as_str())], button].concat()).await.shows(200);
        assert_eq!(world.last_log()["outcome"], "signed_out");
    }
    let everything = latchkey_dynamodb::store::registry::GrantFilter::default();
    let mut usage = latchkey_dynamodb::store::Usage::default();
    assert!(world.service.store.grants(&everything, &mut usage).await.unwrap().is_empty());
}
