//! `latchkey client`: clients are registered, changed, listed, and given new secrets.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_cli::local::tables;
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::client::Client;
use latchkey_testkit::registered::client_with_every_attribute;
use serde_json::Value;

use crate::place::{GET, Place};
use crate::running::Running;

type Item = HashMap<String, AttributeValue>;

#[test]
fn a_client_is_created_gets_tokens_refreshes_and_is_disabled_and_enabled() {
    let place = Place::new();
    let key = place.create();
    let id = key["client_id"].as_str().unwrap();
    assert_eq!((id.len(), key["secret"].as_str().unwrap().len()), (80, 32));
    let tokens = place.client(&key, &GET).json();
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let refreshed = place.client(&key, &["token", "refresh", refresh_token, "--json"]).json();
    assert!(refreshed["access_token"].is_string());
    let narrowed = place.client(&key, &["token", "refresh", refresh_token, "--json", "--scope", "WMS_NCIP"]).json();
    assert_eq!(narrowed["scope"], "WMS_NCIP");
    let owner = place.admin(&["client", "create", "--name", "API", "--introspects", "WMS_NCIP", "--json"]).json();
    let seen =
        place.client(&owner, &["token", "introspect", narrowed["access_token"].as_str().unwrap(), "--json"]).json();
    assert_eq!((seen["active"].as_bool(), seen["client_id"].as_str()), (Some(true), Some(id)));
    place.client(&key, &["token", "introspect", refresh_token]).fails("400");
    place.client(&key, &["token", "revoke", narrowed["access_token"].as_str().unwrap(), "--json"]).json();
    let seen =
        place.client(&owner, &["token", "introspect", narrowed["access_token"].as_str().unwrap(), "--json"]).json();
    assert_eq!(seen["active"], false);
    assert_eq!(place.admin(&["client", "disable", id, "--json"]).json()["disabled"], true);
    place.client(&key, &GET).fails("401");
    place.admin(&["client", "enable", id]);
    place.client(&key, &GET).json();
}

#[test]
fn clients_are_listed_and_shown_without_secrets() {
    let place = Place::new();
    let key = place.create();
    let (id, secret) = (key["client_id"].as_str().unwrap(), key["secret"].as_str().unwrap());
    let list = place.admin(&["client", "list", "--json"]);
    assert_eq!(list.json().as_array().unwrap().len(), 2, "the demo client and this one");
    let table = place.admin(&["client", "list"]);
    assert!(table.out.contains(id) && table.out.contains("App"));
    let shown = place.admin(&["client", "show", id]);
    assert!(shown.out.contains("https://app.example/callback"));
    for done in [list, table, shown] {
        assert!(!done.out.contains(secret) && !done.err.contains(secret));
    }
    place.admin(&["client", "show", "nobody"]).fails("no client has the id nobody");
}

#[test]
fn an_update_replaces_what_is_given_and_keeps_the_rest() {
    let place = Place::new();
    let key = place.create();
    let id = key["client_id"].as_str().unwrap();
    let update = [
        "client",
        "update",
        id,
        "--json",
        "--scope",
        "WMS_ACQ",
        "--numbers-as-strings",
        "true",
        "--principal-on-refresh",
        "true",
        "--names-principal",
        "true",
        "--refresh-token-seconds",
        "604800",
        "--name",
        "Other",
    ];
    let view = place.admin(&update).json();
    assert_eq!(view["scopes"], serde_json::json!(["WMS_ACQ"]));
    assert_eq!(view["institutions"], serde_json::json!(["128807"]));
    let shown = place.admin(&["client", "show", id, "--json"]).json();
    assert_eq!(shown, view);
    assert_eq!((&view["name"], &view["refresh_token_seconds"]), (&"Other".into(), &604_800.into()));
    for setting in ["numbers_as_strings", "principal_on_refresh", "names_principal"] {
        assert_eq!((&view[setting], &view["pkce_required"]), (&true.into(), &false.into()), "{setting}");
    }
    let pushing = place.admin(&["client", "update", id, "--json", "--require-pushed-requests", "true"]).json();
    assert_eq!(pushing["require_pushed_requests"], true);
    let more = ["client", "update", id, "--json", "--pkce-required", "true", "--introspects", "WMS_NCIP"];
    let more = place.admin(&more).json();
    assert_eq!(more["require_pushed_requests"], true, "another change keeps it");
    assert_eq!((&more["pkce_required"], &more["introspects"][0]), (&true.into(), &"WMS_NCIP".into()));
    let cleared = place.admin(&["client", "update", id, "--json", "--clear", "introspects"]).json();
    assert_eq!((&cleared["introspects"], &cleared["pkce_required"]), (&serde_json::json!([]), &true.into()));
    let clear = ["client", "update", id, "--json", "--clear", "redirect-uri", "--clear", "refresh-token-seconds"];
    place.admin(&clear).fails("--redirect-uri is missing: the grant type authorization_code sends");
    let cleared = place.admin(&[&clear[..], &["--remove-grant-type", "authorization_code"]].concat()).json();
    assert_eq!((&cleared["redirect_uris"], &cleared["refresh_token_seconds"]), (&serde_json::json!([]), &Value::Null));
    place.client(&key, &GET).fails("400");
}

#[test]
fn who_registered_a_client_and_where_help_is_are_set_shown_kept_and_cleared() {
    let place = Place::new();
    let key = place.create();
    let id = key["client_id"].as_str().unwrap();
    let update = |more: &[&str]| place.admin(&[&["client", "update", id, "--json"], more].concat());
    assert_eq!((&key["publisher"], &key["help_url"]), (&Value::Null, &Value::Null));
    let set = update(&["--publisher", "Consortium", "--help-url", "mailto:help@app.example"]).json();
    assert_eq!((&set["publisher"], &set["help_url"]), (&"Consortium".into(), &"mailto:help@app.example".into()));
    let kept = update(&["--name", "Other"]).json();
    assert_eq!((&kept["publisher"], &kept["help_url"]), (&set["publisher"], &set["help_url"]));
    let cleared = update(&["--clear", "publisher"]);
    assert!(cleared.err.contains("removed publisher Consortium"), "{}", cleared.err);
    assert_eq!((&cleared.json()["publisher"], &cleared.json()["help_url"]), (&Value::Null, &set["help_url"]));
    for (option, value, told) in [
        ("--help-url", "http://help.example/", "it must be an https URL, or mailto: and an e-mail address"),
        ("--publisher", "two\nlines", "it must be one line of at most 200 bytes"),
    ] {
        update(&[option, value]).fails(told);
    }
    // A declared file sets both; an empty text takes one away.
    let file = place.folder.path().join("help.yaml");
    let declare = |attributes: &str| {
        std::fs::write(&file, format!("clients:\n- {{client_id: {id}, {attributes}}}\n")).unwrap();
        place.admin(&["apply", "--yes", file.to_str().unwrap()])
    };
    assert_eq!(declare("publisher: Library, help_url: ''").code, 0);
    let shown = place.admin(&["client", "show", id, "--json"]).json();
    assert_eq!((&shown["publisher"], &shown["help_url"]), (&"Library".into(), &Value::Null));
    declare("help_url: 'ftp://help.example'").fails("help_url");
}

/// What an item has only if an operator has set it goes by an option, too: a value that is true or false by its own, all others
/// by `--clear`.
#[tokio::test(flavor = "multi_thread")]
async fn every_attribute_that_a_client_may_lack_can_be_cleared() {
    let (place, usage) = (Place::new(), &mut Usage::default());
    let engine = dynamodb_at(&place.server.dynamodb_url);
    let store = Store::new(engine.clone(), tables());
    let secret = store.client("demo", usage).await.unwrap().unwrap().into_inner().secrets.remove(0);
    for client in
        [Client::new("new".into(), "New".into(), secret.clone(), 1), client_with_every_attribute("full", secret)]
    {
        assert!(store.create_client(&client, usage).await.unwrap().is_made());
    }
    let item = async |id: &str| {
        let items = engine.scan().table_name(tables().clients).send().await.unwrap().items.unwrap();
        items.into_iter().find(|item| item["client_id"].as_s().unwrap() == id).unwrap()
    };
    // What every change changes is left out.
    let differ = |one: &Item, other: &Item| -> BTreeSet<String> {
        let names = one.keys().chain(other.keys()).filter(|name| one.get(*name) != other.get(*name));
        names.filter(|name| !name.starts_with("change_id") && *name != "revision").cloned().collect()
    };
    let (new, mut before) = (item("new").await, item("full").await);
    let asked = place.admin(&["client", "update", "full", "--clear", "what"]).err;
    let known = asked.split("[possible values: ").nth(1).unwrap().split(']').next().unwrap();
    for setting in known.split(", ") {
        let cleared = place.admin(&["client", "update", "full", "--clear", setting]);
        assert_eq!(cleared.code, 0, "{setting}: {}", cleared.err);
        let after = item("full").await;
        let names = differ(&before, &after);
        assert_eq!(names.len(), 1, "{setting}: {names:?}");
        assert!(names.is_disjoint(&differ(&after, &new)), "{setting}: {names:?}");
        before = after;
    }
    // A client has these, or an option of its own takes them away.
    let left: Vec<_> = differ(&before, &new).into_iter().filter(|name| before[name].as_bool().is_err()).collect();
    assert_eq!(left, ["client_id", "created_at", "grant_types", "institutions", "name", "namespaces", "scopes"]);
}

#[test]
fn an_existing_key_and_secret_are_imported() {
    let place = Place::new();
    let key = serde_json::json!({ "client_id": "jdfRzYZbLc8HZXFB", "secret": "UYnwZbmvf3fAXCEa0JryLQ==" });
    let import = [
        "client",
        "import",
        "--client-id",
        "jdfRzYZbLc8HZXFB",
        "--name",
        "Old",
        "--grant-type",
        "client_credentials",
        "--grant-type",
        "refresh_token",
        "--scope",
        "WMS_NCIP",
        "--institution",
        "*",
        "--local",
        "--dynamodb-port",
        &place.server.dynamodb_port,
    ];
    assert_eq!(place.client(&key, &import).code, 0);
    place.client(&key, &GET).json();
    place.client(&key, &import).fails("already exists");
}

#[test]
fn a_secret_is_rotated_without_downtime_and_the_old_one_ends() {
    let place = Place::new();
    let old = place.create();
    let id = old["client_id"].as_str().unwrap();
    let new = place.admin(&["client", "rotate-secret", id, "--json", "--name", "second"]).json();
    for key in [&old, &new] {
        place.client(key, &GET).json();
    }
    let shown = place.admin(&["client", "show", id, "--json"]).json();
    let secrets: Vec<_> = shown["secrets"].as_array().unwrap().iter().map(|secret| secret.as_str().unwrap()).collect();
    assert!(secrets.len() == 2 && secrets[0].contains("(ends ") && secrets[1] == "second", "{secrets:?}");
    for name in ["a\u{1b}[2Jb", "a\u{202e}b", "", "a\nb"] {
        place
            .admin(&["client", "rotate-secret", id, "--name", name, "--overlap", "0"])
            .fails("--name must be one line");
    }
    place.admin(&["client", "rotate-secret", id]).fails("--retire");
    place.admin(&["client", "rotate-secret", id, "--overlap", "0", "--name", "second"]).fails("a secret of this name");
    let retire = ["client", "rotate-secret", id, "--json", "--name", "next", "--retire", "second"];
    let next = place.admin(&retire).json();
    place.client(&new, &GET).fails("401");
    for key in [&old, &next] {
        place.client(key, &GET).json();
    }
    let endless = u64::MAX.to_string();
    place.admin(&["client", "rotate-secret", id, "--overlap", &endless]).fails("--overlap");
    place.admin(&["client", "rotate-secret", id, "--retire", "none"]).fails("no secret of the client");
    let third = place.admin(&["client", "rotate-secret", id, "--json", "--name", "third", "--overlap", "0"]).json();
    for key in [&old, &next] {
        place.client(key, &GET).fails("401");
    }
    place.client(&third, &GET).json();
}

#[test]
fn a_sealing_key_is_rotated_by_putting_a_new_one_first_and_sealing_anew() {
    let place = Place::new();
    let key = place.create();
    let file = place.folder.path().join(".latchkey/sealing.key");
    let old = std::fs::read_to_string(&file).unwrap();
    let new = latchkey_oauth::secret::Keyring::line("new", &[7; 32]).to_string();
    std::fs::write(&file, format!("{new}{old}")).unwrap();
    assert_eq!(place.admin(&["client", "reseal", "--json"]).json()["resealed"], 2, "the demo client and this one");
    assert_eq!(place.admin(&["client", "reseal", "--json"]).json()["resealed"], 0);
    place.client(&key, &GET).fails("503");
    let Place { server, folder } = place;
    server.end("-TERM");
    std::fs::write(&file, new).unwrap();
    let place = Place { server: Running::start(folder.path(), &[]), folder };
    place.client(&key, &GET).json();
    std::fs::write(&file, old).unwrap();
    place.admin(&["client", "reseal"]).fails("no sealing key has the name");
    // A secret sealed under a name that the functions no longer know would open nowhere.
    let create = ["client", "create", "--name", "A", "--grant-type", "client_credentials", "--scope", "a"];
    place.admin(&[&create[..], &["--institution", "1"]].concat()).fails("sealed under the key 'clients/new'");
    place.admin(&["client", "rotate-secret", "demo"]).fails("LATCHKEY_SEALING_KEY_NAMES");
}

#[test]
fn a_bad_registration_is_refused_with_its_reason() {
    let place = Place::new();
    for (option, value, reason) in [
        ("--grant-type", "password", "implicit or urn:ietf:params:oauth:grant-type:device_code"),
        ("--scope", "two scopes", "one scope"),
        ("--scope", "*", "each scope by name"),
        ("--scope", "refresh_token", "--grant-type refresh_token"),
        ("--institution", "a b", "letters, digits"),
        ("--redirect-uri", "/relative", "absolute"),
        ("--redirect-uri", &format!("https://a/{}", "x".repeat(2040)), "at most 2048 bytes"),
        ("--redirect-uri", "https://a/#b", "fragment"),
        ("--redirect-uri", "http://evil.example/cb", "only for loopback"),
        ("--redirect-uri", "javascript://x/%0aalert(1)", "must not have the scheme javascript"),
        ("--redirect-uri", "https:app.example/cb", "must have // and a host"),
        ("--redirect-uri", "https://user@app.example/cb", "must not have a user name"),
        ("--redirect-uri", "https://app.example\\@evil.example/", "backslash"),
        ("--redirect-uri", "https://app.example/\u{e9}", "visible ASCII"),
        ("--redirect-uri", "localhost:3000/cb", "must begin with a scheme"),
        ("--redirect-uri", "mailto:x@y", "the scheme mailto leads to another program"),
        ("--redirect-uri", "tel:1", "the scheme tel leads to another program"),
        ("--redirect-uri", "view-source:https://app.example/", "must not have the scheme view-source"),
        ("--redirect-uri", "https://*.example/cb", "must not have * in its host"),
        ("--redirect-uri", "urn:ietf:wg:oauth:2.0:oob", "no longer in use"),
        ("--redirect-uri", "https://app.example/cb?state=x", "must not have state"),
        ("--redirect-uri", "https://app.example/cb?co%64e=x", "must not have code"),
        ("--refresh-token-seconds", "0", "0"),
    ] {
        let mut arguments = vec!["client", "create", "--name", "App", "--grant-type", "client_credentials"];
        arguments.extend(["--scope", "WMS_NCIP", "--institution", "1", option, value]);
        place.admin(&arguments).fails(reason);
    }
    place.admin(&["client", "create", "--name", "App"]).fails("--grant-type is missing");
    let odd = [
        "client",
        "create",
        "--json",
        "--name",
        "App",
        "--grant-type",
        "authorization_code",
        "--scope",
        "WMS_NCIP",
        "--institution",
        "128807",
        "--redirect-uri",
        "https://a/?b=c",
    ];
    assert!(place.admin(&odd).err.contains("warning"));
    for uri in ["com.example.app:/callback", "http://127.0.0.1/cb", "http://[::1]:8080/cb", "http://localhost/cb"] {
        let mut good = odd;
        good[12] = uri;
        let done = place.admin(&good);
        assert_eq!(done.json()["client_id"].as_str().unwrap().len(), 80, "{uri}");
        assert!(!done.err.contains("warning"), "{uri}: {}", done.err);
    }
    // RFC 8252 section 8.4: another application may have the same scheme. The lists say so later too.
    let mut claimed = odd;
    claimed[12] = "app:/callback";
    let done = place.admin(&claimed);
    assert!(
        done.err.contains("warning: app:/callback: another application may have the scheme app too"),
        "{}",
        done.err
    );
    let key = done.json();
    let shown = place.admin(&["client", "show", key["client_id"].as_str().unwrap(), "--json"]).json();
    assert_eq!(shown["warnings"].as_array().unwrap().len(), 1, "{shown}");
    let list = place.admin(&["client", "list"]);
    assert!(list.out.contains("App (1 warning)"), "{}", list.out);
}

#[test]
fn secrets_that_are_made_within_one_second_have_names_of_their_own() {
    let place = Place::new();
    for _ in 0..4 {
        let key = place.create();
        let id = key["client_id"].as_str().unwrap();
        let first = place.admin(&["client", "rotate-secret", id, "--json"]).json();
        let second = place.admin(&["client", "rotate-secret", id, "--overlap", "0", "--json"]).json();
        assert_ne!(first["secret_name"], second["secret_name"]);
    }
}
