//! Items that another program wrote to: commands name them, and do what needs none of them.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_oauth::secret::Keyring;

use crate::place::{GET, Place};
use crate::running::Running;
use crate::users::typed;

impl Place {
    /// Takes the meaning of an attribute away.
    fn damage(&self, table: &str, key: &[(&str, &str)], name: &str) {
        self.write_value(table, key, name, AttributeValue::Bool(true));
    }

    /// Writes an attribute as another program does.
    pub fn write_value(&self, table: &str, key: &[(&str, &str)], name: &str, value: AttributeValue) {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let key = key.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let update = dynamodb_at(&self.server.dynamodb_url).update_item().table_name(table).set_key(Some(key));
            let update = update.update_expression("SET #name = :value").expression_attribute_names("#name", name);
            update.expression_attribute_values(":value", value).send().await.unwrap();
        });
    }
}

#[test]
fn a_damaged_client_is_named_and_hinders_no_other() {
    let place = Place::new();
    let (key, damaged) = (place.create(), place.create());
    let (id, lost) = (key["client_id"].as_str().unwrap(), damaged["client_id"].as_str().unwrap());
    place.damage("latchkey-clients", &[("client_id", lost)], "created_at");
    let named = format!("latchkey-clients client_id=\"{lost}\" cannot be read");
    let list = place.admin(&["client", "list", "--json"]);
    list.fails(&named);
    assert!(list.out.contains(id) && !list.out.contains(lost), "{}", list.out);
    let table = place.admin(&["client", "list"]);
    table.fails(&named);
    assert!(table.out.contains(id), "{}", table.out);
    place.admin(&["client", "show", lost]).fails(&named);
    place.admin(&["client", "update", lost, "--name", "X"]).fails(&named);
    assert_eq!(place.admin(&["client", "rotate-secret", id, "--json"]).json()["client_id"], id);
    assert_eq!(place.admin(&["client", "update", id, "--name", "Other", "--json"]).json()["name"], "Other");
    place.client(&place.create(), &GET).json();
    place.client(&damaged, &GET).fails("503");
}

const DECLARED: &str = r#"
[[clients]]
client_id = "one"
name = "Renamed"
grant_types = ["client_credentials"]
scopes = ["WMS_NCIP"]
institutions = ["128807"]
"#;

/// Commands over many items do all of it that needs no damaged item, and name those at the end.
#[test]
fn commands_over_many_items_do_what_needs_no_damaged_one_and_name_it() {
    let place = Place::new();
    for id in ["one", "damaged"] {
        let create = ["client", "create", "--client-id", id, "--name", id, "--grant-type", "client_credentials"];
        place.admin(&[&create[..], &["--scope", "WMS_NCIP", "--institution", "128807", "--json"]].concat()).json();
    }
    let alice = ["--institution", "128807", "alice"];
    typed(&place, &[&["user", "add"], &alice[..]].concat(), "moss under the pier");
    place.admin(&["user", "totp", "enrol", "--institution", "128807", "demo", "--json"]).json();
    place.damage("latchkey-clients", &[("client_id", "damaged")], "created_at");
    place.damage("latchkey-users", &[("institution_id", "128807"), ("username", "alice")], "created_at");
    let client = "the item latchkey-clients client_id=\"damaged\" cannot be read";
    let user = "latchkey-users institution_id=\"128807\" username=\"alice\"";
    let checked = place.admin(&["client", "list", "--check-secrets", "--json"]);
    checked.fails(client);
    assert!(checked.out.contains("\"one\"") && !checked.out.contains("\"damaged\""), "{}", checked.out);
    let exported = place.admin(&["export", "--users"]);
    exported.fails("2 items (latchkey-clients client_id=\"damaged\"; latchkey-users");
    assert!(
        exported.out.contains("client_id = \"one\"") && exported.out.contains("username = \"demo\""),
        "{}",
        exported.out
    );
    assert!(!exported.out.contains("alice") && !exported.out.contains("damaged"), "{}", exported.out);
    // What is declared is not damaged.
    let file = place.folder.path().join("declared.toml");
    let apply = |text: &str| {
        std::fs::write(&file, text).unwrap();
        place.admin(&["apply", file.to_str().unwrap(), "--yes"])
    };
    assert_eq!(apply(DECLARED).code, 0);
    let created = apply(&DECLARED.replace("\"one\"", "\"third\""));
    assert_eq!(created.code, 0, "{}", created.err);
    apply(&DECLARED.replace("\"one\"", "\"damaged\"")).fails(client);
    // A new key in front.
    let key = place.folder.path().join(".latchkey/sealing.key");
    let kept = std::fs::read_to_string(&key).unwrap();
    std::fs::write(&key, format!("{}{kept}", *Keyring::line("next", &[8; 32]))).unwrap();
    for (command, sealed, named) in [("client", 3, client), ("user totp", 1, user)] {
        let words: Vec<_> = command.split(' ').chain(["reseal", "--json"]).collect();
        let done = place.admin(&words);
        done.fails(named);
        let told: serde_json::Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!(told, serde_json::json!({ "resealed": sealed, "failed": 0 }), "{command}");
    }
    let delete = ["--yes", "--wait", "0"];
    place.admin(&[&["client", "delete", "damaged"], &delete[..]].concat()).fails(client);
    place.admin(&[&["user", "delete"], &alice[..], &delete].concat()).fails(user);
    for words in [&["client", "delete", "one"][..], &["user", "delete", "--institution", "128807", "demo"]] {
        let done = place.admin(&[words, &delete].concat());
        assert_eq!(done.code, 0, "{words:?}: {}", done.err);
    }
}

#[test]
fn a_terminal_acts_on_nothing_that_a_command_shows_of_a_name() {
    let place = Place::new();
    let key = place.create();
    let id = key["client_id"].as_str().unwrap();
    let name = "App\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}x\n0 grants";
    place.write_value("latchkey-clients", &[("client_id", id)], "name", AttributeValue::S(name.to_owned()));
    for command in
        [&["client", "list"][..], &["client", "show", id], &["client", "delete", id], &["client", "revoke-all", id]]
    {
        let done = place.admin(command);
        let shown = done.out + &done.err;
        assert!(
            !shown.contains(['\u{1b}', '\u{7}', '\u{202e}']) && shown.contains("App\\u{1b}[2J"),
            "{command:?}: {shown}"
        );
    }
    assert_eq!(place.shown(id)["name"], name, "JSON has it as it is");
}

#[test]
fn a_damaged_grant_is_named_listed_with_the_rest_and_revoked() {
    let place = Place::new();
    let key = place.create();
    let tokens: Vec<_> = (0..2).map(|_| place.client(&key, &GET).json()).collect();
    let token = tokens[0]["access_token"].as_str().unwrap();
    let grant_id = place.admin(&["grant", "show", token, "--json"]).json()["grant_id"].as_str().unwrap().to_owned();
    place.damage("latchkey-tokens", &[("grant_id", &grant_id), ("part", "grant")], "scope");
    let named = format!("latchkey-tokens grant_id=\"{grant_id}\" part=\"grant\" cannot be read");
    let list = place.admin(&["grant", "list", "--json", "--client-id", key["client_id"].as_str().unwrap()]);
    list.fails(&named);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&list.out).unwrap().as_array().unwrap().len(), 1);
    place.admin(&["grant", "show", &grant_id]).fails(&named);
    assert_eq!(place.admin(&["grant", "revoke", &grant_id, "--json"]).json()["revoked"], 1);
}

#[test]
fn a_damaged_user_and_a_damaged_directory_are_named_and_hinder_no_other() {
    let place = Place::new();
    let user = |verb: &'static str, name: &'static str| ["user", verb, "--institution", "128807", name, "--json"];
    typed(&place, &user("add", "alice"), "moss under the pier").json();
    place.damage("latchkey-users", &[("institution_id", "128807"), ("username", "alice")], "created_at");
    let named = "latchkey-users institution_id=\"128807\" username=\"alice\" cannot be read";
    let list = place.admin(&["user", "list", "--institution", "128807"]);
    list.fails(named);
    assert!(list.out.contains("demo") && !list.out.contains("alice"), "{}", list.out);
    place.admin(&user("disable", "alice")).fails(named);
    place.damage("latchkey-users", &[("institution_id", "#"), ("username", "directory")], "revision");
    let named = "latchkey-users institution_id=\"#\" username=\"directory\" cannot be read";
    place.admin(&["institution", "list"]).fails(named);
    place.admin(&["scope", "list"]).fails(named);
    typed(&place, &user("add", "bob"), "moss under the pier").fails(named);
    assert_eq!(place.admin(&user("disable", "demo")).json()["disabled"], true);
    typed(&place, &user("passwd", "demo"), "moss under the pier").json();
    place.create();
}

#[test]
fn the_local_server_starts_without_its_demo_where_that_is_damaged() {
    let place = Place::new();
    let key = place.create();
    place.damage("latchkey-clients", &[("client_id", "demo")], "created_at");
    let Place { server, folder } = place;
    server.end("-TERM");
    let place = Place { server: Running::start(folder.path(), &[]), folder };
    place.client(&key, &GET).json();
}
