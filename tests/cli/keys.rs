//! Clients that assert: public keys in registrations, their rotation, secrets that are too short, and the commands of a client.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_testkit::assertion::Key;
use latchkey_testkit::root;
use serde_json::{Value, json};

use crate::place::{Done, Place, run};

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
fn a_private_key_that_is_encrypted_or_comes_without_its_method_is_refused() {
    let place = Place::new();
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let of_before = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMIIB\n\
                     -----END RSA PRIVATE KEY-----\n";
    let plain = "openssl pkcs8 -topk8 -nocrypt -in FILE asks for the passphrase";
    for text in [encrypted, of_before] {
        let file = place.folder.path().join("odd.key");
        std::fs::write(&file, text).unwrap();
        let get = ["token", "get", "--scope", "WMS_NCIP", "--client-id", "x", "--auth-method", "private_key_jwt"];
        run(place.folder.path(), &[], &[&get[..], &["--private-key", file.to_str().unwrap()]].concat()).fails(plain);
    }
    // A key by itself names no method.
    let pem = root().join("tests/jose/p256-of-tests.pem");
    let get = ["token", "revoke", "tk_x", "--client-id", "x", "--private-key", pem.to_str().unwrap()];
    run(place.folder.path(), &[], &get).fails("--private-key is for --auth-method private_key_jwt; add that option");
    run(place.folder.path(), &[], &[&get[..], &["--auth-method", "none"]].concat())
        .fails("leave one of the two options out");
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

#[test]
fn the_commands_of_a_client_sign_assertions_with_a_secret_a_jwk_or_pem() {
    let place = Place::new();
    let jose = |name: &str| root().join("tests/jose").join(name);
    let okp = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let ec = json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
    let private = |public: &Value, d: &str, name: &str| {
        let mut jwk = public.clone();
        (jwk["d"], jwk["key_ops"]) = (json!(d), json!(["sign"]));
        PathBuf::from(place.keys(name, &jwk))
    };
    let keys = [
        (named(&Key::Ps256, "a-key-of-tests"), jose("rsa-of-tests.json")),
        (Key::Rs256.jwk(), jose("rsa-of-tests.pem")),
        (Key::Es256.jwk(), jose("p256-of-tests.pem")),
        (Key::EdDsa.jwk(), jose("ed25519-of-tests.pem")),
        (okp.clone(), private(&okp, "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "okp.json")),
        (ec.clone(), private(&ec, "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI", "ec.json")),
    ];
    let life = |key: &Value, more: &[&str]| {
        let by = |words: &[&str]| place.client(key, &[words, &["--json"], more].concat());
        let get = ["token", "get", "--scope", "WMS_NCIP refresh_token", "--institution", "128807"];
        let tokens = by(&get).json();
        let refresh_token = tokens["refresh_token"].as_str().unwrap();
        assert_eq!(by(&["token", "refresh", refresh_token]).json()["refresh_token"], tokens["refresh_token"]);
        assert_eq!(by(&["token", "introspect", tokens["access_token"].as_str().unwrap()]).json()["active"], true);
        by(&["token", "revoke", refresh_token]).json();
        by(&[&get[..], &["--audience", "https://other.example"]].concat()).fails("401");
    };
    for (at, (public, private)) in keys.iter().enumerate() {
        let (id, file) = (format!("key-{at}"), place.keys("public.json", public));
        place.asserting(&id, &[&BY_KEY[..], &["--jwks", &file]].concat()).json();
        let key = json!({ "client_id": id, "secret": "" });
        life(&key, &["--auth-method", "private_key_jwt", "--private-key", private.to_str().unwrap()]);
    }
    let key = place.asserting("by-secret", &["--auth-method", "client_secret_jwt"]).json();
    life(&key, &["--auth-method", "client_secret_jwt"]);
    let get = ["token", "get", "--scope", "WMS_NCIP", "--institution", "128807"];
    let pem = jose("rsa-of-tests.pem");
    let pem = pem.to_str().unwrap();
    let off = place.keys("off.json", &{
        let mut jwk = ec.clone();
        jwk["d"] = okp["x"].clone();
        jwk
    });
    // A secret of the environment may be another client's.
    let beside = json!({ "client_id": "key-1", "secret": "another" });
    let by_key = [&BY_KEY[..], &["--private-key", pem]].concat();
    place.client(&beside, &[&get[..], &by_key, &["--json"]].concat()).json();
    place
        .client(&beside, &[&get[..], &by_key, &["--secret", "given"]].concat())
        .fails("--auth-method private_key_jwt sends no secret, and --secret gives one");
    for (more, told) in [
        (&["--private-key", pem][..], "--private-key is for --auth-method private_key_jwt"),
        (&["--audience", "x"], "--audience is for"),
        (&["--auth-method", "private_key_jwt"], "needs the client's private key: --private-key FILE"),
        (&["--auth-method", "private_key_jwt", "--private-key", &off], "do not belong together"),
        (
            &["--auth-method", "private_key_jwt", "--private-key", &place.keys("odd.txt", &json!("no key"))],
            "it is no private key; it must be a JWK, or PEM",
        ),
        (
            &["--auth-method", "private_key_jwt", "--private-key", &place.keys("pub.json", &ec)],
            "it has no private part",
        ),
    ] {
        place.client(&key, &[&get[..], more].concat()).fails(told);
    }
}

#[test]
fn a_private_key_that_no_registration_could_have_is_refused_with_its_reason() {
    let place = Place::new();
    let key = json!({ "client_id": "any", "secret": "" });
    let get = [&["token", "get", "--scope", "WMS_NCIP"], &BY_KEY[..]].concat();
    let private = |jwk: Value| place.keys(&format!("{}.json", jwk["crv"]), &jwk);
    let number = |bytes: usize| URL_SAFE_NO_PAD.encode(vec![0xff; bytes]);
    let text = |name: &str, label: &str, before: &str| {
        let path = place.folder.path().join(name);
        std::fs::write(&path, format!("{before}-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    for (file, told) in [
        (
            private(json!({ "kty": "EC", "crv": "P-384", "x": number(48), "y": number(48), "d": number(48) })),
            "its crv must be P-256",
        ),
        (private(json!({ "kty": "OKP", "crv": "Ed448", "x": number(57), "d": number(57) })), "its crv must be P-256"),
        (
            private(json!({ "kty": "RSA", "n": number(128), "e": "AQAB", "d": number(128) })),
            "it is an RSA key of 1024 bits; it must have 2048, 3072 or 4096",
        ),
        (private(json!({ "kty": "other", "crv": "other", "d": "AQAB" })), "its kty must be RSA, EC or OKP"),
        (
            text("odd.pem", "PRIVATE KEY", ""),
            "it must be a key of RSA with 2048, 3072 or 4096 bits, of P-256 or of Ed25519",
        ),
        (text("rsa.pem", "RSA PRIVATE KEY", ""), "it must be a key of RSA with 2048, 3072 or 4096 bits"),
        (
            text("ec.pem", "EC PRIVATE KEY", ""),
            "and is EC PRIVATE KEY: openssl pkcs8 -topk8 -nocrypt -in FILE writes it so",
        ),
        (text("ecparam.pem", "EC PRIVATE KEY", parameters), "and is EC PRIVATE KEY: openssl pkcs8 -topk8 -nocrypt"),
        (text("none.pem", "PUBLIC KEY", parameters), "it is no private key"),
    ] {
        place.client(&key, &[&get[..], &["--private-key", &file]].concat()).fails(told);
    }
}
