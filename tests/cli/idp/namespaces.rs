//! The namespaces of providers: no user with a password may have one, and no two providers have the same.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::provider::Provider;
use super::{SECRET, typed};
use crate::place::{Done, Place, command};
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
    let declared = place.folder.path().join("users.toml");
    let user = format!(
        "[[users]]\ninstitution_id = \"128807\"\nusername = \"dave\"\nprincipal_id = \"d\"\nprincipal_idns = \"{IDNS}\"\n"
    );
    std::fs::write(&declared, user).unwrap();
    let applied = place.admin(&["apply", declared.to_str().unwrap(), "--yes"]);
    applied.fails("users[0].principal_idns: the principal's namespace is that of the provider of institution 128807");
    let users = place.admin(&["user", "list", "--institution", "128807", "--json"]).json();
    let names: Vec<_> = users.as_array().unwrap().iter().map(|user| user["username"].clone()).collect();
    assert_eq!(names, ["carol", "demo"]);
    // Once the provider is gone, the namespace is free.
    place.idp("remove", &["--yes"]);
    assert_eq!(add(&place, "128807", "alice", IDNS).code, 0);
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
    let set = ["institution", "idp", "set", "91475", "--issuer", &other.url, "--client-id", "a", "--secret", "-"];
    let set = |namespace: &str| typed(&place, &[&set[..], &["--namespace", namespace]].concat(), SECRET);
    set("urn:demo:mine").fails("--namespace: the provider of institution 128807 has this namespace");
    // No user has the institution's own yet, and none gets it from then on.
    assert_eq!(set("urn:latchkey:91475").code, 0);
    let bob = ["user", "add", "--institution", "91475", "bob"];
    let refused = typed(&place, &bob, "moss under the pier");
    refused.fails("the principal's namespace is that of the provider of institution 91475");
    assert_eq!(add(&place, "91475", "bob", "urn:demo:passwords").code, 0);
}
