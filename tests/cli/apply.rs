//! `latchkey apply`: what a file declares, against a running local server.

mod faults;
mod half_way;

use serde_json::{Value, json};

use crate::place::{Done, GET, Place};
use crate::terminal::at_terminal;

impl Place {
    pub fn apply(&self, name: &str, text: &str, more: &[&str]) -> Done {
        let file = self.folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        self.admin(&[&["apply", file.to_str().unwrap()], more].concat())
    }

    pub fn show(&self, client_id: &str) -> Value {
        self.admin(&["client", "show", client_id, "--json"]).json()
    }
}

const TWO: &str = r#"
[[institutions]]
institution_id = "42"
name = "Łódź \"Main\""

[[scopes]]
scope = "LISTS"
name = "Reading lists"

[[clients]]
client_id = "lists"
name = "Lists"
grant_types = ["client_credentials", "refresh_token"]
scopes = ["WMS_NCIP"]
institutions = ["128807", "42"]

[[users]]
institution_id = "42"
username = "Alice"
"#;

#[test]
fn the_sample_file_is_applied_and_a_second_run_has_nothing_to_do() {
    let place = Place::new();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/registration.toml");
    let plan = place.admin(&["apply", "--plan", sample]);
    assert_eq!(plan.code, 2, "{}", plan.err);
    assert!(plan.out.contains("+ client reading-lists is created\n    name: \"Reading lists\"\n"), "{}", plan.out);
    place.admin(&["client", "show", "reading-lists"]).fails("no client");
    let done = place.admin(&["apply", sample, "--yes"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("client reading-lists: created\n    secret: "), "{}", done.out);
    assert!(done.err.contains("client reading-lists: the local server has no Secrets Manager"), "{}", done.err);
    for arguments in [&["apply", sample, "--yes"][..], &["apply", sample], &["apply", "--plan", sample]] {
        let again = place.admin(arguments);
        assert_eq!((again.code, again.out.starts_with("Nothing to do: ")), (0, true), "{}{}", again.out, again.err);
    }
    let mobile = place.show("mobile");
    assert_eq!((&mobile["pkce_required"], &mobile["institutions"]), (&json!(true), &json!(["*"])));
    assert_eq!(place.show("reading-lists")["refresh_token_seconds"], 2_592_000);
    let alice = place.admin(&["user", "show", "--institution", "128807", "alice", "--json"]).json();
    assert_eq!((&alice["sign_in"], &alice["disabled"]), (&Value::Null, &json!(false)));
}

#[test]
fn a_plan_names_what_is_created_and_changed_and_nothing_else_changes() {
    let place = Place::new();
    let done = place.apply("a.toml", TWO, &["--yes", "--json"]).json();
    let secret = done["items"].as_array().unwrap().iter().find(|item| item["kind"] == "client").unwrap();
    assert_eq!((&secret["id"], &secret["result"]), (&json!("lists"), &json!("done")));
    // It works.
    let key = json!({ "client_id": "lists", "secret": secret["secret"] });
    assert!(place.client(&key, &GET).json()["access_token"].is_string());
    let other = place.create();
    place.admin(&["client", "update", "lists", "--pkce-required", "true", "--add-introspects", "LISTS"]);
    let before = place.show("lists");
    let yaml = "clients:\n  - client_id: lists\n    name: Lists of books\n    institutions: ['42', '91475']\n    disabled: true\n\
                users:\n  - {institution_id: '42', username: ALICE, disabled: true}\n  - {institution_id: '42', username: bob}\n";
    let plan = place.apply("b.yaml", yaml, &["--plan", "--json"]);
    assert_eq!(plan.code, 2, "{}", plan.err);
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    let expected = json!([
        {"kind": "user", "id": "42/alice", "action": "change",
         "differences": [{"attribute": "disabled", "old": false, "new": true}]},
        {"kind": "user", "id": "42/bob", "action": "create", "differences": [{"attribute": "disabled", "new": false}]},
        {"kind": "client", "id": "lists", "action": "change", "differences": [
            {"attribute": "name", "old": "Lists", "new": "Lists of books"},
            {"attribute": "disabled", "old": false, "new": true},
            {"attribute": "institutions", "old": ["128807", "42"], "new": ["42", "91475"]},
        ]},
    ]);
    assert_eq!((&plan["items"], &plan["differs"], &plan["unchanged"]), (&expected, &json!(true), &json!(0)));
    assert_eq!(place.show("lists"), before, "a plan changes nothing");
    let text = place.apply("b.yaml", yaml, &["--plan"]);
    assert!(text.out.contains("    institutions: \"128807\" \"42\" -> \"42\" \"91475\"\n"), "{}", text.out);
    assert!(text.out.ends_with("1 to create, 2 to change, 0 unchanged\n"), "{}", text.out);
    assert_eq!(place.apply("b.yaml", yaml, &["--yes"]).code, 0);
    let after = place.show("lists");
    assert_eq!((&after["name"], &after["disabled"]), (&json!("Lists of books"), &json!(true)));
    for kept in ["grant_types", "scopes", "introspects", "pkce_required", "secrets", "created_at"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    let untouched = place.show(other["client_id"].as_str().unwrap());
    assert_eq!(untouched["name"], "App");
    assert_eq!(place.apply("b.yaml", yaml, &["--plan"]).code, 0);
    // A list replaces, an empty one removes, and the order means nothing.
    let more = r#"{"clients": [{"client_id": "lists", "institutions": ["91475", "42"], "introspects": [], "refresh_token_seconds": 60}]}"#;
    let plan = place.apply("c.json", more, &["--plan"]);
    assert!(plan.out.contains("introspects: \"LISTS\" -> none") && !plan.out.contains("institutions"), "{}", plan.out);
    assert_eq!(place.apply("c.json", more, &["--yes"]).code, 0);
    let back = more.replace("60", "\"default\"");
    assert_eq!(place.apply("c.json", &back, &["--yes"]).code, 0);
    assert_eq!(place.show("lists")["refresh_token_seconds"], Value::Null);
}

#[test]
fn the_command_asks_on_a_terminal_and_needs_yes_elsewhere() {
    let place = Place::new();
    place.apply("a.toml", TWO, &[]).fails("nothing is done yet: add --yes to do it");
    let file = place.folder.path().join("a.toml");
    let command = || place.command(&["apply", file.to_str().unwrap()]);
    let no = at_terminal(command(), "n\n");
    assert!(no.code == 1 && no.err.contains("nothing is done") && no.err.contains("+ client lists"), "{}", no.err);
    place.admin(&["client", "show", "lists"]).fails("no client");
    let yes = at_terminal(command(), "y\n");
    assert!(yes.code == 0 && yes.out.contains("client lists: created"), "{}{}", yes.out, yes.err);
    let wrong = place.admin(&["apply", "--plan", "--yes", file.to_str().unwrap()]);
    wrong.fails("cannot be used with");
    assert_eq!(wrong.code, 1, "2 says that something differs");
    place.admin(&["apply", "missing.toml"]).fails("missing.toml: ");
    place.admin(&["apply", "registration"]).fails("the name does not say the format; add --format toml");
    let mut piped = place.command(&["apply", "-", "--format", "toml", "--plan"]);
    let piped = Done::of(piped.stdin(std::fs::File::open(&file).unwrap()).output().unwrap());
    assert_eq!(piped.code, 0, "{}", piped.err);
    // Nothing differs, so nothing is asked.
    assert_eq!(at_terminal(command(), "").code, 0);
}

#[test]
fn a_secret_goes_to_secrets_manager_only_where_there_is_one() {
    let place = Place::new();
    for arguments in [
        &["client", "create", "--name", "X", "--introspects", "A", "--secret-to", "latchkey/x"][..],
        &["client", "rotate-secret", "demo", "--secret-to", "latchkey/x"],
    ] {
        place.admin(arguments).fails("the local server has none");
    }
    place.admin(&["client", "rotate-secret", "demo", "--secret-to", "arn:aws:x"]).fails("and no ARN");
    let list = place.admin(&["client", "list", "--json"]).json();
    assert_eq!(list.as_array().unwrap().len(), 1, "nothing was made");
    assert_eq!(list[0]["secrets"].as_array().unwrap().len(), 1);
}

#[test]
fn what_a_declared_file_changes_is_recorded() {
    let place = Place::new();
    let done = place.apply("a.toml", TWO, &["--yes", "--json"]).json();
    let items = done["items"].as_array().unwrap();
    let secret = items.iter().find_map(|item| item["secret"].as_str()).unwrap();
    let mut records = place.records(&[]);
    records.reverse();
    assert!(records.iter().all(|record| record["command"] == "apply" && record["run"] == records[0]["run"]));
    let (first, last) = (&records[0], &records[records.len() - 1]);
    assert_eq!((&first["step"], &first["items"]), (&json!("begun"), &json!(4)));
    assert_eq!((&last["step"], &last["items"]), (&json!("done"), &json!(4)));
    let subjects = |name: &str| records.iter().filter_map(|record| record[name].as_str()).collect::<Vec<_>>();
    assert_eq!((subjects("client_id"), subjects("username")), (vec!["lists"], vec!["alice"]));
    assert!(!json!(records).to_string().contains(secret));
    let before = records.len();
    assert_eq!(place.apply("a.toml", TWO, &["--yes"]).code, 0);
    assert_eq!(place.apply("a.toml", TWO, &["--plan"]).code, 0);
    assert_eq!(place.records(&[]).len(), before, "where nothing changes, nothing is recorded");
}
