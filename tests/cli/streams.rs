//! What commands read from standard input, and what they do when the program that reads their output has ended.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::place::{Done, GET, Place};

/// A command with something on its standard input.
fn typed(mut command: Command, input: &[u8]) -> Done {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    Done::of(child.wait_with_output().unwrap())
}

/// PowerShell puts a byte order mark before what it pipes.
#[test]
fn a_byte_order_mark_is_no_part_of_a_piped_password() {
    let place = Place::new();
    let add = || place.command(&["user", "add", "--institution", "128807", "carol", "--json"]);
    typed(add(), "\u{feff}moss under pie\r\n".as_bytes()).fails("at least 15");
    typed(add(), b"\xff\xfea\0 \0l\0o\0n\0g\0 \0o\0n\0e\0").fails("standard input is UTF-16; write it in UTF-8");
    typed(add(), b"moss under \xe4 pier\n").fails("standard input is not UTF-8");
    assert_eq!(typed(add(), "\u{feff}moss under pier\r\n".as_bytes()).json()["username"], "carol");
}

#[test]
fn a_token_code_or_secret_can_be_read_from_standard_input() {
    let place = Place::new();
    let exported = place.server.exported();
    let key = json!({ "client_id": exported["LATCHKEY_CLIENT_ID"], "secret": exported["LATCHKEY_SECRET"] });
    let tokens = place.client(&key, &GET).json();
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    let piped = |arguments: &[&str], text: &str| typed(place.client_command(&key, arguments), text.as_bytes());
    let line = format!("\u{feff}{access}\r\nmore\n");
    assert_eq!(piped(&["token", "show", "-", "--json"], &line).json()["kind"], "access token");
    assert_eq!(piped(&["token", "introspect", "-", "--json"], &line).json()["active"], true);
    assert!(piped(&["token", "refresh", "-", "--json"], refresh).json()["access_token"].is_string());
    assert_eq!(
        piped(&["token", "revoke", "-"], access).out,
        "Revoked, or unknown: the service does not accept this token.\n"
    );
    assert_eq!(piped(&["token", "revoke", "-", "--json"], access).out.trim(), "{}");
    assert_eq!(piped(&["token", "introspect", "-", "--json"], &line).json()["active"], false);
    piped(&["token", "redeem", "-", "--redirect-uri", "https://a.example", "--institution", "1"], "x")
        .fails("answered 4");
    let admin = |arguments: &[&str], text: &str| typed(place.command(arguments), text.as_bytes());
    assert_eq!(admin(&["grant", "show", "-", "--json"], refresh).json()["client_id"], key["client_id"]);
    assert_eq!(admin(&["grant", "revoke", "-", "--json"], refresh).json()["revoked"], 1);
    // A secret may begin with a hyphen, and an option goes before the environment.
    assert_eq!(place.client(&key, &["sign", "https://auth.example/", "--secret", "-x"]).code, 0);
    let url = "https://auth.example/oauth2/accessToken?a=1";
    let sign = ["sign", url, "--timestamp", "1", "--nonce", "1"];
    let signed = piped(&[&sign[..], &["--secret", "-"]].concat(), key["secret"].as_str().unwrap());
    assert_eq!(signed.out, place.client(&key, &sign).out);
    let explained = piped(&["explain", "--url", url, "--header", signed.out.trim(), "--secret", "-"], "another");
    explained.fails("the signature does not match");
    let import = ["client", "import", "--client-id", "old", "--name", "Old", "--secret", "-", "--json"];
    let allowed = ["--grant-type", "client_credentials", "--scope", "WMS_NCIP", "--institution", "1"];
    admin(&[&import[..], &allowed].concat(), "a secret of twenty-four\n").json();
    for (arguments, text, reason) in [
        (&["token", "show", "-"][..], "", "the first line of standard input is empty"),
        (&["token", "refresh", "-", "--secret", "-"], "a\nb\n", "only one argument can be read from standard input"),
    ] {
        piped(arguments, text).fails(reason);
    }
}

#[test]
fn a_command_whose_reader_has_ended_ends_in_silence() {
    let place = Place::new();
    let key = place.create();
    let operator =
        [&["client", "list"][..], &["client", "list", "--json"], &["client", "show", "demo"], &["grant", "list"]];
    let commands = operator.map(|arguments| place.command(arguments)).into_iter();
    let client = [
        &["sign", "https://auth.example/"][..],
        &["token", "show", "tk_wWKO8YwUhfyGKE9c4WyFjLSoUcbgzLvYTVWdOwfkjXaYcdhX"],
        &GET,
        &["completions", "bash"],
        &["man"],
    ];
    for mut command in commands.chain(client.map(|arguments| place.client_command(&key, arguments))) {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let done = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let error = String::from_utf8(done.stderr).unwrap();
        let error = error.trim_start_matches("latchkey: reading the whole table\n");
        assert_eq!((done.status.code(), error), (Some(141), ""), "{command:?}");
    }
    // The reader of errors may have ended, too.
    for arguments in [&["client", "show", "nobody"][..], &["grant", "list"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let code = place.command(arguments).stderr(writer).output().unwrap().status.code().unwrap();
        assert!(code < 2, "{arguments:?}: {code}");
    }
}
