//! The log's pseudonyms: one user's and one network's lines can be told from others', and no name or address is in them.

use latchkey_oauth::secret::Logged;
use latchkey_oauth::service::KeySet;
use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, request};
use latchkey_testkit::world::World;
use serde_json::Value;

fn ids(line: &Value) -> (Option<String>, Option<String>) {
    let id = |name: &str| line.get(name).map(|id| id.as_str().unwrap().to_owned());
    (id("user_log_id"), id("network_log_id"))
}

#[tokio::test]
async fn every_attempt_to_sign_in_and_every_consent_is_logged_with_the_pseudonyms_of_user_and_network() {
    let world = World::peopled().await;
    let client = world.client().await;
    let query = request(&client, &[]);
    let keyring = world.service.keyring(KeySet::Pages);
    let of = |name: &str| keyring.log_id(Logged::User("128807", name));
    let network = keyring.log_id(Logged::Network("127.0.0.1"));
    let try_as = async |name: &str, password: &str| {
        world.visitor().sign_in_as(&query, name, password).await;
        world.last_log()
    };
    for (name, user) in [("alice", "alice"), (" ALICE ", "alice"), ("nobody", "nobody"), ("", " "), ("a\u{1}b", " ")] {
        let line = try_as(name, "wrong").await;
        assert_eq!((line["denial"].as_str(), ids(&line)), (Some("sign_in_failed"), (of(user), network.clone())));
    }
    for _ in 0..5 {
        try_as("alice", "wrong").await;
    }
    let slowed = try_as("alice", PASSWORD).await;
    assert_eq!((slowed["denial"].as_str(), ids(&slowed)), (Some("sign_in_slowed"), (of("alice"), network.clone())));
    world.advance(4000);
    let visitor = world.visitor();
    let page = visitor.sign_in(&query).await;
    let lines = world.log();
    let right: Vec<_> = lines.iter().filter(|line| line["outcome"] == "signed_in").collect();
    assert_eq!(right.len(), 1);
    assert_eq!(ids(right[0]), (of("alice"), network.clone()));
    let form = page.form();
    visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await;
    let consented = world.last_log();
    assert!(consented["outcome"] == "granted" && consented["grant_id"].is_string(), "{consented}");
    assert_eq!(ids(&consented), (of("alice"), network));
    // A page that was shown is no attempt, and a client's own request has no user.
    visitor.ask(&query).await;
    assert_eq!(ids(&world.last_log()), (None, None));
    world.tokens(&client).await;
    assert_eq!(ids(&world.last_log()), (None, None));
    let log = serde_json::to_string(&world.log()).unwrap();
    assert!(!log.contains("alice") && !log.contains("nobody") && !log.contains("127.0.0.1"), "{log}");
}
