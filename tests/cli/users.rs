//! `latchkey user`, `institution` and `scope`, over a running local server.

use std::io::Write;
use std::process::Stdio;

use crate::place::{Done, Place};

/// A command with something on its standard input.
pub fn typed(place: &Place, arguments: &[&str], input: &str) -> Done {
    let mut command = place.command(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Done::of(child.wait_with_output().unwrap())
}

#[test]
fn users_are_added_changed_disabled_and_listed() {
    let place = Place::new();
    let added =
        typed(&place, &["user", "add", "--institution", "128807", " Alice ", "--json"], "a long password\n").json();
    assert_eq!(
        (added["username"].as_str(), added["principal_idns"].as_str()),
        (Some("alice"), Some("urn:latchkey:128807"))
    );
    assert_eq!(added["principal_id"].as_str().unwrap().len(), 36);
    let named =
        ["user", "add", "--institution", "91475", "bob", "--principal-id", "b", "--principal-idns", "urn:x", "--json"];
    assert_eq!(typed(&place, &named, "a long password").json()["principal_id"], "b");
    let apart =
        ["user", "add", "--institution", "91475", "eve", "--principal-id", "zoe\u{308}", "--principal-idns", "urn:x"];
    let added = typed(&place, &[&apart[..], &["--json"]].concat(), "a long password").json();
    assert_eq!(added["principal_id"], "zo\u{EB}", "one form, however it is written");
    for (id, reason) in [("", "one line"), ("a\nb", "one line"), (&"x".repeat(201), "at most 200 bytes")] {
        let mut wrong = apart;
        wrong[6] = id;
        typed(&place, &wrong, "a long password").fails(reason);
    }
    let twice = ["user", "add", "--institution", "128807", "ALICE"];
    typed(&place, &twice, "a long password\n").fails("a user with this username already exists");
    typed(&place, &["user", "add", "--institution", "4711", "carol"], "a long password\n")
        .fails("latchkey institution add");
    for (password, reason) in [("short\n", "at least 8"), ("", "at least 8"), (&"x".repeat(1025), "at most 1024")] {
        typed(&place, &["user", "add", "--institution", "128807", "carol"], password).fails(reason);
    }
    typed(&place, &["user", "list", "--institution", "#"], "").fails("letters, digits");
    typed(&place, &["user", "add", "--institution", "128807", "\t"], "a long password").fails("1 to 128 bytes");
    typed(&place, &["user", "passwd", "--institution", "128807", "carol"], "a long password").fails("has no such user");
    typed(&place, &["user", "passwd", "--institution", "128807", "alice", "--json"], "another password").json();
    let disabled = place.admin(&["user", "disable", "--institution", "128807", "alice", "--json"]).json();
    assert_eq!(disabled["disabled"], true);
    let list = place.admin(&["user", "list", "--institution", "128807", "--json"]);
    assert!(!list.out.contains("argon2"), "{}", list.out);
    let names: Vec<_> = list.json().as_array().unwrap().iter().map(|user| user["username"].clone()).collect();
    assert_eq!(names, ["alice", "demo"]);
    assert_eq!(
        place.admin(&["user", "enable", "--institution", "128807", "alice", "--json"]).json()["disabled"],
        false
    );
}

#[test]
fn institutions_and_scopes_get_names() {
    let place = Place::new();
    place.admin(&["institution", "add", "42", "--name", "A \u{202e}trick"]).fails("one line");
    place.admin(&["institution", "add", "#", "--name", "X"]).fails("letters, digits");
    place.admin(&["institution", "add", "42", "--name", "Another", "--json"]).json();
    place.admin(&["institution", "add", "42", "--name", "Renamed", "--json"]).json();
    let list = place.admin(&["institution", "list", "--json"]).json();
    let names: Vec<_> = list.as_array().unwrap().iter().map(|known| known["name"].clone()).collect();
    assert_eq!(names, ["Demo Library", "Renamed", "Second Library"]);
    place.admin(&["scope", "describe", "refresh_token", "--name", "X"]).fails("--grant-type refresh_token");
    place.admin(&["scope", "describe", "WMS_NCIP", "--name", "Loans", "--json"]).json();
    let list = place.admin(&["scope", "list", "--json"]).json();
    assert_eq!(list.as_array().unwrap().iter().find(|known| known["scope"] == "WMS_NCIP").unwrap()["name"], "Loans");
}

#[test]
fn a_users_lines_in_the_log_are_found_by_the_pseudonym() {
    let place = Place::new();
    let print = |name: &str, more: &[&str]| {
        place.admin(&[&["user", "log-id", "--institution", "128807", name, "--json"], more].concat()).json()
    };
    let alice = print("alice", &[]);
    assert_eq!(alice, print(" ALICE", &[]), "as the name is counted, whether there is such a user or not");
    assert_ne!(alice, print("bob", &[]));
    let with = print("alice", &["--address", "2001:db8:1:2:3::4"]);
    assert_eq!(with[0]["user_log_id"], alice[0]["user_log_id"]);
    assert!(alice[0]["network_log_id"].is_null() && with[0]["network_log_id"].is_string(), "{with}");
    assert_eq!(with, print("alice", &["--address", "2001:db8:1:2::5"]), "one network");
    assert_ne!(with, print("alice", &["--address", "2001:db8:1:3::5"]));
    let file = place.folder.path().join(".latchkey/sealing.key");
    let kept = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("new:{}=\n{kept}", "A".repeat(43))).unwrap();
    let both = print("alice", &[]);
    assert_eq!(both.as_array().unwrap().len(), 2);
    assert!(both[0]["user_log_id"].as_str().unwrap().starts_with("new.") && both[1] == alice[0], "{both}");
    place.admin(&["user", "log-id", "--institution", "128807", "\t"]).fails("1 to 128 bytes");
    place.admin(&["user", "log-id", "--institution", "128807", "a", "--address", "example.org"]).fails("invalid IP");
}
