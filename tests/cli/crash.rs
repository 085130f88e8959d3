//! Killed at any moment under load, and started again: what was acknowledged holds, and nothing is minted twice. Ten kills;
//! with `LATCHKEY_TEST_KILLS=500` so many. `LATCHKEY_TEST_SEED` chooses the moments of an earlier run again.

mod books;
mod operators;
mod place;

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use latchkey_oauth::form::encode;
use latchkey_testkit::visitor::AUTHORIZE;
use proptest::prelude::RngExt;
use tokio::task::JoinSet;

use self::books::Books;
use self::operators::Operator;
use self::place::{Place, asking, redeeming};
use crate::dice::{dice, number, rng};
use crate::running::{Running, command};

const CLIENTS: u8 = 6;
/// Nothing expires on the way.
const LONG: [(&str, &str); 2] = [("LATCHKEY_ACCESS_TOKEN_SECONDS", "86400"), ("LATCHKEY_SESSION_SECONDS", "86400")];

/// All clients at once.
fn all<F: Future<Output = Books> + Send + 'static>(clients: Vec<Books>, run: impl FnMut(Books) -> F) -> JoinSet<Books> {
    clients.into_iter().map(run).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_a_kill_at_any_moment() {
    let (mut dice, folder) = (dice(), tempfile::tempdir().unwrap());
    let mut clients: Vec<Books> = (0..CLIENTS).map(|_| Books::default()).collect();
    let mut operators = vec![Operator::default(), Operator::default()];
    let start = || {
        let server = Running::start_with(folder.path(), &[], &LONG);
        let place = Arc::new(Place::of(&server));
        (server, place)
    };
    for kill in 0..number("LATCHKEY_TEST_KILLS", 10) {
        let (server, place) = start();
        if kill == 0 {
            let cookie = place.sign_in().await;
            clients.iter_mut().for_each(|books| books.cookie.clone_from(&cookie));
        }
        clients = all(clients, |books| books.check(place.clone())).join_all().await;
        operators = operators::check(&place, operators, kill == 0).await;
        let working = all(clients, |books| books.work(place.clone(), rng(dice.random())));
        let changing: JoinSet<_> = operators.into_iter().map(|operator| operator.work(place.clone())).collect();
        place.until_answered(dice.random_range(0..120)).await;
        tokio::time::sleep(Duration::from_micros(dice.random_range(0..30_000))).await;
        server.end("-KILL");
        clients = working.join_all().await;
        operators = changing.join_all().await;
    }
    let (_server, place) = start();
    let operators = operators::check(&place, operators, false).await;
    assert!(operators.iter().any(Operator::has_changed), "something was changed");
    clients = all(clients, |books| books.check(place.clone())).join_all().await;
    let clients = all(clients, |books| books.check_all(place.clone())).join_all().await;
    let [works, ended] = [true, false]
        .map(|works| clients.iter().flat_map(|books| books.tokens.values()).filter(|token| **token == works).count());
    println!("{works} acknowledged tokens work, {ended} revoked ones do not");
    assert!(works > 0 && ended > 0, "something was at stake");
}

#[tokio::test]
async fn a_first_start_killed_anywhere_is_finished_by_the_next_one() {
    let mut dice = dice();
    for _ in 0..number("LATCHKEY_TEST_KILLS", 10).div_ceil(2) {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let mut start = command(folder.path());
            let mut start = start.args(["--port", "0", "--dynamodb-port", "0"]).stdout(Stdio::null()).spawn().unwrap();
            tokio::time::sleep(Duration::from_micros(dice.random_range(0..250_000))).await;
            start.kill().unwrap();
            start.wait().unwrap();
        }
        let server = Running::start(folder.path(), &[]);
        Place::of(&server).sign_in().await;
    }
}

/// Codes live a second here.
#[tokio::test(flavor = "multi_thread")]
async fn a_yes_that_a_kill_cut_off_gives_a_code_that_works_or_was_answered_before() {
    let (mut dice, folder) = (dice(), tempfile::tempdir().unwrap());
    let start = || {
        let server = Running::start_with(folder.path(), &[], &[("LATCHKEY_CODE_SECONDS", "1")]);
        let place = Arc::new(Place::of(&server));
        (server, place)
    };
    for _ in 0..number("LATCHKEY_TEST_KILLS", 10).div_ceil(3) {
        let (server, place) = start();
        let cookie = place.sign_in().await;
        let page = place.page(Method::GET, &asking(), &cookie, String::new()).await.unwrap();
        let body = format!("form={}&action=allow", encode(&page.form()));
        // So long it takes to read.
        tokio::time::sleep(Duration::from_millis(1001)).await;
        let (saying, yes, cookies) = (place.clone(), body.clone(), cookie.clone());
        let said = tokio::spawn(async move { saying.page(Method::POST, AUTHORIZE, &cookies, yes).await });
        tokio::time::sleep(Duration::from_micros(dice.random_range(0..30_000))).await;
        server.end("-KILL");
        said.await.unwrap();
        let (_server, place) = start();
        // What was given before the kill is dead by now.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let again = place.page(Method::POST, AUTHORIZE, &cookie, body.clone()).await.unwrap();
        if again.status != 409 {
            let code = again.given("code").unwrap();
            let redeemed = place.ask(&redeeming(&place, &code)).await.unwrap();
            // A busy machine may take a second for it.
            assert!(redeemed.status == 200 || redeemed.text.contains("expired"), "{}", redeemed.text);
        }
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let last = place.page(Method::POST, AUTHORIZE, &cookie, body).await.unwrap();
        assert_eq!(last.status, 409, "{}", last.text);
    }
}
