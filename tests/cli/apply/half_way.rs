//! Runs that come half way, and those that another operator meets.

use serde_json::{Value, json};

use super::TWO;
use crate::place::{Done, Place};
use crate::terminal::at_terminal_when;

#[test]
fn what_another_operator_changes_meanwhile_stays_and_the_rest_is_done() {
    let place = Place::new();
    place.apply("a.toml", TWO, &["--yes"]);
    let file = "clients:\n- {client_id: lists, name: Mine}\n- {client_id: demo, name: Mine too}\n\
                institutions:\n- {institution_id: '42', name: Mine}\nscopes:\n- {scope: LISTS, name: Mine}\n\
                users:\n- {institution_id: '42', username: alice, disabled: true}\n";
    let path = place.folder.path().join("b.yaml");
    std::fs::write(&path, file).unwrap();
    let command = place.command(&["apply", path.to_str().unwrap()]);
    let theirs = || {
        assert_eq!(place.admin(&["client", "update", "lists", "--name", "Theirs"]).code, 0);
        assert_eq!(place.admin(&["institution", "add", "7", "--name", "Theirs"]).code, 0);
    };
    let done = at_terminal_when(command, "Go on? [y/N] ", theirs, "y\n");
    assert_eq!(done.code, 1);
    assert!(done.err.contains("2 done, 3 refused, 0 failed, 0 not done"), "{}", done.err);
    for line in [
        "client lists: refused: another operator",
        "client demo: changed",
        "institution 42: refused",
        "scope LISTS: refused",
        "user 42/alice: changed",
    ] {
        assert!(done.out.contains(line), "{line}: {}", done.out);
    }
    assert_eq!((&place.show("lists")["name"], &place.show("demo")["name"]), (&json!("Theirs"), &json!("Mine too")));
    // It can be repeated.
    assert_eq!(place.admin(&["apply", path.to_str().unwrap(), "--yes"]).code, 0);
    assert_eq!(place.show("lists")["name"], "Mine");
    // A client that another operator creates meanwhile keeps its secret.
    std::fs::write(&path, "clients:\n- {client_id: new, name: Mine, introspects: [A]}\n").unwrap();
    let theirs = || {
        assert_eq!(
            place.admin(&["client", "create", "--client-id", "new", "--name", "T", "--introspects", "A"]).code,
            0
        )
    };
    let command = place.command(&["apply", path.to_str().unwrap()]);
    let done = at_terminal_when(command, "Go on? [y/N] ", theirs, "y\n");
    assert!(done.code == 1 && done.out.contains("client new: refused") && !done.out.contains("secret"), "{}", done.out);
    assert_eq!(place.show("new")["name"], "T");
}

#[test]
fn a_half_done_run_says_how_far_it_came_and_is_finished_by_the_next() {
    let place = Place::new();
    place.apply("a.toml", TWO, &["--yes"]);
    let file = "clients:\n- {client_id: first, name: First, introspects: [A]}\n- {client_id: demo, name: Changed}\n\
                users:\n- {institution_id: '42', username: bob}\n";
    let path = place.folder.path().join("b.yaml");
    std::fs::write(&path, file).unwrap();
    // The first write is carried out, and then no other is answered.
    let done = place.breaking_off(&["apply", path.to_str().unwrap(), "--yes", "--json"], 1);
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(done.err.contains("1 done, 0 refused, 1 failed, 1 not done: DynamoDB does not answer"), "{}", done.err);
    let shown: Value = serde_json::from_str(&done.out).unwrap();
    let results: Vec<_> =
        shown["items"].as_array().unwrap().iter().map(|item| item["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["done", "failed", "not_done"]);
    let again = place.admin(&["apply", path.to_str().unwrap(), "--yes"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.out.contains("client first: created") && !again.out.contains("bob"), "{}", again.out);
}

#[test]
fn where_the_output_ends_nothing_more_is_written_and_lost_secrets_are_named() {
    for json in [&[][..], &["--json"][..]] {
        let place = Place::new();
        let file = place.folder.path().join("three.toml");
        let client = |id: &str| {
            format!(
                "[[clients]]\nclient_id = \"{id}\"\nname = \"{id}\"\ngrant_types = [\"client_credentials\"]\n\
                 institutions = [\"128807\"]\nscopes = [\"WMS_NCIP\"]\n"
            )
        };
        std::fs::write(&file, ["one", "two", "three"].map(client).concat()).unwrap();
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = place.command(&[&["apply", file.to_str().unwrap(), "--yes"], json].concat());
        let done = Done::of(command.stdout(full).output().unwrap());
        let lost = done.err.matches("--overlap 0").count();
        // With --json, too, a secret is told before the next client is made: a run that is killed has told each.
        done.fails("1 done, 0 refused, 0 failed, 2 not done");
        assert!(lost == 1 && done.err.contains("rotate-secret one --overlap 0"), "{}", done.err);
    }
}
