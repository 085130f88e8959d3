//! Browsers that signed in to an account before: wrong passwords from elsewhere keep none of them out.

use std::sync::Arc;

use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::secret::Keyring;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::session::{Device, Devices, mark};
use latchkey_oauth::settings::Settings;
use latchkey_oauth::sign_in::factor::sealed_for;
use latchkey_oauth::sign_in::{SignIn, password};
use latchkey_oauth::user::User;
use latchkey_testkit::visitor::{PASSWORD, request};
use latchkey_testkit::world::{Choices, World};

use super::attempts::{at_once, fields, form_and_cookie, guess, place, try_from, try_with};

const DEVICES: &str = "latchkey-devices";

#[tokio::test]
async fn a_known_browser_has_ten_wrong_passwords_and_a_copy_of_its_cookie_gains_nothing() {
    let (world, client) = place().await;
    let known = world.visitor();
    assert_eq!(try_with(&known, &client, "192.0.2.1", "alice", PASSWORD).await.status, 303);
    let copy = world.visitor();
    *copy.cookie.lock().unwrap() = Some(format!("{DEVICES}={}", known.value(DEVICES).unwrap()));
    guess(&world, &client, "alice", 100).await;
    for number in 0..9 {
        try_with(&copy, &client, "192.0.2.4", "alice", "wrong").await.shows(403);
        assert_eq!(world.last_log()["denial"], "sign_in_failed", "{number}");
        world.advance(300);
    }
    // The owner signs in: a new name with a new budget, and the copy keeps what is left of the old one.
    assert_eq!(try_with(&known, &client, "192.0.2.1", "alice", PASSWORD).await.status, 303);
    assert_ne!(known.value(DEVICES), copy.value(DEVICES));
    guess(&world, &client, "alice", 100).await;
    for denial in ["sign_in_failed", "sign_in_locked", "sign_in_locked"] {
        try_with(&copy, &client, "192.0.2.4", "alice", "wrong").await.shows(403);
        assert_eq!(world.last_log()["denial"], denial);
        world.advance(300);
    }
    try_with(&copy, &client, "192.0.2.4", "alice", PASSWORD).await.shows(403);
    assert_eq!(try_with(&known, &client, "192.0.2.1", "alice", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn many_networks_of_one_line_keep_no_known_browser_out() {
    let (world, client) = place().await;
    let known = world.visitor();
    assert_eq!(try_with(&known, &client, "2001:db8:7:1::1", "alice", PASSWORD).await.status, 303);
    for number in 0..50 {
        let address = format!("2001:db8:7:{:x}::1", number % 10);
        let page = try_from(&world, &client, &address, "alice", "wrong").await;
        assert_eq!(page.shows(403).status, 403, "{number}");
    }
    assert_eq!(try_from(&world, &client, "192.0.2.2", "alice", PASSWORD).await.status, 429);
    assert_eq!(try_with(&known, &client, "2001:db8:7:ff::1", "alice", PASSWORD).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_of_a_known_browsers_cookie_at_once_have_ten_guesses_together() {
    let (world, client) = place().await;
    let known = world.visitor();
    assert_eq!(try_with(&known, &client, "192.0.2.1", "alice", PASSWORD).await.status, 303);
    guess(&world, &client, "alice", 100).await;
    let shown = form_and_cookie(&known, &client).await;
    let world = Arc::new(world);
    let before = world.log().len();
    // In waves, each after the longest wait.
    for wave in 0..12 {
        let attempts = (0..4).map(|number| (format!("203.0.{wave}.{number}"), fields("alice", "wrong", "")));
        at_once(&world, &shown, attempts).await;
        world.advance(40);
    }
    let told = world.log()[before..].iter().filter(|line| line["denial"] == "sign_in_failed").count();
    assert_eq!(told, 10);
}

#[tokio::test]
async fn a_forged_or_foreign_cookie_makes_no_browser_known() {
    let (world, client) = place().await;
    let bob = world.visitor();
    world.add_user("bob").await;
    assert_eq!(try_with(&bob, &client, "192.0.2.1", "bob", PASSWORD).await.status, 303);
    guess(&world, &client, "alice", 100).await;
    let stranger = Keyring::parse(&Keyring::line("local", &[7; 32])).unwrap();
    let name = world.service.keyring(KeySet::Pages).sealing_key();
    let same_name = Keyring::new(vec![(name.to_owned(), zeroize::Zeroizing::new([7; 32]))]).unwrap();
    let device = Device { id: [1; 8], mark: mark(Some(&user(&world).await)) };
    let forged = |keyring: &Keyring| {
        Devices::default().signed_in(("128807", "alice"), device, world.now()).seal(keyring, [2; 12]).unwrap()
    };
    let session = bob.value("latchkey").unwrap();
    let ours = bob.value(DEVICES).unwrap();
    let mut broken = ours.clone().into_bytes();
    *broken.last_mut().unwrap() ^= 1;
    for value in [
        forged(&stranger),
        forged(&same_name),
        session,
        ours,
        String::from_utf8(broken).unwrap(),
        "x".into(),
        "".into(),
    ] {
        let visitor = world.visitor();
        *visitor.cookie.lock().unwrap() = Some(format!("{DEVICES}={value}"));
        try_with(&visitor, &client, "192.0.2.1", "alice", PASSWORD).await.shows(403);
        assert_eq!(world.last_log()["denial"], "sign_in_locked", "{value}");
    }
    // One of ours behind a broken one of the same name counts.
    let own = forged(world.service.keyring(KeySet::Pages));
    let visitor = world.visitor();
    *visitor.cookie.lock().unwrap() = Some(format!("{DEVICES}=x; {DEVICES}={own}"));
    assert_eq!(try_with(&visitor, &client, "192.0.2.1", "alice", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn the_cookie_of_known_browsers_outlives_the_session_and_all_cookies_together_stay_small() {
    let world = World::peopled().await;
    let client = world.client().await;
    let query = request(&client, &[]);
    let visitor = world.visitor();
    // As long as a username may be, of characters that JSON escapes.
    let name = |number: u32| format!("{number:02}{}", "\"".repeat(126));
    for number in 0..18 {
        world.add_user(&name(number)).await;
        let reply = visitor.sign_in_as(&format!("{query}&prompt=login"), &name(number), PASSWORD).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        let set = reply.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap().to_owned());
        let set = set.into_iter().find(|set| set.starts_with(DEVICES)).unwrap();
        for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=31536000"] {
            assert!(set.contains(part), "{set}");
        }
    }
    let all = visitor.cookie.lock().unwrap().clone().unwrap();
    assert!(all.len() < 3000, "{} bytes", all.len());
    let form = visitor.get("/oauth2/signOut").await.form();
    visitor.post("/oauth2/signOut", &[("form", &form)]).await.shows(200);
    assert_eq!((visitor.value("latchkey"), visitor.value(DEVICES).is_some()), (None, true));
}

/// An attacker who once had the password has made many known browsers.
#[tokio::test]
async fn a_browser_is_unknown_once_the_password_or_the_second_factor_is_another() {
    const NEW: &str = "moss under the old pier";
    let (world, client) = place().await;
    let sealed =
        world.service.keyring(KeySet::Pages).seal_bytes(&sealed_for(("128807", "alice")), &[7; 20], random().unwrap());
    let (sealed, hash) = (sealed.unwrap(), password::hash(NEW, &random().unwrap()).unwrap());
    type Change = Box<dyn FnOnce(&mut User)>;
    let changes: [(&str, Change); 2] = [
        (PASSWORD, Box::new(|user| user.sign_in = Some(SignIn::Password(hash)))),
        (NEW, Box::new(|user| user.second_factor = Some(sealed))),
    ];
    for (right, change) in changes {
        let known = world.visitor();
        assert_eq!(try_with(&known, &client, "192.0.2.1", "alice", right).await.status, 303);
        world.change_user("alice", change).await;
        guess(&world, &client, "alice", 100).await;
        try_with(&known, &client, "192.0.2.4", "alice", "wrong").await.shows(403);
        assert_eq!(world.last_log()["denial"], "sign_in_locked");
        world.service.store.unlock_user(&user(&world).await, &mut Usage::default()).await.unwrap();
        world.advance(3700);
    }
}

async fn user(world: &World) -> User {
    let found = world.service.store.user("128807", "alice", &mut Usage::default()).await;
    found.unwrap().unwrap().into_inner()
}

#[tokio::test]
async fn a_browser_that_signed_in_before_the_time_of_the_deployment_is_unknown() {
    let before = World::peopled().await.now();
    let settings = Settings { trusted_proxies: 1, not_before: before + 100_000, ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    world.with_people().await;
    world.advance(60 - world.now() % 60);
    let client = world.client().await;
    let known = world.visitor();
    assert_eq!(try_with(&known, &client, "192.0.2.1", "alice", PASSWORD).await.status, 303);
    guess(&world, &client, "alice", 100).await;
    world.advance(before + 100_000 - world.now());
    try_with(&known, &client, "192.0.2.1", "alice", PASSWORD).await.shows(403);
    assert_eq!(world.last_log()["denial"], "sign_in_locked");
    world.service.store.unlock_user(&user(&world).await, &mut Usage::default()).await.unwrap();
    assert_eq!(try_with(&known, &client, "192.0.2.1", "alice", PASSWORD).await.status, 303);
}
