//! Passwords: how failures slow further attempts, what they cost, and what they do not tell.

use std::sync::Arc;

use http::Method;
use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::sign_in::{Source, Wanted};
use latchkey_oauth::settings::Settings;
use latchkey_oauth::sign_in::{SignIn, password};
use latchkey_oauth::user::{User, username};
use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, request};
use latchkey_testkit::world::{Choices, World};

use super::attempts::{at_once, fields, form_and_cookie};

#[tokio::test]
async fn a_wrong_password_an_unknown_user_and_a_disabled_one_get_the_same_answer() {
    let world = World::peopled().await;
    let client = world.client().await;
    world.add_user("bob").await;
    world.change_user("bob", |user| user.disabled = true).await;
    let query = request(&client, &[]);
    let mut pages = Vec::new();
    for (name, password) in
        [("alice", "wrong"), ("nobody", PASSWORD), ("bob", PASSWORD), ("", PASSWORD), ("alice", ""), ("a\u{1}b", "x")]
    {
        let page = world.visitor().sign_in_as(&query, name, password).await;
        let line = world.last_log();
        assert_eq!(
            (line["denial"].as_str(), line["round_trips"].as_u64()),
            (Some("sign_in_failed"), Some(2)),
            "{name}"
        );
        let form = page.form();
        pages.push(page.shows(403).text.replace(&form, "").replace(&format!("value=\"{name}\""), "value=\"\""));
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "{pages:#?}");
}

#[tokio::test]
async fn a_username_is_the_same_in_any_case_and_form_and_a_password_in_any_composition() {
    assert_eq!(username(" Zoe\u{308} ").as_deref(), Some("zoë"));
    assert_eq!(username("ÀB").as_deref(), Some("àb"));
    for no in ["", "  ", "a\nb", &"x".repeat(129)] {
        assert_eq!(username(no), None);
    }
    let hash = password::hash(&latchkey_oauth::text::composed("Zoe\u{308}"), &[7; 16]).unwrap();
    assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    for (one, other) in [("J\u{30c}", "\u{1f0}"), ("ΣΟΦΟΣ", "σοφος"), ("ΣΟΦΟΣ", "σοφοσ")] {
        assert_eq!(username(one), username(other));
    }
    assert!(password::verify(&latchkey_oauth::text::composed("Zoë"), Some(&hash)));
    assert!(!password::verify("zoë", Some(&hash)) && !password::verify("", None));
    assert!(password::PasswordHash::parse("x").is_none());
}

#[tokio::test]
async fn failures_slow_a_user_down_and_lock_nobody_out() {
    let world = World::peopled().await;
    let client = world.client().await;
    let query = request(&client, &[]);
    let try_once = |password: &'static str| async { world.visitor().sign_in_as(&query, "alice", password).await };
    for _ in 0..5 {
        try_once("wrong").await.shows(403);
    }
    // Free of charge so far; from the next one on, each failure costs twice the wait of the one before, up to five
    // minutes.
    let mut wait = 2;
    for _ in 0..9 {
        try_once("wrong").await.shows(403);
        let page = try_once(PASSWORD).await;
        assert_eq!(page.shows(429).headers["retry-after"], wait.to_string());
        assert_eq!(world.last_log()["denial"], "sign_in_slowed");
        assert_eq!(world.last_log()["round_trips"], 1, "an attempt that is not looked at is not counted");
        world.advance(wait);
        wait = (wait * 2).min(300);
    }
    assert_eq!(try_once(PASSWORD).await.status, 303, "the right password gets in after the wait");
    // And all is forgotten.
    for _ in 0..5 {
        try_once("wrong").await.shows(403);
    }
    assert_eq!(try_once(PASSWORD).await.status, 303);
    // So it is an hour after the last attempt.
    for _ in 0..5 {
        try_once("wrong").await.shows(403);
    }
    world.advance(3601);
    for _ in 0..5 {
        try_once("wrong").await.shows(403);
    }
    assert_eq!(try_once(PASSWORD).await.status, 303);
}

#[tokio::test]
async fn guesses_from_elsewhere_do_not_keep_a_user_out_until_they_are_many() {
    let settings = Settings { trusted_proxies: 1, ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    world.with_people().await;
    world.advance(600 - world.now() % 600);
    let client = world.client().await;
    let try_from = async |address: &str, password: &str| {
        let visitor = world.visitor();
        let form = visitor.ask(&request(&client, &[])).await.form();
        let forwarded = format!("{address}, 10.0.0.1");
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", forwarded.as_str())];
        let body = format!("form={form}&username=alice&password={}&action=sign_in", password.replace(' ', "+"));
        visitor.send(Method::POST, AUTHORIZE, &headers, body.into()).await.status.as_u16()
    };
    for _ in 0..6 {
        assert_eq!(try_from("192.0.2.1", "wrong").await, 403);
    }
    assert_eq!(try_from("192.0.2.1", PASSWORD).await, 429);
    // An address of IPv4 in IPv6's clothes is itself.
    assert_eq!(try_from("::ffff:192.0.2.1", PASSWORD).await, 429);
    assert_eq!(try_from("192.0.2.2", PASSWORD).await, 303, "the user sits elsewhere");
    for number in 0..44 {
        assert_eq!(try_from(&format!("2001:db8:{number:x}::1"), "wrong").await, 403);
    }
    assert_eq!(try_from("192.0.2.2", PASSWORD).await, 429, "from everywhere: until the window has passed");
    world.advance(660);
    assert_eq!(try_from("192.0.2.2", PASSWORD).await, 303);
    for host in 0..6 {
        assert_eq!(try_from(&format!("2001:db8:7:7::{host}"), "wrong").await, 403);
    }
    assert_eq!(try_from("2001:db8:7:7:ffff::9", PASSWORD).await, 429, "64 bits are one customer's network");
    assert_eq!(try_from("2001:db8:7:8::1", PASSWORD).await, 303);
}

#[tokio::test]
async fn the_same_revision_with_another_password_is_another_state_of_the_user() {
    let world = World::peopled().await;
    let user = world.service.store.user("128807", "alice", &mut Usage::default()).await.unwrap().unwrap();
    let other = |revision, salt| {
        let sign_in = Some(SignIn::Password(password::hash(PASSWORD, &[salt; 16]).unwrap()));
        User { revision, sign_in, ..user.clone().into_inner() }.stamp()
    };
    assert_ne!(other(1, 1), other(1, 2), "as after a table was restored and the password set anew");
    assert_ne!(other(1, 1), other(2, 1));
    assert_eq!(other(1, 1), other(1, 1));
}

#[test]
fn a_password_of_nobody_costs_what_anybodys_costs() {
    let parameters = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
    let hash = password::hash("x", &[1; 16]).unwrap();
    assert_eq!(parameters(password::DECOY), parameters(hash.as_str()));
    // It is one that can be compared with, and so is: else an unknown user would cost nothing.
    assert_eq!(password::DECOY.len(), hash.as_str().len());
    let began = std::time::Instant::now();
    assert!(!password::verify("x", None));
    assert!(began.elapsed() > std::time::Duration::from_millis(2), "no hash was computed");
}

#[tokio::test]
async fn an_unknown_user_is_slowed_as_a_known_one_is() {
    let world = World::peopled().await;
    let client = world.client().await;
    let query = request(&client, &[]);
    for _ in 0..6 {
        world.visitor().sign_in_as(&query, "nobody", "wrong").await.shows(403);
    }
    world.visitor().sign_in_as(&query, "Nobody ", "wrong").await.shows(429);
    assert_eq!(world.visitor().sign_in_as(&query, "alice", PASSWORD).await.status, 303, "and nobody else is");
}

#[tokio::test]
async fn an_address_that_tries_many_users_is_slowed() {
    let world = World::peopled().await;
    let client = world.client().await;
    let query = request(&client, &[]);
    let visitor = world.visitor();
    // At the begin of a minute, so that the count is not split.
    world.advance(60 - world.now() % 60);
    let form = visitor.ask(&query).await.form();
    let guess = |name: String| {
        let (visitor, form) = (&visitor, form.clone());
        async move {
            let fields = [("form", form.as_str()), ("username", &name), ("password", "wrong"), ("action", "sign_in")];
            visitor.post(AUTHORIZE, &fields).await.status.as_u16()
        }
    };
    for number in 0..100 {
        assert_eq!(guess(format!("user{number}")).await, 403, "{number}");
    }
    assert_eq!(guess("another".into()).await, 429);
    world.advance(599);
    assert_eq!(guess("another".into()).await, 429);
    world.advance(61);
    let form = visitor.ask(&query).await.form();
    let fields = [("form", form.as_str()), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")];
    assert_eq!(visitor.post(AUTHORIZE, &fields).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_gets_no_further_by_asking_for_many_users_at_once() {
    let world = Arc::new(World::peopled().await);
    let client = world.client().await;
    world.advance(600 - world.now() % 600);
    let shown = form_and_cookie(&world.visitor(), &client).await;
    let mut answers = Vec::new();
    // So many at once that the hundredth is among the seventh sixteen.
    for sixteen in 0..8 {
        let attempts = (0..16).map(|number| (String::new(), fields(&format!("user{sixteen}-{number}"), "wrong", "")));
        answers.extend(at_once(&world, &shown, attempts).await);
    }
    let count = |status: u16| answers.iter().filter(|answer| **answer == status).count();
    assert_eq!((count(403), count(429)), (100, 28), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_sent_at_once_are_worth_no_more_than_those_that_are_taken_one_after_the_other() {
    let world = Arc::new(World::peopled().await);
    let client = world.client().await;
    for right in [true, false, true, false, true] {
        let shown = form_and_cookie(&world.visitor(), &client).await;
        let password = |number| if number == 9 && right { PASSWORD } else { "wrong" };
        let attempts = (0..16).map(|number| (String::new(), fields("alice", password(number), "")));
        let answers = at_once(&world, &shown, attempts).await;
        let looked_at = answers.iter().filter(|status| **status != 429).count();
        // Each that was looked at was counted alone, so there are no more of them than may come one after the other: five
        // that are free and one that brings a wait, and as many again where the right one came in between.
        let most = if answers.contains(&303) { 12 } else { 6 };
        assert!((1..=most).contains(&looked_at), "{answers:?}");
        world.advance(4000);
    }
}

#[tokio::test]
async fn no_password_username_or_session_reaches_a_log_line() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let query = request(&client, &[("state", "canary-state")]);
    visitor.sign_in_as(&query, "alice", "canary-password").await;
    visitor.sign_in_as(&query, "canary-name", PASSWORD).await;
    let given = visitor.allow(&query).await;
    let cookie = visitor.cookie.lock().unwrap().clone().unwrap();
    for line in world.log() {
        let line = line.to_string();
        let code = given.given("code").unwrap();
        for secret in ["canary", PASSWORD, "alice", &code, &cookie, "authorizeCode"] {
            assert!(!line.contains(secret), "{secret} in {line}");
        }
    }
}

#[tokio::test]
async fn a_failure_counts_for_the_address_that_the_trusted_proxies_name() {
    for (trusted_proxies, counted) in [(0, "127.0.0.1"), (1, "198.51.100.9"), (2, "203.0.113.5")] {
        let settings = Settings { trusted_proxies, ..Settings::default() };
        let world = World::with(Choices { settings, ..Choices::default() }).await;
        world.with_people().await;
        let client = world.client().await;
        let visitor = world.visitor();
        let form = visitor.ask(&request(&client, &[])).await.form();
        // What the browser wrote itself, a proxy, the CDN, and whom the gateway was called by.
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-forwarded-for", "192.0.2.66, 203.0.113.5, 198.51.100.9, 10.0.0.1"),
        ];
        let body = format!("form={form}&username=alice&password=wrong&action=sign_in");
        visitor.send(Method::POST, AUTHORIZE, &headers, body.into()).await.shows(403);
        for address in ["127.0.0.1", "192.0.2.66", "198.51.100.9", "203.0.113.5", "10.0.0.1"] {
            let source = Source::unknown(address.parse().unwrap(), world.now());
            let wanted =
                Wanted { client_id: None, user: Some(("128807", "alice")), attempt: Some(source), provider: None };
            let data = world.service.store.sign_in_data(wanted, &mut Usage::default()).await.unwrap();
            let here: u64 = data.counted.networks[0].0.values().sum();
            assert_eq!(data.counted.account.unwrap().failures, 1);
            assert_eq!(here, u64::from(address == counted), "{address} with {trusted_proxies}");
        }
    }
}

/// RFC 7239 section 6: a node may have a port. Some proxies write one, and with it every visitor was the gateway.
#[tokio::test]
async fn an_address_with_a_port_is_that_address_and_has_a_count_of_its_own() {
    let settings = Settings { trusted_proxies: 1, ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    world.with_people().await;
    let client = world.client().await;
    for (node, address) in [
        ("203.0.113.7:50001", "203.0.113.7"),
        ("203.0.113.8:_port", "203.0.113.8"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8:1::1]", "2001:db8:1::1"),
        ("\"[2001:db8:2::1]:443\"", "2001:db8:2::1"),
        // What is no address is not repaired: the gateway's own caller counts.
        ("unknown", "127.0.0.1"),
    ] {
        let visitor = world.visitor();
        let form = visitor.ask(&request(&client, &[])).await.form();
        let forwarded = format!("192.0.2.66:1, {node}, 10.0.0.1:2");
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", forwarded.as_str())];
        let body = format!("form={form}&username=alice&password=wrong&action=sign_in");
        visitor.send(Method::POST, AUTHORIZE, &headers, body.into()).await.shows(403);
        let source = Source::unknown(address.parse().unwrap(), world.now());
        let wanted = Wanted { client_id: None, user: Some(("128807", "alice")), attempt: Some(source), provider: None };
        let data = world.service.store.sign_in_data(wanted, &mut Usage::default()).await.unwrap();
        assert_eq!(data.counted.networks[0].0.values().sum::<u64>(), 1, "{node}");
    }
}
