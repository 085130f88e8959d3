//! The second factor: what is taken, what is not, and that no answer tells which part was wrong.

use std::sync::Arc;

use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::sign_in::{SignInData, Source, Wanted};
use latchkey_oauth::service::KeySet;
use latchkey_oauth::sign_in::factor::{recovery_hash, sealed_for};
use latchkey_testkit::credentials::time_code;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::PASSWORD;
use latchkey_testkit::world::World;

use super::attempts::{at_once, fields, form_and_cookie, guess, normal, proxied, try_code};

/// The secret of RFC 6238 appendix B. The codes are oathtool's, of the steps from 66,666,664 on; the third is the RFC's.
const SECRET: &[u8] = b"12345678901234567890";
const CODES: [&str; 6] = ["196847", "940678", "279037", "637009", "353674", "094178"];
/// When the code of the RFC counts.
const TIME: u64 = 2_000_000_000;
const RECOVERY: [&str; 2] = ["abcd-efgh-ijkl-mnop-qrst-uv23", "4444-5555-6666-7777-aaaa-bbbb"];
const ALICE: (&str, &str) = ("128807", "alice");

async fn enrol(world: &World, name: &str) {
    let user = ("128807", name);
    let keyring = world.service.keyring(KeySet::Pages);
    let sealed = keyring.seal_bytes(&sealed_for(user), SECRET, random().unwrap()).unwrap();
    world.change_user(name, |user| user.second_factor = Some(sealed)).await;
    let store = &world.service.store;
    let known = store.user("128807", name, &mut Usage::default()).await.unwrap().unwrap();
    let hashes = RECOVERY.map(|code| recovery_hash(&code.replace('-', ""), user));
    store.put_recovery_codes(&known, &hashes, &mut Usage::default()).await.unwrap();
}

/// A world at that time, behind a proxy, in which alice has a second factor and bob has none.
async fn place() -> (World, Signer) {
    let world = proxied().await;
    world.add_user("bob").await;
    world.advance(TIME - world.now());
    enrol(&world, "alice").await;
    let client = world.client().await;
    (world, client)
}

/// The answer to an attempt from an address without failures.
async fn try_from(world: &World, client: &Signer, who: &str, password: &str, code: &str) -> Reply {
    let [first, second] = random::<2>().unwrap();
    try_code(&world.visitor(), client, &format!("198.51.{first}.{second}"), (who, password, code)).await
}

async fn data(world: &World) -> SignInData {
    let attempt = Some(Source::unknown("192.0.2.1".parse().unwrap(), world.now()));
    let wanted = Wanted { client_id: None, user: Some(ALICE), attempt, provider: None };
    world.service.store.sign_in_data(wanted, &mut Usage::default()).await.unwrap()
}

#[tokio::test]
async fn a_code_by_time_is_taken_once_with_the_password_and_one_step_either_way() {
    let (world, client) = place().await;
    let alice = async |code: &str| try_from(&world, &client, "alice", PASSWORD, code).await.status.as_u16();
    for (code, status) in [
        (CODES[0], 403), // two steps before
        (CODES[4], 403), // two steps after
        (CODES[1], 303),
        (CODES[1], 403), // taken
        (CODES[3], 303),
        (CODES[2], 403), // of an earlier step than one that was taken
        (CODES[3], 403),
    ] {
        assert_eq!(alice(code).await, status, "{code}");
    }
    world.advance(30);
    assert_eq!(alice(" 353-674 ").await, 303, "as people type it");
    // A user without one signs in as before, whatever stands in the field.
    for code in ["", "123456", "x"] {
        assert_eq!(try_from(&world, &client, "bob", PASSWORD, code).await.status, 303, "{code}");
    }
}

#[tokio::test]
async fn a_wrong_password_a_wrong_code_a_missing_one_and_an_unknown_user_get_one_answer_one_count_and_one_transaction()
{
    let (world, client) = place().await;
    let mut told = Vec::new();
    for (number, (name, password, code)) in [
        ("alice", PASSWORD, ""),
        ("alice", PASSWORD, "000000"),
        ("alice", PASSWORD, CODES[0]),
        ("alice", PASSWORD, "abcd-efgh-ijkl-mnop-qrst-uv24"),
        ("alice", PASSWORD, "no code"),
        ("alice", "wrong", CODES[2]),
        ("alice", "wrong", RECOVERY[0]),
        ("alice", "wrong", ""),
        ("bob", "wrong", CODES[2]),
        ("nobody", PASSWORD, CODES[2]),
    ]
    .into_iter()
    .enumerate()
    {
        let page = try_from(&world, &client, name, password, code).await;
        let line = world.last_log();
        let figures = ["denial", "round_trips", "read_units", "write_units"].map(|name| line[name].to_string());
        assert_eq!(figures, ["\"sign_in_failed\"", "2", "9.0", "8.0"], "{name} {code}");
        told.push(normal(page.shows(403), name));
        if name == "alice" {
            assert_eq!(data(&world).await.counted.account.unwrap().failures, number as u64 + 1);
        }
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:#?}");
    // And none of them spent a code.
    assert_eq!(try_from(&world, &client, "alice", PASSWORD, CODES[2]).await.status, 303);
    assert_eq!(try_from(&world, &client, "alice", PASSWORD, RECOVERY[0]).await.status, 303);
}

#[tokio::test]
async fn a_recovery_code_is_removed_by_the_sign_in_that_takes_it() {
    let (world, client) = place().await;
    let alice = async |code: &str| try_from(&world, &client, "alice", PASSWORD, code).await.status.as_u16();
    assert_eq!(data(&world).await.codes.recovery.len(), 2);
    assert_eq!(alice(&RECOVERY[1].to_uppercase()).await, 303);
    assert_eq!(data(&world).await.codes.recovery.len(), 1);
    assert_eq!(alice(RECOVERY[1]).await, 403);
    assert_eq!(alice(RECOVERY[0]).await, 303);
    assert_eq!(data(&world).await.codes.recovery.len(), 0);
    assert_eq!(alice(RECOVERY[0]).await, 403);
    assert_eq!(alice(CODES[2]).await, 303);
}

#[tokio::test]
async fn a_sign_in_with_a_code_costs_at_most_fourteen_units() {
    let (world, client) = place().await;
    for (code, from, reads, writes) in [
        (CODES[1], "192.0.2.1", 9.0, 10.0),
        (CODES[2], "2001:db8::1", 11.0, 14.0),
        (RECOVERY[0], "2001:db8::1", 11.0, 14.0),
    ] {
        let reply = try_code(&world.visitor(), &client, from, ("alice", PASSWORD, code)).await;
        assert_eq!(reply.status, 303, "{code}");
        let line = world.last_log();
        let figures = ["round_trips", "read_units", "write_units"].map(|name| line[name].as_f64().unwrap());
        assert_eq!(figures, [2.0, reads, writes], "{line}");
    }
}

#[tokio::test]
async fn a_locked_account_takes_a_code_and_says_nothing_else_to_any_other() {
    let (world, client) = place().await;
    let mut told = Vec::new();
    for name in ["alice", "bob", "nobody"] {
        guess(&world, &client, name, 100).await;
        for code in ["", "000000", "no code"] {
            let page = try_from(&world, &client, name, PASSWORD, code).await;
            let line = world.last_log();
            let expected = if code.is_empty() { 1 } else { 2 };
            assert_eq!(
                (line["denial"].as_str(), line["round_trips"].as_u64()),
                (Some("sign_in_locked"), Some(expected))
            );
            told.push(normal(page.shows(403), name));
        }
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:#?}");
    // Wrong passwords are no wrong codes, so a code by time still counts. oathtool makes this one for that time.
    assert_eq!(world.now(), TIME + 9 * 660);
    assert_eq!(try_from(&world, &client, "alice", PASSWORD, "774746").await.status, 303);
    assert_eq!(data(&world).await.counted.account.unwrap().failures, 0, "a right one ends the count");
}

/// An attacker with the password can guess six digits. A hundred wrong ones end them, and recovery codes still open.
#[tokio::test]
async fn guesses_at_codes_with_the_right_password_end_too() {
    let (world, client) = place().await;
    for number in 0..100 {
        if number % 50 == 0 {
            world.advance(660);
        }
        try_from(&world, &client, "alice", PASSWORD, "000000").await.shows(403);
    }
    let account = data(&world).await.counted.account.unwrap();
    assert_eq!((account.failures, account.wrong_codes), (100, 100));
    world.advance(660);
    for code in codes_at(world.now()) {
        try_from(&world, &client, "alice", PASSWORD, &code).await.shows(403);
        assert_eq!(world.last_log()["denial"], "sign_in_locked");
    }
    assert_eq!(try_from(&world, &client, "alice", PASSWORD, RECOVERY[0]).await.status, 303);
}

/// The three codes that count at a time: three times 660 seconds after the RFC's time, by oathtool.
fn codes_at(now: u64) -> [String; 3] {
    assert_eq!(now, TIME + 3 * 660);
    ["117920", "210536", "452861"].map(str::to_owned)
}

/// Else a user who tries while disabled needs a recovery code afterwards.
#[tokio::test]
async fn a_right_code_of_a_disabled_user_is_a_wrong_password_and_no_wrong_code() {
    let (world, client) = place().await;
    world.change_user("alice", |user| user.disabled = true).await;
    for code in [CODES[2], RECOVERY[0], "000000"] {
        try_from(&world, &client, "alice", PASSWORD, code).await.shows(403);
        assert_eq!(world.last_log()["denial"], "sign_in_failed");
    }
    let account = data(&world).await.counted.account.unwrap();
    assert_eq!((account.failures, account.wrong_codes), (3, 1));
}

/// What the random lives of accounts bring.
#[test]
fn the_codes_that_tests_make_are_those_of_oathtool() {
    for (step, code) in (66_666_664..).zip(CODES) {
        assert_eq!(time_code(SECRET, step), code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_sign_ins_with_one_code_at_once_exactly_one_succeeds() {
    let (world, client) = place().await;
    let world = Arc::new(world);
    for code in [CODES[2], RECOVERY[0]] {
        let shown = form_and_cookie(&world.visitor(), &client).await;
        let attempts = (0..16).map(|number| (format!("203.0.113.{number}"), fields("alice", PASSWORD, code)));
        let answers = at_once(&world, &shown, attempts).await;
        assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{code}: {answers:?}");
        assert!(answers.iter().all(|status| [303, 403, 429].contains(status)), "{answers:?}");
    }
}

#[tokio::test]
async fn a_secret_that_was_moved_to_another_user_or_lost_its_key_refuses_every_sign_in_and_tells_the_operator() {
    let (world, client) = place().await;
    let alice = world.service.store.user("128807", "alice", &mut Usage::default()).await.unwrap().unwrap();
    let moved = alice.second_factor.clone().unwrap();
    world.change_user("bob", |user| user.second_factor = Some(moved.clone())).await;
    for password in [PASSWORD, "wrong"] {
        let page = try_from(&world, &client, "bob", password, CODES[2]).await;
        assert_eq!((page.status.as_u16(), world.last_log()["denial"].as_str()), (503, Some("secret_unopened")));
    }
    let mut other = moved;
    other.key = "gone".into();
    world.change_user("alice", |user| user.second_factor = Some(other)).await;
    assert_eq!(try_from(&world, &client, "alice", PASSWORD, CODES[2]).await.status, 503);
}
