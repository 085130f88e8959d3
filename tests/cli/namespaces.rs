//! Which users a client may name: what a new client gets, and how a stored one is closed.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_cli::local::tables;
use latchkey_dynamodb::aws::dynamodb_at;
use serde_json::{Value, json};

use crate::place::{Done, Place};
use crate::users::typed;

impl Place {
    fn register(&self, more: &[&str]) -> Done {
        let create = ["client", "create", "--json", "--name", "App", "--grant-type", "client_credentials"];
        self.admin(&[&create[..], &["--scope", "WMS_NCIP"], more].concat())
    }

    fn update(&self, id: &str, more: &[&str]) -> Done {
        self.admin(&[&["client", "update", id, "--json"], more].concat())
    }

    fn name(&self, key: &Value, id: &str, idns: &str) -> Done {
        let get = ["token", "get", "--json", "--scope", "WMS_NCIP", "--institution", "91475"];
        self.client(key, &[&get[..], &["--principal-id", id, "--principal-idns", idns]].concat())
    }

    fn open(&self) -> Vec<String> {
        let list = self.admin(&["client", "list", "--open-namespaces", "--json"]).json();
        list.as_array().unwrap().iter().map(|client| client["client_id"].as_str().unwrap().to_owned()).collect()
    }
}

const NAMES: [&str; 2] = ["--names-principal", "true"];

#[test]
fn a_new_client_names_the_users_of_its_institutions_under_its_signature_and_no_others() {
    let place = Place::new();
    let key = place.register(&[&["--institution", "91475"], &NAMES[..]].concat()).json();
    let id = key["client_id"].as_str().unwrap();
    let shown = place.shown(id);
    assert_eq!(shown["namespaces"], json!(["urn:latchkey:91475"]));
    assert_eq!(shown["signed_principal_required"], true);
    assert_eq!(place.name(&key, "alice", "urn:latchkey:91475").json()["principalID"], "alice");
    for foreign in ["urn:latchkey:128807", "urn:oclc:wms:da"] {
        let refused = place.name(&key, "alice", foreign);
        assert!(
            refused.code != 0 && refused.out.contains("not registered to name users of the namespace"),
            "{}",
            refused.out
        );
    }
    place.update(id, &["--add-namespace", "urn:oclc:wms:da", "--signed-principal-required", "false"]).json();
    assert_eq!(place.name(&key, "alice", "urn:oclc:wms:da").json()["principalIDNS"], "urn:oclc:wms:da");
    let removed = place.update(id, &["--remove-namespace", "urn:latchkey:91475"]);
    assert!(removed.err.contains("removed namespace urn:latchkey:91475"), "{}", removed.err);
    let view = removed.json();
    assert_eq!((&view["namespaces"], &view["signed_principal_required"]), (&json!(["urn:oclc:wms:da"]), &json!(false)));
    place.update(id, &["--remove-namespace", "urn:oclc:wms:da"]).fails("--namespace is missing");
    place.update(id, &["--remove-namespace", "urn:x"]).fails("the client does not have urn:x");
    place.update(id, &["--namespace", "urn:x", "--add-namespace", "urn:y"]).fails("cannot be used with");
    for bad in ["", " urn:x", "a\nb"] {
        place.update(id, &["--namespace", bad]).fails("it must be one line");
    }
    assert!(place.open().is_empty(), "the demo client is new too");
}

#[test]
fn a_client_of_every_institution_has_to_be_told_which_namespaces() {
    let place = Place::new();
    let all = ["--institution", "*"];
    place
        .register(&[&all[..], &NAMES].concat())
        .fails("--namespace is missing: the client may name users, of no namespace");
    let named = place.register(&[&all[..], &NAMES, &["--namespace", "urn:x", "--namespace", "urn:y"]].concat()).json();
    assert_eq!(place.shown(named["client_id"].as_str().unwrap())["namespaces"], json!(["urn:x", "urn:y"]));
    let open = place.register(&[&all[..], &NAMES, &["--namespace", "*"]].concat()).json();
    let open = open["client_id"].as_str().unwrap();
    assert_eq!((place.open(), &place.shown(open)["namespaces"]), (vec![open.to_owned()], &json!(["*"])));
    // A client that names no users needs none, until it may.
    let mute = place.register(&all).json();
    let mute = mute["client_id"].as_str().unwrap();
    assert_eq!(place.shown(mute)["namespaces"], json!([]));
    place.update(mute, &NAMES).fails("--namespace is missing");
    assert_eq!(
        place.update(mute, &[&NAMES[..], &["--namespace", "urn:x"]].concat()).json()["namespaces"],
        json!(["urn:x"])
    );
    place.update(open, &["--add-namespace", "urn:x"]).fails("--namespace names those that it keeps");
    place.update(mute, &["--add-namespace", "*"]).fails("every namespace is --namespace '*'");
}

#[test]
fn an_institution_that_comes_or_goes_without_its_users_is_warned_of() {
    let place = Place::new();
    let key = place.register(&[&["--institution", "91475"], &NAMES[..]].concat()).json();
    let id = key["client_id"].as_str().unwrap();
    let added = place.update(id, &["--add-institution", "128807"]);
    assert!(added.err.contains("--add-namespace urn:latchkey:128807"), "{}", added.err);
    let both = place.update(id, &["--add-namespace", "urn:latchkey:128807"]);
    assert!(!both.err.contains("warning"), "{}", both.err);
    let gone = place.update(id, &["--remove-institution", "128807"]);
    assert!(gone.err.contains("--remove-namespace urn:latchkey:128807"), "{}", gone.err);
}

/// As a version before the attributes wrote it.
async fn of_before(place: &Place, id: &str, names_principal: bool) {
    dynamodb_at(&place.server.dynamodb_url)
        .update_item()
        .table_name("latchkey-clients")
        .key("client_id", AttributeValue::S(id.to_owned()))
        .update_expression("REMOVE namespaces, signed_principal_required SET names_principal = :names")
        .expression_attribute_values(":names", AttributeValue::Bool(names_principal))
        .send()
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_client_keeps_every_namespace_until_an_operator_closes_it() {
    let place = Place::new();
    let register = || place.register(&["--institution", "91475"]).json();
    let (names, mute) = (register(), register());
    let (id, mute_id) = (names["client_id"].as_str().unwrap(), mute["client_id"].as_str().unwrap());
    of_before(&place, id, true).await;
    of_before(&place, mute_id, false).await;
    let shown = place.shown(id);
    assert_eq!((&shown["namespaces"], &shown["signed_principal_required"]), (&json!(["*"]), &json!(false)));
    assert_eq!(place.open(), [id], "a client that names no users is not open");
    for idns in ["urn:oclc:wms:da", "urn:latchkey:128807"] {
        assert_eq!(place.name(&names, "alice", idns).json()["principalIDNS"], idns);
    }
    // A change of something else leaves it so.
    assert_eq!(place.update(id, &["--name", "Other"]).json()["namespaces"], json!(["*"]));
    let closed = place.update(id, &["--namespace", "urn:oclc:wms:da", "--signed-principal-required", "true"]);
    assert!(closed.err.contains("removed namespace *"), "{}", closed.err);
    assert_eq!((closed.json()["namespaces"].clone(), place.open()), (json!(["urn:oclc:wms:da"]), vec![]));
    assert_ne!(place.name(&names, "alice", "urn:latchkey:128807").code, 0);
    // It had no namespaces to keep.
    assert_eq!(place.update(mute_id, &NAMES).json()["namespaces"], json!(["urn:latchkey:91475"]));
}

#[test]
fn a_new_user_has_no_namespace_of_another_institution_and_no_principal_of_another_entry() {
    let place = Place::new();
    let add = |name: &str, institution: &str, idns: &str| {
        let user = ["user", "add", "--institution", institution, name, "--principal-id", "p", "--principal-idns", idns];
        typed(&place, &user, "moss under the pier\n")
    };
    for idns in ["urn:latchkey:91475", "urn:latchkey:user:x", "urn:latchkey:"] {
        add("mallory", "128807", idns).fails("reserved for users of another institution");
        let file = format!("username,password,principal_id,principal_idns\nmallory,moss under the pier,p,{idns}\n");
        let import = ["user", "import", "-", "--institution", "128807", "--json"];
        let done = typed(&place, &import, &file);
        assert!(done.code != 0 && done.out.contains("reserved for users of another institution"), "{}", done.out);
        let file = format!(
            "[[users]]\ninstitution_id = \"128807\"\nusername = \"mallory\"\nprincipal_id = \"p\"\nprincipal_idns = \"{idns}\"\n"
        );
        place
            .apply("a.toml", &file, &["--yes"])
            .fails("users[0].principal_idns: the principal's namespace is reserved");
    }
    place.admin(&["user", "show", "--institution", "128807", "mallory"]).fails("has no such user");
    // Its own, and one that the operator keeps.
    assert_eq!(add("alice", "128807", "urn:latchkey:128807").code, 0);
    assert_eq!(add("bob", "128807", "urn:example:1").code, 0);
    let twice = "username,password,principal_id,principal_idns\ncarol,moss under the pier,c,urn:x\n\
                 dave,moss under the pier,c,urn:x\nerin,moss under the pier,c,urn:y\n";
    let done = typed(&place, &["user", "import", "-", "--institution", "128807", "--json"], twice);
    assert!(done.code != 0 && done.out.contains("line 2 has the same principal"), "{}", done.out);
    assert!(done.err.contains("2 added, 0 changed, 0 unchanged, 1 refused"), "{}", done.err);
    let entry = |name: &str| {
        format!(
            "[[users]]\ninstitution_id = \"128807\"\nusername = \"{name}\"\nprincipal_id = \"f\"\nprincipal_idns = \"urn:x\"\n"
        )
    };
    let twice = format!("{}\n{}", entry("frank"), entry("grace"));
    place
        .apply("b.toml", &twice, &["--yes"])
        .fails("users[1].principal_id: users[0] (line 1) has the same principal: two users");
    place.admin(&["user", "show", "--institution", "128807", "frank"]).fails("has no such user");
}

#[tokio::test]
async fn a_user_from_before_in_the_namespace_of_another_institution_stays() {
    let place = Place::new();
    let user = ["--institution", "128807", "old", "--principal-id", "p", "--principal-idns", "urn:before"];
    assert_eq!(typed(&place, &[&["user", "add"][..], &user].concat(), "moss under the pier\n").code, 0);
    let key = [("institution_id", "128807"), ("username", "old")];
    let mut update = dynamodb_at(&place.server.dynamodb_url).update_item().table_name(tables().users);
    for (name, value) in key {
        update = update.key(name, AttributeValue::S(value.into()));
    }
    let idns = AttributeValue::S("urn:latchkey:91475".into());
    let update = update.update_expression("SET principal_idns = :idns").expression_attribute_values(":idns", idns);
    update.send().await.unwrap();
    let shown = place.admin(&["user", "show", "--institution", "128807", "old", "--json"]).json();
    assert_eq!(shown["principal_idns"], "urn:latchkey:91475");
    assert!(place.admin(&["user", "list", "--institution", "128807"]).out.contains("old"));
    let file = place.folder.path().join("users.toml");
    assert_eq!(place.admin(&["export", "--users", file.to_str().unwrap()]).code, 0);
    let again = place.admin(&["apply", file.to_str().unwrap(), "--yes"]);
    assert_eq!((again.code, again.out.starts_with("Nothing to do: ")), (0, true), "{}{}", again.out, again.err);
    let file = "username,password,principal_id,principal_idns\nold,moss under the pier,p,urn:latchkey:91475\n";
    let import = typed(&place, &["user", "import", "-", "--institution", "128807"], file);
    assert_eq!(import.code, 0, "{}{}", import.out, import.err);
}
