//! The commands, run as an operator and a client developer run them.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::local_server::Running;

/// A local server and the commands against it.
pub struct Place {
    server: Running,
    folder: tempfile::TempDir,
}

pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Done {
    pub fn of(Output { status, stdout, stderr }: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("no JSON: {}", self.out))
    }

    #[track_caller]
    pub fn fails(&self, text: &str) {
        assert!(self.code != 0 && self.err.contains(text), "{}: {}{}", self.code, self.out, self.err);
        assert!(!self.err.contains("panicked"));
    }
}

fn command(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_issue"));
    command.current_dir(folder).env_clear().envs(environment.iter().copied()).args(arguments);
    command
}

fn run(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Done {
    Done::of(command(folder, environment, arguments).output().unwrap())
}

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { server: Running::start(folder.path(), &[]), folder }
    }

    /// An operator's command against the server's engine.
    pub fn admin(&self, arguments: &[&str]) -> Done {
        Done::of(self.command(arguments).output().unwrap())
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let place = ["--local", "--dynamodb-port", &self.server.dynamodb_port];
        command(self.folder.path(), &[], &[arguments, &place].concat())
    }

    /// A client's command, with the key in the environment.
    fn client(&self, key: &Value, arguments: &[&str]) -> Done {
        Done::of(self.client_command(key, arguments).output().unwrap())
    }

    pub fn client_command(&self, key: &Value, arguments: &[&str]) -> Command {
        let environment = [
            ("LATCHKEY_URL", self.server.url.as_str()),
            ("LATCHKEY_CLIENT_ID", key["client_id"].as_str().unwrap()),
            ("LATCHKEY_SECRET", key["secret"].as_str().unwrap()),
        ];
        command(self.folder.path(), &environment, arguments)
    }

    pub fn create(&self) -> Value {
        self.admin(&[
            "client",
            "create",
            "--json",
            "--name",
            "App",
            "--grant-type",
            "client_credentials",
            "--grant-type",
            "refresh_token",
            "--grant-type",
            "authorization_code",
            "--scope",
            "WMS_NCIP",
            "--institution",
            "128807",
            "--redirect-uri",
            "https://app.example/callback",
        ])
        .json()
    }
}

const GET: [&str; 7] = ["token", "get", "--json", "--scope", "WMS_NCIP refresh_token", "--institution", "128807"];

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
    assert!(table.out.contains(id) && table.out.contains("client_credentials refresh_token authorization_code"));
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
    let more = ["client", "update", id, "--json", "--pkce-required", "true", "--introspects", "WMS_NCIP"];
    let more = place.admin(&more).json();
    assert_eq!((&more["pkce_required"], &more["introspects"][0]), (&true.into(), &"WMS_NCIP".into()));
    let cleared = place.admin(&["client", "update", id, "--json", "--clear", "introspects"]).json();
    assert_eq!((&cleared["introspects"], &cleared["pkce_required"]), (&serde_json::json!([]), &true.into()));
    let clear = ["client", "update", id, "--json", "--clear", "redirect-uri", "--clear", "refresh-token-seconds"];
    let cleared = place.admin(&clear).json();
    assert_eq!((&cleared["redirect_uris"], &cleared["refresh_token_seconds"]), (&serde_json::json!([]), &Value::Null));
    place.client(&key, &GET).fails("400");
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
    place.client(&key, &import).fails("is taken");
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
    place.admin(&[&create[..], &["--institution", "1"]].concat()).fails("sealed under the key 'new'");
    place.admin(&["client", "rotate-secret", "demo"]).fails("LATCHKEY_SEALING_KEY_NAMES");
}

#[test]
fn grants_are_listed_shown_and_revoked_one_by_one_and_by_client() {
    let place = Place::new();
    let key = place.create();
    let id = key["client_id"].as_str().unwrap();
    let tokens: Vec<_> = (0..3).map(|_| place.client(&key, &GET).json()).collect();
    let refresh =
        |index: usize| place.client(&key, &["token", "refresh", tokens[index]["refresh_token"].as_str().unwrap()]);
    assert_eq!(refresh(0).code, 0);
    let list = place.admin(&["grant", "list", "--json", "--client-id", id]);
    assert_eq!(list.json().as_array().unwrap().len(), 3);
    let token = tokens[0]["access_token"].as_str().unwrap();
    let shown = place.admin(&["grant", "show", token, "--json"]).json();
    assert_eq!((&shown["state"], &shown["refreshed_access_tokens"]), (&"good".into(), &1.into()));
    let grant_id = shown["grant_id"].as_str().unwrap();
    assert_eq!(place.admin(&["grant", "revoke", grant_id, "--json"]).json()["revoked"], 1);
    refresh(0).fails("400");
    assert_eq!(refresh(1).code, 0);
    assert_eq!(place.admin(&["grant", "revoke", "--client-id", id, "--json"]).json()["revoked"], 2);
    refresh(1).fails("400");
    assert_eq!(place.admin(&["grant", "list", "--principal-id", "nobody", "--json"]).json(), serde_json::json!([]));
    place.admin(&["grant", "show", "00000000-0000-4000-8000-000000000000"]).fails("no such grant");
    let forged = format!("{}AAAA", &tokens[2]["refresh_token"].as_str().unwrap()[..47]);
    place.admin(&["grant", "revoke", &forged]).fails("there is no such token");
    place.admin(&["grant", "revoke", "x"]).fails("neither a grant id nor a token");
    place.admin(&["grant", "revoke", "00000000-0000-4000-8000-000000000000"]).fails("no such grant");
    place.admin(&["grant", "list", "--json"]).json();
    place.admin(&["grant", "revoke"]).fails("required");
}

#[test]
fn a_code_is_made_and_redeemed_with_its_principal_and_verifier() {
    let place = Place::new();
    let key = place.create();
    let id = key["client_id"].as_str().unwrap();
    let create = [
        "code",
        "create",
        "--json",
        "--client-id",
        id,
        "--redirect-uri",
        "https://app.example/callback",
        "--scope",
        "WMS_NCIP refresh_token",
        "--institution",
        "128807",
        "--principal-id",
        "p",
        "--principal-idns",
        "urn:x",
        "--code-challenge",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    ];
    let code = place.admin(&create).json();
    let redeem = [
        "token",
        "redeem",
        code["code"].as_str().unwrap(),
        "--json",
        "--redirect-uri",
        "https://app.example/callback",
        "--institution",
        "128807",
        "--code-verifier",
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    ];
    assert_eq!(place.client(&key, &redeem).json()["principalID"], "p");
    let grants = place.admin(&["grant", "list", "--principal-id", "p", "--json"]).json();
    assert_eq!(grants[0]["grant_id"], code["grant_id"]);
    let revoke =
        |namespace| place.admin(&["grant", "revoke", "--principal-id", "p", "--principal-idns", namespace, "--json"]);
    revoke("urn:y").fails("no such grant");
    assert_eq!(revoke("urn:x").json()["revoked"], 1);
    assert_eq!(revoke("urn:x").json()["revoked"], 0, "it was before");
    place.admin(&["grant", "revoke", "--principal-idns", "urn:x"]).fails("--principal-id");
    for (at, value, reason) in
        [(6, "https://evil.example/", "redirect_uri"), (10, "a b", "letters, digits"), (16, "plain", "base64url")]
    {
        let mut wrong = create;
        wrong[at] = value;
        place.admin(&wrong).fails(reason);
    }
    assert_eq!(place.admin(&["client", "disable", id]).code, 0);
    place.admin(&create).fails("disabled");
}

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
        (&import("")[..], "the secret is empty"),
        (&import("a\nb"), "control characters"),
        (&create("a\"b", "X", "--grant-type"), "a client id is"),
        (&create("new", &far, "--grant-type"), "at most 200 bytes"),
        (&["client", "create", "--name", "X"], "--grant-type is missing"),
        (&create("new", "X", "--grant-type"), "--scope is missing"),
        (&["client", "update", id, "--name", &far], "at most 200 bytes"),
        (&["client", "show", "nobody"], "no client has the id nobody"),
        (&code("\""), "the scope is not a blank-separated list"),
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
        (&["token", "show", "x"], "this is no token"),
        (&["token", "refresh", "x", "--url", "ftp://127.0.0.1"], "begins with http:// or https://"),
        (&["token", "refresh", "x", "--url", "http://127.0.0.1:9"], "the server cannot be asked"),
        (&["token", "login", "--scope", "WMS_NCIP", "--callback-path", "x"], "begins with a slash"),
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
fn a_bad_registration_is_refused_with_its_reason() {
    let place = Place::new();
    for (option, value, reason) in [
        ("--grant-type", "password", "refresh_token or implicit"),
        ("--scope", "two scopes", "one scope"),
        ("--scope", "*", "no scope for all"),
        ("--scope", "refresh_token", "--grant-type refresh_token"),
        ("--institution", "a b", "letters, digits"),
        ("--redirect-uri", "/relative", "absolute"),
        ("--redirect-uri", &format!("https://a/{}", "x".repeat(2040)), "at most 2048 bytes"),
        ("--redirect-uri", "https://a/#b", "fragment"),
        ("--redirect-uri", "http://evil.example/cb", "loopback only"),
        ("--redirect-uri", "javascript://x/%0aalert(1)", "no scheme to redirect to"),
        ("--redirect-uri", "https:app.example/cb", "has // and a host"),
        ("--redirect-uri", "https://user@app.example/cb", "names no user"),
        ("--redirect-uri", "https://app.example\\@evil.example/", "backslash"),
        ("--redirect-uri", "https://app.example/\u{e9}", "visible ASCII"),
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
        "a",
        "--institution",
        "1",
        "--redirect-uri",
        "https://a/?b=c",
    ];
    assert!(place.admin(&odd).err.contains("warning"));
    for uri in ["com.example.app:/callback", "http://127.0.0.1/cb", "http://[::1]:8080/cb", "http://localhost/cb"] {
        let mut good = odd;
        good[12] = uri;
        assert_eq!(place.admin(&good).json()["client_id"].as_str().unwrap().len(), 80, "{uri}");
    }
}

#[test]
fn without_settings_a_command_says_which_one_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &[], &["client", "list"]).fails("LATCHKEY_CLIENTS_TABLE is not set");
    // Without --local they would be ignored, and the command go to whatever database the environment names.
    run(folder.path(), &[], &["client", "list", "--dynamodb-port", "1"]).fails("--local");
    run(folder.path(), &[], &["client", "list", "--state", "x"]).fails("--local");
    run(folder.path(), &[], &["client", "list", "--local"]).fails("has the local server been started here once?");
}

#[test]
fn the_standard_aws_settings_name_the_database() {
    let place = Place::new();
    let (endpoint, key) =
        (format!("http://127.0.0.1:{}", place.server.dynamodb_port), place.folder.path().join(".latchkey/sealing.key"));
    let mut environment = vec![
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint.as_str()),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("LATCHKEY_CLIENTS_TABLE", "latchkey-clients"),
        ("LATCHKEY_TOKENS_TABLE", "latchkey-tokens"),
        ("LATCHKEY_USERS_TABLE", "latchkey-users"),
        ("LATCHKEY_SEALING_KEY_FILE", key.to_str().unwrap()),
    ];
    let list = run(place.folder.path(), &environment, &["client", "list", "--json"]);
    assert_eq!(list.json()[0]["client_id"], "demo");
    environment[4].1 = "another-table";
    run(place.folder.path(), &environment, &["client", "list"]).fails("ResourceNotFoundException");
    environment[0].1 = "http://127.0.0.1:9";
    run(place.folder.path(), &environment, &["client", "list"]).fails("does not answer");
}

#[test]
fn a_fixed_timestamp_and_nonce_reproduce_a_published_signature() {
    let folder = tempfile::tempdir().unwrap();
    let sign = [
        "sign",
        "--client-id",
        "test",
        "--secret",
        "secret",
        "--method",
        "GET",
        "--timestamp",
        "1386968102",
        "--nonce",
        "2382dbb7",
        "http://www.oclc.org/test",
    ];
    let plain = run(folder.path(), &[], &sign);
    assert_eq!(
        plain.out.trim(),
        "Authorization: http://www.worldcat.org/wskey/v2/hmac/v1 clientId=\"test\", timestamp=\"1386968102\", \
         nonce=\"2382dbb7\", signature=\"y0avD+LN2+UwehWjnezKgtECVcpD6a9ff7HBldQfKUQ=\""
    );
    let curl = run(folder.path(), &[], &[&sign[..], &["--curl"]].concat());
    let lower = run(
        folder.path(),
        &[],
        &[&sign[..], &["--curl"]]
            .concat()
            .iter()
            .map(|word| if *word == "GET" { "get" } else { *word })
            .collect::<Vec<_>>(),
    );
    assert_eq!(lower.out, curl.out, "what is signed is what is sent");
    assert!(curl.out.starts_with("curl -sS -X GET 'http://www.oclc.org/test'") && curl.out.contains("y0avD+LN2+Uweh"));
    let json = run(folder.path(), &[], &[&sign[..], &["--json", "--text"]].concat()).json();
    assert_eq!(json["signed_text"], "test\n1386968102\n2382dbb7\n\nGET\nwww.oclc.org\n443\n/wskey\n");
    let other = run(folder.path(), &[], &[&sign[..], &["--signature-host", "auth.example"]].concat());
    let environment = [("LATCHKEY_SIGNATURE_HOST", "auth.example"), ("LATCHKEY_SIGNATURE_PORT", "")];
    assert_eq!(run(folder.path(), &environment, &sign).out, other.out);
    assert!(other.out.contains("signature=\"") && other.out != plain.out);
}

#[test]
fn a_token_says_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let token = format!("tk_{}", "A".repeat(64));
    let shown = run(folder.path(), &[], &["token", "show", &token, "--json"]).json();
    assert_eq!((&shown["kind"], &shown["minted_by"]), (&"access token".into(), &"a refresh".into()));
    run(folder.path(), &[], &["token", "show", "x"]).fails("no token");
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
    run(folder.path(), &[], &get).fails("cannot be asked");
}

/// The header of a request signed with something wrong in it.
fn header(text: &str, key: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use hmac::{Hmac, KeyInit, Mac};
    let mac = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap().chain_update(text);
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    format!(
        "Authorization: http://www.worldcat.org/wskey/v2/hmac/v1 clientId=\"key\", timestamp=\"1361408273\", nonce=\"n\", signature=\"{signature}\""
    )
}

#[test]
fn explain_names_the_mistake_that_a_signer_made() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "UYnwZbmvf3fAXCEa0JryLQ==";
    let url = "https://auth.example/oauth2/accessToken?scope=b+c&a=%3D%253D&empty=";
    let head = "key\n1361408273\nn\n\nPOST\nwww.oclc.org\n443\n/wskey\n";
    let right = format!("{head}a=%3D%253D\nempty=\nscope=b%20c\n");
    let explain = |header: &str| {
        run(folder.path(), &[("LATCHKEY_SECRET", secret)], &["explain", "--header", header, "--url", url])
    };
    let matching = explain(&header(&right, secret.as_bytes()));
    assert!(matching.code == 0 && matching.out.contains("Signature: matches"), "{}{}", matching.out, matching.err);
    assert!(matching.out.contains("at most 300 seconds are taken"), "the skew is told");
    let decoded = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, secret).unwrap();
    for (text, key, mistake) in [
        (right.clone(), &decoded[..], "base64-decoded"),
        (right.trim_end().to_owned(), secret.as_bytes(), "no line feed"),
        (right.replace('\n', "\r\n"), secret.as_bytes(), "CR LF"),
        (right.replace("POST", "GET"), secret.as_bytes(), "signed as GET"),
        (right.replace("POST", "post"), secret.as_bytes(), "lower case"),
        (
            right.replace("www.oclc.org\n443\n/wskey", "auth.example\n443\n/oauth2/accessToken"),
            secret.as_bytes(),
            "own host",
        ),
        (right.replace("n\n\n", "n\n"), secret.as_bytes(), "line 4 is left out"),
        (head.to_owned(), secret.as_bytes(), "the query is left out"),
        (format!("{head}a=%3D%253D\nempty=\nscope=b+c\n"), secret.as_bytes(), "sorted but not normalised"),
        (format!("{head}scope=b+c\na=%3D%253D\nempty=\n"), secret.as_bytes(), "neither normalised nor sorted"),
        (format!("{head}scope=b+c&a=%3D%253D&empty=\n"), secret.as_bytes(), "on one line"),
        (format!("{head}scope=b%20c\na=%3D%253D\nempty=\n"), secret.as_bytes(), "not sorted"),
        (format!("{head}a=%3D%253D\nscope=b%20c\n"), secret.as_bytes(), "empty value"),
        (format!("{head}a=%3D%253D\nempty=\nscope=b%2Bc\n"), secret.as_bytes(), "kept as a plus"),
        (format!("{head}a=%3D%3D\nempty=\nscope=b%20c\n"), secret.as_bytes(), "decoded twice"),
        (right.replace("%3D%253D", "%3d%253D"), secret.as_bytes(), "lower-case hex"),
        ("nonsense".to_owned(), secret.as_bytes(), "No common mistake"),
    ] {
        let done = explain(&header(&text, key));
        assert!(done.out.contains(mistake), "{mistake}: {}", done.out);
        done.fails("does not match");
    }
}

#[test]
fn explain_compares_the_clients_own_text_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("text"), "key\n1361408273\nn\n\nPOST\nauth.example\n443\n/wskey\na=1").unwrap();
    let arguments =
        ["explain", "--json", "--header", &header("", b"x"), "--url", "http://a/?a=1", "--signed-text", "text"];
    let done = run(folder.path(), &[], &arguments).json();
    assert_eq!((&done["signature"], &done["signed_text"][5]), (&"unknown".into(), &"www.oclc.org".into()));
    let findings = done["findings"].to_string();
    assert!(findings.contains("Line 6: a server signs") && findings.contains("no line feed at its end"), "{findings}");
    run(folder.path(), &[], &["explain", "--header", "Basic x", "--url", "http://a/"]).fails("does not begin with");
}
