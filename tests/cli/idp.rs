//! `latchkey institution idp`: a provider is registered, read again, tested, shown and removed, over a provider that answers.

mod differences;
mod lies;
mod namespaces;
mod operators;
pub mod provider;
mod reach;

use latchkey_cli::local::{DEMO_INSTITUTION, keyrings, tables};
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::service::KeySet;
use latchkey_testkit::assertion::Key;
use latchkey_testkit::hunt::Hunt;
use serde_json::{Value, json};

use crate::place::{Done, Place};
use crate::users::typed;
use provider::{Answer, DISCOVERY, KEYS, Provider, keys};

/// The secret that the provider gave out.
pub const SECRET: &str = "Xq7-of-the-provider-9mZ";

impl Place {
    /// A command about the provider of the demo institution.
    fn idp(&self, command: &str, more: &[&str]) -> Done {
        self.admin(&[&["institution", "idp", command, DEMO_INSTITUTION], more].concat())
    }

    /// Registers a provider.
    fn set(&self, provider: &Provider, more: &[&str]) -> Done {
        let set = ["institution", "idp", "set", DEMO_INSTITUTION, "--issuer", &provider.url];
        let client = ["--client-id", "latchkey", "--secret", "-", "--json"];
        typed(self, &[&set[..], &client, more].concat(), &format!("{SECRET}\n"))
    }

    /// How the users of an institution sign in, as the list says it.
    fn sign_in_of(&self, id: &str) -> (Value, Value) {
        let list = self.admin(&["institution", "list", "--json"]).json();
        let found = list.as_array().unwrap().iter().find(|known| known["institution_id"] == id).unwrap().clone();
        (found["sign_in"].clone(), found["provider"].clone())
    }

    /// The secret as it is stored, opened with the keys of the server.
    fn provider_secret(&self) -> String {
        let store = Store::new(dynamodb_at(&self.server.dynamodb_url), tables());
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let provider = runtime.block_on(store.provider(DEMO_INSTITUTION, &mut Usage::default())).unwrap().unwrap();
        let keyrings = keyrings(&self.folder.path().join(".latchkey")).unwrap();
        provider.secret(keyrings.of(KeySet::Pages)).unwrap().expose().to_owned()
    }
}

#[test]
fn a_provider_is_registered_shown_changed_and_removed() {
    let (place, provider) = (Place::new(), Provider::new());
    place
        .idp("show", &[])
        .fails("institution 128807 has no provider; latchkey institution idp set 128807 registers one");
    for command in ["refresh", "remove"] {
        place.idp(command, &[]).fails("has no provider");
    }
    assert_eq!(place.sign_in_of("128807"), (json!("password"), Value::Null));
    let made = place.set(&provider, &[]).json();
    assert_eq!(provider.asked(), [DISCOVERY, KEYS]);
    let at = |path: &str| format!("{}{path}", provider.url);
    for (name, value) in [
        ("issuer", json!(provider.url)),
        ("client_id", json!("latchkey")),
        ("auth_method", json!("client_secret_basic")),
        ("scope", json!("openid")),
        ("claim", json!("sub")),
        ("namespace", json!("urn:latchkey:128807:provider")),
        ("algorithm", json!("RS256")),
        ("refresh_seconds", Value::Null),
        ("only", json!(false)),
        ("authorization_endpoint", json!(at("/authorize"))),
        ("token_endpoint", json!(at("/token"))),
        ("jwks_uri", json!(at(KEYS))),
        ("end_session_endpoint", json!(at("/logout"))),
        ("sends_iss", json!(true)),
        ("selects_account", json!(true)),
        ("keys", json!(["first"])),
        ("redirect_uri", json!("http://127.0.0.1:8080/oauth2/callback?institution=128807")),
    ] {
        assert_eq!(made[name], value, "{name}");
    }
    assert_eq!(place.provider_secret(), SECRET);
    assert_eq!(place.idp("show", &["--json"]).json(), made);
    assert_eq!(place.sign_in_of("128807"), (json!("provider or password"), json!(provider.url)));
    assert_eq!(place.sign_in_of("91475"), (json!("password"), Value::Null));
    // What no option names stays as it is.
    let changed = place.idp("set", &["--only", "--refresh-days", "7", "--json"]).json();
    assert_eq!((&changed["only"], &changed["refresh_seconds"]), (&json!(true), &json!(604_800)));
    for name in ["issuer", "client_id", "namespace", "created_at", "claim"] {
        assert_eq!(changed[name], made[name], "{name}");
    }
    assert_eq!((place.provider_secret(), place.sign_in_of("128807").0), (SECRET.to_owned(), json!("provider")));
    let changed = place.idp("set", &["--only=false", "--refresh-days", "default", "--json"]).json();
    assert_eq!((&changed["only"], &changed["refresh_seconds"]), (&json!(false), &Value::Null));
    let rotated = typed(&place, &["institution", "idp", "set", "128807", "--secret", "-"], "another-secret\n");
    assert!(rotated.code == 0 && !rotated.err.contains("sign in again"), "{}", rotated.err);
    assert!(rotated.out.contains("enters this redirect URI for the client, and no other: http://127.0.0.1:8080/oauth2/callback?institution=128807\n"));
    assert_eq!(place.provider_secret(), "another-secret");
    // It asks first.
    place.idp("remove", &[]).fails("nothing is done yet: add --yes");
    let removed = place.idp("remove", &["--yes", "--json"]);
    for words in [
        "grants stay until latchkey grant revoke --institution 128807",
        "has the users of the same ids if its namespace is urn:latchkey:128807:provider, too",
    ] {
        assert!(removed.err.contains(words), "{}", removed.err);
    }
    assert_eq!(removed.json()["issuer"], json!(provider.url));
    place.idp("show", &[]).fails("has no provider");
    assert_eq!(place.sign_in_of("128807").0, json!("password"));
}

#[test]
fn options_choose_what_the_provider_offers_and_the_rest_is_refused() {
    let (place, provider) = (Place::new(), Provider::new());
    provider.answers(KEYS, Answer::json(&keys(&[("first", Key::Rs256), ("second", Key::Es256)])));
    let chosen = ["--algorithm", "ES256", "--auth-method", "client_secret_post", "--scope", " openid  profile "];
    let more = ["--claim", "eduperson_principal_name", "--namespace", "urn:demo:eppn", "--only=true"];
    let made = place.set(&provider, &[&chosen[..], &more].concat());
    assert!(made.err.contains("warning: only sub never names another person later"), "{}", made.err);
    let made = made.json();
    for (name, value) in [
        ("algorithm", json!("ES256")),
        ("auth_method", json!("client_secret_post")),
        ("scope", json!("openid profile")),
        ("claim", json!("eduperson_principal_name")),
        ("namespace", json!("urn:demo:eppn")),
        ("only", json!(true)),
        ("keys", json!(["second"])),
    ] {
        assert_eq!(made[name], value, "{name}");
    }
    for (option, value, reason) in [
        ("--algorithm", "HS256", "it must be RS256, PS256, ES256 or EdDSA"),
        ("--algorithm", "none", "it must be RS256, PS256, ES256 or EdDSA"),
        ("--algorithm", "EdDSA", "it must have EdDSA"),
        ("--auth-method", "private_key_jwt", "client_secret_basic or client_secret_post"),
        ("--scope", "profile", "must have openid"),
        ("--scope", "", "must be a list of scope tokens"),
        ("--claim", "email", "does not name one user for good"),
        ("--claim", "a b", "visible ASCII"),
        ("--client-id", "", "visible ASCII"),
        ("--refresh-days", "0", "from 1 to 3650, or the text default"),
        ("--refresh-days", "3651", "from 1 to 3650"),
        ("--only=perhaps", "", "invalid value"),
        ("--url", "http://auth.example", "must begin with https://"),
    ] {
        place.idp("set", &[option, value]).fails(reason);
    }
    assert_eq!(place.idp("show", &["--json"]).json(), made, "nothing changed");
}

#[test]
fn a_new_provider_needs_an_institution_an_issuer_a_client_id_and_a_secret() {
    let (place, provider) = (Place::new(), Provider::new());
    let elsewhere =
        ["institution", "idp", "set", "4711", "--issuer", &provider.url, "--client-id", "a", "--secret", "-"];
    typed(&place, &elsewhere, SECRET)
        .fails("no institution has the id 4711; add it first: latchkey institution add 4711");
    place.idp("set", &[]).fails("has no provider yet, and a new one needs --issuer, --client-id, --secret");
    place.idp("set", &["--issuer", &provider.url]).fails("a new one needs --client-id, --secret");
    for secret in ["\n", "tab\there\n", &format!("{}\n", "s".repeat(513))] {
        let more = ["--client-id", "a", "--secret", "-"];
        let set = ["institution", "idp", "set", "128807", "--issuer", &provider.url];
        let refused = typed(&place, &[&set[..], &more].concat(), secret);
        assert!(refused.code != 0 && !refused.err.contains("here") && !refused.err.contains("sss"), "{}", refused.err);
    }
    assert!(provider.asked().is_empty(), "nothing was asked for");
    place.idp("show", &[]).fails("has no provider");
    assert_eq!(place.records(&[]).len(), 0);
}

#[test]
fn another_issuer_client_or_claim_takes_a_secret_and_a_namespace_and_ends_the_sessions() {
    let (place, provider, other) = (Place::new(), Provider::new(), Provider::new());
    place.set(&provider, &[]).json();
    place.idp("set", &["--client-id", "other"]).fails("--secret is missing: the stored secret belongs to the issuer");
    place.idp("set", &["--issuer", &other.url]).fails("--secret is missing");
    let claim = ["--claim", "eduperson_principal_name"];
    place.idp("set", &claim).fails("repeat the namespace urn:latchkey:128807:provider if each user keeps the id");
    place.set(&other, &[]).fails("--namespace is missing: another issuer");
    let again = place.idp("set", &[&claim[..], &["--namespace", "urn:latchkey:128807:provider", "--json"]].concat());
    assert!(again.err.contains("their sessions on the pages end"), "{}", again.err);
    assert_eq!(again.json()["claim"], "eduperson_principal_name");
    let moved = place.set(&other, &["--namespace", "urn:demo:new"]);
    assert!(moved.err.contains("their sessions on the pages end"), "{}", moved.err);
    assert_eq!((&moved.json()["issuer"], &moved.json()["namespace"]), (&json!(other.url), &json!("urn:demo:new")));
    // The same again ends nothing.
    let same = place.set(&other, &[]);
    assert!(same.code == 0 && !same.err.contains("sessions"), "{}", same.err);
}

#[test]
fn a_provider_registered_after_another_was_removed_takes_no_namespace_without_being_told() {
    let (place, provider, other) = (Place::new(), Provider::new(), Provider::new());
    place.set(&provider, &[]).json();
    place.idp("remove", &["--yes"]);
    place.idp("remove", &["--yes"]).fails("has no provider");
    let told = "repeat the namespace urn:latchkey:128807:provider if each user keeps the id, else name another";
    place.set(&other, &[]).fails(told);
    place.set(&provider, &["--claim", "eduperson_principal_name"]).fails(told);
    place.idp("show", &[]).fails("has no provider");
    let moved = place.set(&other, &["--namespace", "urn:demo:new"]).json();
    assert_eq!(moved["namespace"], "urn:demo:new");
    place.idp("remove", &["--yes"]);
    place.set(&provider, &[]).fails("repeat the namespace urn:demo:new");
    // The same provider again keeps the namespace. No session of before counts.
    let again = place.set(&other, &[]).json();
    assert_eq!(again["namespace"], "urn:demo:new");
    assert!(again["sessions_from"].as_str().unwrap() > moved["sessions_from"].as_str().unwrap(), "{moved} {again}");
    // An institution that is removed and added again is the same one.
    place.idp("remove", &["--yes"]);
    assert_eq!(place.admin(&["institution", "remove", "128807", "--yes"]).code, 0);
    assert_eq!(place.admin(&["institution", "add", "128807", "--name", "Demo Library"]).code, 0);
    place.set(&provider, &[]).fails("repeat the namespace urn:demo:new");
}

#[test]
fn sessions_that_a_change_ended_stay_ended_when_it_is_taken_back() {
    let (place, provider) = (Place::new(), Provider::new());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = Store::new(dynamodb_at(&place.server.dynamodb_url), tables());
    let stamp = || runtime.block_on(store.provider(DEMO_INSTITUTION, &mut Usage::default())).unwrap().unwrap().stamp();
    let claim = |claim: &str| {
        let told = place.idp("set", &["--claim", claim, "--namespace", "urn:latchkey:128807:provider"]);
        assert!(told.code == 0 && told.err.contains("their sessions on the pages end"), "{}", told.err);
    };
    place.set(&provider, &[]).json();
    let first = stamp();
    claim("eduperson_principal_name");
    let second = stamp();
    claim("sub");
    let third = stamp();
    assert!(first != second && first != third && second != third, "{first} {second} {third}");
    for command in [&["set", "--only"][..], &["refresh"], &["set", "--claim", "sub"]] {
        assert_eq!(place.idp(command[0], &command[1..]).code, 0);
        assert_eq!(stamp(), third, "{command:?}");
    }
}

#[test]
fn an_institution_with_a_provider_is_removed_after_its_provider() {
    let (place, provider) = (Place::new(), Provider::new());
    place.set(&provider, &[]).json();
    let remove = ["institution", "remove", "128807", "--yes"];
    place.admin(&remove).fails("remove it first: latchkey institution idp remove 128807");
    // A name says nothing of the provider.
    place.admin(&["institution", "add", "128807", "--name", "Renamed", "--json"]).json();
    assert_eq!(place.sign_in_of("128807").0, json!("provider or password"));
    let listed = place.admin(&["institution", "list"]).out;
    assert!(listed.contains("provider or password") && listed.contains("Renamed"), "{listed}");
    // A declared file has no provider.
    let exported = place.admin(&["export", "--users"]).out;
    assert!(exported.contains("Renamed") && !exported.contains(&provider.url), "{exported}");
    place.idp("remove", &["--yes"]);
    assert_eq!(place.admin(&remove).code, 0);
}

#[test]
fn the_secret_of_a_provider_is_in_no_output_and_in_no_record() {
    let (place, provider) = (Place::new(), Provider::new());
    let mut hunt = Hunt::default();
    let secret = hunt.fresh("the secret of a provider");
    let look = |what: &str, done: Done| hunt.finds_nothing(what, format!("{}{}", done.out, done.err).as_bytes());
    let set = |issuer: &str, more: &[&str]| {
        let set =
            ["institution", "idp", "set", "128807", "--issuer", issuer, "--client-id", "latchkey", "--secret", "-"];
        typed(&place, &[&set[..], more].concat(), &secret)
    };
    look(
        "an argument",
        place.idp("set", &["--issuer", &provider.url, "--client-id", &"x".repeat(300), "--secret", &secret]),
    );
    for issuer in ["https://10.0.0.1", "ftp://login.example", "no URL", "http://127.0.0.1:9", &provider.url] {
        look(issuer, set(issuer, &[]));
    }
    for more in [&["--json"][..], &["--namespace", "urn:latchkey:91475"], &["--algorithm", "EdDSA"], &["--nothing"]] {
        look("set", set(&provider.url, more));
    }
    for command in ["show", "test", "refresh", "reseal"] {
        look(command, place.admin(&["institution", "idp", command, "128807"]));
        look(command, place.admin(&["institution", "idp", command, "128807", "--json"]));
    }
    look("reseal", place.admin(&["institution", "idp", "reseal"]));
    look("the list", place.admin(&["institution", "list", "--json"]));
    look("the records", place.admin(&["audit", "list", "--json"]));
    look("the export", place.admin(&["export", "--users"]));
    look("the removal", place.idp("remove", &["--yes"]));
    look("a word too many", place.idp("set", &[&secret]));
}
