//! `latchkey apply`: what a file declares, against a running local server.

use serde_json::{Value, json};

use crate::place::{Done, GET, Place};
use crate::terminal::{at_terminal, at_terminal_when};

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
fn a_file_with_faults_changes_nothing_and_all_of_them_are_said() {
    let place = Place::new();
    place.apply("a.toml", TWO, &["--yes"]);
    let before = place.admin(&["export", "--users"]).out;
    let faulty = TWO.replace("Lists\"", "Other\"")
        + r#"disabled = "no"

[[clients]]
client_id = "new"
nam = "New"
grant_types = ["client_credentials"]
secret = "s3cr3t"
"#;
    let done = place.apply("faulty.toml", &faulty, &["--yes"]);
    done.fails("3 faults in ");
    for said in [
        "line 20: users[0].disabled: it must be true or false",
        "line 24: clients[1].nam: no such name; did you mean name?",
        "line 26: clients[1].secret: a declared file holds no secret",
    ] {
        assert!(done.err.contains(said), "{said}: {}", done.err);
    }
    assert!(!done.err.contains("s3cr3t"));
    // What only the tables can tell.
    let faulty = r#"
[[clients]]
client_id = "lists"
name = "Changed"
scopes = []

[[clients]]
client_id = "new"
grant_types = ["authorization_code"]
scopes = ["A"]
institutions = ["1"]

[[clients]]
client_id = "newer"
name = "Newer"
grant_types = ["refresh_token"]
scopes = ["A"]
institutions = ["1"]

[[users]]
institution_id = "4711"
username = "bob"

[[users]]
institution_id = "128807"
username = "demo"
principal_id = "another"
principal_idns = "urn:x"

[[clients]]
client_id = "urn:latchkey:user:x"
name = "X"
introspects = ["A"]
redirect_uris = ["http://app.example/"]
"#;
    let done = place.apply("b.toml", faulty, &["--yes"]);
    done.fails("8 faults in ");
    for said in [
        "clients[0].scopes: it is missing: without it, the client could not request any token",
        "clients[1].name: it is missing: no client has this client_id yet",
        "clients[1].redirect_uris: it is missing: the grant type authorization_code sends",
        "clients[2].grant_types: the grant type refresh_token needs another one",
        "users[0].institution_id: no institution has the id 4711; declare it",
        "users[1].principal_id: the user exists with another principal",
        "clients[3].client_id: \"urn:latchkey:user:x\": it must have 1 to 128 visible",
        "clients[3].redirect_uris[0]: \"http://app.example/\": http is only for loopback",
    ] {
        assert!(done.err.contains(said), "{said}: {}", done.err);
    }
    assert_eq!(place.admin(&["export", "--users"]).out, before);
}

#[test]
fn what_is_unknown_or_odd_is_warned_of_and_taken() {
    let place = Place::new();
    let file = "clients:\n- client_id: odd\n  name: Odd\n  grant_types: [authorization_code]\n  scopes: [NEW, OTHER]\n  \
                institutions: ['7', '8']\n  redirect_uris: ['myapp:/callback']\n\
                institutions:\n- {institution_id: '7', name: Seventh}\nscopes:\n- {scope: NEW, name: New}\n";
    let done = place.apply("a.yml", file, &["--yes"]);
    assert_eq!(done.code, 0, "{}", done.err);
    for warning in ["no institution has the id 8", "no description has the scope OTHER", "client odd: "] {
        assert!(done.err.contains(warning), "{warning}: {}", done.err);
    }
    assert!(!done.err.contains("the id 7:") && !done.err.contains("the scope NEW:"), "{}", done.err);
    let again = place.apply("a.yml", file, &["--plan"]);
    assert!(again.code == 0 && !again.err.contains("warning"), "{}", again.err);
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

#[test]
fn a_refused_value_is_taken_only_where_that_very_attribute_has_it() {
    let place = Place::new();
    let client = |scopes: &str, uris: &str| {
        format!(
            "[[clients]]\nclient_id = \"jsc\"\nname = \"J\"\ngrant_types = [\"authorization_code\"]\ninstitutions = [\"*\"]\n\
             scopes = [{scopes}]\nredirect_uris = [{uris}]\n"
        )
    };
    let good = "\"https://ok.example/cb\"";
    assert_eq!(place.apply("a.toml", &client("\"javascript:alert(1)//\"", good), &["--yes"]).code, 0);
    let uris = format!("{good}, \"javascript:alert(1)//\"");
    place.apply("a.toml", &client("\"WMS_NCIP\"", &uris), &["--yes"]).fails("redirect_uris[1]");
    assert_eq!(place.show("jsc")["redirect_uris"], json!(["https://ok.example/cb"]));
}

#[test]
fn where_the_output_ends_nothing_more_is_written_and_lost_secrets_are_named() {
    for (json, made) in [(&[][..], 1), (&["--json"][..], 3)] {
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
        done.fails(&format!("{made} done, 0 refused, 0 failed, {} not done", 3 - made));
        assert!(lost == made && done.err.contains("rotate-secret one --overlap 0"), "{}", done.err);
    }
}

#[test]
fn a_file_in_another_encoding_is_named() {
    let place = Place::new();
    for (bytes, what) in [(b"\xff\xfe[\0" as &[u8], "the file is UTF-16"), (b"a = \"\xe4\"\n", "the file is not UTF-8")]
    {
        let file = place.folder.path().join("latin.toml");
        std::fs::write(&file, bytes).unwrap();
        let file = file.to_str().unwrap();
        place.admin(&["apply", "--plan", file]).fails(&format!("{file}: {what}"));
    }
}
