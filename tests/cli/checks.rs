//! `latchkey token check`: what it says of a deployment that works, and of one that does not.

use serde_json::Value;

use crate::place::Place;

const CHECK: [&str; 5] = ["token", "check", "--institution", "128807", "--scope"];

fn verdicts(found: &Value) -> Vec<(&str, &str)> {
    found
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["step"].as_str().unwrap(), step["verdict"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_check_takes_a_token_through_its_life_and_leaves_none_behind() {
    let place = Place::new();
    let key = place.create();
    let done = place.client(&key, &[&CHECK[..], &["WMS_NCIP refresh_token"]].concat());
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert_eq!(done.out.lines().filter(|line| line.starts_with("ok ")).count(), 4, "{}{}", done.out, done.err);
    assert_eq!(done.out.lines().filter(|line| line.starts_with("left out ")).count(), 2, "{}{}", done.out, done.err);
    let grants = place.admin(&["grant", "list", "--json"]).json();
    assert!(grants.as_array().unwrap().iter().all(|grant| !grant["revoked_at"].is_null()), "{grants}");
    for secret in ["tk_", "rt_"] {
        assert!(!done.out.contains(secret) && !done.err.contains(secret), "{}{}", done.out, done.err);
    }
}

#[test]
fn a_client_that_may_introspect_sees_its_token_before_and_after_the_revocation() {
    let place = Place::new();
    let key = place.create();
    place.admin(&["client", "update", key["client_id"].as_str().unwrap(), "--introspects", "WMS_NCIP"]);
    let found = place.client(&key, &[&CHECK[..], &["WMS_NCIP", "--json"]].concat()).json();
    let expected = [
        ("get a token", "ok"),
        ("refresh it", "left_out"),
        ("introspect it", "ok"),
        ("revoke it", "ok"),
        ("introspect it once more", "ok"),
    ];
    assert_eq!(verdicts(&found), expected, "{found}");
}

#[test]
fn a_check_that_gets_no_token_says_what_the_service_says_and_fails() {
    let place = Place::new();
    let mut key = place.create();
    let done = place.client(&key, &[&CHECK[..], &["NOT_REGISTERED"]].concat());
    assert_eq!(done.code, 1, "{}{}", done.out, done.err);
    assert!(
        done.out.starts_with("FAILED    get a token") && done.out.contains("invalid_scope: "),
        "{}{}",
        done.out,
        done.err
    );
    done.fails("1 of 1 steps failed");
    key["secret"] = "a secret that is another one".into();
    let done = place.client(&key, &[&CHECK[..], &["WMS_NCIP"]].concat());
    assert!(done.code == 1 && done.out.contains("invalid_client: "), "{}{}", done.out, done.err);
}

#[test]
fn a_client_that_may_not_refresh_fails_that_step_and_its_token_ends_anyway() {
    let place = Place::new();
    let key = place.create();
    let id = key["client_id"].as_str().unwrap();
    place.admin(&["client", "update", id, "--remove-grant-type", "refresh_token"]);
    let found = place.client(&key, &[&CHECK[..], &["WMS_NCIP refresh_token", "--json"]].concat());
    found.fails("steps failed");
    let grants = place.admin(&["grant", "list", "--json"]).json();
    assert!(grants.as_array().unwrap().iter().all(|grant| !grant["revoked_at"].is_null()), "{grants}");
}
