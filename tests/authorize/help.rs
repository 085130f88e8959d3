//! Where a user who cannot go on finds help, and what the user can quote.

use latchkey_oauth::settings::{Settings, Theme};
use latchkey_testkit::visitor::{AUTHORIZE, request};
use latchkey_testkit::world::{Choices, World};

async fn world_with(help_url: Option<&str>) -> World {
    let theme = Theme { help_url: help_url.map(str::to_owned), ..Theme::default() };
    let world =
        World::with(Choices { settings: Settings { theme, ..Settings::default() }, ..Choices::default() }).await;
    world.with_people().await;
    world
}

#[tokio::test]
async fn every_page_leads_to_help_where_the_operator_offers_it() {
    for (help_url, leads) in [
        (Some("https://help.example/?a=1&b=2"), Some("https://help.example/?a=1&#38;b=2")),
        (Some("mailto:help@library.example"), Some("mailto:help@library.example")),
        (None, None),
    ] {
        let world = world_with(help_url).await;
        let client = world.client().await;
        let visitor = world.visitor();
        let neither = [("authenticatingInstitutionId", ""), ("contextInstitutionId", "")];
        let sign_in = visitor.ask(&request(&client, &[])).await;
        let pages = [
            visitor.ask(&request(&client, &neither)).await,
            visitor.ask(&request(&client, &[("client_id", "nobody")])).await,
            visitor.sign_in_as(&request(&client, &[]), "alice", "wrong").await,
            visitor.get("/oauth2/signOut").await,
            visitor.sign_in(&request(&client, &[])).await,
            visitor.get("/oauth2/signOut").await,
        ];
        for page in pages.iter().chain([&sign_in]) {
            let link = leads
                .map(|leads| format!("<footer><a href=\"{leads}\" target=\"_blank\" rel=\"noopener noreferrer\">"));
            assert!(link.is_none_or(|link| page.text.contains(&link)), "{}", page.text);
            assert_eq!(page.text.contains("<footer>"), leads.is_some(), "{}", page.text);
        }
        // A user who lost a password looks for help beside the field.
        assert_eq!(sign_in.text.contains("forgotten your username or password"), leads.is_some(), "{}", sign_in.text);
    }
}

#[tokio::test]
async fn an_error_page_shows_the_request_id_that_the_log_has() {
    let world = world_with(None).await;
    let client = world.client().await;
    let visitor = world.visitor();
    let form = visitor.ask(&request(&client, &[])).await.form();
    for page in [
        visitor.ask(&request(&client, &[("client_id", "nobody")])).await,
        visitor.ask(&request(&client, &[("redirect_uri", "https://evil.example/")])).await,
        visitor.post_from(AUTHORIZE, &[("form", &form), ("action", "cancel")], "cross-site").await,
        visitor.post(AUTHORIZE, &[("form", "x")]).await,
    ] {
        let id = page.text.split("<code>").nth(1).unwrap_or_else(|| panic!("{}", page.text)).split("</code>").next();
        assert!(page.text.contains("quote the number of this request"), "{}", page.text);
        let logged = world.log().into_iter().filter(|line| line["request_id"].as_str() == id).count();
        assert_eq!(logged, 1, "{id:?}");
    }
    let page = visitor.get("/oauth2/signOut").await;
    assert!(!page.text.contains("quote the number"), "no error, nothing to quote: {}", page.text);
    assert!(page.text.contains("<h1>You are not signed in</h1>"), "{}", page.text);
}
