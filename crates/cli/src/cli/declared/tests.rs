//! Declared files: what is read, what is written, and what is refused where.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};
use serde_json::json;

use super::node::{Node, Value};
use super::*;
use latchkey_oauth::client::{Client, NamedSecret};
use latchkey_oauth::secret::Sealed;

const FORMATS: [Format; 3] = [Format::Toml, Format::Json, Format::Yaml];

fn root(text: &str, format: Format) -> Result<Node, Fault> {
    match format {
        Format::Toml => toml::read(text),
        Format::Json => json::read(text),
        Format::Yaml => yaml::read(text),
    }
}

/// The faults of a file, each with its line and its path.
fn faults(text: &str, format: Format) -> Vec<String> {
    let mut faults = parse(text, format, String::new()).err().expect("nothing is wrong");
    faults.sort_by_key(|fault| fault.line);
    faults.iter().map(|fault| format!("{}|{}|{}", fault.line.unwrap_or(0), fault.path, fault.reason)).collect()
}

#[track_caller]
fn refuses(text: &str, format: Format, expected: &[&str]) {
    let found = faults(text, format);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found} is not {expected}");
    }
}

#[test]
fn what_controls_a_terminal_is_not_printed() {
    let faults = parse("[[clients]]\nclient_id = \"a\"\n\"\\u001b[31mx\" = 1\n", Format::Toml, String::new());
    let Failure(said) = refused("a\u{7}.toml", faults.err().expect("a name is unknown"));
    assert!(said.contains("[31mx: no such name") && !said.contains(char::is_control), "{said:?}");
}

#[test]
fn a_fault_is_named_by_line_and_path_in_each_format() {
    let toml = "[[clients]]\nclient_id = \"a\"\ngrant_types = [\n  \"client_credentials\",\n  \"password\",\n]\nscope = [\"A\"]\n\
                pkce_required = \"yes\"\nrefresh_token_seconds = 0\n";
    let json = "{\"clients\": [{\n\"client_id\": \"a\",\n\"grant_types\": [\n\n\"password\"],\n\n\"scope\": [\"A\"],\n\
                \"pkce_required\": \"yes\",\n\"refresh_token_seconds\": 0}]}";
    let yaml = "clients:\n- client_id: a\n  grant_types:\n\n    - password\n\n  scope: [A]\n  pkce_required: yes\n  \
                refresh_token_seconds: 0\n";
    for (text, format, at) in [(toml, Format::Toml, 1), (json, Format::Json, 0), (yaml, Format::Yaml, 0)] {
        refuses(
            text,
            format,
            &[
                &format!("5|clients[0].grant_types[{at}]|\"password\": it must be authorization_code, "),
                "7|clients[0].scope|no such name; did you mean scopes?",
                "8|clients[0].pkce_required|it must be true or false without quotation marks, and is a text",
                "9|clients[0].refresh_token_seconds|it must be a number from 1 to 31622400, or the text default, and is 0",
            ],
        );
    }
}

#[test]
fn wrong_types_are_refused_with_what_is_expected() {
    let yaml = "institutions:\n- institution_id: 0128\n  name: [x]\nusers: {}\nclients:\n- 7\n- client_id: a\n  scopes: A\n  \
                redirect_uris: [1.5]\n  disabled: 1\n  name: null\n";
    refuses(
        yaml,
        Format::Yaml,
        &[
            "2|institutions[0].institution_id|it must be a text: put 0128 into quotation marks",
            "3|institutions[0].name|it must be a text, and is a list",
            "4|users|it must be a list, and is a table",
            "6|clients[0]|it must be a table with the names client_id, name,",
            "8|clients[1].scopes|it must be a list, and is a text",
            "9|clients[1].redirect_uris[0]|it must be a text, and is a number with a fraction",
            "10|clients[1].disabled|it must be true or false",
            "11|clients[1].name|it must be a text, and is null",
        ],
    );
    refuses(
        "[1]",
        Format::Json,
        &["1|the file|it must be a table with the names institutions, scopes, users, clients"],
    );
    refuses(
        "clients = 1\nclient = 2\n",
        Format::Toml,
        &["1|clients|it must be a list", "2|client|no such name; did you mean clients?"],
    );
    refuses("when = 1979-05-27\n", Format::Toml, &["1|when|no such name; the names are institutions"]);
}

#[test]
fn a_secret_and_a_password_are_refused_by_name_and_not_repeated() {
    for name in ["secret", "secrets", "client_secret", "Secret", "client-secret"] {
        let text = json!({"clients": [{"client_id": "a", name: "s3cr3t"}]}).to_string();
        let found = faults(&text, Format::Json).join("\n");
        assert!(found.contains("holds no secret: remove it") && !found.contains("s3cr3t"), "{found}");
    }
    for name in ["password", "password_hash"] {
        let text = json!({"users": [{"institution_id": "1", "username": "a", name: "s3cr3t"}]}).to_string();
        let found = faults(&text, Format::Json).join("\n");
        assert!(found.contains("holds no password: remove it") && !found.contains("s3cr3t"), "{found}");
    }
    // A file that cannot be read at all may hold one too.
    for (text, format) in [
        ("[[clients]]\nsecret = \"s3cr3t\n", Format::Toml),
        ("{\"secret\": \"s3cr3t", Format::Json),
        ("secret: \"s3cr3t\n", Format::Yaml),
    ] {
        let found = faults(text, format).join("\n");
        assert!(found.contains("this is not ") && !found.contains("s3cr3t"), "{found}");
    }
}

#[test]
fn a_client_id_follows_the_rules_of_the_option() {
    for (id, reason) in [("", "it must have 1 to 128 visible"), ("a b", "it must have"), ("a\"", "it must have")] {
        let text = json!({"clients": [{"client_id": id}]}).to_string();
        let found = faults(&text, Format::Json).join("\n");
        assert!(found.contains(reason) && found.contains("clients[0].client_id"), "{found}");
    }
}

#[test]
fn what_is_there_twice_is_refused() {
    let toml = "[[clients]]\nclient_id = \"a\"\nsecret_to = \"x\"\n[[clients]]\nclient_id = \"a\"\nsecret_to = \"x\"\n\
                [[users]]\ninstitution_id = \"1\"\nusername = \"Zoe\\u0308\"\n[[users]]\ninstitution_id = \"1\"\n\
                username = \"zo\u{EB}\"\n";
    refuses(
        toml,
        Format::Toml,
        &[
            "4|clients[1].client_id|clients[0] (line 1) has the same client_id",
            "4|clients[1].secret_to|clients[0] (line 1) has the same secret_to",
            "10|users[1].username|users[0] (line 7) has the same username",
        ],
    );
    refuses("{\"users\": [],\n\"users\": []}", Format::Json, &["2||the name \"users\" is there twice"]);
    refuses("users: []\nusers: []\n", Format::Yaml, &["2||the name \"users\" is there twice"]);
    assert!(faults("users = []\nusers = []\n", Format::Toml)[0].starts_with("2||this is not TOML"));
}

#[test]
fn yaml_that_stands_for_more_than_it_says_is_not_read() {
    for text in
        ["a: &a [x]\nb: *a\n", "users: !!seq []\n", "users:\n- &x {}\n", "users: [*x]\n", "&k users: []\n", "<<: *x\n"]
    {
        let found = faults(text, Format::Yaml).join("\n");
        assert!(found.contains("are not read") || found.contains("this is not YAML"), "{text}: {found}");
    }
    assert!(faults("users: []\n---\nusers: []\n", Format::Yaml)[0].contains("a second document"));
    assert!(faults("? [a]\n: b\n", Format::Yaml)[0].contains("must be a text"));
    for empty in ["", "# nothing\n", "---\n{}\n"] {
        assert!(parse(empty, Format::Yaml, String::new()).is_ok(), "{empty}");
    }
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(5000), close.repeat(5000));
    for (text, format) in [
        (deep("[", "]"), Format::Json),
        (deep("[", "]"), Format::Yaml),
        (format!("a = {}", deep("[", "]")), Format::Toml),
        (deep("{\"a\":", "}"), Format::Json),
        ("- ".repeat(5000), Format::Yaml),
    ] {
        assert_eq!(faults(&text, format).len(), 1);
    }
}

#[test]
fn plain_yaml_is_what_the_core_schema_says() {
    let read = |text: &str| match root(&format!("a: {text}\n"), Format::Yaml).unwrap().value {
        Value::Table(mut members) => members.remove(0).node.value.words(),
        other => other.words(),
    };
    for (text, words) in [
        ("yes", "a text"),
        ("no", "a text"),
        ("on", "a text"),
        ("True", "true"),
        ("FALSE", "false"),
        ("~", "null"),
        ("", "null"),
        ("12", "the number 12"),
        ("-12", "the number -12"),
        ("0x1F", "the number 0x1F"),
        ("1e3", "a number with a fraction"),
        (".5", "a number with a fraction"),
        (".inf", "a number with a fraction"),
        ("1.2.3", "a text"),
        ("2026-11-26", "a text"),
        ("12:30", "a text"),
        ("'12'", "a text"),
        ("https://app.example/callback", "a text"),
    ] {
        assert_eq!(read(text), words, "{text}");
    }
}

/// The names that are read and the attributes that are written.
#[test]
fn every_attribute_of_a_client_that_is_written_is_read() {
    let sealed = Sealed { key: String::new(), bytes: Vec::new() };
    let secret = NamedSecret { name: "first".into(), sealed, created_at: 0, expires_at: None };
    let mut client = Client::new("a".into(), "A".into(), secret, 0);
    client.scopes = vec!["A".into()];
    client.refresh_token_seconds = Some(60);
    let written = serde_json::to_value(Attributes::of(&client)).unwrap();
    for format in FORMATS {
        let text = written::text(&[("clients", vec![written.as_object().unwrap().clone()])], format);
        assert!(parse(&text, format, String::new()).is_ok(), "{text}");
        assert!(!text.contains("first"), "{text}");
    }
    for name in written.as_object().unwrap().keys() {
        let text = json!({"clients": [{"client_id": "a", name: {}}]}).to_string().replacen(
            "\"client_id\":\"a\",\"client_id\"",
            "\"client_id\"",
            1,
        );
        let found = faults(&text, Format::Json).join("\n");
        assert!(!found.contains("no such name"), "{found}");
    }
}

/// The texts of a tree, in order.
fn texts(node: &Node, found: &mut Vec<String>) {
    match &node.value {
        Value::Text(text) => found.push(text.clone()),
        Value::List(list) => list.iter().for_each(|node| texts(node, found)),
        Value::Table(members) => members.iter().for_each(|member| texts(&member.node, found)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_survives_each_format(one in any::<String>(), more in proptest::collection::vec("(?s).{0,12}|[\\u{0}-\\u{a0}\"\\\\#:{}\\[\\]&*!|>'%@`]{0,8}", 0..4)) {
        let entry = json!({"a": one, "b": more});
        for format in FORMATS {
            let text = written::text(&[("entries", vec![entry.as_object().unwrap().clone()])], format);
            let mut found = Vec::new();
            texts(&root(&text, format).map_err(|fault| format!("{fault:?}: {text}")).unwrap(), &mut found);
            let expected: Vec<_> = std::iter::once(&one).chain(&more).cloned().collect();
            prop_assert_eq!(&found, &expected, "{}", text);
        }
    }

    #[test]
    fn no_text_ends_the_reader_in_a_panic(text in "(?s).{0,60}|[\\[\\]{}\":,=\n \\-#&*!|>a0.]{0,60}") {
        for format in FORMATS {
            let _ = parse(&text, format, String::new());
        }
    }
}
