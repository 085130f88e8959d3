//! The page of the applications that may use a user's account: who sees what, and what ends.

mod ends;
mod unfilled;

use latchkey_dynamodb::store::Usage;
use latchkey_oauth::service::APPLICATIONS;
use latchkey_testkit::faults::Troubled;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, Visitor, request};
use latchkey_testkit::world::{ASK, ISSUE, World};

const AT: &str = "/oauth2/applications?institution=128807";

/// A page's text, without what sets names apart.
fn words(page: &Reply) -> String {
    page.text.replace(['\u{2068}', '\u{2069}'], "")
}

fn listed(page: &Reply) -> Vec<String> {
    let after = page.text.split("name=\"end\" value=\"").skip(1);
    after.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

async fn sign_in(visitor: &Visitor<'_>, username: &str) -> Reply {
    let form = visitor.get(AT).await.form();
    let fields = [("form", form.as_str()), ("username", username), ("password", PASSWORD), ("action", "sign_in")];
    let reply = visitor.post(AT, &fields).await;
    assert_eq!((reply.status.as_u16(), reply.location().as_str()), (303, "applications"), "{}", reply.text);
    visitor.get(APPLICATIONS).await
}

async fn end(visitor: &Visitor<'_>, page: &Reply, client: &Signer) -> Reply {
    visitor.post(APPLICATIONS, &[("form", &page.form()), ("end", &client.id)]).await
}

/// A refresh token of this user.
async fn allowed(world: &World, client: &Signer, username: &str) -> String {
    let code = world.code_of(client, username).await;
    world.redeem(client, &code).await.member("refresh_token").to_owned()
}

async fn lives(world: &World, client: &Signer, refresh_token: &str) -> bool {
    world.refresh(client, refresh_token).await.status == 200
}

#[tokio::test]
async fn a_user_signs_in_there_sees_what_was_allowed_and_ends_it_at_once() {
    let world = World::peopled().await;
    let client = world.client_with(|client| client.introspects = vec!["*".into()]).await;
    let scope = ("scope", "WMS_NCIP WMS_ACQ refresh_token");
    let given = world.visitor().allow(&request(&client, &[scope])).await;
    let tokens = world.redeem(&client, &given.given("code").unwrap()).await;
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;

    let visitor = world.visitor();
    let page = visitor.get(APPLICATIONS).await;
    assert!(words(page.shows(200)).contains("Choose the institution where you have an account."), "{}", page.text);
    assert!(page.text.contains("<form method=\"get\" action=\"applications\">"), "{}", page.text);
    let page = visitor.get(AT).await;
    assert!(words(&page).contains("Sign in with your account at First Library to see which"), "{}", page.text);
    assert!(!page.text.contains("value=\"cancel\""), "there is nothing to go back to");
    let page = sign_in(&visitor, "alice").await;
    let line = world.last_log();
    assert_eq!((line["outcome"].as_str(), line.get("client_id")), (Some("listed"), None), "{line}");
    let text = words(page.shows(200));
    for part in [
        "<h2>A test&#39;s client</h2>",
        ">app.example<",
        "First Library",
        "Circulation",
        "WMS_ACQ",
        "signed in as alice",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("refresh_token<") && !text.contains("<script"), "{text}");
    assert_eq!(text.matches(" UTC").count(), 2, "since when and until when: {text}");

    let page = end(&visitor, &page, &client).await;
    let line = world.last_log();
    assert_eq!(
        (line["outcome"].as_str(), line["client_id"].as_str()),
        (Some("ended"), Some(client.id.as_str())),
        "{line}"
    );
    let text = words(page.shows(200));
    assert!(text.contains("<p role=\"status\">A test&#39;s client can no longer use your account.</p>"), "{text}");
    assert!(text.contains("No application may use your account."), "{text}");
    world.refresh(&client, tokens.member("refresh_token")).await.refuses(400, "invalid_grant");
    assert_eq!(world.last_log()["denial"], "grant_revoked");
    for token in [tokens.member("access_token"), refreshed.member("access_token")] {
        assert_eq!(world.introspect(&client, token).await.body["active"], false);
    }
    // The user is still signed in, and a code that was not redeemed ends as well.
    let form = visitor.ask(&request(&client, &[])).await.form();
    let code = visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await.given("code").unwrap();
    let page = visitor.get(APPLICATIONS).await;
    assert_eq!(listed(&page), [client.id.as_str()]);
    end(&visitor, &page, &client).await.shows(200);
    world.redeem(&client, &code).await.refuses(400, "invalid_grant");
}

#[tokio::test]
async fn a_user_sees_and_ends_only_their_own_and_no_form_of_another_counts() {
    let world = World::peopled().await;
    world.add_user("bob").await;
    let (client, others) = (world.client().await, world.client().await);
    let (of_alice, of_bob) = (allowed(&world, &client, "alice").await, allowed(&world, &client, "bob").await);
    allowed(&world, &others, "bob").await;
    let (alice, bob) = (world.visitor(), world.visitor());
    let page_of_alice = sign_in(&alice, "alice").await;
    let page_of_bob = sign_in(&bob, "bob").await;
    assert_eq!(listed(&page_of_alice), [client.id.as_str()]);
    assert_eq!(listed(&page_of_bob).len(), 2);

    // Alice's form in bob's browser, and without a browser.
    let reply = end(&bob, &page_of_alice, &client).await;
    assert!(words(reply.shows(400)).contains("This page was out of date"), "{}", reply.text);
    assert_eq!(world.last_log()["denial"], "form_stale");
    assert_eq!(listed(&reply).len(), 2);
    assert!(words(&end(&world.visitor(), &page_of_alice, &client).await).contains("Choose the institution"));
    // From another site, changed, without a form, and of another page.
    let fields = [("form", page_of_alice.form()), ("end", client.id.clone())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    for site in ["cross-site", "same-site"] {
        alice.post_from(APPLICATIONS, &fields, site).await.shows(403);
        assert_eq!(world.last_log()["denial"], "form_forged");
    }
    let sign_out = alice.get("/oauth2/signOut").await.form();
    for form in ["", "x", sign_out.as_str()] {
        alice.post(APPLICATIONS, &[("form", form), ("end", &client.id)]).await.shows(403);
    }
    let consent = alice.ask(&request(&others, &[])).await.form();
    alice.post(APPLICATIONS, &[("form", &consent), ("end", &client.id)]).await.shows(403);
    alice.post(AUTHORIZE, &[("form", &page_of_alice.form()), ("action", "allow")]).await.shows(403);
    alice.post("/oauth2/signOut", &[("form", &page_of_alice.form())]).await.shows(403);
    // The application of another user, and ids of no client.
    for id in [others.id.as_str(), "nobody", "", "*", &"x".repeat(9000)] {
        let reply = alice.post(APPLICATIONS, &[("form", &page_of_alice.form()), ("end", id)]).await;
        assert_eq!(listed(reply.shows(200)), [client.id.as_str()], "{id}");
        assert_ne!(world.last_log()["outcome"], "ended", "{id}");
    }
    for (client, token) in [(&client, &of_alice), (&client, &of_bob)] {
        assert!(lives(&world, client, token).await);
    }
    // Alice's own.
    end(&alice, &page_of_alice, &client).await.shows(200);
    assert!(!lives(&world, &client, &of_alice).await && lives(&world, &client, &of_bob).await);
    assert_eq!(listed(&bob.get(APPLICATIONS).await).len(), 2);
}

#[tokio::test]
async fn a_write_ends_no_grant_of_another_user_whatever_id_it_is_given() {
    let world = World::peopled().await;
    world.add_user("bob").await;
    let client = world.client().await;
    let code = world.code_of(&client, "bob").await;
    let own = world.code_of(&client, "alice").await;
    let (bobs, alices) = (world.grant_of(&code).await.unwrap(), world.grant_of(&own).await.unwrap());
    let store = &world.service.store;
    let alice = alices.principal.clone().unwrap();
    for ids in [vec![bobs.id], vec![alices.id, bobs.id]] {
        store.end_consents(&alice, &ids, world.now(), &mut Usage::default()).await.unwrap();
        assert_eq!(world.grant_of(&code).await.unwrap().revoked_at, None);
    }
    assert_eq!(world.grant_of(&own).await.unwrap().revoked_at, Some(world.now()));
}

#[tokio::test]
async fn what_is_out_of_date_ends_nothing_and_asks_again() {
    let world = World::peopled().await;
    let client = world.client().await;
    let token = allowed(&world, &client, "alice").await;
    let visitor = world.visitor();
    let page = sign_in(&visitor, "alice").await;
    world.advance(601);
    let again = end(&visitor, &page, &client).await;
    assert!(
        again.shows(400).text.contains("role=\"alert\"") && again.text.contains("<title>Problem"),
        "{}",
        again.text
    );
    assert!(lives(&world, &client, &token).await);
    // The account has changed since: the session counts no more.
    world.change_user("alice", |user| user.disabled = true).await;
    let asked = end(&visitor, &again, &client).await;
    assert!(words(asked.shows(200)).contains("Choose the institution") && lives(&world, &client, &token).await);
    world.change_user("alice", |user| user.disabled = false).await;
    // A sign-in that is out of date, too.
    let visitor = world.visitor();
    let form = visitor.get(AT).await.form();
    world.advance(601);
    let fields = [("form", form.as_str()), ("username", "alice"), ("password", PASSWORD)];
    let again = visitor.post(AT, &fields).await;
    assert!(
        again.shows(400).text.contains("value=\"alice\"") && again.text.contains("role=\"alert\""),
        "{}",
        again.text
    );
}

#[tokio::test]
async fn a_sign_in_there_is_counted_and_refused_as_any_other() {
    let world = World::peopled().await;
    let client = world.client().await;
    world.visitor().sign_in(&request(&client, &[])).await;
    let lines = world.log();
    let known = lines.iter().find(|line| line["outcome"] == "signed_in").unwrap();
    let visitor = world.visitor();
    let form = visitor.get(AT).await.form();
    let wrong = [("form", form.as_str()), ("username", "alice"), ("password", "wrong"), ("action", "sign_in")];
    let page = visitor.post(AT, &wrong).await;
    assert!(page.shows(403).text.contains("value=\"alice\"") && !page.text.contains("wrong\""), "{}", page.text);
    let line = world.last_log();
    assert_eq!((line["denial"].as_str(), line["write_units"].as_f64()), (Some("sign_in_failed"), Some(8.0)), "{line}");
    assert_eq!(line["user_log_id"], known["user_log_id"], "one user is one pseudonym");
    sign_in(&visitor, "alice").await.shows(200);
    let line = world.last_log();
    assert_eq!((&line["user_log_id"], &line["network_log_id"]), (&known["user_log_id"], &known["network_log_id"]));
    assert!(!line.to_string().contains("alice"), "{line}");
    // The address names no institution, or one that the directory does not have.
    for odd in ["", "?institution=nowhere", "?institution=%23", "?institution=%00&find=x"] {
        let page = world.visitor().get(&format!("{APPLICATIONS}{odd}")).await;
        assert!(words(page.shows(200)).contains("Choose the institution"), "{odd}: {}", page.text);
    }
    let stranger = world.visitor();
    let form = stranger.get(AT).await.form();
    for (target, status) in [("?institution=nowhere", 200), ("?institution=%23", 403), ("", 403)] {
        let fields = [("form", form.as_str()), ("username", "directory"), ("password", PASSWORD)];
        stranger.post(&format!("{APPLICATIONS}{target}"), &fields).await.shows(status);
    }
    for action in ["cancel", "allow"] {
        stranger.post(AT, &[("form", &form), ("action", action)]).await.shows(403);
    }
    stranger.get(&format!("{APPLICATIONS}?from=1&from=2")).await.shows(400);
    stranger.get(&format!("{APPLICATIONS}?find={}", "x".repeat(9000))).await.shows(400);
}

#[tokio::test]
async fn what_is_expired_revoked_or_from_before_is_not_shown() {
    let world = World::peopled().await;
    let [good, revoked, before, gone] =
        [world.client().await, world.client().await, world.client().await, world.client().await];
    for client in [&good, &revoked, &before, &gone] {
        allowed(&world, client, "alice").await;
    }
    // A code that the client does not redeem is listed. What a client gets in the user's name without asking the user is not.
    let unused = world.client().await;
    world.code_of(&unused, "alice").await;
    let naming = world.client_with(|client| client.names_principal = true).await;
    let named = naming.sign_as(&ASK.replace("%20refresh_token", ""), world.now(), Some(("alice-id", "urn:test")), &[]);
    assert_eq!(world.post(ISSUE, &ASK.replace("%20refresh_token", ""), &named).await.status, 200);
    let visitor = world.visitor();
    assert_eq!(listed(&sign_in(&visitor, "alice").await).len(), 5);
    let page = visitor.get(APPLICATIONS).await;
    end(&visitor, &page, &revoked).await.shows(200);
    let now = world.now();
    world.change(&before, |client| client.not_before = Some(now + 1)).await;
    let (store, usage) = (&world.service.store, &mut Usage::default());
    let registered = store.client(&gone.id, usage).await.unwrap().unwrap();
    assert!(store.delete_client(&registered, usage).await.unwrap());
    let page = visitor.get(APPLICATIONS).await;
    let mut expected = [good.id.clone(), unused.id.clone(), gone.id.clone()];
    let mut found = listed(&page);
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "an application that is registered no more has its id");
    assert!(page.text.contains(&format!("<h2>{}</h2>", gone.id)), "{}", page.text);
    world.advance(601);
    assert_eq!(listed(&visitor.get(APPLICATIONS).await).len(), 2, "the code has expired");
    world.advance(800_000);
    let page = sign_in(&world.visitor(), "alice").await;
    assert!(words(&page).contains("No application may use your account."), "{}", page.text);
}

#[tokio::test]
async fn a_device_is_shown_once_the_user_allows_it_and_ends_like_any_other() {
    let world = World::peopled().await;
    let client = world.client().await;
    let begun = world.device(&client).await;
    let visitor = world.visitor();
    visitor.sign_in(&request(&client, &[])).await;
    assert!(listed(&visitor.get(APPLICATIONS).await).is_empty());
    visitor.allow_device(begun.member("user_code")).await.shows(200);
    let page = visitor.get(APPLICATIONS).await;
    assert_eq!(listed(&page), [client.id.as_str()]);
    end(&visitor, &page, &client).await.shows(200);
    world.poll(&client, begun.member("device_code")).await.refuses(400, "invalid_grant");
}

#[tokio::test]
async fn without_the_index_the_page_says_so_and_sign_in_works() {
    let troubled = Troubled::new().await;
    let world = &troubled.world;
    world.with_people().await;
    let client = world.client().await;
    let token = allowed(world, &client, "alice").await;
    let visitor = world.visitor();
    let page = sign_in(&visitor, "alice").await;
    troubled.without_index().await;
    for reply in [visitor.get(APPLICATIONS).await, end(&visitor, &page, &client).await] {
        assert!(words(reply.shows(200)).contains("The list cannot be shown at the moment."), "{}", reply.text);
        assert!(listed(&reply).is_empty() && reply.text.contains("href=\"signOut\""), "{}", reply.text);
        let line = world.last_log();
        assert_eq!((line["outcome"].as_str(), line.get("denial")), (Some("index_missing"), None), "{line}");
    }
    assert!(lives(world, &client, &token).await);
    assert!(sign_in(&world.visitor(), "alice").await.text.contains("cannot be shown"));
    assert!(world.visitor().allow(&request(&client, &[])).await.given("code").is_some());
}

#[tokio::test]
async fn the_page_speaks_both_languages_and_consent_and_sign_out_lead_to_it() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let consent = visitor.sign_in(&request(&client, &[])).await;
    let out = visitor.get("/oauth2/signOut").await;
    for page in [&consent, &out] {
        assert!(page.text.contains("href=\"applications\""), "{}", page.text);
        assert!(words(page).contains("Applications that may use your account"), "{}", page.text);
    }
    assert!(words(&consent).contains("You can end this at any time:"));
    visitor.post(AUTHORIZE, &[("form", &consent.form()), ("action", "allow")]).await;
    for (language, part) in
        [("de", "den Zugriff entziehen</button>"), ("en", "End access of A test&#39;s client</button>")]
    {
        let page =
            visitor.send(http::Method::GET, APPLICATIONS, &[("accept-language", language)], Default::default()).await;
        assert!(words(page.shows(200)).contains(part), "{}", page.text);
        assert!(page.text.contains(&format!("<html lang=\"{language}\"")), "{}", page.text);
    }
}
