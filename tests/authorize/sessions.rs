//! The session and its cookie, from the sign-in to the sign-out.

use bytes::Bytes;
use http::Method;
use latchkey_oauth::settings::Settings;
use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, request};
use latchkey_testkit::world::{Choices, World};

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_and_other_sites_and_over_https_from_other_hosts() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let page = visitor.ask(&request(&client, &[])).await;
    let signed_in = visitor.sign_in_as(&request(&client, &[]), "alice", PASSWORD).await;
    for (reply, name) in [(&page, "latchkey-browser="), (&signed_in, "latchkey=pages/local-")] {
        let cookie = reply.headers["set-cookie"].to_str().unwrap();
        assert!(cookie.starts_with(name) && !cookie.contains("Secure"), "loopback has no https: {cookie}");
        for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
    }
    let settings = Settings { issuer: Some("https://auth.example".into()), ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    world.with_people().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let page = visitor.ask(&request(&client, &[])).await;
    let signed_in = visitor.sign_in_as(&request(&client, &[]), "alice", PASSWORD).await;
    for (reply, name) in [(&page, "__Host-latchkey-browser="), (&signed_in, "__Host-latchkey=pages/local-")] {
        let cookie = reply.headers["set-cookie"].to_str().unwrap();
        assert!(cookie.starts_with(name) && cookie.contains("; Secure") && !cookie.contains("Domain"), "{cookie}");
    }
    let given = world.visitor().allow(&request(&client, &[])).await;
    assert_eq!(given.given("iss").as_deref(), Some("https://auth.example"));
}

#[tokio::test]
async fn a_session_ends_in_time_and_with_the_account_and_the_password() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let query = request(&client, &[]);
    visitor.sign_in(&query).await;
    assert!(visitor.ask(&query).await.text.contains("value=\"allow\""));
    // A session of another institution's user answers nothing for this one.
    assert!(visitor.ask(&request(&client, &[("authenticatingInstitutionId", "91475")])).await.text.contains("sign_in"));
    world.advance(3601);
    assert!(visitor.ask(&query).await.text.contains("value=\"sign_in\""));
    let form = visitor.sign_in(&query).await.form();
    world.change_user("alice", |_| {}).await;
    visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await.shows(400);
    assert!(visitor.ask(&query).await.text.contains("value=\"sign_in\""));
    let form = visitor.sign_in(&query).await.form();
    world.change_user("alice", |user| user.disabled = true).await;
    visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await.shows(400);
    assert_eq!(visitor.sign_in_as(&query, "alice", PASSWORD).await.status, 403);
}

#[tokio::test]
async fn a_broken_or_foreign_cookie_is_no_session() {
    let world = World::peopled().await;
    let client = world.client().await;
    let theirs = world.visitor();
    theirs.sign_in(&request(&client, &[])).await;
    let cookie = format!("latchkey={}", theirs.value("latchkey").unwrap());
    let elsewhere = World::new().await;
    elsewhere.with_people().await;
    for cookie in [
        "latchkey=",
        "latchkey=x",
        "latchkey=local.x",
        "latchkey",
        "=",
        ";;;",
        "other=1; latchkey=\u{e9}",
        &cookie[..cookie.len() - 2],
        &cookie.replace("latchkey=", "__Host-latchkey="),
        &format!("{cookie}x"),
    ] {
        let visitor = world.visitor();
        *visitor.cookie.lock().unwrap() = Some(cookie.to_owned());
        let page = visitor.ask(&request(&client, &[])).await;
        assert!(page.shows(200).text.contains("value=\"sign_in\""), "{cookie}");
    }
    let client = elsewhere.client().await;
    let visitor = elsewhere.visitor();
    *visitor.cookie.lock().unwrap() = Some(cookie);
    assert!(visitor.ask(&request(&client, &[])).await.text.contains("value=\"sign_in\""), "sealed under another key");
}

#[tokio::test]
async fn a_neighbours_cookie_does_not_hide_ours() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    visitor.sign_in(&request(&client, &[])).await;
    let ours = format!("latchkey={}", visitor.value("latchkey").unwrap());
    for beside in ["other=é; OURS", "latchkey=foreign; OURS; a=b", "latchkey=; OURS", "x;;=;OURS"] {
        *visitor.cookie.lock().unwrap() = Some(beside.replace("OURS", &ours));
        let headers = [("cookie", beside.replace("OURS", &ours))];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page =
            world.send(Method::GET, &format!("{AUTHORIZE}?{}", request(&client, &[])), &headers, Bytes::new()).await;
        assert!(page.text.contains("value=\"allow\""), "{beside}");
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_needs_a_form_of_ours() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    assert!(visitor.get("/oauth2/signOut").await.shows(200).text.contains("<h1>You are not signed in</h1>"));
    visitor.sign_in(&request(&client, &[])).await;
    visitor.post("/oauth2/signOut", &[("form", "x"), ("action", "sign_out")]).await.shows(403);
    let other = visitor.ask(&request(&client, &[])).await.form();
    visitor.post("/oauth2/signOut", &[("form", &other), ("action", "sign_out")]).await.shows(403);
    assert!(visitor.ask(&request(&client, &[])).await.text.contains("value=\"allow\""), "still signed in");
    world.add_user("bob").await;
    let theirs = world.visitor();
    theirs.sign_in_as(&request(&client, &[]), "bob", PASSWORD).await;
    let foreign = theirs.get("/oauth2/signOut").await.form();
    visitor.post("/oauth2/signOut", &[("form", &foreign), ("action", "sign_out")]).await.shows(400);
    let old = visitor.get("/oauth2/signOut").await.form();
    visitor.post_from("/oauth2/signOut", &[("form", &old), ("action", "sign_out")], "cross-site").await.shows(403);
    world.advance(600);
    visitor.post("/oauth2/signOut", &[("form", &old), ("action", "sign_out")]).await.shows(400);
    let form = visitor.get("/oauth2/signOut").await.form();
    visitor.post("/oauth2/signOut", &[("form", &form), ("action", "sign_out")]).await.shows(200);
    assert_eq!(world.last_log()["outcome"], "signed_out");
    assert!(visitor.ask(&request(&client, &[])).await.text.contains("value=\"sign_in\""));
}
