//! Guesses at passwords end: after a hundred an account takes a password only from browsers that it knows, and no window doubles.

use std::sync::Arc;

use http::Method;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::sign_in::{Source, Wanted};
use latchkey_oauth::form::encode;
use latchkey_oauth::secret::Keyring;
use latchkey_oauth::session::Devices;
use latchkey_oauth::settings::Settings;
use latchkey_oauth::sign_in::attempts::YEAR;
use latchkey_oauth::sign_in::{SignIn, password};
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, Visitor, request};
use latchkey_testkit::world::{Choices, World};
use tokio::task::JoinSet;

const DEVICES: &str = "latchkey-devices";

/// A world behind a proxy, at the begin of a minute, so that each attempt can come from an address of its own.
async fn proxied() -> (World, Signer) {
    let settings = Settings { trusted_proxies: 1, ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    world.with_people().await;
    world.advance(60 - world.now() % 60);
    let client = world.client().await;
    (world, client)
}

/// What a browser at this address is answered.
async fn try_with(visitor: &Visitor<'_>, client: &Signer, address: &str, name: &str, password: &str) -> Reply {
    let form = visitor.ask(&request(client, &[("prompt", "login")])).await.form();
    let forwarded = format!("{address}, 10.0.0.1");
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", forwarded.as_str())];
    let body = format!("form={form}&username={}&password={}&action=sign_in", encode(name), encode(password));
    visitor.send(Method::POST, AUTHORIZE, &headers, body.into()).await
}

/// The same, of a browser that is seen for the first time.
async fn try_from(world: &World, client: &Signer, address: &str, name: &str, password: &str) -> Reply {
    try_with(&world.visitor(), client, address, name, password).await
}

/// As many wrong passwords from as many networks, as fast as they are taken.
async fn guess(world: &World, client: &Signer, name: &str, count: u32) {
    for number in 0..count {
        if number % 50 == 0 {
            world.advance(660);
        }
        let address = format!("198.51.{}.{}", number / 200, number % 200);
        try_from(world, client, &address, name, "wrong").await.shows(403);
        assert_eq!(world.last_log()["denial"], "sign_in_failed", "{number}");
    }
    world.advance(660);
}

fn normal(page: &Reply, name: &str) -> String {
    page.text.replace(&page.form(), "").replace(&format!("value=\"{name}\""), "value=\"\"")
}

#[tokio::test]
async fn after_a_hundred_wrong_passwords_an_account_takes_one_only_from_browsers_that_it_knows() {
    let (world, client) = proxied().await;
    let known = world.visitor();
    assert_eq!(try_with(&known, &client, "192.0.2.1", "alice", PASSWORD).await.status, 303);
    let mut pages = Vec::new();
    for name in ["alice", "nobody"] {
        guess(&world, &client, name, 100).await;
        for (address, password) in [("192.0.2.2", PASSWORD), ("2001:db8::1", "wrong")] {
            let page = try_from(&world, &client, address, name, password).await;
            let line = world.last_log();
            assert_eq!((line["denial"].as_str(), line["round_trips"].as_u64()), (Some("sign_in_locked"), Some(1)));
            pages.push(normal(page.shows(403), name));
        }
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "the same words for a name that does not exist: {pages:#?}");
    assert!(pages[0].contains("only from a browser that has signed in to it before"), "{}", pages[0]);
    let german = request(&client, &[("ui_locales", "de")]);
    assert!(world.visitor().sign_in_as(&german, "alice", "wrong").await.text.contains("Browser an, mit dem Sie schon"));
    // The browser that signed in before is not kept out, and ends the count.
    try_with(&known, &client, "192.0.2.9", "alice", "wrong").await.shows(403);
    assert_eq!(world.last_log()["denial"], "sign_in_failed");
    assert_eq!(try_with(&known, &client, "192.0.2.9", "alice", PASSWORD).await.status, 303);
    assert_eq!(try_from(&world, &client, "192.0.2.2", "alice", PASSWORD).await.status, 303);
    // At another account it is a browser like any other.
    try_with(&known, &client, "192.0.2.3", "nobody", "wrong").await.shows(403);
    assert_eq!(world.last_log()["denial"], "sign_in_locked");
}

#[tokio::test]
async fn a_locked_account_opens_with_a_new_password_and_a_year_after_the_last_wrong_one() {
    let (world, client) = proxied().await;
    let right = async |password: &str| try_from(&world, &client, "192.0.2.7", "alice", password).await.status.as_u16();
    guess(&world, &client, "alice", 100).await;
    assert_eq!(right(PASSWORD).await, 403);
    let other = password::hash("another password of hers", &random().unwrap()).unwrap();
    world.change_user("alice", |user| user.sign_in = Some(SignIn::Password(other))).await;
    assert_eq!(right("another password of hers").await, 303);
    guess(&world, &client, "alice", 100).await;
    world.advance(YEAR - 660 - 1);
    assert_eq!(right("another password of hers").await, 403);
    world.advance(1);
    assert_eq!(right("another password of hers").await, 303);
}

#[tokio::test]
async fn a_known_browser_has_ten_wrong_passwords_and_a_copy_of_its_cookie_gains_nothing() {
    let (world, client) = proxied().await;
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
    let (world, client) = proxied().await;
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

#[tokio::test]
async fn a_spray_from_one_line_or_site_ends_and_right_passwords_add_nothing() {
    let (world, client) = proxied().await;
    let known = world.visitor();
    assert_eq!(try_with(&known, &client, "2001:db8:8:1::1", "alice", PASSWORD).await.status, 303);
    // Of 180 users one after the other, from one /56 with as many /64s as it takes, 150 are looked at.
    let mut statuses = Vec::new();
    for number in 0..180 {
        let address = format!("2001:db8:8:{number:x}::1");
        let name = format!("user{number}");
        statuses.push(try_from(&world, &client, &address, &name, "wrong").await.status.as_u16());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 403).count(), 150);
    assert!(statuses[150..].iter().all(|status| *status == 429));
    assert_eq!(try_from(&world, &client, "2001:db8:8:f0::1", "alice", PASSWORD).await.status, 429);
    assert_eq!(try_with(&known, &client, "2001:db8:8:f0::1", "alice", PASSWORD).await.status, 303, "it is known");
    assert_eq!(try_from(&world, &client, "2001:db8:8:100::1", "alice", PASSWORD).await.status, 303, "the next /56");
    // The /48 takes as many again.
    for number in 0..150 {
        let address = format!("2001:db8:8:{:x}::1", 0x200 + number);
        try_from(&world, &client, &address, &format!("user{number}"), "wrong").await.shows(403);
    }
    assert_eq!(try_from(&world, &client, "2001:db8:8:300::1", "alice", PASSWORD).await.status, 429, "the same /48");
    assert_eq!(try_from(&world, &client, "2001:db8:9::1", "alice", PASSWORD).await.status, 303, "another /48");
    // Right passwords, as many as the limit of a network: nobody is slowed.
    world.advance(660);
    for number in 0..101 {
        let page = try_from(&world, &client, "2001:db8:8:1::1", "alice", PASSWORD).await;
        assert_eq!(page.status, 303, "{number}");
    }
}

#[tokio::test]
async fn nothing_doubles_where_a_window_ends() {
    let (world, client) = proxied().await;
    let try_at = async |address: String, password: &str| try_from(&world, &client, &address, "alice", password).await;
    // At the last second of a minute.
    world.advance(59);
    for number in 0..50 {
        try_at(format!("198.51.100.{number}"), "wrong").await.shows(403);
    }
    let mut left = 601;
    for later in [1, 59, 1, 539] {
        world.advance(later);
        left -= later;
        let page = try_at("198.51.100.200".into(), PASSWORD).await;
        assert_eq!(page.shows(429).headers["retry-after"], left.to_string());
    }
    world.advance(left);
    assert_eq!(try_at("198.51.100.200".into(), PASSWORD).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_from_many_networks_at_once_get_no_further_than_one_after_the_other() {
    let (world, client) = proxied().await;
    let world = Arc::new(world);
    // Ninety of the hundred, then many at once.
    guess(&world, &client, "alice", 90).await;
    let visitor = world.visitor();
    let form = visitor.ask(&request(&client, &[])).await.form();
    let cookie = visitor.cookie.lock().unwrap().clone().unwrap();
    let mut running = JoinSet::new();
    for number in 0..40 {
        let (world, cookie) = (world.clone(), cookie.clone());
        let password = if number == 33 { PASSWORD } else { "wrong" };
        let body = format!("form={form}&username=alice&password={}&action=sign_in", encode(password));
        running.spawn(async move {
            let forwarded = format!("203.0.113.{number}, 10.0.0.1");
            let headers = [
                ("content-type", "application/x-www-form-urlencoded"),
                ("cookie", cookie.as_str()),
                ("x-forwarded-for", forwarded.as_str()),
            ];
            world.send(Method::POST, AUTHORIZE, &headers, body.into()).await.status.as_u16()
        });
    }
    let answers = running.join_all().await;
    let told = world.log().iter().filter(|line| line["denial"] == "sign_in_failed").count();
    let right = answers.iter().filter(|status| **status == 303).count();
    assert!(told <= if right == 1 { 100 + 30 } else { 100 }, "{told} {answers:?}");
    if right == 0 {
        let source = Source::unknown("192.0.2.1".parse().unwrap(), world.now());
        let wanted = Wanted { client_id: None, user: Some(("128807", "alice")), attempt: Some(source) };
        let data = world.service.store.sign_in_data(wanted, &mut Usage::default()).await.unwrap();
        assert!(data.counted.account.unwrap().failures <= 100);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_of_a_known_browsers_cookie_at_once_have_ten_guesses_together() {
    let (world, client) = proxied().await;
    let known = world.visitor();
    assert_eq!(try_with(&known, &client, "192.0.2.1", "alice", PASSWORD).await.status, 303);
    guess(&world, &client, "alice", 100).await;
    let form = known.ask(&request(&client, &[("prompt", "login")])).await.form();
    let cookie = known.cookie.lock().unwrap().clone().unwrap();
    let world = Arc::new(world);
    let before = world.log().len();
    // In waves, each after the longest wait.
    for wave in 0..12 {
        let mut running = JoinSet::new();
        for number in 0..4 {
            let (world, cookie) = (world.clone(), cookie.clone());
            let body = format!("form={form}&username=alice&password=wrong&action=sign_in");
            running.spawn(async move {
                let forwarded = format!("203.0.{wave}.{number}, 10.0.0.1");
                let headers = [
                    ("content-type", "application/x-www-form-urlencoded"),
                    ("cookie", cookie.as_str()),
                    ("x-forwarded-for", forwarded.as_str()),
                ];
                world.send(Method::POST, AUTHORIZE, &headers, body.into()).await.status
            });
        }
        running.join_all().await;
        world.advance(40);
    }
    let told = world.log()[before..].iter().filter(|line| line["denial"] == "sign_in_failed").count();
    assert_eq!(told, 10);
}

#[tokio::test]
async fn a_forged_or_foreign_cookie_makes_no_browser_known() {
    let (world, client) = proxied().await;
    let bob = world.visitor();
    world.add_user("bob").await;
    assert_eq!(try_with(&bob, &client, "192.0.2.1", "bob", PASSWORD).await.status, 303);
    guess(&world, &client, "alice", 100).await;
    let stranger = Keyring::parse(&Keyring::line("local", &[7; 32])).unwrap();
    let name = world.service.keyring.sealing_key();
    let same_name = Keyring::parse(&Keyring::line(name, &[7; 32])).unwrap();
    let forged = |keyring: &Keyring| {
        Devices::default().signed_in(("128807", "alice"), [1; 8], world.now()).seal(keyring, [2; 12]).unwrap()
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
    let own = forged(&world.service.keyring);
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

#[tokio::test]
async fn a_sign_in_costs_one_read_and_one_transaction_wherever_it_comes_from() {
    let (world, client) = proxied().await;
    let known = world.visitor();
    for (address, reads, writes, of_known) in
        [("192.0.2.1", 8.0, 8.0, None), ("2001:db8::1", 10.0, 12.0, Some((11.0, 6.0)))]
    {
        for (name, password) in [("alice", "wrong"), ("nobody", "wrong"), ("alice", PASSWORD)] {
            try_from(&world, &client, address, name, password).await;
            costs(&world, reads, writes, name);
        }
        let Some((reads, writes)) = of_known else { continue };
        assert_eq!(try_with(&known, &client, address, "alice", PASSWORD).await.status, 303);
        for password in ["wrong", PASSWORD] {
            try_with(&known, &client, address, "alice", password).await;
            costs(&world, reads, writes, "a known browser");
        }
    }
}

#[track_caller]
fn costs(world: &World, reads: f64, writes: f64, whose: &str) {
    let line = world.last_log();
    let figures = (line["round_trips"].as_u64(), line["read_units"].as_f64(), line["write_units"].as_f64());
    assert_eq!(figures, (Some(2), Some(reads), Some(writes)), "{whose}: {line}");
}
