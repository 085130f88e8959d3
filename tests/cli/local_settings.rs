//! What the greeting of the local server exports is all that an operator's command needs.

use std::io::Write;
use std::process::Stdio;

use crate::place::{Done, Place, run};
use crate::running::{Running, command};

#[test]
fn what_the_greeting_exports_is_enough_for_every_operators_command_from_any_folder() {
    let place = Place::new();
    let exported = place.server.exported();
    let environment: Vec<_> = exported.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let elsewhere = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| run(elsewhere.path(), &environment, arguments).json();
    assert_eq!(run(&["client", "list", "--json"])[0]["client_id"], "demo");
    assert!(run(&["client", "rotate-secret", "demo", "--json"])["secret"].is_string());
    run(&["institution", "add", "42", "--name", "Another", "--json"]);
    run(&["grant", "list", "--json"]);
    run(&["token", "get", "--scope", "WMS_NCIP", "--institution", "128807", "--json"]);
    // A later start in the same shell has the same state.
    let mut server = command(elsewhere.path());
    let state = environment.iter().filter(|(name, _)| *name == "LATCHKEY_STATE").copied().collect::<Vec<_>>();
    drop(place.server);
    server.envs(state).args(["--port", "0", "--dynamodb-port", "0"]);
    Running::of(server).end("-INT");
    assert!(!elsewhere.path().join(".latchkey").exists());
}

/// Commands that neither seal nor open a secret, and what they answer.
#[test]
fn a_command_that_neither_seals_nor_opens_needs_no_sealing_key() {
    let place = Place::new();
    let grant = place.client(&place.create(), &crate::place::GET).json();
    let token = grant["access_token"].as_str().unwrap();
    std::fs::remove_file(place.folder.path().join(".latchkey/sealing.key")).unwrap();
    for arguments in [
        &["client", "list"][..],
        &["client", "show", "demo"],
        &["client", "update", "demo", "--name", "Another"],
        &["client", "disable", "demo"],
        &["client", "enable", "demo"],
        &["grant", "list"],
        &["grant", "show", token],
        &["grant", "revoke", token],
        &["user", "list", "--institution", "128807"],
        &["user", "disable", "--institution", "128807", "demo"],
        &["user", "enable", "--institution", "128807", "demo"],
        &["institution", "list"],
        &["institution", "add", "42", "--name", "Another"],
        &["scope", "list"],
        &["scope", "describe", "WMS_ACQ", "--name", "Orders"],
        &[
            "code",
            "create",
            "--client-id",
            "demo",
            "--redirect-uri",
            "http://127.0.0.1/callback",
            "--scope",
            "WMS_NCIP",
            "--institution",
            "128807",
            "--principal-id",
            "a",
            "--principal-idns",
            "b",
        ],
    ] {
        place.admin(&[arguments, &["--json"]].concat()).json();
    }
    let mut passwd = place.command(&["user", "passwd", "--institution", "128807", "demo", "--json"]);
    let mut passwd = passwd.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    passwd.stdin.take().unwrap().write_all(b"moss under the pier").unwrap();
    Done::of(passwd.wait_with_output().unwrap()).json();
    for arguments in [&["client", "rotate-secret", "demo"][..], &["client", "reseal"]] {
        place.admin(arguments).fails("sealing.key: ");
    }
}

#[test]
fn a_local_server_that_does_not_run_is_to_be_started_first() {
    let folder = tempfile::tempdir().unwrap();
    for command in [&["client", "list"][..], &["client", "reseal"], &["grant", "list"]] {
        let arguments = [command, &["--local", "--dynamodb-port", "9"]].concat();
        run(folder.path(), &[], &arguments)
            .fails("nothing listens on 127.0.0.1:9; start it first (run latchkey serve)");
        let environment = [("LATCHKEY_LOCAL", "true"), ("LATCHKEY_DYNAMODB_PORT", "9")];
        run(folder.path(), &environment, command).fails("nothing listens on 127.0.0.1:9; start it first");
    }
    run(folder.path(), &[("LATCHKEY_LOCAL", "1"), ("LATCHKEY_DYNAMODB_PORT", "x")], &["client", "list"])
        .fails("LATCHKEY_DYNAMODB_PORT must be a port, 1 to 65535");
    // An empty value counts as not set, and false is false.
    for value in ["", "false", "0"] {
        let environment = [("LATCHKEY_LOCAL", value), ("LATCHKEY_STATE", "x"), ("LATCHKEY_DYNAMODB_PORT", "9")];
        run(folder.path(), &environment, &["client", "list"]).fails("LATCHKEY_CLIENTS_TABLE is not set");
    }
}
