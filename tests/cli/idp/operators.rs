//! Operators at once, a command that is killed, a rotated key, and an item that another program wrote to.

use std::io::Write;
use std::process::{Child, Stdio};

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_cli::local::tables;
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_dynamodb::store::{Registered as Left, Store, Usage};
use latchkey_oauth::provider::Provider as Registered;
use serde_json::json;

use super::provider::{KEYS, Provider};
use super::{SECRET, typed};
use crate::place::{Done, Place};

/// The command that registers a provider, under way.
fn setting(place: &Place, provider: &Provider, more: &[&str]) -> Child {
    let set = ["institution", "idp", "set", "128807", "--issuer", &provider.url, "--client-id", "latchkey"];
    let mut command = place.command(&[&set[..], &["--secret", "-", "--json"], more].concat());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{SECRET}").unwrap();
    child
}

#[test]
fn of_two_operators_at_once_the_second_is_told_and_changes_nothing() {
    let (place, provider) = (Place::new(), Provider::new());
    place.set(&provider, &[]).json();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = Store::new(dynamodb_at(&place.server.dynamodb_url), tables());
    let read = || runtime.block_on(store.provider("128807", &mut Usage::default())).unwrap();
    let registered = read().unwrap().into_inner();
    // While the command waits for the provider, another operator changes, removes and registers one.
    let meanwhile = |change: &dyn Fn()| {
        let (hears, lets) = provider.hold(KEYS);
        let ours = setting(&place, &provider, &[]);
        hears.recv().unwrap();
        change();
        let theirs = read().map(|provider| (provider.only, provider.revision));
        lets.send(()).unwrap();
        Done::of(ours.wait_with_output().unwrap()).fails("another operator changed it at the same time");
        assert_eq!(read().map(|provider| (provider.only, provider.revision)), theirs);
    };
    meanwhile(&|| {
        let theirs = Registered { only: true, ..registered.clone() };
        let put = runtime.block_on(store.put_provider(theirs, read().as_ref(), &mut Usage::default()));
        assert!(put.unwrap().is_made());
    });
    meanwhile(&|| {
        let gone = runtime.block_on(store.remove_provider("128807", &read().unwrap(), 0, &mut Usage::default()));
        assert!(gone.unwrap().is_made());
    });
    // One that is registered after it, while a command waits that read what the one before left behind.
    meanwhile(&|| {
        let left = runtime.block_on(store.registered_provider("128807", &mut Usage::default())).unwrap();
        let Some(Left::Removed(left)) = left else { panic!("nothing is left behind") };
        let theirs = Registered { only: true, ..registered.clone() };
        let put = runtime.block_on(store.put_provider_after(theirs, &left, &mut Usage::default()));
        assert!(put.unwrap().is_made());
    });
}

#[test]
fn a_command_that_is_killed_leaves_what_was_there() {
    let (place, provider) = (Place::new(), Provider::new());
    for is_there in [false, true] {
        let before = place.idp("show", &["--json"]);
        assert_eq!(before.code == 0, is_there);
        let records = place.records(&[]).len();
        let (hears, lets) = provider.hold(KEYS);
        let mut killed = setting(&place, &provider, &[]);
        hears.recv().unwrap();
        killed.kill().unwrap();
        killed.wait().unwrap();
        lets.send(()).unwrap();
        assert_eq!((place.idp("show", &["--json"]).out, place.records(&[]).len()), (before.out, records));
        place.set(&provider, &[]).json();
    }
}

#[test]
fn a_rotated_key_seals_the_secrets_of_providers_anew() {
    let (place, provider) = (Place::new(), Provider::new());
    let reseal = || place.admin(&["institution", "idp", "reseal", "--json"]);
    let sealed_by = || place.idp("show", &["--json"]).json()["secret_sealed_by"].clone();
    place.set(&provider, &[]).json();
    assert_eq!(reseal().json(), json!({ "resealed": 0, "failed": 0 }));
    let before = sealed_by();
    let file = place.folder.path().join(".latchkey/sealing.key");
    let kept = std::fs::read_to_string(&file).unwrap();
    let new = format!("new:{}=\n", "A".repeat(43));
    std::fs::write(&file, format!("{new}{kept}")).unwrap();
    let users = place.admin(&["user", "totp", "reseal", "--json"]);
    assert!(
        users.err.contains("the secrets of the providers of institutions 128807: run latchkey institution idp reseal"),
        "{}",
        users.err
    );
    users.json();
    assert_eq!(sealed_by(), before);
    assert_eq!(reseal().json(), json!({ "resealed": 1, "failed": 0 }));
    assert_eq!((sealed_by(), place.provider_secret()), (json!("pages/new"), SECRET.to_owned()));
    assert!(!place.admin(&["user", "totp", "reseal"]).err.contains("warning"), "nothing is left to do");
    let records = place.records(&["--what", "institution idp reseal"]);
    let told: Vec<_> = records
        .iter()
        .map(|record| (&record["step"], &record["institution_id"], record["changes"][0]["attribute"].as_str()))
        .collect();
    let (none, begun, done) = (json!(null), json!("begun"), json!("done"));
    let change = (&none, &json!("128807"), Some("client_secret"));
    assert_eq!(
        told,
        [(&done, &none, None), change, (&begun, &none, None), (&done, &none, None), (&begun, &none, None)]
    );
    // A key that is lost.
    std::fs::write(&file, &kept).unwrap();
    let lost = reseal();
    assert!(lost.err.contains("provider of institution 128807: no sealing key has the name"), "{}", lost.err);
    lost.fails("latchkey institution idp set ID --secret -");
    typed(&place, &["institution", "idp", "set", "128807", "--secret", "-"], SECRET);
    assert_eq!((sealed_by(), place.provider_secret()), (before, SECRET.to_owned()));
}

#[test]
fn a_damaged_provider_is_named_and_hinders_no_other_institution() {
    let (place, provider, other) = (Place::new(), Provider::new(), Provider::new());
    place.set(&provider, &[]).json();
    let set = ["institution", "idp", "set", "91475", "--issuer", &other.url, "--client-id", "a", "--secret", "-"];
    assert_eq!(typed(&place, &set, SECRET).code, 0);
    let key = [("institution_id", "#"), ("username", "provider#128807")];
    place.write_value("latchkey-users", &key, "issuer", AttributeValue::Bool(true));
    let named = "latchkey-users institution_id=\"#\" username=\"provider#128807\" cannot be read";
    for command in ["show", "test", "refresh"] {
        place.idp(command, &[]).fails(named);
        place.idp(command, &[]).fails("or remove it: latchkey institution idp remove 128807");
    }
    place.idp("set", &["--only"]).fails(named);
    let listed = place.admin(&["institution", "list"]);
    listed.fails(named);
    assert!(listed.out.contains("Demo Library") && listed.out.contains("provider or password"), "{}", listed.out);
    assert_eq!(place.admin(&["institution", "idp", "refresh", "91475"]).code, 0);
    assert_eq!(place.admin(&["institution", "idp", "set", "91475", "--only"]).code, 0);
    let add = |institution: &str, name: &str, more: &[&str]| {
        typed(&place, &[&["user", "add", "--institution", institution, name], more].concat(), "moss under the pier")
    };
    add("128807", "alice", &[]).fails(named);
    // The one of another institution hinders only a namespace that it could have.
    assert_eq!(add("91475", "alice", &[]).code, 0);
    add("91475", "bob", &["--principal-id", "b", "--principal-idns", "urn:demo:b"]).fails(named);
    place.admin(&["institution", "remove", "128807", "--yes"]).fails(named);
    // A removal mends it. What could be read of it is kept for the next one.
    place.idp("remove", &[]).fails("the provider, which cannot be read, of institution 128807");
    assert_eq!(place.idp("remove", &["--yes", "--json"]).json(), json!({ "institution_id": "128807" }));
    assert_eq!(place.admin(&["institution", "list"]).code, 0);
    assert_eq!(add("128807", "alice", &[]).code, 0);
    place.set(&provider, &[]).fails("repeat the namespace urn:latchkey:128807:provider");
    assert_eq!(place.set(&provider, &["--namespace", "urn:latchkey:128807:provider"]).code, 0);
    // Of this one the namespace cannot be read, and another program counts no changes.
    place.write_value("latchkey-users", &key, "namespace", AttributeValue::Null(true));
    place.write_value("latchkey-users", &key, "revision", AttributeValue::Null(true));
    assert_eq!(place.idp("remove", &["--yes"]).code, 0);
    place.set(&provider, &[]).fails("a provider that could not be read");
    assert_eq!(place.set(&provider, &["--namespace", "urn:demo:new"]).code, 0);
    // Of what its providers had before a part cannot be read, then of one that was removed nothing.
    let part = vec![AttributeValue::S("urn:demo:kept".to_owned()), AttributeValue::Null(true)];
    for (name, written) in [("carol", AttributeValue::L(part)), ("dave", AttributeValue::Null(true))] {
        let own = ["--principal-id", name, "--principal-idns", "urn:demo:c"];
        place.write_value("latchkey-users", &key, "former_namespaces", written);
        add("91475", name, &own).fails(named);
        place.set(&provider, &["--namespace", "urn:demo:new"]).fails(named);
        for (command, more) in [("show", &[][..]), ("release", &["--namespace", "urn:demo:c", "--yes"])] {
            place.idp(command, more).fails(named);
            place.idp(command, more).fails("or remove it: latchkey institution idp remove 128807");
        }
        place.idp("remove", &[]).fails("those that cannot be read are released now");
        let kept = ["--principal-id", name, "--principal-idns", "urn:demo:kept"];
        assert_eq!(place.idp("remove", &["--yes"]).code, 0);
        if name == "carol" {
            add("91475", name, &kept).fails("is one that a provider of institution 128807 had before");
        }
        assert_eq!(add("91475", name, &own).code, 0);
    }
}

/// While the provider answers, another command gives the namespace to a user.
#[test]
fn a_namespace_that_a_user_got_meanwhile_is_said_with_what_ends_it() {
    let (place, provider) = (Place::new(), Provider::new());
    let (hears, lets) = provider.hold(KEYS);
    let ours = setting(&place, &provider, &["--namespace", "urn:demo:eppn"]);
    hears.recv().unwrap();
    let user = ["user", "add", "--institution", "91475", "alice", "--principal-id", "a", "--principal-idns"];
    assert_eq!(typed(&place, &[&user[..], &["urn:demo:eppn"]].concat(), "moss under the pier").code, 0);
    lets.send(()).unwrap();
    let done = Done::of(ours.wait_with_output().unwrap());
    done.fails("the provider is stored, and its namespace is no longer its own");
    done.fails("user alice of institution 91475 has this namespace");
    done.fails("latchkey institution idp remove 128807");
    place.idp("remove", &["--yes"]);
}
