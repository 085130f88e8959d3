//! `latchkey export`: a file that says what is there, and that `latchkey apply` finds nothing to do for.

use latchkey_cli::local::tables;
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::Client;
use latchkey_oauth::grant::Principal;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::user::{DescribedScope, Institution, User};
use latchkey_testkit::assertion::Key;
use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

use crate::dice::dice;
use crate::place::Place;

/// Names that a format could spoil.
const NAMES: [&str; 12] = [
    "Łódź \"Main\"",
    "it's",
    "back\\slash \\u0041",
    "# no comment",
    "a: b, [c] {d} & *e !f | > % @ `",
    "'quoted'",
    "\u{1F4DA} books \u{FEFF}",
    "true",
    "0128",
    " ~ ",
    "hair\u{200A}space",
    "${not} {{a}} variable",
];

fn some<T: Clone>(dice: &mut TestRng, of: &[T]) -> Vec<T> {
    of.iter().filter(|_| dice.random_range(0..2) == 0).cloned().collect()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn id(at: usize) -> String {
    format!("id-{at}!#$%&'()*+,-./:;<=>?@[\\]^_`{{|}}~")
}

/// A client with any attributes: also with those that an earlier version took, and those that cannot work.
fn client(dice: &mut TestRng, demo: &Client, at: usize) -> Client {
    let mut flag = || dice.random_range(0..2) == 0;
    let (disabled, pkce_required, names_principal, require_pushed_requests) = (flag(), flag(), flag(), flag());
    let (numbers_as_strings, principal_on_refresh, has_life) = (flag(), flag(), flag());
    let (signed_principal_required, has_namespaces) = (flag(), flag());
    Client {
        id: if at == 0 { "urn:latchkey:user:x".to_owned() } else { id(at) },
        name: NAMES[at % NAMES.len()].to_owned(),
        publisher: has_life.then(|| NAMES[(at + 1) % NAMES.len()].to_owned()),
        help_url: has_namespaces.then(|| "mailto:help@app.example".to_owned()),
        disabled,
        keys: some(dice, &[Key::EdDsa.registered(), Key::Seed(1).registered()]),
        auth_methods: some(dice, &AuthMethod::ALL),
        grant_types: some(dice, &GrantType::ALL),
        scopes: some(dice, &texts(&["WMS_NCIP", "a\"b", "#", "yes", "x:y"])),
        institutions: some(dice, &texts(&["128807", "*", "0128", "1e3"])),
        redirect_uris: some(
            dice,
            &texts(&["https://app.example/callback?a=%22", "urn:ietf:wg:oauth:2.0:oob", "myapp:/c"]),
        ),
        origins: some(dice, &texts(&["https://app.example", "null", "http://localhost:5173"])),
        introspects: some(dice, &texts(&["*", "WMS_ACQ"])),
        pkce_required,
        require_pushed_requests,
        names_principal,
        namespaces: has_namespaces.then(|| some(dice, &texts(&["urn:latchkey:128807", "urn:\u{EB} \"x\""]))),
        signed_principal_required,
        numbers_as_strings,
        principal_on_refresh,
        refresh_token_seconds: has_life.then(|| dice.random_range(1..31_622_400)),
        assertion_seconds: has_life.then(|| dice.random_range(1..3600)),
        single_use_assertions: principal_on_refresh,
        revision: 0,
        ..demo.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_any_state_is_what_apply_finds_there() {
    let (place, mut dice, usage) = (Place::new(), dice(), &mut Usage::default());
    let store = Store::new(dynamodb_at(&place.server.dynamodb_url), tables());
    let demo = store.client("demo", usage).await.unwrap().unwrap().into_inner();
    for at in 0..60 {
        let client = client(&mut dice, &demo, at);
        assert!(store.create_client(&client, usage).await.unwrap().is_made());
    }
    let mut directory = store.directory(usage).await.unwrap();
    for (at, name) in NAMES.into_iter().enumerate() {
        directory.institutions.push(Institution { id: format!("{at}"), name: name.to_owned() });
        directory.services.push(DescribedScope { scope: format!("s{at}"), name: name.to_owned() });
    }
    assert!(store.change_directory(directory, usage).await.unwrap().is_made());
    for (at, name) in NAMES.into_iter().enumerate() {
        let user = User {
            institution_id: format!("{at}"),
            username: latchkey_oauth::user::username(name).unwrap(),
            principal: Principal::new(name, "urn:\"x\""),
            sign_in: None,
            second_factor: None,
            disabled: at % 2 == 0,
            ending: false,
            created_at: 1,
            revision: 0,
        };
        assert!(store.add_user(user, usage).await.unwrap().is_made());
    }
    for format in ["toml", "json", "yaml"] {
        let file = place.folder.path().join(format!("state.{format}"));
        let file = file.to_str().unwrap();
        assert_eq!(place.admin(&["export", file, "--users"]).code, 0);
        let text = std::fs::read_to_string(file).unwrap();
        assert!(!text.contains("argon2") && !text.contains("secret\"") && !text.contains("password"), "{text}");
        let plan = place.admin(&["apply", "--plan", file]);
        assert_eq!(plan.code, 0, "{format}: {}{}", plan.out, plan.err);
        assert!(plan.out.contains("102 things are as declared"), "{}", plan.out);
        let printed = place.admin(&["export", "--format", format, "--users"]);
        assert_eq!(printed.out, text);
    }
    // An export brings back what was changed since.
    let file = place.folder.path().join("state.yaml");
    let file = file.to_str().unwrap();
    let id = id(7);
    let change =
        ["client", "update", "--name", "Changed", "--numbers-as-strings", "true", "--add-introspects", "NEW", &id];
    assert_eq!(place.admin(&change).code, 0);
    place.admin(&["client", "update", "--clear", "refresh-token-seconds", &id]);
    assert_eq!(place.admin(&["apply", "--plan", file]).code, 2);
    assert_eq!(place.admin(&["apply", "--yes", file]).code, 0);
    assert_eq!(place.admin(&["export", "--format", "yaml", "--users"]).out, std::fs::read_to_string(file).unwrap());
}

#[test]
fn an_export_leaves_users_out_unless_asked_and_writes_over_no_file() {
    let place = Place::new();
    let printed = place.admin(&["export"]);
    assert!(printed.out.contains("[[clients]]\nclient_id = \"demo\"\n"), "{}", printed.out);
    assert!(!printed.out.contains("users") && !printed.out.contains("argon2"), "{}", printed.out);
    assert!(
        place
            .admin(&["export", "--users"])
            .out
            .contains("[[users]]\ninstitution_id = \"128807\"\nusername = \"demo\"\n")
    );
    let json = place.admin(&["export", "--json"]);
    assert_eq!(json.json()["clients"][0]["refresh_token_seconds"], "default");
    let file = place.folder.path().join("state.yaml");
    let file = file.to_str().unwrap();
    assert_eq!(place.admin(&["export", file]).code, 0);
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains("\nclients:\n  - client_id: \"demo\"\n    name: "), "{text}");
    place.admin(&["export", file]).fails("exists already; name another file");
    assert_eq!(std::fs::read_to_string(file).unwrap(), text);
    place.admin(&["export", "missing/state.yaml"]).fails("missing/state.yaml: ");
    place.admin(&["export", "--json", "--format", "toml"]).fails("cannot be used with");
}
