//! The session of a user whom the institution's provider named: as long as the provider is the same one.

use latchkey_dynamodb::store::Usage;
use latchkey_oauth::grant::Principal;
use latchkey_oauth::provider::Provider;
use latchkey_oauth::secret::Logged;
use latchkey_oauth::service::{APPLICATIONS, KeySet, SIGN_OUT};
use latchkey_oauth::settings::Settings;
use latchkey_testkit::provider::{Idp, asked};
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, request};
use latchkey_testkit::world::{Choices, World};

use crate::authorize::states::session;

type Edit = fn(&mut Provider);

async fn world() -> (World, Signer, Idp) {
    let world = World::peopled().await;
    let client = world.client().await;
    let idp = Idp::of(&world, |_| ()).await;
    (world, client, idp)
}

async fn change(world: &World, edit: impl FnOnce(&mut Provider)) {
    let store = &world.service.store;
    let read = store.provider("128807", &mut Usage::default()).await.unwrap().unwrap();
    let mut provider = (*read).clone();
    edit(&mut provider);
    assert!(store.put_provider(provider, Some(&read), &mut Usage::default()).await.unwrap().is_made());
}

async fn remove(world: &World) {
    let store = &world.service.store;
    let read = store.provider("128807", &mut Usage::default()).await.unwrap().unwrap();
    assert!(store.remove_provider("128807", &read, 0, &mut Usage::default()).await.unwrap().is_made());
}

#[tokio::test]
async fn another_provider_ends_the_session_and_other_keys_and_addresses_do_not() {
    let edits: [(bool, Edit); 7] = [
        (true, |provider| provider.keys_read_at += 1),
        (true, |provider| provider.end_session_endpoint = None),
        (true, |provider| provider.scope = "openid profile".into()),
        (false, |provider| provider.client_id = "another".into()),
        (false, |provider| provider.claim = "preferred_username".into()),
        (false, |provider| provider.namespace = "urn:another".into()),
        (false, |provider| provider.sessions_from += 1),
    ];
    for (at, (stays, edit)) in edits.into_iter().enumerate() {
        let (world, client, idp) = world().await;
        let visitor = world.visitor();
        let query = request(&client, &[]);
        let form = visitor.sign_in_at(&idp, &query, "reader-1").await.form();
        change(&world, edit).await;
        let page = visitor.ask(&query).await;
        assert_eq!(page.text.contains("value=\"allow\""), stays, "{at}");
        assert_eq!(visitor.get(APPLICATIONS).await.text.contains("reader-1@demo.example"), stays, "{at}");
        let answered = visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await;
        if stays {
            assert!(answered.given("code").is_some(), "{at}");
        } else {
            answered.shows(400);
        }
    }
    let (world, client, idp) = world().await;
    let visitor = world.visitor();
    visitor.sign_in_at(&idp, &request(&client, &[]), "reader-1").await;
    remove(&world).await;
    let page = visitor.ask(&request(&client, &[])).await;
    assert!(page.text.contains("value=\"sign_in\"") && !page.text.contains("value=\"provider\""), "{}", page.text);
}

#[tokio::test]
async fn a_local_user_of_the_same_name_is_another_user() {
    let (world, client, idp) = world().await;
    change(&world, |provider| provider.claim = "preferred_username".into()).await;
    idp.behave(|says| says.edit = Box::new(|claims| claims["preferred_username"] = "alice".into()));
    let (theirs, own) = (world.visitor(), world.visitor());
    let page = theirs.sign_in_at(&idp, &request(&client, &[]), "reader-1").await;
    theirs.post(AUTHORIZE, &[("form", &page.form()), ("action", "allow")]).await;
    let by_provider = world.last_log()["user_log_id"].clone();
    let idns = latchkey_oauth::grant::namespace_of_provider("128807");
    let logged = Logged::Principal(&idns, "alice");
    assert_eq!(by_provider.as_str(), world.service.keyring(KeySet::Pages).log_id(logged).as_deref());
    let page = own.sign_in(&request(&client, &[])).await;
    own.post(AUTHORIZE, &[("form", &page.form()), ("action", "deny")]).await;
    assert!(!own.get(APPLICATIONS).await.text.contains("A test&#39;s client"), "alice allowed nothing");
    assert_ne!(world.last_log()["user_log_id"], by_provider);
    assert!(theirs.get(APPLICATIONS).await.text.contains("A test&#39;s client"));
    assert_eq!(world.last_log()["user_log_id"], by_provider);
    // A new password of alice ends her session only.
    world.change_user("alice", |_| {}).await;
    assert!(theirs.ask(&request(&client, &[])).await.text.contains("value=\"allow\""));
    assert!(own.ask(&request(&client, &[])).await.text.contains("value=\"sign_in\""));
}

#[tokio::test]
async fn an_application_that_allows_no_question_is_told_which_one_is_left() {
    let (world, client, idp) = world().await;
    let visitor = world.visitor();
    let silent = request(&client, &[("prompt", "none")]);
    visitor.ask(&silent).await.tells("login_required");
    visitor.sign_in_at(&idp, &request(&client, &[]), "reader-1").await;
    visitor.ask(&silent).await.tells("consent_required");
    let nowhere = [("prompt", "none"), ("authenticatingInstitutionId", ""), ("contextInstitutionId", "")];
    visitor.ask(&request(&client, &nowhere)).await.tells("interaction_required");
    visitor
        .ask(&request(&client, &[("prompt", "none"), ("authenticatingInstitutionId", "91475")]))
        .await
        .tells("login_required");
    change(&world, |provider| provider.client_id = "another".into()).await;
    visitor.ask(&silent).await.tells("login_required");
    visitor.ask(&request(&client, &nowhere)).await.tells("login_required");
    assert_eq!(idp.calls(), (1, 0));
}

#[tokio::test]
async fn prompt_and_max_age_are_passed_on_and_are_answered_once() {
    let (world, client, idp) = world().await;
    let visitor = world.visitor();
    visitor.sign_in_at(&idp, &request(&client, &[]), "reader-1").await;
    let login = request(&client, &[("prompt", "login")]);
    let page = visitor.ask(&login).await;
    let url = visitor.leave(&page, AUTHORIZE).await;
    let sent = asked(&url);
    let sent = ["prompt", "max_age"].map(|name| sent.get(name).map(String::as_str));
    assert_eq!(sent, [Some("login"), Some("0")]);
    let back = visitor.get(&idp.sign_in(&world, &url, "reader-1")).await;
    assert!(visitor.follow(&back).await.text.contains("value=\"allow\""));

    // The provider's session is a quarter of an hour old, which is young enough, and the user takes five minutes there.
    idp.behave(|says| {
        says.edit = Box::new(|claims| claims["auth_time"] = (claims["iat"].as_u64().unwrap() - 900).into());
    });
    let visitor = world.visitor();
    let page = visitor.ask(&request(&client, &[("max_age", "900")])).await;
    let url = visitor.leave(&page, AUTHORIZE).await;
    assert_eq!(asked(&url).get("max_age").map(String::as_str), Some("900"));
    let to = idp.sign_in(&world, &url, "reader-1");
    world.advance(299);
    let back = visitor.get(&to).await;
    assert_eq!(session(&visitor).unwrap().proved_at(), world.now() - 299 - 900);
    assert!(visitor.follow(&back).await.text.contains("value=\"allow\""), "it was young enough when the user left");
    // Another request with the same wish asks the provider again.
    assert!(visitor.ask(&request(&client, &[("max_age", "900")])).await.text.contains("value=\"provider\""));
    assert!(visitor.ask(&request(&client, &[("max_age", "3600")])).await.text.contains("value=\"allow\""));
}

#[tokio::test]
async fn a_sign_in_of_an_age_that_the_provider_did_not_say_is_none_of_late() {
    let (world, client, idp) = world().await;
    let visitor = world.visitor();
    // The provider had a session of some age, asked for nothing, and says nothing of its age.
    visitor.sign_in_at(&idp, &request(&client, &[]), "reader-1").await;
    assert_eq!(session(&visitor).unwrap().authenticated_at, None);
    let young = request(&client, &[("max_age", "300")]);
    let page = visitor.ask(&young).await;
    assert!(page.text.contains("value=\"provider\""), "{}", page.text);
    visitor.ask(&request(&client, &[("max_age", "300"), ("prompt", "none")])).await.tells("login_required");
    assert!(visitor.ask(&request(&client, &[])).await.text.contains("value=\"allow\""), "no age was asked for");
    // Asked for it, the provider says it.
    visitor.sign_in_at(&idp, &young, "reader-1").await;
    assert!(visitor.ask(&young).await.text.contains("value=\"allow\""));
}

#[tokio::test]
async fn an_old_session_at_the_provider_makes_a_new_one_here_that_an_incident_does_not_end() {
    let mut world = World::sharing(Choices::default(), tempfile::tempdir().unwrap().path()).await;
    world.with_people().await;
    let client = world.client().await;
    let incident = world.now() - 60;
    world.redeploy(|settings| settings.not_before = incident).await;
    let idp = Idp::of(&world, |_| ()).await;
    idp.behave(|says| {
        says.edit = Box::new(|claims| claims["auth_time"] = (claims["iat"].as_u64().unwrap() - 86_400).into());
    });
    let visitor = world.visitor();
    visitor.sign_in_at(&idp, &request(&client, &[]), "reader-1").await;
    let before = session(&visitor).unwrap();
    world.advance(3000);
    let page = visitor.ask(&request(&client, &[])).await;
    visitor.post(AUTHORIZE, &[("form", &page.form()), ("action", "deny")]).await;
    assert_eq!(session(&visitor).unwrap().ends_at, before.ends_at + 3000, "an answer moves its end");
}

#[tokio::test]
async fn where_the_provider_is_the_only_way_no_password_is_looked_at_and_none_counts() {
    let (world, client, _idp) = world().await;
    let alice = world.visitor();
    let query = request(&client, &[]);
    let old = world.visitor().ask(&query).await.form();
    let consent = alice.sign_in(&query).await.form();
    change(&world, |provider| provider.only = true).await;
    // Who signed in by a password is signed in no more.
    alice.post(AUTHORIZE, &[("form", &consent), ("action", "allow")]).await.shows(400);
    let page = alice.ask(&query).await;
    assert!(page.text.contains("value=\"provider\"") && !page.text.contains("name=\"password\""), "{}", page.text);
    assert!(page.text.contains("value=\"cancel\""), "{}", page.text);
    // A page from before.
    let typed = [("form", old.as_str()), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")];
    let reply = alice.post(AUTHORIZE, &typed).await;
    reply.shows(403);
    assert!(reply.text.contains("Your password was not checked"), "{}", reply.text);
    let line = world.last_log();
    assert_eq!((line["denial"].as_str(), line["write_units"].as_f64()), (Some("provider_required"), Some(0.0)));
    let applications = format!("{APPLICATIONS}?institution=128807");
    let page = alice.get(&applications).await;
    assert!(!page.text.contains("name=\"password\""), "{}", page.text);
    let form = page.form();
    let typed = [("form", form.as_str()), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")];
    alice.post(&applications, &typed).await.shows(403);
    assert_eq!(world.last_log()["denial"], "provider_required");
    // Cancel tells the application.
    let form = alice.ask(&query).await.form();
    alice.post(AUTHORIZE, &[("form", &form), ("action", "cancel")]).await.tells("access_denied");
}

#[tokio::test]
async fn a_sign_out_says_that_the_user_may_be_signed_in_at_the_institution_and_leads_there() {
    let (world, client, idp) = world().await;
    for (end, links) in [(true, true), (false, false)] {
        if !end {
            change(&world, |provider| provider.end_session_endpoint = None).await;
        }
        let visitor = world.visitor();
        visitor.sign_in_at(&idp, &request(&client, &[]), "reader-1").await;
        let form = visitor.get(SIGN_OUT).await.form();
        let out = visitor.post(SIGN_OUT, &[("form", &form)]).await;
        out.shows(200);
        assert!(out.text.contains("may still be signed in at your institution"), "{}", out.text);
        assert_eq!(out.text.contains(&format!("href=\"{}/logout\"", idp.issuer)), links, "{}", out.text);
        assert!(session(&visitor).is_none());
    }
    let alice = world.visitor();
    alice.sign_in(&request(&client, &[])).await;
    let form = alice.get(SIGN_OUT).await.form();
    let out = alice.post(SIGN_OUT, &[("form", &form)]).await;
    assert!(!out.text.contains("institution"), "{}", out.text);
}

#[tokio::test]
async fn all_cookies_of_a_browser_stay_below_three_kilobytes() {
    let settings = Settings { issuer: Some("https://auth.example".into()), ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    world.with_people().await;
    let client = world.client().await;
    let visitor = world.visitor();
    // As many accounts with a password as a browser remembers, and more.
    for at in 0..20 {
        let name = format!("{at}-{}", "n".repeat(120));
        world.add_user(&name).await;
        visitor.sign_in_as(&request(&client, &[]), &name, PASSWORD).await;
        let form = visitor.get(SIGN_OUT).await.form();
        visitor.post(SIGN_OUT, &[("form", &form)]).await;
    }
    let mut provider = world.provider("https://login.example");
    provider.namespace = format!("urn:{}", "n".repeat(200));
    let stamp = provider.stamp();
    world.register(provider.clone()).await;
    for _ in 0..6 {
        let page = visitor.ask(&request(&client, &[])).await;
        visitor.leave(&page, AUTHORIZE).await;
    }
    // The longest session: the longest subject, and a name as long as pages show.
    let user = latchkey_oauth::session::SignedIn {
        institution_id: "128807".into(),
        username: "ü".repeat(50),
        stamp,
        principal: Some(Principal { id: "é".repeat(127), idns: provider.namespace }),
    };
    let now = world.now();
    let session = latchkey_oauth::session::Session::begin_by_provider(user, Some(now), &world.service.settings, now);
    let keyring = world.service.keyring(KeySet::Pages);
    let sealed = session.seal(keyring, latchkey_dynamodb::random().unwrap()).unwrap();
    let all = format!("{}; __Host-latchkey={sealed}", visitor.cookie.lock().unwrap().as_deref().unwrap());
    for name in ["latchkey", "latchkey-browser", "latchkey-devices", "latchkey-visits"] {
        assert!(all.contains(&format!("__Host-{name}=")), "{name}: {all}");
    }
    assert!(all.len() < 3 * 1024, "{}: {all}", all.len());
}
