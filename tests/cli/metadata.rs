//! `latchkey scope publish`: what a deployment is told, and whether its metadata document says it.

use std::process::Command;

use serde_json::{Value, json};

use crate::device::server;
use crate::place::{Done, Place, run};
use crate::running::Running;

fn published(place: &Place, more: &[&str]) -> Value {
    place.admin(&[&["scope", "publish", "--json"], more].concat()).json()
}

#[test]
fn the_list_of_described_scopes_is_what_the_metadata_document_names_once_it_is_set_and_a_stale_one_is_said() {
    let place = Place::new();
    let url = place.server.url.clone();
    let list = published(&place, &[]);
    assert_eq!(list["scopes_supported"], "WMS_ACQ WMS_NCIP refresh_token");
    assert_eq!(list["sam"], r#"--parameter-overrides 'ScopesSupported="WMS_ACQ WMS_NCIP refresh_token"'"#);
    assert_eq!(list["terraform"], r#"scopes_supported = "WMS_ACQ WMS_NCIP refresh_token""#);
    assert_eq!((&list["published"], &list["stale"]), (&Value::Null, &Value::Null), "no deployment was asked");
    // The server was told of no list.
    let stale = place.admin(&["scope", "publish", "--url", &url]);
    assert_eq!(stale.code, 0, "{}", stale.err);
    assert!(stale.err.contains("stale. It lacks WMS_ACQ WMS_NCIP refresh_token. Deploy"), "{}", stale.err);
    // It is told, as the command says and as a shell reads it.
    let environment = list["environment"].as_str().unwrap();
    let script = format!("{environment}; printf %s \"$LATCHKEY_SCOPES_SUPPORTED\"");
    let told = Done::of(Command::new("sh").args(["-c", &script]).output().unwrap()).out;
    let Place { server, folder } = place;
    server.end("-INT");
    let server = Running::start_with(folder.path(), &[], &[("LATCHKEY_SCOPES_SUPPORTED", &told)]);
    let place = Place { server, folder };
    let url = place.server.url.clone();
    let fresh = published(&place, &["--url", &url]);
    assert_eq!((&fresh["published"], &fresh["stale"]), (&json!("WMS_ACQ WMS_NCIP refresh_token"), &json!(false)));
    assert_eq!(place.admin(&["scope", "publish", "--url", &url]).err, "");
    place.admin(&["scope", "describe", "A", "--name", "Orders"]);
    place.admin(&["scope", "remove", "WMS_NCIP"]);
    let stale = place.admin(&["scope", "publish", "--url", &url]);
    assert!(stale.err.contains("It lacks A. It still has WMS_NCIP."), "{}", stale.err);
    assert_eq!(published(&place, &["--url", &url])["stale"], true);
    // Nothing to tell is nothing to set.
    for scope in ["A", "WMS_ACQ"] {
        place.admin(&["scope", "remove", scope]);
    }
    assert_eq!(published(&place, &[])["sam"], r#"--parameter-overrides 'ScopesSupported=""'"#);
}

#[test]
fn a_terminal_acts_on_no_scope_of_a_document() {
    let place = Place::new();
    let document = r#"{"issuer":"https://auth.example","scopes_supported":["A\u001b[2J\u202e"]}"#;
    let (url, serving) = server(vec![(200, document.to_owned())]);
    let stale = place.admin(&["scope", "publish", "--url", &url]);
    serving.join().unwrap();
    assert!(stale.err.contains(r"It still has A\u{1b}[2J\u{202e}."), "{}", stale.err);
    assert!(!format!("{}{}", stale.out, stale.err).contains(['\u{1b}', '\u{202e}']), "{:?}", stale.err);
}

#[test]
fn a_list_that_no_deployment_takes_and_a_url_that_is_not_the_services_are_refused() {
    let place = Place::new();
    for (url, reason) in [
        ("http://auth.example", "would send tokens unencrypted"),
        ("http://127.0.0.1:9", "the server cannot be reached"),
        (&format!("{}/oauth2", place.server.url), "has status 404 and is no metadata document"),
    ] {
        place.admin(&["scope", "publish", "--url", url]).fails(reason);
    }
    for number in 0..4 {
        let scope = format!("{number}{}", "a".repeat(400));
        assert_eq!(place.admin(&["scope", "describe", &scope, "--name", "Orders"]).code, 0);
    }
    place.admin(&["scope", "publish"]).fails("a deployment takes 1500");
    for odd in ["A  B", "A A", " A", "A ", "A\tB", "A \"", &"A".repeat(1501)] {
        let failed = run(place.folder.path(), &[("LATCHKEY_SCOPES_SUPPORTED", odd)], &["--port", "0", "--memory"]);
        failed.fails("LATCHKEY_SCOPES_SUPPORTED must be scopes with one blank between them, each once, of at most 1500 bytes in all");
    }
    let http = [("LATCHKEY_SERVICE_DOCUMENTATION", "http://docs.example")];
    run(place.folder.path(), &http, &["--port", "0", "--memory"])
        .fails("LATCHKEY_SERVICE_DOCUMENTATION must be an https URL");
}
