//! The language of the pages, where the application asks for one (`ui_locales`).

use latchkey_testkit::device::DEVICE;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, Visitor, request};
use latchkey_testkit::world::World;

#[tokio::test]
async fn an_application_chooses_the_language_of_every_page_on_its_users_way() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let german = |text: &str| text.contains("<html lang=\"de\">");
    let neither = [("authenticatingInstitutionId", ""), ("contextInstitutionId", ""), ("ui_locales", "fr de-CH en")];
    let page = visitor.ask(&request(&client, &neither)).await;
    assert!(german(&page.text) && page.text.contains("name=\"ui_locales\" value=\"fr de-CH en\""), "{}", page.text);
    let query = request(&client, &[("ui_locales", "fr de-CH en")]);
    let form = visitor.ask(&query).await.form();
    let fields = |password: &'static str| {
        [
            ("form", form.clone()),
            ("username", "alice".into()),
            ("password", password.into()),
            ("action", "sign_in".into()),
        ]
    };
    let send = async |fields: &[(&str, String)]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        visitor.post(AUTHORIZE, &fields).await
    };
    assert!(german(&send(&fields("wrong")).await.shows(403).text), "a wrong password");
    let reply = send(&fields(PASSWORD)).await;
    let page = visitor.get(&format!("/oauth2/{}", reply.location())).await;
    assert!(german(&page.text) && page.text.contains("value=\"allow\""), "the redirect keeps it: {}", page.text);
    world.advance(600);
    let stale = visitor.post(AUTHORIZE, &[("form", &page.form()), ("action", "allow")]).await;
    assert!(german(&stale.shows(400).text), "an error page");
    assert!(stale.text.contains("ui_locales=fr%20de-CH%20en"), "and its way back: {}", stale.text);
    // An error before anything is known of the application.
    assert!(german(&visitor.ask("client_id=nobody&redirect_uri=x&ui_locales=de").await.shows(400).text));
}

#[tokio::test]
async fn what_the_browser_prefers_counts_where_the_pages_have_no_language_that_is_asked_for() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    for (asked, browser, spoken) in [
        ("fr", "de", "de"),
        ("", "de", "de"),
        ("en", "de", "en"),
        ("de", "en", "de"),
        ("x\u{1}", "de", "de"),
        ("_", "en", "en"),
    ] {
        let target = format!("{AUTHORIZE}?{}", request(&client, &[("ui_locales", asked)]));
        let page = visitor.send(http::Method::GET, &target, &[("accept-language", browser)], bytes::Bytes::new()).await;
        assert!(page.text.contains(&format!("<html lang=\"{spoken}\">")), "{asked} {browser}: {}", page.text);
    }
    let page = visitor.get("/oauth2/signOut?ui_locales=de").await;
    assert!(page.text.contains("<html lang=\"de\">"), "{}", page.text);
}

#[tokio::test]
async fn languages_that_are_none_never_make_a_form_that_is_too_long_to_be_sent() {
    let world = World::peopled().await;
    let client = world.client().await;
    let page = world.visitor().sign_in(&request(&client, &[("ui_locales", &"\u{1}".repeat(2000))])).await;
    assert!(page.shows(200).text.contains("value=\"allow\""), "{}", page.text);
}

/// Where the page is in its other language.
fn other(page: &Reply) -> Option<String> {
    let nav = page.text.split("<nav ").nth(1)?.split("</nav>").next()?;
    let address = nav.split("<a href=\"").nth(1)?.split('"').next()?;
    assert!(nav.contains("aria-current=\"true\""), "{nav}");
    Some(format!("/oauth2/{}", address.replace("&#38;", "&")))
}

async fn in_german(visitor: &Visitor<'_>, page: &Reply) -> Reply {
    assert!(page.shows(200).text.contains("<html lang=\"en\">"), "{}", page.text);
    let german = visitor.get(&other(page).unwrap_or_else(|| panic!("no choice: {}", page.text))).await;
    assert!(german.shows(200).text.contains("<html lang=\"de\">"), "{}", german.text);
    german
}

#[tokio::test]
async fn a_user_chooses_the_language_of_each_page_that_asks_and_the_request_stays_what_it_is() {
    let world = World::peopled().await;
    let client = world.client().await;
    let neither = [("authenticatingInstitutionId", ""), ("contextInstitutionId", ""), ("state", "a b&c=d\"\u{E9}")];
    let visitor = world.visitor();
    let choice = in_german(&visitor, &visitor.ask(&request(&client, &neither)).await).await;
    assert!(choice.text.contains("name=\"ui_locales\" value=\"de\""), "the next page keeps it: {}", choice.text);
    let query = request(&client, &[("state", "a b&c=d\"\u{E9}"), ("ui_locales", "fr en")]);
    let sign_in = in_german(&visitor, &visitor.ask(&query).await).await;
    let form = sign_in.form();
    let fields =
        |password| [("form", form.as_str()), ("username", "alice"), ("password", password), ("action", "sign_in")];
    let failed = visitor.post(AUTHORIZE, &fields("wrong")).await;
    assert!(failed.shows(403).text.contains("Benutzername"), "{}", failed.text);
    let back = visitor.get(&other(&failed).unwrap()).await;
    assert!(back.shows(200).text.contains("<html lang=\"en\">"), "and back: {}", back.text);
    let consent = visitor.follow(&visitor.post(AUTHORIZE, &fields(PASSWORD)).await).await;
    assert!(consent.text.contains("Erlauben"), "{}", consent.text);
    let english = visitor.get(&other(&consent).unwrap()).await;
    assert!(english.shows(200).text.contains(">Allow<"), "{}", english.text);
    let given = visitor.post(AUTHORIZE, &[("form", &english.form()), ("action", "allow")]).await;
    assert_eq!(given.given("state").as_deref(), Some("a b&c=d\"\u{E9}"));
    assert!(given.given("code").is_some());
}

#[tokio::test]
async fn the_pages_that_no_application_leads_to_keep_the_language_that_a_user_chooses() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    in_german(&visitor, &visitor.get("/oauth2/signOut").await).await;
    visitor.sign_in(&request(&client, &[])).await;
    let question = in_german(&visitor, &visitor.get("/oauth2/signOut").await).await;
    assert!(question.text.contains("action=\"signOut?language=de\""), "{}", question.text);
    // No choice of another language but those that there are.
    for odd in ["language=xx", "language=", "language=%22%3E%3Cscript%3E"] {
        let page = visitor.get(&format!("/oauth2/signOut?{odd}")).await;
        assert!(page.shows(200).text.contains("action=\"signOut\""), "{}", page.text);
    }
    let list = in_german(&visitor, &visitor.get("/oauth2/applications").await).await;
    assert!(list.text.contains("Anwendungen") && !list.text.contains("value=\"sign_in\""), "{}", list.text);
    let stranger = world.visitor();
    let choice = in_german(&stranger, &stranger.get("/oauth2/applications").await).await;
    assert!(choice.text.contains("name=\"language\" value=\"de\""), "{}", choice.text);
    let sign_in = in_german(&stranger, &stranger.get("/oauth2/applications?institution=128807").await).await;
    let form = sign_in.form();
    let fields = [("form", form.as_str()), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")];
    let entered = stranger.post("/oauth2/applications?institution=128807&language=de", &fields).await;
    assert_eq!(entered.location(), "applications?language=de");
    let begun = world.device(&client).await;
    let code = begun.member("user_code");
    let shown = in_german(&visitor, &visitor.get(&format!("{DEVICE}?user_code={code}")).await).await;
    assert!(shown.text.contains(&format!("value=\"{code}\"")), "{}", shown.text);
    assert!(shown.text.contains("action=\"device?language=de\""), "{}", shown.text);
    let form = shown.form();
    let target = format!("{DEVICE}?language=de");
    let unknown = visitor.post(&target, &[("form", &form), ("user_code", "x")]).await;
    assert!(unknown.shows(400).text.contains("<html lang=\"de\">"), "{}", unknown.text);
    let consent = visitor.follow(&visitor.post(&target, &[("form", &form), ("user_code", code)]).await).await;
    assert!(consent.shows(200).text.contains("Erlauben"), "the ticket keeps it: {}", consent.text);
    let english = visitor.get(&other(&consent).unwrap()).await;
    assert!(english.shows(200).text.contains(">Allow<"), "{}", english.text);
    visitor.post(DEVICE, &[("form", &english.form()), ("action", "allow")]).await.shows(200);
    assert_eq!(world.poll(&client, begun.member("device_code")).await.status, 200);
}

#[tokio::test]
async fn an_address_of_a_great_size_is_not_on_its_page_once_more() {
    let world = World::peopled().await;
    let client = world.client().await;
    for (length, offers) in [(1500, true), (2000, false)] {
        let page = world.visitor().ask(&request(&client, &[("state", &"x".repeat(length))])).await;
        assert_eq!(other(page.shows(200)).is_some(), offers, "{length}");
    }
}
