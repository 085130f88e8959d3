//! Methods of clients: how they are registered, shown and changed, and what cannot be registered.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_dynamodb::aws::dynamodb_at;
use serde_json::{Value, json};

use crate::place::{Done, Place, run};

const KIND: [&str; 6] = ["--grant-type", "client_credentials", "--scope", "WMS_NCIP", "--institution", "128807"];
const BROWSER: [&str; 10] = [
    "--auth-method",
    "none",
    "--grant-type",
    "authorization_code",
    "--scope",
    "WMS_NCIP",
    "--institution",
    "128807",
    "--redirect-uri",
    "https://app.example/callback",
];

impl Place {
    fn create_with(&self, id: &str, more: &[&str]) -> Done {
        self.admin(&[&["client", "create", "--client-id", id, "--name", id, "--json"], more].concat())
    }
}

#[test]
fn a_client_signs_unless_it_is_told_otherwise_and_its_methods_are_shown_and_changed() {
    let place = Place::new();
    place.create_with("signs", &KIND);
    assert_eq!(place.shown("signs")["auth_methods"], json!(["wskey"]));
    let basic = ["--auth-method", "client_secret_basic", "--auth-method", "client_secret_post"];
    assert!(place.create_with("sends", &[&KIND[..], &basic].concat()).json()["secret"].is_string());
    assert_eq!(place.shown("sends")["auth_methods"], json!(["client_secret_basic", "client_secret_post"]));
    let list = place.admin(&["client", "list"]);
    assert!(list.out.contains("sends (client_secret_basic, client_secret_post)"), "{}", list.out);
    assert!(!list.out.contains("wskey"), "{}", list.out);
    let update = |more: &[&str]| place.admin(&[&["client", "update", "sends", "--json"], more].concat());
    let added = update(&["--add-auth-method", "wskey", "--remove-auth-method", "client_secret_post"]);
    assert_eq!(added.json()["auth_methods"], json!(["client_secret_basic", "wskey"]));
    assert!(added.err.contains("removed authentication method client_secret_post"), "{}", added.err);
    assert_eq!(update(&["--scope", "WMS_ACQ"]).json()["auth_methods"], json!(["client_secret_basic", "wskey"]));
    update(&["--remove-auth-method", "client_secret_post"]).fails("it has client_secret_basic wskey");
    update(&["--remove-auth-method", "wskey", "--remove-auth-method", "client_secret_basic"])
        .fails("--auth-method is missing: without it, the client could not authenticate");
    assert_eq!(update(&["--auth-method", "wskey"]).json()["auth_methods"], json!(["wskey"]));
    for (odd, told) in [
        (
            "basic",
            "it must be wskey, client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt or none",
        ),
        ("WSKEY", "it must be wskey"),
        ("", "it must be wskey"),
    ] {
        update(&["--auth-method", odd]).fails(told);
    }
}

#[test]
fn a_public_client_has_no_secret_and_none_can_be_made_for_it() {
    let place = Place::new();
    let created = place.create_with("page", &[&BROWSER[..], &["--origin", "https://app.example"]].concat()).json();
    assert_eq!((&created["secrets"], &created["secret"]), (&json!([]), &Value::Null));
    assert_eq!(created["origins"], json!(["https://app.example"]));
    place.admin(&["client", "rotate-secret", "page"]).fails("the client is a public one (none) and has no secret");
    place.create_with("kept", &[&BROWSER[..], &["--secret-to", "x"]].concat()).fails("has no secret");
    let mut import =
        place.command(&[&["client", "import", "--client-id", "import", "--name", "import"], &BROWSER[..]].concat());
    let import = Done::of(import.env("LATCHKEY_SECRET", "UYnwZbmvf3fAXCEa0JryLQ==").output().unwrap());
    import.fails("latchkey client create --client-id registers it");
    let update = |more: &[&str]| place.admin(&[&["client", "update", "page", "--json"], more].concat());
    let other = ["--add-origin", "http://localhost:5173", "--remove-origin", "https://app.example"];
    assert_eq!(update(&other).json()["origins"], json!(["http://localhost:5173"]));
    assert!(update(&["--clear", "origin"]).err.contains("removed origin http://localhost:5173"));
    // It can become one that authenticates; then it needs a secret.
    update(&["--auth-method", "client_secret_basic"]).json();
    assert!(place.admin(&["client", "rotate-secret", "page", "--json"]).json()["secret"].is_string());
    assert_eq!(place.shown("page")["secrets"].as_array().unwrap().len(), 1);
}

#[test]
fn what_does_not_go_together_is_refused_with_its_reason() {
    let place = Place::new();
    let public = |more: &[&'static str]| [&BROWSER[..], more].concat();
    for (options, told) in [
        (public(&["--auth-method", "client_secret_basic"]), "none excludes every other method"),
        (public(&["--grant-type", "refresh_token"]), "cannot have the grant type refresh_token"),
        (public(&["--grant-type", "client_credentials"]), "cannot have the grant type client_credentials"),
        (public(&["--introspects", "WMS_NCIP"]), "cannot introspect tokens"),
        (
            [&KIND[..], &["--origin", "https://app.example"]].concat(),
            "only a public client (--auth-method none) has origins",
        ),
        (public(&["--origin", "https://app.example/"]), "browsers write this one as https://app.example"),
        (public(&["--origin", "*"]), "neither * nor null"),
        (public(&["--origin", "http://app.example"]), "only for loopback"),
    ] {
        place.create_with("odd", &options).fails(told);
    }
    place.create_with("good", &KIND);
    let update = |more: &[&str]| place.admin(&[&["client", "update", "good"], more].concat());
    update(&["--auth-method", "none"]).fails("client_credentials; add --remove-grant-type client_credentials");
    update(&["--add-auth-method", "none"]).fails("none excludes every other method");
    let colon = [&KIND[..], &["--auth-method", "client_secret_basic"]].concat();
    place.create_with("urn:app", &colon);
    let warnings = place.shown("urn:app")["warnings"].to_string();
    assert!(warnings.contains("the client id has a colon"), "{warnings}");
}

#[test]
fn a_declared_file_has_methods_and_origins_and_makes_a_public_client_without_a_secret() {
    let place = Place::new();
    let folder = place.folder.path().join("declared.yaml");
    let apply = |file: &str| {
        std::fs::write(&folder, file).unwrap();
        place.admin(&["apply", folder.to_str().unwrap(), "--yes", "--json"])
    };
    let page = "{client_id: page, name: P, auth_methods: [none], grant_types: [authorization_code], scopes: [WMS_NCIP], \
                institutions: ['*'], redirect_uris: ['https://app.example/c'], origins: ['https://app.example']";
    let made = apply(&format!("clients:\n- {page}}}\n")).json();
    assert_eq!((&made["items"][0]["result"], &made["items"][0]["secret"]), (&json!("done"), &Value::Null));
    assert_eq!(place.shown("page")["secrets"], json!([]));
    for (file, told) in [
        (
            format!("clients:\n- {page}, secret_to: x}}\n").replace("page,", "other,"),
            "a public client (none) has no secret",
        ),
        (
            format!("clients:\n- {page}, introspects: [A]}}\n").replace("page,", "other,"),
            "auth_methods: a public client",
        ),
        ("clients:\n- {client_id: page, auth_methods: []}\n".to_owned(), "auth_methods: it is missing"),
        ("clients:\n- {client_id: page, auth_methods: [basic]}\n".to_owned(), "it must be wskey"),
        ("clients:\n- {client_id: page, origins: [null]}\n".to_owned(), "origins[0]"),
    ] {
        apply(&file).fails(told);
    }
    let exported = place.admin(&["export"]);
    assert!(exported.out.contains("origins = [\"https://app.example\"]"), "{}", exported.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_client_without_the_attribute_signs_and_an_item_keeps_its_methods() {
    let place = Place::new();
    place.create_with("old", &KIND);
    let db = dynamodb_at(&place.server.dynamodb_url);
    let key = || ("client_id".to_owned(), AttributeValue::S("old".into()));
    let removed = db
        .update_item()
        .table_name("latchkey-clients")
        .set_key(Some([key()].into()))
        .update_expression("REMOVE auth_methods, origins")
        .send();
    removed.await.unwrap();
    assert_eq!(place.shown("old")["auth_methods"], json!(["wskey"]));
    place.admin(&["client", "update", "old", "--add-auth-method", "client_secret_post", "--json"]).json();
    assert_eq!(place.shown("old")["auth_methods"], json!(["wskey", "client_secret_post"]));
}

#[test]
fn the_commands_of_a_client_authenticate_by_the_method_that_they_are_told() {
    let place = Place::new();
    for method in ["client_secret_basic", "client_secret_post"] {
        let may = ["--grant-type", "refresh_token", "--introspects", "WMS_NCIP", "--auth-method", method];
        let key = place.create_with(method, &[&KIND[..], &may].concat()).json();
        let by = |words: &[&str]| place.client(&key, &[words, &["--auth-method", method, "--json"]].concat());
        let get = ["token", "get", "--scope", "WMS_NCIP refresh_token", "--institution", "128807"];
        let tokens = by(&get).json();
        let refresh_token = tokens["refresh_token"].as_str().unwrap();
        let refreshed = by(&["token", "refresh", refresh_token]).json();
        assert_eq!(refreshed["refresh_token"], tokens["refresh_token"]);
        assert_eq!(by(&["token", "introspect", tokens["access_token"].as_str().unwrap()]).json()["active"], true);
        by(&["token", "revoke", refresh_token]).json();
        by(&["token", "refresh", refresh_token]).fails("400");
        place.client(&key, &get).fails("401");
        // Its registration has one institution, which it may leave to the service.
        by(&["token", "get", "--scope", "WMS_NCIP"]).json();
        by(&["token", "check", "--scope", "WMS_NCIP refresh_token"]).json();
        place.client(&key, &["token", "get", "--scope", "WMS_NCIP"]).fails("--institution is missing");
        place.client(&key, &[&get[..], &["--auth-method", "basic"]].concat()).fails("it must be wskey");
    }
}

#[test]
fn a_public_client_redeems_a_code_with_pkce_and_revokes_and_is_told_what_it_cannot_do() {
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let place = Place::new();
    place.create_with("page", &BROWSER);
    // The environment has the secret of another client, which is not sent.
    let key = json!({ "client_id": "page", "secret": "of another client" });
    let by = |words: &[&str]| place.client(&key, &[words, &["--auth-method", "none"]].concat());
    let code = ["code", "create", "--json", "--client-id", "page", "--scope", "WMS_NCIP", "--institution", "128807"];
    let code = [&code[..], &["--redirect-uri", "https://app.example/callback", "--code-challenge", CHALLENGE]].concat();
    let code = place.admin(&code).json();
    let redeem = ["token", "redeem", code["code"].as_str().unwrap()];
    by(&redeem).fails("redeems a code only with PKCE: --code-verifier is missing");
    let tokens = by(&[&redeem[..], &["--code-verifier", VERIFIER, "--json"]].concat()).json();
    assert_eq!(tokens["refresh_token"], Value::Null);
    assert!(by(&["token", "revoke", tokens["access_token"].as_str().unwrap()]).out.contains("Revoked"));
    for (words, told) in [
        (&["token", "get", "--scope", "WMS_NCIP"][..], "latchkey token login"),
        (&["token", "check", "--scope", "WMS_NCIP"], "latchkey token login"),
        (&["token", "refresh", "rt_x"], "a public client has no refresh token"),
        (&["token", "introspect", "tk_x"], "a public client cannot introspect tokens"),
        (
            &["token", "revoke", "tk_x", "--secret", "its own"],
            "--auth-method none sends no secret, and --secret gives one",
        ),
        (&["token", "revoke", "tk_x", "--signature-path", "/x"], "--signature-path is for a client that signs"),
    ] {
        by(words).fails(told);
    }
}

#[test]
fn what_a_method_needs_is_asked_for_before_anything_is_sent() {
    let place = Place::new();
    // Nothing listens there.
    let environment = [("LATCHKEY_URL", "http://127.0.0.1:1"), ("LATCHKEY_CLIENT_ID", "app")];
    let revoke = |more: &[&str]| run(place.folder.path(), &environment, &[&["token", "revoke", "tk_x"], more].concat());
    revoke(&[]).fails("the client's secret is missing: set LATCHKEY_SECRET, or use --secret - ");
    revoke(&[]).fails("add --auth-method none");
    for method in ["wskey", "client_secret_basic", "client_secret_post"] {
        revoke(&["--auth-method", method]).fails(&format!("--auth-method {method} needs the client's secret"));
    }
    let lines = ["--auth-method", "client_secret_post", "--secret", "s", "--signature-port", "80"];
    revoke(&lines)
        .fails("--signature-port is for a client that signs, and --auth-method client_secret_post signs nothing");
    let login = ["token", "login", "--scope", "WMS_NCIP", "--no-browser"];
    run(place.folder.path(), &environment, &login).fails("the client's secret is missing");
    let redeem = ["token", "redeem", "auth_x", "--institution", "128807", "--secret", "s"];
    run(place.folder.path(), &environment, &redeem).fails("--redirect-uri is missing: a client that signs names it");
}

#[test]
fn a_client_that_becomes_public_loses_its_secrets_and_no_way_back_revives_them() {
    let place = Place::new();
    let basic = [&BROWSER[2..], &["--auth-method", "client_secret_basic"]].concat();
    let update = |id: &str, more: &[&str]| place.admin(&[&["client", "update", id, "--json"], more].concat());
    let secrets = |id: &str| place.shown(id)["secrets"].as_array().unwrap().len();
    let key = place.create_with("page", &basic).json();
    update("page", &["--auth-method", "none"]).fails("this removes 1 secret of client page");
    update("page", &["--auth-method", "none"]).fails("nothing is done yet: add --yes to do it");
    assert_eq!((place.shown("page")["auth_methods"].clone(), secrets("page")), (json!(["client_secret_basic"]), 1));
    let done = update("page", &["--auth-method", "none", "--yes"]);
    assert_eq!((done.code, done.json()["secrets"].clone()), (0, json!([])), "{}", done.err);
    assert!(
        done.err.contains("removed secret ") && !done.err.contains(key["secret"].as_str().unwrap()),
        "{}",
        done.err
    );
    let back = update("page", &["--auth-method", "client_secret_basic"]);
    assert_eq!(back.json()["secrets"], json!([]), "nothing is left, and nothing is asked");
    let asks = ["token", "revoke", "tk_x", "--auth-method", "client_secret_basic"];
    assert_ne!(place.client(&key, &asks).code, 0);
    // A declared file does the same, and says so.
    place.create_with("declared", &basic);
    let file = "[[clients]]\nclient_id = \"declared\"\nauth_methods = [\"none\"]\n";
    let plan = place.apply("a.toml", file, &["--plan"]);
    assert!(plan.err.contains("client declared: this removes 1 secret of client declared"), "{}", plan.err);
    assert_eq!((secrets("declared"), place.apply("a.toml", file, &["--yes"]).code, secrets("declared")), (1, 0, 0));
}

#[test]
fn a_public_client_of_the_user_agent_flow_and_a_scope_that_names_an_institution_are_warned_of_or_refused() {
    let place = Place::new();
    let implicit = [&BROWSER[..], &["--grant-type", "implicit"]].concat();
    let warns = "PKCE does not protect them";
    let created = place.create_with("fragment", &implicit);
    assert!(created.code == 0 && created.err.contains(warns), "{}", created.err);
    assert!(place.shown("fragment")["warnings"].to_string().contains(warns));
    let quiet = place.create_with("code", &BROWSER);
    assert!(quiet.code == 0 && !quiet.err.contains(warns), "{}", quiet.err);
    let update = |more: &[&str]| place.admin(&[&["client", "update", "code", "--json"], more].concat());
    assert!(update(&["--add-grant-type", "implicit"]).err.contains(warns));
    assert!(!update(&["--name", "Code"]).err.contains(warns), "it is said once");
    let context = "context:ID names an institution in a request";
    place.create_with("context", &[&KIND[..], &["--scope", "context:91475"]].concat()).fails(context);
    place.create_with("context", &["--introspects", "context:91475"]).fails(context);
    update(&["--add-scope", "context:91475"]).fails(context);
    place.admin(&["scope", "describe", "context:91475", "--name", "X"]).fails(context);
    let file = "[[scopes]]\nscope = \"context:1\"\nname = \"X\"\n\n[[clients]]\nclient_id = \"code\"\nscopes = [\"context:1\"]\n";
    let done = place.apply("a.toml", file, &["--yes"]);
    done.fails("2 faults in ");
    assert_eq!(done.err.matches(context).count(), 2, "{}", done.err);
    place.create_with("stars", &[&BROWSER[..], &["--origin", "https://*.example"]].concat()).fails("no host has *");
}

#[tokio::test]
async fn a_scope_from_before_that_names_an_institution_stays_and_is_shown() {
    let place = Place::new();
    place.create_with("old", &KIND);
    let old = AttributeValue::L(["WMS_NCIP", "context:91475"].map(|scope| AttributeValue::S(scope.into())).into());
    let update = dynamodb_at(&place.server.dynamodb_url).update_item().table_name("latchkey-clients");
    let update = update.key("client_id", AttributeValue::S("old".into())).update_expression("SET scopes = :scopes");
    update.expression_attribute_values(":scopes", old).send().await.unwrap();
    assert!(place.shown("old")["warnings"].to_string().contains("the scope context:91475 works"));
    let file = place.folder.path().join("all.toml");
    assert_eq!(place.admin(&["export", file.to_str().unwrap()]).code, 0);
    let again = place.admin(&["apply", file.to_str().unwrap(), "--yes"]);
    assert_eq!((again.code, again.out.starts_with("Nothing to do: ")), (0, true), "{}{}", again.out, again.err);
}
