//! The demo application of the local server, as a reader's browser walks through it.

mod reader;
mod refusals;

use latchkey_testkit::hunt::Hunt;
use latchkey_testkit::world::World;
use serde_json::Value;

use crate::running::Running;
use reader::{Reader, text_of};

/// The requests that reached the service since the greeting: what each is answered with.
fn asked(server: &Running, lines: usize) -> Vec<Value> {
    server.log(lines).iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_reader_walks_from_the_local_servers_page_to_the_end_of_the_access() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let server = Running::start(folder.path(), &[]);
    let mut hunt = Hunt::default();
    hunt.add("the demo client's secret", server.exported()["LATCHKEY_SECRET"].as_bytes());
    let reader = Reader::new(&world, &server);

    let local = reader.get(&format!("{}/", server.url)).await;
    assert!(local.text.contains(&format!("href=\"{}/\"", reader.demo)), "{}", local.text);
    let first = reader.page("/").await;
    for told in ["as user demo with password latchkey", "Sign in and allow", "Refresh again", ">Begin<"] {
        assert!(text_of(&first).contains(told) || first.text.contains(told), "{told}: {}", first.text);
    }
    let walk = reader.begin().await;
    let ask = reader.page(&format!("{walk}/ask")).await;
    let request = reader.request_of(&ask);
    for told in ["code_challenge_method: S256", "scope: WMS_NCIP refresh_token", "state: "] {
        assert!(text_of(&ask).contains(told), "{told}: {}", ask.text);
    }
    let back = reader.allow(&request).await;
    assert!(back.starts_with(&format!("{}/callback?code=auth_", reader.demo)), "{back}");
    assert_eq!(reader.come_back(&back).await, format!("{walk}/code"));
    let code = reader.page(&format!("{walk}/code")).await;
    assert!(text_of(&code).contains("state") && text_of(&code).contains("code: auth_"), "{}", code.text);

    let tokens = reader.act(&walk, "tokens").await;
    let shown = text_of(&tokens);
    let lines = [
        "demo",
        "an empty line",
        "POST",
        "www.oclc.org",
        "443",
        "/wskey",
        "authenticatingInstitutionId=128807",
        "code=auth_",
        "code_verifier=",
        "grant_type=authorization_code",
        "redirect_uri=http%3A%2F%2F127.0.0.1%3A",
    ];
    let mut rest = shown.split_once("What was signed").unwrap().1;
    for line in lines {
        rest = rest.split_once(line).unwrap_or_else(|| panic!("{line} in its order: {shown}")).1;
    }
    for told in [
        "POST /oauth2/accessToken?grant_type=authorization_code&code=auth_",
        "Authorization: http://www.worldcat.org/wskey/v2/hmac/v1 clientId=\"demo\", timestamp=\"",
        "Content-Length: 0",
        "Status 200",
        "access_token: tk_",
        "refresh_token: rt_",
        "principalID: demo-user",
    ] {
        assert!(rest.contains(told), "{told}: {shown}");
    }
    let token = |page: &str, name: &str| {
        page.split(&format!("{name}: ")).nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
    };
    let (access, refresh_token) = (token(rest, "access_token"), token(rest, "refresh_token"));

    let refreshed = text_of(&reader.act(&walk, "refresh").await);
    assert!(
        refreshed.contains(&format!("POST /oauth2/accessToken?grant_type=refresh_token&refresh_token={refresh_token}"))
    );
    let newer = token(refreshed.split_once("What came back").unwrap().1, "access_token");
    assert_ne!(newer, access);
    let introspected = text_of(&reader.act(&walk, "introspect").await);
    for told in [
        &format!("token={newer}"),
        "POST /oauth2/introspect HTTP/1.1",
        "bodyhash=\"",
        "active: true",
        "sub: urn:latchkey:user:urn:latchkey:128807/demo-user",
        "The token is active",
    ] {
        assert!(introspected.contains(told), "{told}: {introspected}");
    }
    let end = reader.page(&format!("{walk}/end")).await;
    let applications = format!("{}/oauth2/applications?institution=128807", server.url);
    assert!(end.text.contains(&format!("href=\"{applications}\"")), "{}", end.text);
    let early = text_of(&reader.act(&walk, "after").await);
    assert!(early.contains("because the access has not ended") && early.contains("Back to step 6"), "{early}");
    reader.end_access(&applications).await;
    let after = text_of(&reader.act(&walk, "after").await);
    for told in ["Status 400", "error: invalid_grant", "The grant has been revoked.", "You ended what you allowed"] {
        assert!(after.contains(told), "{told}: {after}");
    }
    let gone = text_of(&reader.act(&walk, "introspect").await);
    assert!(gone.contains("active: false") && gone.contains("not active any more"), "{gone}");

    // What every page of the walk has in common, and what none has.
    let pages = reader.seen();
    assert!(pages.len() >= 10, "{}", pages.len());
    for page in &pages {
        assert!(page.text.len() < 20_000 && page.text.contains("</html>"), "{}", page.text.len());
        assert!(!page.text.contains("<script") && !page.text.contains("<img"), "{}", page.text);
        hunt.finds_nothing("a page of the demo application", page.text.as_bytes());
        // Each parameter and each member has words of its own.
        for vague in ["see docs/clients.md", "more about what you allowed", "a parameter of the query<"] {
            assert!(!page.text.contains(vague), "{vague}: {}", page.text);
        }
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        for part in ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "style-src 'sha256-"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert_eq!(page.headers["cache-control"], "no-store");
        assert_eq!(page.headers["referrer-policy"], "same-origin");
    }
}

#[tokio::test]
async fn reloads_the_back_button_and_a_second_press_redeem_no_code_twice() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let server = Running::start(folder.path(), &[]);
    let reader = Reader::new(&world, &server);
    let walk = reader.begin().await;
    // What comes later leads back to where the reader is, and sends nothing.
    for step in ["code", "tokens", "refresh", "introspect", "end", "after"] {
        assert_eq!(reader.leads(&format!("{walk}/{step}")).await, format!("{walk}/ask"), "{step}");
        assert_eq!(reader.press(&format!("{walk}/{step}")).await, format!("{walk}/ask"), "{step}");
    }
    let back = reader.code_for(&walk, folder.path()).await;
    for _ in 0..2 {
        assert_eq!(reader.come_back(&back).await, format!("{walk}/code"));
        reader.page(&format!("{walk}/code")).await;
        assert_eq!(reader.leads(&walk).await, format!("{walk}/code"));
    }
    // The first answer counts, whatever comes with the same state.
    let other = back.replace("code=auth_", "code=auth_another-answer");
    assert_eq!(reader.come_back(&other).await, format!("{walk}/code"));
    assert!(!text_of(&reader.page(&format!("{walk}/code")).await).contains("auth_another-answer"));
    let place = format!("{walk}/tokens");
    let both = tokio::join!(reader.press(&place), reader.press(&place));
    assert_eq!(both, (place.clone(), place.clone()), "a form that is sent twice");
    let first = text_of(&reader.page(&format!("{walk}/tokens")).await);
    assert!(first.contains("Status 200"), "{first}");
    reader.act(&walk, "tokens").await;
    assert_eq!(text_of(&reader.page(&format!("{walk}/tokens")).await), first, "a reload shows the same");
    assert!(text_of(&reader.page(&format!("{walk}/code")).await).contains("has redeemed the code"));
    assert!(text_of(&reader.page(&format!("{walk}/ask")).await).contains("has answered this request"));
    // A refresh may be sent as often as one likes, and each is a new request.
    for _ in 0..3 {
        assert!(text_of(&reader.act(&walk, "refresh").await).contains("Status 200"));
    }
    let lines = asked(&server, 5);
    let grants: Vec<_> = lines.iter().filter_map(|line| line["grant_type"].as_str()).collect();
    assert_eq!(grants, ["authorization_code", "refresh_token", "refresh_token", "refresh_token"], "{lines:?}");
}

#[tokio::test]
async fn each_tab_is_on_a_walk_of_its_own() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let server = Running::start(folder.path(), &[]);
    let reader = Reader::new(&world, &server);
    let (one, two) = (reader.begin().await, reader.begin().await);
    assert_ne!(one, two);
    let (back_of_one, back_of_two) =
        (reader.code_for(&one, folder.path()).await, reader.code_for(&two, folder.path()).await);
    assert_eq!(reader.come_back(&back_of_two).await, format!("{two}/code"));
    assert_eq!(reader.come_back(&back_of_one).await, format!("{one}/code"));
    for walk in [&one, &two] {
        assert!(text_of(&reader.act(walk, "tokens").await).contains("Status 200"));
    }
    let refreshed = |page: String| page.split("refresh_token=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let (first, second) = (text_of(&reader.act(&one, "refresh").await), text_of(&reader.act(&two, "refresh").await));
    assert_ne!(refreshed(first), refreshed(second));
    // Another browser is on neither.
    let stranger = Reader::new(&world, &server);
    for walk in [&one, &two] {
        let page = stranger.get(&format!("{}{walk}/tokens", reader.demo)).await;
        assert_eq!(page.status, 404);
        assert!(text_of(&page).contains("This browser is on no such walk") && !page.text.contains("tk_"));
    }
}
