//! The states of a browser and its moves between them, as the architecture page lists them.

use bytes::Bytes;
use http::Method;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::session::Session;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, Visitor, request};
use latchkey_testkit::world::World;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    New,
    Known,
    SignedIn,
    Staying,
}

pub fn session(visitor: &Visitor<'_>) -> Option<Session> {
    let World { service, .. } = visitor.world;
    Session::open(&visitor.value("latchkey")?, service.keyring(KeySet::Pages), 0, visitor.world.now())
}

pub fn state(visitor: &Visitor<'_>) -> State {
    match session(visitor) {
        Some(session) if session.stays => State::Staying,
        Some(_) => State::SignedIn,
        None if visitor.value("latchkey-browser").is_some() => State::Known,
        None => State::New,
    }
}

async fn world() -> (World, Signer) {
    let world = World::peopled().await;
    world.add_user("bob").await;
    let client = world.client().await;
    (world, client)
}

async fn type_password(
    visitor: &Visitor<'_>,
    form: &str,
    username: &str,
    password: &str,
    more: &[(&str, &str)],
) -> Reply {
    let typed = [("form", form), ("username", username), ("password", password), ("action", "sign_in")];
    visitor.post(AUTHORIZE, &[&typed, more].concat()).await
}

async fn consent(visitor: &Visitor<'_>, query: &str) -> Reply {
    let page = visitor.ask(query).await;
    assert!(page.text.contains("value=\"allow\""), "{}", page.text);
    page
}

#[tokio::test]
async fn a_first_page_makes_a_browser_known_and_a_right_password_signs_in_until_it_is_closed() {
    let (world, client) = world().await;
    let visitor = world.visitor();
    let query = request(&client, &[]);
    assert_eq!(state(&visitor), State::New);
    let page = visitor.ask(&query).await;
    assert_eq!(state(&visitor), State::Known);
    let wrong = type_password(&visitor, &page.form(), "alice", "wrong", &[("stay", "yes")]).await;
    assert_eq!((wrong.status.as_u16(), state(&visitor)), (403, State::Known));
    assert!(wrong.text.contains("value=\"alice\"") && wrong.text.contains("aria-describedby=\"stay-why\" checked"));
    let signed_in = type_password(&visitor, &page.form(), "alice", PASSWORD, &[]).await;
    assert_eq!((signed_in.status.as_u16(), state(&visitor)), (303, State::SignedIn));
    let cookie = signed_in.headers["set-cookie"].to_str().unwrap();
    assert!(!cookie.contains("Max-Age") && !cookie.contains("Expires"), "{cookie}");
    consent(&visitor, &query).await;
    assert_eq!(state(&visitor), State::SignedIn);
}

#[tokio::test]
async fn a_user_who_says_that_the_device_is_theirs_stays_signed_in_for_thirty_days() {
    let (world, client) = world().await;
    let visitor = world.visitor();
    let query = request(&client, &[]);
    let form = visitor.ask(&query).await.form();
    let signed_in = type_password(&visitor, &form, "alice", PASSWORD, &[("stay", "yes")]).await;
    assert_eq!(state(&visitor), State::Staying);
    assert!(signed_in.headers["set-cookie"].to_str().unwrap().contains("; Max-Age=2592000"));
    world.advance(29 * 86_400);
    let form = consent(&visitor, &query).await.form();
    assert!(visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await.given("code").is_some());
    world.advance(86_400);
    assert!(visitor.ask(&query).await.text.contains("value=\"sign_in\""), "no answer moves its end");
    assert_eq!(state(&visitor), State::Known);
}

#[tokio::test]
async fn a_session_ends_an_hour_after_the_last_answer_and_a_day_after_the_sign_in() {
    let (world, client) = world().await;
    let visitor = world.visitor();
    let query = request(&client, &[]);
    visitor.sign_in(&query).await;
    let begun = world.now();
    for half_hour in 1..=47 {
        world.advance(begun + half_hour * 1800 - world.now());
        let form = consent(&visitor, &query).await.form();
        let action = if half_hour % 2 == 0 { "deny" } else { "allow" };
        assert_eq!(visitor.post(AUTHORIZE, &[("form", &form), ("action", action)]).await.status, 200);
        let ends_at = (world.now() + 3600).min(begun + 86_400);
        assert_eq!(session(&visitor).unwrap().ends_at, ends_at, "an answer moves the idle end");
    }
    world.advance(begun + 86_399 - world.now());
    consent(&visitor, &query).await;
    world.advance(1);
    assert_eq!(state(&visitor), State::Known);
    assert!(visitor.ask(&query).await.text.contains("value=\"sign_in\""));
    // Looking at pages is no answer.
    visitor.sign_in(&query).await;
    world.advance(3000);
    consent(&visitor, &query).await;
    world.advance(600);
    assert!(visitor.ask(&query).await.text.contains("value=\"sign_in\""));
}

#[tokio::test]
async fn a_user_signs_out_on_the_way_by_another_account_and_by_a_page() {
    let (world, client) = world().await;
    let query = request(&client, &[]);
    for (action, given) in [("allow", "code"), ("deny", "error")] {
        let visitor = world.visitor();
        let page = visitor.sign_in(&query).await;
        assert!(page.text.contains("name=\"sign_out\""));
        let reply = visitor.post(AUTHORIZE, &[("form", &page.form()), ("action", action), ("sign_out", "yes")]).await;
        assert!(reply.given(given).is_some() && !reply.text.contains("signed in as"), "{}", reply.text);
        assert_eq!(state(&visitor), State::Known, "{action}");
    }
    let visitor = world.visitor();
    let form = visitor.sign_in(&query).await.form();
    let reply = visitor.post(AUTHORIZE, &[("form", &form), ("action", "sign_out")]).await;
    assert_eq!((reply.status.as_u16(), state(&visitor)), (303, State::Known));
    let stale = visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await;
    assert!(stale.shows(400).text.contains("signed in or out since"));
    visitor.sign_in(&query).await;
    let [first, second] = [visitor.get("/oauth2/signOut").await.form(), visitor.get("/oauth2/signOut").await.form()];
    visitor.post("/oauth2/signOut", &[("form", &first)]).await.shows(200);
    assert_eq!(state(&visitor), State::Known);
    // In another tab: what the user wants is so.
    assert!(visitor.post("/oauth2/signOut", &[("form", &second)]).await.shows(200).text.contains("not signed in"));
}

#[tokio::test]
async fn every_page_that_a_browser_was_shown_counts_whichever_tab_got_the_last_cookie() {
    let (world, client) = world().await;
    let query = request(&client, &[]);
    let target = format!("{AUTHORIZE}?{query}");
    // Opened at once, before any answer brought a cookie.
    let mut tabs = Vec::new();
    for _ in 0..4 {
        tabs.push(world.send(Method::GET, &target, &[], Bytes::new()).await);
    }
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let visitor = world.visitor();
        tabs[..3].iter().for_each(|tab| visitor.receive(tab));
        for tab in order {
            let reply = type_password(&visitor, &tabs[tab].form(), "alice", PASSWORD, &[]).await;
            assert_eq!((reply.status.as_u16(), state(&visitor)), (303, State::SignedIn), "{order:?}");
        }
        // Asked for before the sign-in, and answered after it.
        visitor.receive(&tabs[3]);
        assert_eq!(state(&visitor), State::SignedIn, "a late page signs nobody out");
        let forms = [consent(&visitor, &query).await.form(), consent(&visitor, &query).await.form()];
        // Signed in once more, in the last tab.
        assert_eq!(type_password(&visitor, &tabs[3].form(), "alice", PASSWORD, &[]).await.status, 303);
        for form in &forms {
            let given = visitor.post(AUTHORIZE, &[("form", form), ("action", "allow")]).await;
            assert!(given.given("code").is_some(), "{}", given.text);
        }
    }
}

#[tokio::test]
async fn a_password_that_is_typed_in_an_old_tab_is_looked_at_and_another_user_takes_over() {
    let (world, client) = world().await;
    let visitor = world.visitor();
    let query = request(&client, &[]);
    let tabs = [visitor.ask(&query).await.form(), visitor.ask(&query).await.form()];
    type_password(&visitor, &tabs[0], "alice", PASSWORD, &[]).await;
    let alices = consent(&visitor, &query).await.form();
    let leaving = visitor.get("/oauth2/signOut").await.form();
    type_password(&visitor, &tabs[1], "bob", "wrong", &[]).await.shows(403);
    assert_eq!(session(&visitor).unwrap().user.username, "alice");
    assert_eq!(type_password(&visitor, &tabs[1], "bob", PASSWORD, &[]).await.status, 303);
    assert_eq!(session(&visitor).unwrap().user.username, "bob");
    // Alice's pages allow nothing in bob's name, and say why.
    let stale = visitor.post(AUTHORIZE, &[("form", &alices), ("action", "allow")]).await;
    assert!(stale.shows(400).text.contains("signed in or out since"));
    assert_eq!(world.last_log()["denial"], "form_stale");
    let asked = visitor.post("/oauth2/signOut", &[("form", &leaving)]).await;
    assert!(asked.shows(400).text.contains("bob") && asked.text.contains("role=\"alert\""));
    assert_eq!(world.last_log()["denial"], "form_stale");
    visitor.post("/oauth2/signOut", &[("form", &asked.form())]).await.shows(200);
    assert_eq!(state(&visitor), State::Known);
}

#[tokio::test]
async fn a_sign_in_that_comes_too_late_or_without_a_cookie_is_asked_for_again_and_says_why() {
    let (world, client) = world().await;
    let query = request(&client, &[]);
    let visitor = world.visitor();
    let form = visitor.ask(&query).await.form();
    world.advance(600);
    let page = type_password(&visitor, &form, "alice", PASSWORD, &[("stay", "yes")]).await;
    assert!(page.shows(400).text.contains("open for too long"), "{}", page.text);
    assert!(page.text.contains("value=\"alice\"") && page.text.contains(" checked") && !page.text.contains(PASSWORD));
    let line = world.last_log();
    assert_eq!((line["denial"].as_str(), line["round_trips"].as_u64()), (Some("form_stale"), Some(1)));
    assert_eq!(type_password(&visitor, &page.form(), "alice", PASSWORD, &[]).await.status, 303);

    let form = world.visitor().ask(&query).await.form();
    let visitor = world.visitor();
    let page = type_password(&visitor, &form, "alice", PASSWORD, &[]).await;
    assert!(page.shows(400).text.contains("Allow cookies"), "{}", page.text);
    assert_eq!((world.last_log()["denial"].as_str(), state(&visitor)), (Some("cookie_missing"), State::Known));
    assert_eq!(type_password(&visitor, &page.form(), "alice", PASSWORD, &[]).await.status, 303);
    // Of a browser that does not say where a request comes from, the cookie must.
    let visitor = world.visitor();
    visitor.ask(&query).await;
    let password = PASSWORD.replace(' ', "+");
    let body = format!("form={form}&username=alice&password={password}&action=sign_in");
    let form_headers = [("content-type", "application/x-www-form-urlencoded")];
    let reply = visitor.send(Method::POST, AUTHORIZE, &form_headers, body.into()).await;
    assert!(reply.shows(400).text.contains("value=\"sign_in\""));
    assert_eq!((world.last_log()["denial"].as_str(), state(&visitor)), (Some("form_stale"), State::Known));
    let body = format!("form={}&username=alice&password={password}&action=sign_in", reply.form());
    assert_eq!(visitor.send(Method::POST, AUTHORIZE, &form_headers, body.into()).await.status, 303);
}

#[tokio::test]
async fn another_site_moves_a_browser_from_no_state() {
    let (world, client) = world().await;
    let query = request(&client, &[]);
    let visitor = world.visitor();
    let sign_in = visitor.ask(&query).await.form();
    let known = visitor.cookie.lock().unwrap().clone();
    let consent = visitor.sign_in(&query).await.form();
    let sign_out = visitor.get("/oauth2/signOut").await.form();
    let signed_in = visitor.cookie.lock().unwrap().clone();
    world.advance(1);
    for cookies in [None, known, signed_in] {
        *visitor.cookie.lock().unwrap() = cookies.clone();
        let before = state(&visitor);
        for site in ["cross-site", "same-site", "sideways"] {
            for (path, fields) in [
                (
                    AUTHORIZE,
                    vec![
                        ("form", sign_in.as_str()),
                        ("username", "alice"),
                        ("password", PASSWORD),
                        ("action", "sign_in"),
                    ],
                ),
                (AUTHORIZE, vec![("form", sign_in.as_str()), ("action", "cancel")]),
                (AUTHORIZE, vec![("form", consent.as_str()), ("action", "allow")]),
                (AUTHORIZE, vec![("form", consent.as_str()), ("action", "sign_out")]),
                ("/oauth2/signOut", vec![("form", sign_out.as_str())]),
            ] {
                let reply = visitor.post_from(path, &fields, site).await;
                reply.shows(403);
                assert!(reply.headers.get("set-cookie").is_none());
                assert_eq!((world.last_log()["denial"].as_str(), state(&visitor)), (Some("form_forged"), before));
            }
        }
    }
}

#[tokio::test]
async fn an_allow_within_a_second_is_asked_again_and_spends_nothing() {
    let (world, client) = world().await;
    let visitor = world.visitor();
    let query = request(&client, &[]);
    let page = visitor.sign_in(&query).await;
    let form = page.form();
    let again = visitor.post_from(AUTHORIZE, &[("form", &form), ("action", "allow")], "same-origin").await;
    assert!(again.shows(400).text.contains("value=\"allow\"") && again.text.contains("within a second"));
    let line = world.last_log();
    let spent = (line["denial"].as_str(), line["round_trips"].as_u64(), line["write_units"].as_f64());
    assert_eq!(spent, (Some("form_hasty"), Some(1), Some(0.0)));
    // The page that is shown again has to be read, too.
    let twice = visitor.post_from(AUTHORIZE, &[("form", &again.form()), ("action", "allow")], "same-origin").await;
    twice.shows(400);
    world.advance(1);
    for form in [&form, &twice.form()] {
        let given = visitor.post_from(AUTHORIZE, &[("form", form), ("action", "allow")], "same-origin").await;
        assert!(given.given("code").is_some(), "{}", given.text);
    }
    // No other answer spends anything.
    let form = consent(&visitor, &query).await.form();
    visitor.post(AUTHORIZE, &[("form", &form), ("action", "deny")]).await.tells("access_denied");
}
