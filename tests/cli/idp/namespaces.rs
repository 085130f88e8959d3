//! The namespaces of providers: no user with a password may have one, and no two providers have the same.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use latchkey_cli::local::tables;
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::provider::Provider as Registered;
use serde_json::json;

use super::provider::Provider;
use super::{SECRET, typed};
use crate::place::{Done, Place, command};
use crate::terminal::at_terminal_when;
use crate::users::fed;

const IDNS: &str = "urn:demo:eppn";

/// Adds a user with a principal.
fn add(place: &Place, institution: &str, name: &str, idns: &str) -> Done {
    let user = ["user", "add", "--institution", institution, name, "--principal-id", name, "--principal-idns", idns];
    typed(place, &user, "moss under the pier")
}

impl Place {
    /// A command whose first look for the namespaces of providers finds none. Before the command hears of it, another operator
    /// registers a provider with a namespace.
    fn late(&self, provider: &Provider, arguments: &[&str]) -> Command {
        let set = ["institution", "idp", "set", "128807", "--issuer", &provider.url, "--client-id", "latchkey"];
        let sets = self.beside(&[&set[..], &["--secret", SECRET, "--namespace", IDNS]].concat());
        let looks = AtomicUsize::new(0);
        let asks = move |head: &str, body: &str| {
            let is_look = head.contains("dynamodb_20120810.query") && body.contains("begins_with(username, :provider)");
            Some(is_look && looks.fetch_add(1, SeqCst) == 0)
        };
        let tells = move |is_first: bool| {
            if is_first {
                sets();
            }
            true
        };
        let port = self.wire(asks, tells);
        command(self.folder.path(), &[], &[arguments, &["--local", "--dynamodb-port", &port]].concat())
    }
}

#[test]
fn who_is_added_while_a_provider_gets_the_namespace_is_refused() {
    let (place, provider) = (Place::new(), Provider::new());
    let add = ["user", "add", "--institution", "91475", "alice", "--principal-id", "a", "--principal-idns", IDNS];
    let added = fed(place.late(&provider, &add), "moss under the pier");
    added.fails("the principal's namespace is that of the provider of institution 128807");
    place.admin(&["user", "show", "--institution", "91475", "alice"]).fails("has no such user");
    assert_eq!(place.idp("show", &["--json"]).json()["namespace"], IDNS);
}

#[test]
fn who_is_imported_while_a_provider_gets_the_namespace_is_refused_and_the_others_are_added() {
    let (place, provider) = (Place::new(), Provider::new());
    let file = format!(
        "username,password,principal_id,principal_idns\nbob,moss under the pier,b,{IDNS}\ncarol,moss under the pier,,\n\
         dave,moss under the pier,d,urn:demo:other\n"
    );
    let imported = fed(place.late(&provider, &["user", "import", "-", "--institution", "91475"]), &file);
    assert!(imported.out.contains("that of the provider of institution 128807"), "{}{}", imported.out, imported.err);
    assert!(imported.err.contains("2 added, 0 changed, 0 unchanged, 1 refused"), "{}", imported.err);
    let users = place.admin(&["user", "list", "--institution", "91475", "--json"]).json();
    let names: Vec<_> = users.as_array().unwrap().iter().map(|user| user["username"].clone()).collect();
    assert_eq!(names, ["carol", "dave"]);
    assert_eq!(place.idp("show", &["--json"]).json()["namespace"], IDNS);
}

/// Registers a provider of another institution.
fn set_other(place: &Place, other: &Provider, namespace: &str) -> Done {
    let set = ["institution", "idp", "set", "91475", "--issuer", &other.url, "--client-id", "a", "--secret", "-"];
    typed(place, &[&set[..], &["--namespace", namespace]].concat(), SECRET)
}

/// Imports a user with a principal.
fn import(place: &Place, name: &str, idns: &str) -> Done {
    let file = format!("username,password,principal_id,principal_idns\n{name},moss under the pier,{name},{idns}\n");
    typed(place, &["user", "import", "-", "--institution", "128807"], &file)
}

/// A declared file with a user who has a principal.
fn declared(place: &Place, name: &str, idns: &str) -> String {
    let file = place.folder.path().join("users.toml");
    let user = format!(
        "[[users]]\ninstitution_id = \"128807\"\nusername = \"{name}\"\nprincipal_id = \"{name}\"\nprincipal_idns = \"{idns}\"\n"
    );
    std::fs::write(&file, user).unwrap();
    file.to_str().unwrap().to_owned()
}

fn apply(place: &Place, name: &str, idns: &str) -> Done {
    place.admin(&["apply", &declared(place, name, idns), "--yes"])
}

#[test]
fn a_user_with_a_password_gets_no_namespace_of_a_provider() {
    let (place, provider) = (Place::new(), Provider::new());
    place.set(&provider, &["--namespace", IDNS]).json();
    for institution in ["128807", "91475"] {
        add(&place, institution, "alice", IDNS)
            .fails("the principal's namespace is that of the provider of institution 128807");
    }
    // That of a provider without the option is reserved.
    add(&place, "128807", "alice", "urn:latchkey:128807:provider").fails("reserved for users of another institution");
    let file = format!(
        "username,password,principal_id,principal_idns\nbob,moss under the pier,b,{IDNS}\ncarol,moss under the pier,,\n"
    );
    let imported = typed(&place, &["user", "import", "-", "--institution", "128807"], &file);
    assert!(imported.out.contains("that of the provider of institution 128807"), "{}{}", imported.out, imported.err);
    apply(&place, "dave", IDNS)
        .fails("users[0].principal_idns: the principal's namespace is that of the provider of institution 128807");
    let users = place.admin(&["user", "list", "--institution", "128807", "--json"]).json();
    let names: Vec<_> = users.as_array().unwrap().iter().map(|user| user["username"].clone()).collect();
    assert_eq!(names, ["carol", "demo"]);
}

/// Its users may have grants, which a user with the same principal would get.
#[test]
fn a_former_namespace_is_for_no_others_until_an_operator_releases_it() {
    let (place, provider, other) = (Place::new(), Provider::new(), Provider::new());
    let taken = |namespace: &str| {
        let release = format!("latchkey institution idp release 128807 --namespace {namespace}");
        let refused = set_other(&place, &other, namespace);
        refused.fails(
            "--namespace: a provider of institution 128807 had this namespace before: its users may have grants",
        );
        refused.fails(&release);
        let said = "the principal's namespace is one that a provider of institution 128807 had before";
        for institution in ["128807", "91475"] {
            add(&place, institution, "alice", namespace).fails(said);
            add(&place, institution, "alice", namespace).fails(&release);
        }
        let imported = import(&place, "bob", namespace);
        assert!(imported.code != 0 && imported.out.contains(said), "{}{}", imported.out, imported.err);
        apply(&place, "dave", namespace).fails(&format!("users[0].principal_idns: {said}"));
    };
    let new = "urn:demo:new";
    place.set(&provider, &["--namespace", IDNS]).json();
    // Another one, none, and the same again, which says what that means.
    assert_eq!(place.idp("set", &["--namespace", new]).code, 0);
    taken(IDNS);
    place.idp("remove", &["--yes"]);
    taken(IDNS);
    taken(new);
    let again = place.set(&provider, &["--namespace", IDNS]);
    assert!(
        again.err.contains("warning: a provider of this institution had the namespace urn:demo:eppn"),
        "{}",
        again.err
    );
    again.json();
    taken(new);
    add(&place, "91475", "alice", IDNS).fails("is that of the provider of institution 128807");
    // It asks, of a namespace that no provider has now.
    let release = |namespace: &str, more: &[&str]| place.idp("release", &[&["--namespace", namespace], more].concat());
    release(IDNS, &["--yes"])
        .fails("had this namespace before; former namespaces that are kept from others: urn:demo:new");
    assert_eq!(place.idp("show", &["--json"]).json()["former_namespaces"], json!([new]));
    let asked = release(new, &[]);
    for words in
        ["with that user's grants", "latchkey grant revoke --institution 128807", "nothing is done yet: add --yes"]
    {
        asked.fails(words);
    }
    taken(new);
    let released = release(new, &["--yes", "--json"]).json();
    assert_eq!(released, json!({ "institution_id": "128807", "namespace": new }));
    assert_eq!(add(&place, "91475", "alice", new).code, 0);
    release(new, &["--yes"]).fails("institution 128807 has no former namespace that is kept from others");
    assert!(place.idp("show", &["--json"]).json().get("former_namespaces").is_none());
    // The same of a provider that was removed: the next one of the institution is asked as before.
    let removed = place.idp("remove", &["--yes"]).err;
    assert!(
        removed.contains(&format!("before latchkey institution idp release 128807 --namespace {IDNS}")),
        "{removed}"
    );
    place.idp("show", &[]).fails(&format!("former namespaces that are kept from others: {IDNS}"));
    assert_eq!(release(IDNS, &["--yes"]).code, 0);
    assert!(!place.idp("show", &[]).err.contains("former namespaces"));
    assert_eq!(set_other(&place, &other, IDNS).code, 0);
    place.set(&provider, &["--claim", "eduperson_principal_name"]).fails("repeat the namespace urn:demo:eppn");
    place.set(&provider, &[]).fails("--namespace: the provider of institution 91475 has this namespace");
}

/// A random id is none that a user of a former provider had, so an institution that goes back to passwords needs no release.
#[test]
fn a_user_without_a_named_principal_may_have_the_institutions_own_former_namespace() {
    let (place, provider) = (Place::new(), Provider::new());
    assert_eq!(place.admin(&["user", "delete", "--institution", "128807", "demo", "--yes", "--wait", "0"]).code, 0);
    let own = "urn:latchkey:128807";
    place.set(&provider, &["--namespace", own]).json();
    let user = ["user", "add", "--institution", "128807", "alice"];
    let refused = typed(&place, &user, "moss under the pier");
    refused.fails("the principal's namespace is that of the provider of institution 128807");
    place.idp("remove", &["--yes"]);
    add(&place, "128807", "alice", own).fails("is one that a provider of institution 128807 had before");
    assert_eq!(typed(&place, &user, "moss under the pier").code, 0);
}

/// A provider that is registered, moved to a namespace: as another operator does while a command runs.
fn moving(place: &Place, institution: &'static str, namespace: &'static str) -> impl FnOnce() + Send + use<> {
    let url = place.server.dynamodb_url.clone();
    move || {
        let move_it = async move {
            let store = Store::new(dynamodb_at(&url), tables());
            let read = store.provider(institution, &mut Usage::default()).await.unwrap().unwrap();
            let moved = Registered { namespace: namespace.to_owned(), ..read.clone().into_inner() };
            assert!(store.put_provider(moved, Some(&read), &mut Usage::default()).await.unwrap().is_made());
        };
        std::thread::spawn(|| tokio::runtime::Runtime::new().unwrap().block_on(move_it)).join().unwrap();
    }
}

#[test]
fn apply_looks_once_more_who_has_a_namespace_before_it_adds_a_user() {
    let (place, other) = (Place::new(), Provider::new());
    assert_eq!(set_other(&place, &other, "urn:demo:other").code, 0);
    let command = place.command(&["apply", &declared(&place, "dave", IDNS)]);
    let done = at_terminal_when(command, "Go on? [y/N] ", moving(&place, "91475", IDNS), "y\n");
    done.fails("the principal's namespace is that of the provider of institution 91475");
    place.admin(&["user", "show", "--institution", "128807", "dave"]).fails("has no such user");
}

/// A way to the server's engine on which something happens right before the first write.
fn before_the_write(place: &Place, meanwhile: impl FnOnce() + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let engine = format!("127.0.0.1:{}", place.server.dynamodb_port);
    let meanwhile = Arc::new(Mutex::new(Some(meanwhile)));
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut engine) = (client.unwrap(), TcpStream::connect(&engine).unwrap());
            let (mut back, mut answers) = (client.try_clone().unwrap(), engine.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut answers, &mut back));
            let meanwhile = meanwhile.clone();
            std::thread::spawn(move || {
                let mut buffer = [0; 65536];
                while let Ok(length @ 1..) = client.read(&mut buffer) {
                    let sent = &buffer[..length];
                    if sent.windows(18).any(|part| part == b"TransactWriteItems")
                        && let Some(meanwhile) = meanwhile.lock().unwrap().take()
                    {
                        meanwhile();
                    }
                    if engine.write_all(sent).is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

#[test]
fn a_namespace_that_a_provider_gets_right_before_the_write_is_said_with_what_ends_it() {
    let (place, other) = (Place::new(), Provider::new());
    let file = declared(&place, "dave", IDNS);
    let named = ["--principal-id", "a", "--principal-idns", IDNS];
    let add = ["user", "add", "--institution", "128807", "alice"];
    for (name, arguments, idns) in [
        ("alice", [&add[..], &named].concat(), IDNS),
        ("dave", vec!["apply", &file, "--yes"], IDNS),
        // A provider could name a random id, too.
        ("alice", add.to_vec(), "urn:latchkey:128807"),
    ] {
        assert_eq!(set_other(&place, &other, "urn:demo:other").code, 0);
        let released = ["institution", "idp", "release", "91475", "--yes", "--namespace", IDNS];
        place.admin(&released);
        let port = before_the_write(&place, moving(&place, "91475", idns));
        let at = ["--local", "--dynamodb-port", &port];
        let mut command = command(place.folder.path(), &[], &[&arguments[..], &at].concat());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"moss under the pier").unwrap();
        let done = Done::of(child.wait_with_output().unwrap());
        done.fails("the user is added, and its namespace is no longer its own: the principal's namespace is that of the provider");
        done.fails(&format!("end it now: latchkey user delete --institution 128807 {name}"));
        let delete = ["user", "delete", "--institution", "128807", name, "--yes", "--wait", "0"];
        assert_eq!(place.admin(&delete).code, 0);
    }
}

#[test]
fn a_provider_gets_no_namespace_that_users_or_another_provider_have() {
    let (place, provider, other) = (Place::new(), Provider::new(), Provider::new());
    assert_eq!(add(&place, "91475", "alice", IDNS).code, 0);
    for (namespace, said) in [
        (IDNS, "--namespace: user alice of institution 91475 has this namespace"),
        ("urn:latchkey:128807", "--namespace: user demo of institution 128807 has this namespace"),
        ("urn:latchkey:91475", "the namespace urn:latchkey:91475 is another institution's"),
        ("urn:latchkey:91475:provider", "is another institution's; the provider of this institution may have"),
        ("*", "it must be one namespace"),
        (" urn:x", "without blanks at its ends"),
        ("urn:\u{202e}x", "every character of it must be seen"),
    ] {
        place.set(&provider, &["--namespace", namespace]).fails(said);
    }
    assert!(provider.asked().is_empty(), "no such provider is asked");
    place.set(&provider, &["--namespace", "urn:demo:mine"]).json();
    let set = |namespace: &str| set_other(&place, &other, namespace);
    set("urn:demo:mine").fails("--namespace: the provider of institution 128807 has this namespace");
    // No user has the institution's own yet, and none gets it from then on.
    assert_eq!(set("urn:latchkey:91475").code, 0);
    let bob = ["user", "add", "--institution", "91475", "bob"];
    let refused = typed(&place, &bob, "moss under the pier");
    refused.fails("the principal's namespace is that of the provider of institution 91475");
    assert_eq!(add(&place, "91475", "bob", "urn:demo:passwords").code, 0);
}
