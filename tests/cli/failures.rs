//! A command that cannot be carried out says why in one line.

use crate::place::{Done, Place, run};

#[test]
fn a_command_that_cannot_be_carried_out_says_why() {
    let place = Place::new();
    let key = place.create();
    let id = key["client_id"].as_str().unwrap();
    let far = "x".repeat(201);
    let import = |secret| ["client", "import", "--client-id", "new", "--name", "X", "--secret", secret];
    let create = |client_id, name, more| {
        ["client", "create", "--client-id", client_id, "--name", name, more, "client_credentials"]
    };
    let code = |scope| {
        let uri = "https://app.example/callback";
        let start = ["code", "create", "--client-id", id, "--redirect-uri", uri, "--institution", "128807"];
        [&start[..], &["--scope", scope]].concat()
    };
    for (arguments, reason) in [
        (&import("")[..], "the secret must not be empty"),
        (&import("a\nb"), "control characters"),
        (&create("a\"b", "X", "--grant-type"), "--client-id must have"),
        (&create("new", &far, "--grant-type"), "at most 200 bytes"),
        (&["client", "create", "--name", "X"], "--grant-type is missing"),
        (&create("new", "X", "--grant-type"), "--scope is missing"),
        (&["client", "update", id, "--name", &far], "at most 200 bytes"),
        (&["client", "show", "nobody"], "no client has the id nobody"),
        (&code("\""), "--scope must be a list of scope tokens"),
        (&["scope", "describe", "WMS_NCIP", "--name", &far], "at most 200 bytes"),
    ] {
        place.admin(arguments).fails(reason);
    }
    let missing = place.folder.path().join("missing");
    let missing = missing.to_str().unwrap();
    let url = "https://auth.example/oauth2/accessToken?a=1";
    let broken = "https://auth.example/oauth2/accessToken?a=%ff";
    let crowded = format!("https://auth.example/?{}", "a=1&".repeat(65));
    let header = Done::of(place.client_command(&key, &["sign", url]).output().unwrap()).out.trim().to_owned();
    for (arguments, reason) in [
        (&["token", "get", "--scope", "WMS_NCIP"][..], "--institution is missing"),
        (&["token", "get", "--scope", "WMS_NCIP", "--institution", "a b"], "letters, digits"),
        (&["token", "show", "x"], "this is not a token"),
        (&["token", "refresh", "x", "--url", "ftp://127.0.0.1"], "begins with ftp://: it must begin with https://"),
        (&["token", "refresh", "x", "--url", "http://127.0.0.1:9"], "the server cannot be reached"),
        (&["token", "login", "--scope", "WMS_NCIP", "--callback-path", "x"], "must begin with a slash"),
        (&["sign", broken], "is not UTF-8"),
        (&["sign", &crowded], "has more than"),
        (&["sign", url, "--body", missing], "missing: "),
        (&["explain", "--url", broken, "--header", &header], "is not UTF-8"),
        (&["explain", "--url", url, "--header", &header, "--signed-text", missing], "missing: "),
    ] {
        place.client(&key, arguments).fails(reason);
    }
    let page = format!("http://127.0.0.1:{}", place.server.dynamodb_port);
    place.client(&key, &["token", "refresh", "x", "--url", &page]).fails("the server");
}

#[test]
fn without_settings_a_command_says_which_one_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &[], &["client", "list"]).fails("LATCHKEY_CLIENTS_TABLE is not set");
    // Without --local they would be ignored, and the command go to whatever database the environment names.
    run(folder.path(), &[], &["client", "list", "--dynamodb-port", "1"]).fails("--local");
    run(folder.path(), &[], &["client", "list", "--state", "x"]).fails("--local");
}

#[test]
fn the_standard_aws_settings_name_the_database() {
    let place = Place::new();
    let (endpoint, key) = (place.server.dynamodb_url.clone(), place.folder.path().join(".latchkey/sealing.key"));
    let mut environment = vec![
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint.as_str()),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("LATCHKEY_CLIENTS_TABLE", "latchkey-clients"),
        ("LATCHKEY_TOKENS_TABLE", "latchkey-tokens"),
        ("LATCHKEY_USERS_TABLE", "latchkey-users"),
    ];
    let list = run(place.folder.path(), &environment, &["client", "list", "--json"]);
    assert_eq!(list.json()[0]["client_id"], "demo");
    let rotate = ["client", "rotate-secret", "demo", "--json"];
    run(place.folder.path(), &environment, &rotate).fails("exactly one of LATCHKEY_SEALING_KMS_KEY and");
    let sealing = [&environment[..], &[("LATCHKEY_SEALING_KEY_FILE", key.to_str().unwrap())]].concat();
    assert_eq!(run(place.folder.path(), &sealing, &rotate).json()["client_id"], "demo");
    environment[4].1 = "another-table";
    run(place.folder.path(), &environment, &["client", "list"]).fails("ResourceNotFoundException");
    environment[0].1 = "http://127.0.0.1:9";
    run(place.folder.path(), &environment, &["client", "list"]).fails("does not answer");
}

#[test]
fn a_server_that_is_away_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let get = [
        "token",
        "get",
        "--client-id",
        "a",
        "--secret",
        "b",
        "--url",
        "http://127.0.0.1:9",
        "--scope",
        "a",
        "--institution",
        "1",
    ];
    run(folder.path(), &[], &get).fails("cannot be reached");
}

/// A secret signs what goes there, and tokens come back (RFC 6749 section 1.6).
#[test]
fn a_url_that_no_signed_request_may_go_to_is_refused_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |url: &str, arguments: &[&str]| {
        let environment = [("LATCHKEY_CLIENT_ID", "a"), ("LATCHKEY_SECRET", "b"), ("LATCHKEY_URL", url)];
        run(folder.path(), &environment, &[&["token"], arguments].concat())
    };
    for (url, reason) in [
        ("http://auth.example", "is http://auth.example, which would send tokens unencrypted"),
        ("http://127.0.0.1.example:8080", "unencrypted"),
        ("http://localhost.example", "unencrypted"),
        ("http://169.254.169.254", "unencrypted"),
        ("http://0.0.0.0:9", "unencrypted"),
        ("HTTP://auth.example", "unencrypted"),
        ("auth.example", "has no scheme: it must begin with https://"),
        ("localhost:8080", "has no scheme"),
        ("127.0.0.1:8080/x", "has no scheme"),
        ("", "has no scheme"),
        ("https://", "is not a URL"),
        ("https://a b", "is not a URL"),
        ("https://:8080", "is not a URL"),
        ("https://user:s3cr3t@auth.example", "must have no user, query or fragment"),
        ("https://auth.example?a=s3cr3t", "must have no user, query or fragment"),
        ("https://auth.example/#s3cr3t", "must have no user, query or fragment"),
        ("file:///etc/passwd", "is not a URL"),
    ] {
        for arguments in [
            &["get", "--scope", "A", "--institution", "1"][..],
            &["refresh", "rt_x"],
            &["introspect", "tk_x"],
            &["revoke", "tk_x"],
            &["login", "--scope", "A", "--no-browser"],
        ] {
            let done = ask(url, arguments);
            done.fails("the URL of the service (--url, LATCHKEY_URL) ");
            done.fails(reason);
            assert!(!done.err.contains("s3cr3t"), "{}", done.err);
        }
    }
    for url in ["http://127.0.0.1:9", "http://localhost:9", "http://127.8.8.8:9/", "http://[::1]:9"] {
        ask(url, &["refresh", "rt_x"]).fails("start the local server first (run latchkey serve)");
    }
}
