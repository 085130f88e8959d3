//! Faults and doubts of a declared file: all of them are said, and a file with a fault changes nothing.

use serde_json::json;

use super::TWO;
use crate::place::Place;

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
