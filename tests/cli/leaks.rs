//! The commands print no secret that nobody asked for, when they fail and when they succeed.

use std::process::{Command, Stdio};

use latchkey_testkit::hunt::Hunt;
use serde_json::json;

use crate::place::{Done, Place};

fn done(mut command: Command) -> Done {
    Done::of(command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full").stdin(Stdio::null()).output().unwrap())
}

#[test]
fn a_command_repeats_no_secret_token_code_or_key() {
    let place = Place::new();
    let key = place.create();
    let (mut hunt, mut failures) = (Hunt::default(), 0_usize);
    hunt.add("the client's secret", key["secret"].as_str().unwrap().as_bytes());
    let (wrong, token) = (hunt.fresh("a wrong secret"), hunt.fresh("a token"));
    let wrong = json!({ "client_id": key["client_id"], "secret": wrong });
    let stranger = json!({ "client_id": "nobody", "secret": wrong["secret"] });
    let institutions = ["--institution", "128807"];
    let tokens: [&[&str]; 6] = [
        &["get", "--scope", "WMS_NCIP"],
        &["refresh", &token],
        &["redeem", &token, "--redirect-uri", "https://app.example/callback", "--code-verifier", &token],
        &["introspect", &token],
        &["revoke", &format!("rt_{token}")],
        &["refresh", &token, "--scope", "\u{1}"],
    ];
    for arguments in tokens {
        let more: &[&str] = if ["get", "redeem"].contains(&arguments[0]) { &institutions } else { &[] };
        let arguments = [&["token"], arguments, more].concat();
        for (key, url) in [
            (&key, None),
            (&wrong, None),
            (&stranger, None),
            (&key, Some("http://127.0.0.1:9")),
            (&key, Some("auth.example")),
            (&key, Some("http://")),
            (&key, Some("ftp://127.0.0.1")),
            (&key, Some("http://a b")),
            (&key, Some("http://127.0.0.1:99999")),
            (&key, Some("")),
        ] {
            let url: Vec<_> = url.into_iter().flat_map(|url| ["--url", url]).collect();
            let done = done(place.client_command(key, &[&arguments[..], &url, &["--json"]].concat()));
            failures += usize::from(done.code != 0);
            hunt.finds_nothing(&format!("{arguments:?} {url:?}"), format!("{}{}", done.out, done.err).as_bytes());
            assert!(!done.err.contains("panicked"), "{}", done.err);
        }
    }
    assert!(failures > 50, "{failures}");
}

#[test]
fn what_shows_and_explains_prints_no_secret() {
    let place = Place::new();
    let key = place.create();
    let mut hunt = Hunt::default();
    hunt.add("the client's secret", key["secret"].as_str().unwrap().as_bytes());
    let wrong = hunt.fresh("a wrong secret");
    let token = hunt.fresh("what is no token");
    let wrong = json!({ "client_id": key["client_id"], "secret": wrong });
    let url = "https://auth.example/oauth2/accessToken?grant_type=client_credentials&a=1+2";
    let signed = done(place.client_command(&key, &["sign", url]));
    let header = signed.out.trim().to_owned();
    for key in [&key, &wrong] {
        for arguments in [
            &["sign", url, "--text"][..],
            &["sign", url, "--curl"],
            &["sign", &format!("{url}&x=%ff")],
            &["sign", url, "--body", "missing"],
            &["explain", "--url", url, "--header", &header],
            &["explain", "--url", url, "--header", &header, "--json"],
            &["explain", "--url", "https://auth.example/?other=1", "--header", &header],
            &["explain", "--url", url, "--header", &header, "--signed-text", "missing"],
            &["explain", "--url", url, "--header", &format!("Bearer {token}")],
            &["explain", "--url", url, "--header", &header.replace("nonce", &token)],
            &["token", "show", &token],
            &["token", "get", "--help"],
            &["sign", "--help"],
            &["explain", "--help"],
            &["token", "get", "--scope"],
        ] {
            let done = done(place.client_command(key, arguments));
            hunt.finds_nothing(&format!("{arguments:?}"), format!("{}{}", done.out, done.err).as_bytes());
        }
    }
    for arguments in
        [&["client", "list"][..], &["client", "show", key["client_id"].as_str().unwrap()], &["grant", "list"]]
    {
        let done = done(place.command(arguments));
        hunt.finds_nothing(&format!("{arguments:?}"), format!("{}{}", done.out, done.err).as_bytes());
    }
}

#[test]
fn a_private_key_and_an_assertion_are_not_repeated() {
    let place = Place::new();
    let key = place.create();
    let (mut hunt, folder) = (Hunt::default(), latchkey_testkit::root().join("tests/jose"));
    let pem = std::fs::read_to_string(folder.join("p256-of-tests.pem")).unwrap();
    hunt.add("a private key", pem.lines().nth(1).unwrap().as_bytes());
    let jwk: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("rsa-of-tests.json")).unwrap()).unwrap();
    hunt.add("a private key", jwk["d"].as_str().unwrap().as_bytes());
    let (cut, rsa, ec) =
        (place.folder.path().join("cut.pem"), folder.join("rsa-of-tests.json"), folder.join("p256-of-tests.pem"));
    std::fs::write(&cut, &pem[..pem.len() / 2]).unwrap();
    for file in [&cut, &rsa, &ec].map(|file| file.to_str().unwrap()) {
        for arguments in [
            &["token", "get", "--scope", "WMS_NCIP", "--auth-method", "private_key_jwt", "--private-key", file][..],
            &["token", "get", "--scope", "WMS_NCIP", "--private-key", file],
            &[
                "token",
                "get",
                "--scope",
                "WMS_NCIP",
                "--auth-method",
                "private_key_jwt",
                "--private-key",
                file,
                "--url",
                "x",
            ],
            &["client", "create", "--name", "A", "--auth-method", "private_key_jwt", "--jwks", file],
        ] {
            let done = done(place.client_command(&key, arguments));
            assert_ne!(done.code, 0, "{arguments:?}");
            let printed = format!("{}{}", done.out, done.err);
            hunt.finds_nothing(&format!("{arguments:?}"), printed.as_bytes());
            // Every assertion begins so: `{"` in base64url.
            assert!(!printed.contains("eyJ"), "{arguments:?}: {printed}");
        }
    }
}

#[test]
fn a_password_and_a_sealing_key_that_are_refused_are_not_repeated() {
    let place = Place::new();
    let mut hunt = Hunt::default();
    let (password, key) = (hunt.fresh("a password"), hunt.fresh("a sealing key"));
    for input in [password.repeat(40), format!("{password}\0{password}"), password.clone()] {
        let mut command = place.command(&["user", "add", "--institution", "4711", "carol"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
        let done = Done::of(child.wait_with_output().unwrap());
        assert_ne!(done.code, 0);
        hunt.finds_nothing("user add", format!("{}{}", done.out, done.err).as_bytes());
    }
    let folder = tempfile::tempdir().unwrap();
    for text in [key.clone(), format!("v1:{key}"), format!("{key}:{key}"), format!("\u{0}{key}")] {
        std::fs::write(folder.path().join("sealing.key"), text).unwrap();
        let state = folder.path().to_str().unwrap();
        let done = done(place.command(&["client", "list", "--state", state]));
        assert_ne!(done.code, 0);
        hunt.finds_nothing("a sealing key", format!("{}{}", done.out, done.err).as_bytes());
    }
}

#[test]
fn what_stands_in_a_wrong_place_is_not_repeated() {
    let place = Place::new();
    let key = place.create();
    let mut hunt = Hunt::default();
    let secret = key["secret"].as_str().unwrap().to_owned();
    hunt.add("the client's secret", secret.as_bytes());
    let tokens = place.client(&key, &crate::place::GET).json();
    let token = tokens["access_token"].as_str().unwrap().to_owned();
    hunt.add("a token", token.as_bytes());
    let password = hunt.fresh("a password");
    for secret in [&secret, &token] {
        for arguments in [
            &["client", "show", secret][..],
            &["client", "update", secret, "--name", "X"],
            &["client", "revoke-all", secret, "--yes"],
            &["client", "create", "--name", "X", "--scope", "A", "--institution", secret, "--grant-type", secret],
            &["user", "show", "--institution", secret, "alice"],
            &["institution", "remove", secret, "--yes"],
        ] {
            let done = done(place.command(arguments));
            assert_ne!(done.code, 0, "{arguments:?}");
            hunt.finds_nothing(&arguments[..2].join(" "), format!("{}{}", done.out, done.err).as_bytes());
            assert!(done.err.contains("withheld") || !done.err.contains("no client"), "{}", done.err);
        }
    }
    for secret in [&secret, &token, &password] {
        for arguments in [
            &["client", "show", "demo", secret][..],
            &["token", "revoke", "tk_x", secret],
            &["user", "passwd", "--institution", "128807", "demo", secret],
            &["user", "add", "--institution", "128807", "new", secret],
            &["token", secret],
            &["client", "list", secret],
            &[secret],
        ] {
            let done = done(place.client_command(&key, arguments));
            assert!(done.code != 0 && done.err.contains("(withheld: "), "{}", done.err);
            hunt.finds_nothing("an argument too many", format!("{}{}", done.out, done.err).as_bytes());
        }
    }
    // What is a mistake of the hand is still shown.
    let typo = done(place.client_command(&key, &["client", "lst"]));
    assert!(typo.err.contains("'lst'") && typo.err.contains("list"), "{}", typo.err);
    let option = done(place.client_command(&key, &["client", "list", "--jsn"]));
    assert!(option.err.contains("'--jsn'"), "{}", option.err);
}

#[test]
fn the_text_of_a_key_in_the_place_of_its_file_is_not_repeated() {
    let place = Place::new();
    let key = place.create();
    let mut hunt = Hunt::default();
    let body = hunt.fresh("a private key");
    let url = "https://auth.example/oauth2/accessToken";
    let texts = [
        format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"),
        format!("-----BEGIN PRIVATE KEY-----{body}-----END PRIVATE KEY-----"),
        format!(r#"{{"kty":"OKP","d":"{body}"}}"#),
        format!("\u{feff}{{\n  \"d\": \"{body}\"\n}}"),
        format!("id,key\r\n1,{body}\r\n"),
    ];
    let get = ["token", "get", "--scope", "A", "--auth-method", "private_key_jwt"];
    for text in &texts {
        let joined = |option: &str| format!("{option}={text}");
        let (private_key, jwks) = (joined("--private-key"), joined("--jwks"));
        for arguments in [
            &[&get[..], &["--private-key", text]].concat()[..],
            &[&get[..], &[&private_key]].concat(),
            &["client", "create", "--name", "X", "--jwks", text],
            &["client", "create", "--name", "X", &jwks],
            &["client", "update", "demo", "--add-jwks", text],
            &["client", "update", "demo", "--clear", text],
            &["client", "update", "demo", "--assertion-seconds", text],
            &["apply", text, "--plan"],
            &["export", text],
            &["user", "import", text],
            &["institution", "import", text],
            &["sign", url, "--body", text],
            &["explain", "--url", url, "--signed-text", text, "-"],
        ] {
            let done = done(place.client_command(&key, arguments));
            assert_ne!(done.code, 0, "{arguments:?}");
            hunt.finds_nothing(&arguments[..2].join(" "), format!("{}{}", done.out, done.err).as_bytes());
        }
        let told = done(place.client_command(&key, &["apply", "--plan", "--", text]));
        assert!(told.err.contains("its name is expected") && told.err.contains("(withheld: "), "{}", told.err);
    }
    // A file may be called so.
    let file = place.folder.path().join("users {1}.csv");
    std::fs::write(&file, "institution_id,username\n").unwrap();
    let imported = place.admin(&["user", "import", file.to_str().unwrap()]);
    assert!(!imported.err.contains("its name is expected"), "{}", imported.err);
    let missing = place.admin(&["apply", "missing.toml"]);
    assert!(missing.err.contains("missing.toml"), "{}", missing.err);
}
