//! `latchkey client revoke-all`: ends what a client was granted before a time, and says until when access tokens live.

use latchkey_oauth::time::instant;

use crate::place::{Done, GET, Place};

impl Place {
    fn revoke_all(&self, id: &str, more: &[&str]) -> Done {
        self.admin(&[&["client", "revoke-all", id], more].concat())
    }
}

fn is_ended(done: &Done) {
    assert!(done.code == 1 && done.out.contains("ended every grant of this age"), "{} {}", done.out, done.err);
}

#[test]
fn what_a_client_was_granted_ends_at_once_and_the_command_says_until_when_access_tokens_live() {
    let place = Place::new();
    let (key, other) = (place.create(), place.create());
    let id = key["client_id"].as_str().unwrap();
    let (mine, others) = (place.client(&key, &GET).json(), place.client(&other, &GET).json());
    let asked = place.revoke_all(id, &[]);
    asked.fails(&format!("this ends everything that client {id} (App) was granted before "));
    asked.fails("nothing is done yet: add --yes to do it");
    assert_eq!(place.refresh(&key, &mine).code, 0);
    let before = latchkey_dynamodb::clock::now();
    let done = place.revoke_all(id, &["--yes", "--json"]);
    let told = done.json();
    let after = latchkey_dynamodb::clock::now();
    let until: Vec<_> = (before..=after).map(|now| instant(now + 1200)).collect();
    let said = told["access_tokens_until"].as_str().unwrap().to_owned();
    assert!(until.contains(&said), "{told}");
    let ends = format!("until {said} at the latest, if they live 1200 seconds");
    assert!(done.err.contains(&ends) && done.err.contains("latchkey grant revoke --client-id"), "{}", done.err);
    let times: Vec<_> = (before..=after).map(|now| instant(now + 1)).collect();
    assert!(times.iter().any(|time| told["not_before"] == time.as_str()), "{told}");
    is_ended(&place.refresh(&key, &mine));
    assert!(place.is_active(&mine), "an API does not ask about the client");
    assert_eq!(place.refresh(&other, &others).code, 0);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let newer = place.client(&key, &GET).json();
    assert_eq!(place.refresh(&key, &newer).code, 0);
    // It goes forward only, and back as a whole.
    place.revoke_all(id, &["--yes", "--before", "2020-01-01"]).fails("is ended already");
    place.revoke_all(id, &["--yes", "--before", "2099-01-01T00:00:00Z"]).fails("is still to come");
    place.revoke_all(id, &["--yes", "--before", "yesterday"]).fails("it must be a time in UTC");
    place.revoke_all("unknown", &["--yes"]).fails("no client has the id");
    is_ended(&place.refresh(&key, &mine));
    let cleared = place.admin(&["client", "update", id, "--clear", "not-before", "--json"]).json();
    assert!(cleared["not_before"].is_null(), "{cleared}");
    assert_eq!(place.refresh(&key, &mine).code, 0);
    let first = place.revoke_all(id, &["--yes", "--before", "2020-01-01", "--json"]).json();
    assert_eq!(first["not_before"], "2020-01-01 00:00:00Z");
    assert_eq!(place.refresh(&key, &mine).code, 0, "it is younger");
    let exported = place.admin(&["export", "all.toml"]);
    assert_eq!(exported.code, 0, "{}", exported.err);
    assert_eq!(place.admin(&["apply", "--plan", "all.toml"]).code, 0, "a declared file leaves it");
    assert_eq!(place.admin(&["client", "disable", id, "--json"]).json()["not_before"], "2020-01-01 00:00:00Z");
}
