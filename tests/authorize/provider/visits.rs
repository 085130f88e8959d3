//! What comes back from a provider counts once, in time, in the browser that left, and of the provider that it left for.

use bytes::Bytes;
use http::Method;
use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::registry::GrantFilter;
use latchkey_oauth::form::encode;
use latchkey_oauth::service::APPLICATIONS;
use latchkey_testkit::provider::{Idp, asked};
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::{AUTHORIZE, Visitor, request};
use latchkey_testkit::world::World;

/// The redirect URI of the demo institution, as a path.
pub const BACK: &str = "/oauth2/callback?institution=128807";

async fn world() -> (World, Signer, Idp) {
    let world = World::peopled().await;
    let client = world.client().await;
    let idp = Idp::of(&world, |_| ()).await;
    (world, client, idp)
}

/// Asserts that the user sees a page, is not signed in, and that nothing was made.
pub async fn refused(visitor: &Visitor<'_>, reply: &Reply, status: u16, denial: &str) {
    reply.shows(status);
    let line = visitor.world.last_log();
    assert_eq!((line["denial"].as_str(), line["outcome"].as_str()), (Some(denial), Some("denied")), "{line}");
    assert!(visitor.value("latchkey").is_none(), "{denial}: signed in");
    let every = GrantFilter::default();
    let grants = visitor.world.service.store.grants(&every, &mut Usage::default()).await.unwrap();
    assert!(grants.is_empty(), "{denial}: {}", grants.len());
}

/// The `state` of an address, as it stands there.
pub fn state_of(to: &str) -> String {
    encode(&asked(to)["state"]).into_owned()
}

/// Where the page's button leads.
pub fn start_again(reply: &Reply) -> String {
    let link = reply.text.split("<a class=\"button\" href=\"").nth(1);
    let link = link.unwrap_or_else(|| panic!("no way on: {}", reply.text)).split('"').next().unwrap();
    link.replace("&#38;", "&")
}

#[tokio::test]
async fn a_state_counts_once_and_the_page_leads_to_the_same_request() {
    let (world, client, idp) = world().await;
    let visitor = world.visitor();
    let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
    assert_eq!(visitor.get(&to).await.status, 303);
    let other = world.visitor();
    let again = visitor.get(&to).await;
    again.shows(400);
    assert_eq!(world.last_log()["denial"], "visit_foreign");
    assert_eq!(idp.calls().0, 1, "the code is not sent again");
    // The user stays signed in: another tab's late answer ends nothing.
    let page = visitor.get(&format!("/oauth2/{}", start_again(&again))).await;
    assert!(page.text.contains("value=\"allow\""), "{}", page.text);
    let page = other.get(&format!("/oauth2/{}", start_again(&again))).await;
    assert!(page.text.contains("value=\"provider\""), "{}", page.text);
}

#[tokio::test]
async fn a_user_who_is_signed_in_is_told_so_where_an_answer_comes_again() {
    let (world, client, idp) = world().await;
    for (language, told, advice) in [
        ("en", ["This sign-in is over", "finished before", "Continue"], "cookies"),
        ("de", ["Diese Anmeldung ist vorbei", "schon abgeschlossen", "Weiter"], "Cookies"),
    ] {
        let visitor = world.visitor();
        let to = visitor.visit(&idp, &request(&client, &[("ui_locales", language)]), "reader-1").await;
        assert_eq!(visitor.get(&to).await.status, 303);
        let again = visitor.get(&to).await;
        again.shows(400);
        assert_eq!(world.last_log()["denial"], "visit_foreign");
        assert!(told.iter().all(|words| again.text.contains(words)), "{}", again.text);
        assert!(!again.text.contains(advice) && !again.text.contains("role=\"alert\""), "{}", again.text);
        let page = visitor.get(&format!("/oauth2/{}", start_again(&again))).await;
        assert!(page.text.contains("value=\"allow\""), "{}", page.text);
        world.advance(600);
        let late = visitor.get(&to).await;
        assert_eq!(world.last_log()["denial"], "visit_expired");
        assert!(late.text.contains(told[0]) && !late.text.contains(advice), "{}", late.text);
        // A browser that is not signed in learns what may be the matter.
        let foreign = world.visitor().get(&to).await;
        assert!(foreign.text.contains(advice) && foreign.text.contains("role=\"alert\""), "{}", foreign.text);
    }
}

#[tokio::test]
async fn another_browser_a_late_one_and_one_without_cookies_are_not_signed_in() {
    let (world, client, idp) = world().await;
    let visitor = world.visitor();
    let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
    let stranger = world.visitor();
    refused(&stranger, &stranger.get(&to).await, 400, "visit_foreign").await;
    // One that has left by itself, too.
    stranger.visit(&idp, &request(&client, &[]), "attacker").await;
    refused(&stranger, &stranger.get(&to).await, 400, "visit_foreign").await;
    world.advance(600);
    let late = visitor.get(&to).await;
    refused(&visitor, &late, 400, "visit_expired").await;
    assert!(start_again(&late).starts_with("authorizeCode?client_id="), "{}", late.text);
    assert_eq!(idp.calls(), (0, 0));
}

#[tokio::test]
async fn what_is_no_answer_of_a_provider_is_refused_by_name() {
    let (world, client, idp) = world().await;
    let visitor = world.visitor();
    let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
    let state = state_of(&to);
    let forged = format!("{}x", &state[..state.len() - 1]);
    for (query, denial) in [
        (String::new(), "visit_unknown"),
        ("code=x".into(), "visit_unknown"),
        (format!("code=x&state={forged}"), "visit_unknown"),
        ("code=x&state=x".into(), "visit_unknown"),
        (format!("state={state}"), "provider_response_malformed"),
        (format!("state={state}&code=x&error=y"), "provider_response_malformed"),
        (format!("state={state}&state={state}&code=x"), "provider_response_malformed"),
        (format!("state={state}&code=x&code=y"), "provider_response_malformed"),
    ] {
        let reply = visitor.get(&format!("{BACK}&{query}")).await;
        refused(&visitor, &reply, 400, denial).await;
    }
    for query in ["state=%ff&code=x", &format!("code={}", "x".repeat(9000))] {
        visitor.get(&format!("{BACK}&{query}")).await.shows(400);
    }
    assert_eq!(visitor.send(Method::HEAD, &to, &[], Bytes::new()).await.status, 400);
    assert_eq!(idp.calls(), (0, 0), "a request for the headers alone uses no code up");
    assert_eq!(visitor.get(&to).await.status, 303, "none of it used the visit up");
}

#[tokio::test]
async fn an_answer_of_another_provider_is_refused_before_its_code_is_sent_anywhere() {
    let (world, client, idp) = world().await;
    let attacker = Idp::at(&world, "91475", |_| ()).await;
    for (iss, denial) in [(Some(&attacker.issuer), "provider_issuer_differs"), (None, "provider_issuer_missing")] {
        let visitor = world.visitor();
        let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
        let state = state_of(&to);
        let iss = iss.map(|iss| format!("&iss={}", encode(iss))).unwrap_or_default();
        let reply = visitor.get(&format!("{BACK}&code=stolen&state={state}{iss}")).await;
        refused(&visitor, &reply, 403, denial).await;
        // Nor is an error of another one.
        let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
        let state = state_of(&to);
        let reply = visitor.get(&format!("{BACK}&error=access_denied&state={state}{iss}")).await;
        refused(&visitor, &reply, 403, denial).await;
    }
    assert_eq!((idp.calls(), attacker.calls()), ((0, 0), (0, 0)));
}

#[tokio::test]
async fn an_error_of_the_provider_is_told_in_words_and_repeats_none_of_its_own() {
    let (world, client, idp) = world().await;
    for (error, status, denial, words) in [
        ("access_denied", 403, "provider_cancelled", "cancelled or refused"),
        ("temporarily_unavailable", 403, "provider_unreachable", "does not answer"),
        ("unauthorized_client", 403, "provider_client_refused", "could not accept"),
        ("login_required", 403, "provider_error", "could not accept"),
        ("made-up-by-someone", 403, "provider_error", "could not accept"),
    ] {
        let visitor = world.visitor();
        let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
        let (state, iss) = (state_of(&to), encode(&idp.issuer));
        let query = format!("error={error}&error_description=call-me&state={state}&iss={iss}");
        let reply = visitor.get(&format!("{BACK}&{query}")).await;
        refused(&visitor, &reply, status, denial).await;
        assert!(reply.text.contains(words) && !reply.text.contains("call-me"), "{error}: {}", reply.text);
        assert!(start_again(&reply).starts_with("authorizeCode?"), "{error}");
        assert!(visitor.value("latchkey-visits").is_none(), "{error}: it does not count again");
    }
    assert_eq!(idp.calls(), (0, 0));
}

#[tokio::test]
async fn what_a_provider_adds_for_itself_need_not_be_text() {
    let (world, client, idp) = world().await;
    for added in ["error_description=%E9", "%E9=x", "session_state=%ff%fe"] {
        let visitor = world.visitor();
        let query = request(&client, &[("ui_locales", "de")]);
        let to = visitor.visit(&idp, &query, "reader-1").await;
        let (state, iss) = (state_of(&to), encode(&idp.issuer));
        let target = format!("{BACK}&error=access_denied&{added}&state={state}&iss={iss}");
        let reply = visitor.get(&target).await;
        refused(&visitor, &reply, 403, "provider_cancelled").await;
        assert!(start_again(&reply).starts_with("authorizeCode?"), "{added}");
        assert!(reply.text.contains("lang=\"de\""), "{}", reply.text);
        let to = visitor.visit(&idp, &query, "reader-1").await;
        assert_eq!(visitor.get(&format!("{to}&{added}")).await.status, 303, "{added}");
        for name in ["code", "error", "iss", "state"] {
            let reply = visitor.get(&format!("{BACK}&{added}&{name}=%E9")).await;
            assert_eq!((reply.status.as_u16(), &world.last_log()["denial"]), (400, &"parameters_not_text".into()));
        }
        let secret = visitor.get(&format!("{BACK}&{added}&client_secret=x")).await;
        assert_eq!((secret.status.as_u16(), &world.last_log()["denial"]), (400, &"secret_in_url".into()));
    }
}

#[tokio::test]
async fn five_tabs_are_away_at_once_and_a_sixth_ends_the_first() {
    let (world, client, idp) = world().await;
    let visitor = world.visitor();
    let mut tabs = Vec::new();
    for at in 0..6 {
        let state = format!("tab-{at}");
        tabs.push(visitor.visit(&idp, &request(&client, &[("state", &state)]), "reader-1").await);
    }
    refused(&visitor, &visitor.get(&tabs[0]).await, 400, "visit_foreign").await;
    // The others in any order, each to its own request.
    for at in [3, 5, 1, 2, 4] {
        let back = visitor.get(&tabs[at]).await;
        assert_eq!(back.status, 303, "{at}: {}", back.text);
        assert!(back.location().contains(&format!("state=tab-{at}")), "{}", back.location());
    }
    assert!(visitor.value("latchkey-visits").is_none());
}

#[tokio::test]
async fn a_provider_that_was_changed_or_removed_meanwhile_signs_nobody_in() {
    for removed in [true, false] {
        let (world, client, idp) = world().await;
        let visitor = world.visitor();
        let page = visitor.ask(&request(&client, &[])).await;
        let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
        let store = &world.service.store;
        let read = store.provider("128807", &mut Usage::default()).await.unwrap().unwrap();
        if removed {
            assert!(store.remove_provider("128807", &read, 0, &mut Usage::default()).await.unwrap().is_made());
        } else {
            let mut other = world.provider(&idp.issuer);
            other.client_id = "another".into();
            assert!(store.put_provider(other, Some(&read), &mut Usage::default()).await.unwrap().is_made());
        }
        refused(&visitor, &visitor.get(&to).await, 400, "provider_changed").await;
        if removed {
            let fields = [("form", page.form()), ("action", "provider".to_owned())];
            let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
            refused(&visitor, &visitor.post(AUTHORIZE, &fields).await, 400, "provider_changed").await;
        }
        assert_eq!(idp.calls(), (0, 0));
    }
}

#[tokio::test]
async fn a_request_that_is_too_long_to_be_kept_is_refused_before_the_user_leaves() {
    let world = World::peopled().await;
    let long = format!("https://app.example/{}", "x".repeat(1500));
    let client = world.client_with(|client| client.redirect_uris.push(long.clone())).await;
    let idp = Idp::of(&world, |_| ()).await;
    // The registration keeps a long redirect URI.
    let visitor = world.visitor();
    let query = request(&client, &[("redirect_uri", &long)]);
    let to = visitor.visit(&idp, &query, "reader-1").await;
    assert!(asked(&to)["state"].len() <= 2048);
    let back = visitor.get(&to).await;
    assert!(back.location().contains(&*encode(&long)), "{}", back.location());
    // Nothing keeps a long state.
    let query = request(&client, &[("state", &"s".repeat(1600))]);
    let page = world.visitor().ask(&query).await;
    assert_eq!(page.status, 200);
    let visitor = world.visitor();
    let form = visitor.ask(&query).await.form();
    let told = visitor.post(AUTHORIZE, &[("form", &form), ("action", "provider")]).await;
    told.tells("invalid_request");
    assert_eq!(world.last_log()["denial"], "visit_too_long");
}

#[tokio::test]
async fn another_account_is_asked_for_at_the_provider_too() {
    for (selects, prompt) in [(true, "select_account"), (false, "login")] {
        let world = World::peopled().await;
        let client = world.client().await;
        let idp = Idp::of(&world, |provider| provider.selects_account = selects).await;
        let visitor = world.visitor();
        let consent = visitor.sign_in_at(&idp, &request(&client, &[]), "reader-1").await;
        let out = visitor.post(AUTHORIZE, &[("form", &consent.form()), ("action", "sign_out")]).await;
        let page = visitor.follow(&out).await;
        // Also after the user has chosen a language, or typed a wrong password.
        let german = page.text.split('"').find(|address| address.contains("ui_locales=de")).unwrap();
        let page = visitor.get(&format!("/oauth2/{}", german.replace("&#38;", "&"))).await;
        let form = page.form();
        let typed = [("form", form.as_str()), ("another", "yes"), ("username", "alice"), ("password", "wrong")];
        assert_eq!(page.text.matches("name=\"another\"").count(), 2, "{}", page.text);
        let page = visitor.post(AUTHORIZE, &typed).await;
        let url = visitor.leave(&page, AUTHORIZE).await;
        assert_eq!(asked(&url).get("prompt").map(String::as_str), Some(prompt));
        let back = visitor.get(&idp.sign_in(&world, &url, "reader-2")).await;
        let consent = visitor.follow(&back).await;
        assert!(consent.text.contains("reader-2@demo.example"), "{}", consent.text);
        // A new visit of the same browser is as any other.
        visitor.post("/oauth2/signOut", &[("form", &visitor.get("/oauth2/signOut").await.form())]).await;
        let page = visitor.ask(&request(&client, &[])).await;
        assert!(!asked(&visitor.leave(&page, AUTHORIZE).await).contains_key("prompt"));
    }
}

#[tokio::test]
async fn the_provider_of_an_institution_that_was_removed_signs_nobody_in_for_the_list_of_applications() {
    let (world, _, idp) = world().await;
    let at = format!("{APPLICATIONS}?institution=128807");
    let (visitor, away) = (world.visitor(), world.visitor());
    let page = visitor.get(&at).await;
    let url = away.leave(&away.get(&at).await, &at).await;
    let to = idp.sign_in(&world, &url, "reader-1");
    let mut usage = Usage::default();
    let mut directory = world.service.store.directory(&mut usage).await.unwrap();
    directory.institutions.retain(|institution| institution.id != "128807");
    assert!(world.service.store.change_directory(directory, &mut usage).await.unwrap().is_made());
    refused(&away, &away.get(&to).await, 400, "provider_changed").await;
    assert_eq!(idp.calls().0, 0);
    visitor.post(&at, &[("form", &page.form()), ("action", "provider")]).await.shows(400);
    assert_eq!(world.last_log()["denial"], "provider_changed");
}

#[tokio::test]
async fn a_page_speaks_the_language_that_the_application_asked_for() {
    let (world, client, idp) = world().await;
    let visitor = world.visitor();
    let to = visitor.visit(&idp, &request(&client, &[("ui_locales", "de")]), "reader-1").await;
    world.advance(600);
    let reply = visitor.get(&to).await;
    assert!(reply.text.contains("Sie sind nicht angemeldet"), "{}", reply.text);
    assert!(reply.text.contains("ui_locales=de"), "{}", reply.text);
    // Where no application asks for one, the user chooses it.
    let at = format!("{APPLICATIONS}?institution=128807&language=de");
    let url = visitor.leave(&visitor.get(&at).await, &at).await;
    let back = visitor.get(&idp.sign_in(&world, &url, "reader-1")).await;
    assert_eq!(back.location(), "applications?language=de");
}
