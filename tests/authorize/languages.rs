//! The language of the pages, where the application asks for one (`ui_locales`).

use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, request};
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
