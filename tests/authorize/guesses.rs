//! Guesses at passwords end: after a hundred an account takes a password only from browsers that it knows, and no window
//! doubles.

use std::sync::Arc;

use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::sign_in::{Source, Wanted};
use latchkey_oauth::sign_in::attempts::YEAR;
use latchkey_oauth::sign_in::{SignIn, password};
use latchkey_testkit::visitor::{PASSWORD, request};
use latchkey_testkit::world::World;

use super::attempts::{at_once, fields, form_and_cookie, guess, normal, place, try_from, try_with};

#[tokio::test]
async fn after_a_hundred_wrong_passwords_an_account_takes_one_only_from_browsers_that_it_knows() {
    let (world, client) = place().await;
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
    let (world, client) = place().await;
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
async fn a_spray_from_one_line_or_site_ends_and_right_passwords_add_nothing() {
    let (world, client) = place().await;
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
    // As many right passwords as the limit of a network: they slow no user.
    world.advance(660);
    for number in 0..101 {
        let page = try_from(&world, &client, "2001:db8:8:1::1", "alice", PASSWORD).await;
        assert_eq!(page.status, 303, "{number}");
    }
}

#[tokio::test]
async fn nothing_doubles_where_a_window_ends() {
    let (world, client) = place().await;
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
    let (world, client) = place().await;
    // Ninety of the hundred, then many at once: of each wave at least one is looked at.
    guess(&world, &client, "alice", 90).await;
    let shown = form_and_cookie(&world.visitor(), &client).await;
    let world = Arc::new(world);
    for wave in 0..12 {
        let attempts = (0..4).map(|number| (format!("203.0.{wave}.{number}"), fields("alice", "wrong", "")));
        at_once(&world, &shown, attempts).await;
    }
    let told = world.log().iter().filter(|line| line["denial"] == "sign_in_failed").count();
    assert_eq!(told, 100);
    let source = Source::unknown("192.0.2.1".parse().unwrap(), world.now());
    let wanted = Wanted { client_id: None, user: Some(("128807", "alice")), attempt: Some(source), provider: None };
    let data = world.service.store.sign_in_data(wanted, &mut Usage::default()).await.unwrap();
    assert_eq!(data.counted.account.unwrap().failures, 100);
    try_from(&world, &client, "192.0.2.1", "alice", PASSWORD).await.shows(403);
}

#[tokio::test]
async fn a_sign_in_costs_one_read_and_one_transaction_wherever_it_comes_from() {
    let (world, client) = place().await;
    let known = world.visitor();
    for (address, reads, writes, of_known) in
        [("192.0.2.1", 9.0, 8.0, None), ("2001:db8::1", 11.0, 12.0, Some((12.0, 6.0)))]
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
