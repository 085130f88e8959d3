//! The private key and the secret that a command of a client asserts by: which it takes, and why it refuses one.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_testkit::assertion::Key;
use latchkey_testkit::root;
use serde_json::{Value, json};

use super::{BY_KEY, named};
use crate::place::{Place, run};

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
