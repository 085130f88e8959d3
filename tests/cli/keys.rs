//! Clients that assert: public keys in registrations, their rotation, and secrets that are too short.

use latchkey_testkit::assertion::Key;
use latchkey_testkit::root;
use serde_json::{Value, json};

use crate::place::{Done, Place};

mod private;

const KIND: [&str; 10] = [
    "--grant-type",
    "client_credentials",
    "--grant-type",
    "refresh_token",
    "--scope",
    "WMS_NCIP",
    "--institution",
    "128807",
    "--introspects",
    "WMS_NCIP",
];
const BY_KEY: [&str; 2] = ["--auth-method", "private_key_jwt"];

impl Place {
    /// A file with a JSON text.
    fn keys(&self, name: &str, text: &Value) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn asserting(&self, id: &str, more: &[&str]) -> Done {
        self.admin(&[&["client", "create", "--client-id", id, "--name", id, "--json"], &KIND[..], more].concat())
    }

    fn change(&self, id: &str, more: &[&str]) -> Done {
        self.admin(&[&["client", "update", id, "--json"], more].concat())
    }

    fn bringing(&self, id: &str, secret: &str, more: &[&str]) -> Done {
        let words = [&["client", "import", "--client-id", id, "--name", id, "--json"], &KIND[..], more].concat();
        Done::of(self.command(&words).env("LATCHKEY_SECRET", secret).output().unwrap())
    }
}

fn named(key: &Key, kid: &str) -> Value {
    let mut jwk = key.jwk();
    jwk["kid"] = json!(kid);
    jwk
}

#[test]
fn a_client_with_keys_has_no_secret_and_shows_its_keys_by_name_and_thumbprint() {
    let place = Place::new();
    let set = place.keys("set.json", &json!({ "keys": [named(&Key::Rs256, "first"), Key::EdDsa.jwk()] }));
    let made = place.asserting("asserts", &[&BY_KEY[..], &["--jwks", &set]].concat()).json();
    let ed25519 = Key::EdDsa.registered().kid;
    let rsa = Key::Rs256.registered().kid;
    let shown = [format!("first (RS256, thumbprint {rsa})"), format!("{ed25519} (EdDSA, thumbprint {ed25519})")];
    assert_eq!((&made["keys"], &made["secrets"], &made["secret"]), (&json!(shown), &json!([]), &Value::Null));
    assert_eq!(place.shown("asserts")["keys"], json!(shown));
    assert_eq!(place.shown("asserts")["warnings"], json!([]));
    place
        .admin(&["client", "rotate-secret", "asserts"])
        .fails("authenticates by private_key_jwt only and has no secret");
    place
        .asserting("kept", &[&BY_KEY[..], &["--jwks", &set, "--secret-to", "x"]].concat())
        .fails("a client that authenticates by private_key_jwt only has no secret");
    place
        .bringing("import", "UYnwZbmvf3fAXCEa0JryLQ==", &[&BY_KEY[..], &["--jwks", &set]].concat())
        .fails("latchkey client create --client-id registers it");
    // Beside another method, it has one.
    let both = ["--auth-method", "client_secret_basic", "--auth-method", "private_key_jwt", "--jwks", &set];
    assert!(place.asserting("both", &both).json()["secret"].is_string());
}

#[test]
fn keys_are_rotated_by_adding_one_and_removing_the_other() {
    let place = Place::new();
    let old = place.keys("old.json", &named(&Key::Rs256, "2025"));
    let new = place.keys("new.json", &named(&Key::Es256, "2026"));
    place.asserting("rotates", &[&BY_KEY[..], &["--jwks", &old, "--single-use-assertions", "true"]].concat()).json();
    let names = |done: &Done| {
        let keys = done.json()["keys"].as_array().unwrap().clone();
        keys.iter().map(|key| key.as_str().unwrap().split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&place.change("rotates", &["--add-jwks", &new])), ["2025", "2026"]);
    assert_eq!(names(&place.change("rotates", &["--add-jwks", &new])), ["2025", "2026"], "it is there already");
    let removed = place.change("rotates", &["--remove-key", "2025"]);
    assert_eq!(names(&removed), ["2026"]);
    assert!(removed.err.contains("removed key 2025"), "{}", removed.err);
    place.change("rotates", &["--remove-key", "2025"]).fails("the client does not have 2025; it has 2026");
    place.change("rotates", &["--remove-key", "2026"]).fails("--jwks is missing: without a key");
    place.change("rotates", &["--clear", "jwks"]).fails("--jwks is missing: without a key");
    let same_name = place.keys("same.json", &named(&Key::EdDsa, "2026"));
    place.change("rotates", &["--add-jwks", &same_name]).fails("two keys have the kid \"2026\"");
    let same_key = place.keys("again.json", &named(&Key::Es256, "other"));
    place.change("rotates", &["--add-jwks", &same_key]).fails("is there twice");
    assert_eq!(names(&place.change("rotates", &["--jwks", &old])), ["2025"], "one replaces the other");
    let shown = place.change("rotates", &["--assertion-seconds", "3600"]).json();
    assert_eq!((&shown["assertion_seconds"], &shown["single_use_assertions"]), (&json!(3600), &json!(true)));
    let cleared = place.change("rotates", &["--clear", "assertion-seconds", "--single-use-assertions", "false"]);
    assert_eq!(cleared.json()["assertion_seconds"], Value::Null);
    assert!(cleared.err.contains("removed life of assertions 3600"), "{}", cleared.err);
    // What changed stands in the records, with the keys themselves.
    let trail = place.admin(&["audit", "list", "--json"]).out;
    assert!(trail.contains("2026 {") && trail.contains("P-256") && trail.contains("single_use_assertions"), "{trail}");
}

#[test]
fn a_file_that_a_registration_must_not_have_is_refused_with_its_reason() {
    let place = Place::new();
    let with = |name: &str, value: Value| {
        let mut jwk = Key::Es256.jwk();
        jwk[name] = value;
        jwk
    };
    let many: Vec<_> = (1..6).map(|seed| Key::Seed(seed).jwk()).collect();
    for (text, told) in [
        (with("d", json!("AQAB")), "key 1: it has the private part \"d\": register the public key only"),
        (json!({ "keys": [Key::Es256.jwk(), { "kty": "oct", "k": "AQAB" }] }), "key 2: it is a shared secret"),
        (with("y", Key::Es256.jwk()["x"].clone()), "its x and y are no point of the curve P-256"),
        (
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "A".repeat(43) }),
            "key 1: its x is a point of small order, by which anyone can sign",
        ),
        (with("crv", json!("P-384")), "its crv must be P-256"),
        (with("use", json!("enc")), "its use must be sig"),
        (with("alg", json!("RS256")), "its alg must be"),
        (with("kid", json!("a b")), "its kid must have 1 to 128"),
        (json!({ "keys": many }), "it has 5 keys; a client has at most 4"),
        (json!({ "keys": [] }), "it has no key"),
        (json!([]), "neither a JWK nor a JWK set"),
    ] {
        let file = place.keys("odd.json", &text);
        let done = place.asserting("odd", &[&BY_KEY[..], &["--jwks", &file]].concat());
        done.fails(told);
        assert!(!done.err.contains("AQAB"), "{}", done.err);
    }
    let pem = root().join("tests/jose/rsa-of-tests.pem");
    place.asserting("odd", &[&BY_KEY[..], &["--jwks", pem.to_str().unwrap()]].concat()).fails("neither a JWK nor");
    place.asserting("odd", &[&BY_KEY[..], &["--jwks", "missing.json"]].concat()).fails("missing.json");
    place.asserting("odd", &BY_KEY).fails("--jwks is missing: without a key");
    let good = place.keys("good.json", &Key::Es256.jwk());
    place.asserting("odd", &["--jwks", &good]).fails("only a client that authenticates by private_key_jwt has keys");
    for (option, value) in [("--assertion-seconds", "600"), ("--single-use-assertions", "true")] {
        place.asserting("odd", &[option, value]).fails("sends assertions");
    }
    for value in ["0", "3601"] {
        place.asserting("odd", &[&BY_KEY[..], &["--jwks", &good, "--assertion-seconds", value]].concat()).fails("3600");
    }
}

#[test]
fn a_client_that_asserts_no_more_is_told_what_goes_with_its_keys() {
    let place = Place::new();
    let file = place.keys("key.json", &Key::Es256.jwk());
    let more = ["--jwks", &file, "--assertion-seconds", "600", "--single-use-assertions", "true"];
    place.asserting("asserts", &[&BY_KEY[..], &more].concat()).json();
    let mut options = vec!["--auth-method", "client_secret_basic"];
    for told in ["--clear jwks", "--clear assertion-seconds", "--single-use-assertions false"] {
        let refused = place.change("asserts", &options);
        refused.fails(&format!("; add {told}"));
        assert!(!refused.err.contains("client disable"), "{}", refused.err);
        options.extend(told.split(' '));
    }
    place.change("asserts", &options).json();
    // What the client never had is not to be cleared.
    let refused = place.change("asserts", &["--assertion-seconds", "600"]);
    refused.fails("sends assertions");
    assert!(!refused.err.contains("add --clear") && !refused.err.contains("client disable"), "{}", refused.err);
}

#[test]
fn a_client_that_needs_its_secret_no_more_loses_it_and_its_operator_is_asked() {
    let place = Place::new();
    place.asserting("moves", &["--auth-method", "client_secret_basic"]).json();
    let key = place.keys("key.json", &Key::Es256.jwk());
    let moving = place.change("moves", &["--add-auth-method", "private_key_jwt", "--add-jwks", &key]).json();
    assert_eq!(moving["secrets"].as_array().unwrap().len(), 1, "both work while it moves");
    let basic = ["--remove-auth-method", "client_secret_basic"];
    let asked = place.change("moves", &basic);
    asked.fails(
        "this removes 1 secret of client moves, since a client that authenticates by private_key_jwt only has none",
    );
    asked.fails("nothing is done yet: add --yes to do it");
    assert_eq!(place.shown("moves")["secrets"].as_array().unwrap().len(), 1);
    let moved = place.change("moves", &[&basic[..], &["--yes"]].concat());
    assert_eq!(moved.json()["secrets"], json!([]));
    assert!(moved.err.contains("removed secret 2"), "{}", moved.err);
    // A declared file does the same, and says so.
    place.asserting("declared", &[]).json();
    let file = format!(
        "[[clients]]\nclient_id = \"declared\"\nauth_methods = [\"private_key_jwt\"]\njwks = ['{}']\n",
        Key::Es256.jwk()
    );
    let plan = place.apply("a.toml", &file, &["--plan"]);
    let told = "client declared: this removes 1 secret of client declared, since a client that authenticates by private_key_jwt";
    assert!(plan.err.contains(told), "{}", plan.err);
    let secrets = || place.shown("declared")["secrets"].as_array().unwrap().len();
    assert_eq!((secrets(), place.apply("a.toml", &file, &["--yes"]).code, secrets()), (1, 0, 0));
}

#[test]
fn a_secret_that_is_too_short_for_an_assertion_is_refused_and_warned_of() {
    let (place, short) = (Place::new(), "UYnwZbmvf3fAXCEa0JryLQ==");
    let by_secret = ["--auth-method", "client_secret_jwt"];
    place.bringing("short", short, &by_secret).fails("a secret of at least 32 bytes (RFC 7518 section 3.2)");
    place.bringing("signs", short, &[]).json();
    place.change("signs", &["--add-auth-method", "client_secret_jwt"]).fails("latchkey client rotate-secret makes one");
    assert_eq!(place.admin(&["client", "rotate-secret", "signs"]).code, 0);
    let changed = place.change("signs", &["--add-auth-method", "client_secret_jwt"]).json();
    let warnings = changed["warnings"].to_string();
    assert!(warnings.contains("is too short for client_secret_jwt"), "{warnings}");
    place.bringing("long", "a secret of two and thirty bytes", &by_secret).json();
}

#[test]
fn a_declared_file_has_keys_and_an_export_gives_them_back() {
    let place = Place::new();
    let file = place.folder.path().join("declared.yaml");
    let apply = |text: &str| {
        std::fs::write(&file, text).unwrap();
        place.admin(&["apply", file.to_str().unwrap(), "--yes", "--json"])
    };
    let entry = |jwks: &str| {
        format!(
            "clients:\n- {{client_id: asserts, name: A, auth_methods: [private_key_jwt], grant_types: [client_credentials], scopes: \
             [WMS_NCIP], institutions: ['*'], jwks: [{jwks}], assertion_seconds: 600, single_use_assertions: true}}\n"
        )
    };
    let key = format!("'{}'", Key::Es256.jwk());
    let made = apply(&entry(&key)).json();
    assert_eq!((&made["items"][0]["result"], &made["items"][0]["secret"]), (&json!("done"), &Value::Null));
    let shown = place.shown("asserts");
    assert!(shown["keys"][0].as_str().unwrap().contains("(ES256, "), "{shown}");
    assert_eq!((&shown["assertion_seconds"], &shown["secrets"]), (&json!(600), &json!([])));
    let exported = place.folder.path().join("export.toml");
    assert_eq!(place.admin(&["export", exported.to_str().unwrap()]).code, 0);
    let text = std::fs::read_to_string(&exported).unwrap();
    assert!(text.contains("jwks = [") && text.contains("assertion_seconds = 600"), "{text}");
    assert_eq!(place.admin(&["apply", "--plan", exported.to_str().unwrap()]).code, 0);
    for (jwks, told) in [
        ("'{}'", "its member \"kty\" is missing"),
        (r#"'{"kty":"oct","k":"AQAB"}'"#, "it is a shared secret"),
        ("", "jwks: it is missing: without a key"),
    ] {
        apply(&entry(jwks)).fails(told);
    }
    let off = format!("'{}'", {
        let mut jwk = Key::Es256.jwk();
        jwk["y"] = jwk["x"].clone();
        jwk
    });
    apply(&entry(&off)).fails("no point of the curve");
}
