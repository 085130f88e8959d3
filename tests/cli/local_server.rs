//! `latchkey serve` as a newcomer runs it.

use std::process::{Command, Output};

use latchkey_cli::local::{Options, Server};
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::token::Unverified;
use latchkey_testkit::world::{ASK, ISSUE, World};
use serde_json::Value;

use crate::running::{LATCHKEY, Running, command};

/// Sends what was printed to paste.
async fn send(world: &World, (url, authorization): (String, String)) -> Value {
    let target = url.strip_prefix("http://").unwrap().split_once('/').unwrap().1;
    let base = url.strip_suffix(&format!("/{target}")).unwrap();
    let reply = world.post_to(base, &format!("/{target}"), &authorization).await;
    reply.body
}

#[tokio::test]
async fn the_first_start_prints_requests_that_work_when_pasted() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let server = Running::start(folder.path(), &[]);
    let tokens = send(&world, server.pasted("Two signed requests")).await;
    assert!(tokens["refresh_token"].is_string(), "{tokens}");
    let refreshed = send(&world, server.pasted("Refresh the access token")).await;
    assert!(refreshed["access_token"].is_string() && refreshed.get("refresh_token").is_none(), "{refreshed}");
    let again = send(&world, server.pasted("Refresh the access token")).await;
    assert_eq!(again["error"], "invalid_client", "once each, as it says");
    assert!(server.end("-INT").success(), "Ctrl-C is a clean end");
}

#[tokio::test]
async fn the_state_survives_an_end_and_a_kill() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    for signal in ["-TERM", "-KILL"] {
        let server = Running::start(folder.path(), &[]);
        let refresh = server.pasted("Refresh the access token");
        server.end(signal);
        let server = Running::start(folder.path(), &[]);
        let (old, new) = (refresh.0.split_once("/oauth2").unwrap().1, &server.url);
        let answer = send(&world, (format!("{new}/oauth2{old}"), refresh.1)).await;
        assert!(answer["access_token"].is_string(), "{signal}: {answer}");
    }
}

#[tokio::test]
async fn what_is_written_reaches_the_file_while_the_log_is_far_from_full() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let server = Running::start(folder.path(), &[]);
    let state = folder.path().join(".latchkey");
    let tokens = send(&world, server.pasted("Two signed requests")).await;
    let token = Unverified::parse(tokens["access_token"].as_str().unwrap()).unwrap();
    let id = token.grant_id.to_string();
    let has = |bytes: Vec<u8>| bytes.windows(id.len()).any(|part| part == id.as_bytes());
    let began = std::time::Instant::now();
    while !has(std::fs::read(state.join("state.db")).unwrap()) {
        assert!(began.elapsed().as_secs() < 60, "the server makes no checkpoint");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    // SQLite makes one by itself when the log has 1,000 pages of 4,096 bytes.
    assert!(std::fs::metadata(state.join("state.db-wal")).unwrap().len() < 1000 * 4096);
    assert!(server.end("-INT").success());
}

#[tokio::test]
async fn a_state_in_memory_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    Running::start(folder.path(), &["--memory"]).end("-INT");
    assert!(!folder.path().join(".latchkey/state.db").exists());
}

#[cfg(unix)]
#[tokio::test]
async fn the_sealing_key_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    Running::start(folder.path(), &[]).end("-INT");
    let mode = std::fs::metadata(folder.path().join(".latchkey/sealing.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_proxy_in_the_environment_is_not_asked_for_what_is_on_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let proxies = [
        ("HTTP_PROXY", "http://127.0.0.1:9"),
        ("http_proxy", "http://127.0.0.1:9"),
        ("ALL_PROXY", "http://127.0.0.1:9"),
    ];
    assert!(Running::start_with(folder.path(), &[], &proxies).end("-INT").success());
}

/// A shell that puts a command into the background has it ignore Ctrl-C.
#[test]
fn ctrl_c_right_after_the_greeting_ends_a_server_that_a_shell_put_into_the_background() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..5 {
        let mut shell = Command::new("sh");
        shell.current_dir(folder.path()).args(["-c", "trap '' INT; exec \"$0\" --port 0 --dynamodb-port 0", LATCHKEY]);
        assert!(Running::of(shell).end("-INT").success());
    }
}

#[tokio::test]
async fn the_settings_of_the_environment_are_those_of_the_local_server() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let settings = [("LATCHKEY_ACCESS_TOKEN_SECONDS", "60"), ("LATCHKEY_SIGNATURE_HOST", "auth.example")];
    let server = Running::start_with(folder.path(), &[], &settings);
    assert_eq!(send(&world, server.pasted("Two signed requests")).await["expires_in"], 59);
    server.end("-INT");
    let error =
        fails(command(folder.path()).env("LATCHKEY_CODE_SECONDS", "601").args(["--port", "0", "--dynamodb-port", "0"]));
    assert!(error.contains("LATCHKEY_CODE_SECONDS must be"), "{error}");
}

#[tokio::test]
async fn a_demo_client_that_was_changed_does_not_stop_the_server() {
    let folder = tempfile::tempdir().unwrap();
    for change in
        [&["disable", "demo"][..], &["enable", "demo"], &["update", "demo", "--grant-type", "authorization_code"]]
    {
        let server = Running::start(folder.path(), &[]);
        let admin = [&["client"], change, &["--local", "--dynamodb-port", &server.dynamodb_port]].concat();
        assert!(command(folder.path()).args(admin).output().unwrap().status.success());
        server.end("-INT");
    }
    let server = Running::start(folder.path(), &[]);
    assert!(server.greeting.iter().any(|line| line.contains("gets no tokens")), "{:?}", server.greeting);
}

/// Runs to its end, which must be a failure told in one line.
fn fails(command: &mut Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("latchkey: ") && !stderr.contains("panicked"), "{stderr}");
    stderr
}

#[tokio::test]
async fn a_taken_port_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(folder.path(), &[]);
    let port = server.url.rsplit(':').next().unwrap();
    let error = fails(command(folder.path()).args(["--port", port, "--dynamodb-port", "0"]));
    assert!(error.contains(port) && error.contains("--port"), "{error}");
    let error = fails(command(folder.path()).args(["--port", "0", "--dynamodb-port", &server.dynamodb_port]));
    assert!(error.contains("--dynamodb-port"), "{error}");
}

#[tokio::test]
async fn a_corrupt_state_file_or_key_is_one_clear_line_and_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".latchkey")).unwrap();
    for name in ["state.db", "sealing.key"] {
        let file = folder.path().join(".latchkey").join(name);
        std::fs::write(&file, "garbage, garbage and garbage again ".repeat(300)).unwrap();
        let error = fails(command(folder.path()).args(["--port", "0", "--dynamodb-port", "0"]));
        assert!(error.contains(name) && error.contains("--state"), "{error}");
        assert!(std::fs::read_to_string(&file).unwrap().starts_with("garbage"));
        std::fs::remove_file(file).unwrap();
    }
}

#[tokio::test]
async fn a_table_that_a_killed_start_noted_down_and_did_not_make_is_made_by_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    for table in ["latchkey-clients", "latchkey-tokens", "latchkey-users"] {
        Running::start(folder.path(), &[]).end("-INT");
        let file = rusqlite::Connection::open(folder.path().join(".latchkey/state.db")).unwrap();
        file.execute_batch(&format!("DROP TABLE \"{table}\"")).unwrap();
        drop(file);
        let greeting = Running::start(folder.path(), &[]).greeting.join(" ");
        assert!(greeting.contains("LATCHKEY_SECRET="), "{table}: {greeting}");
    }
}

#[tokio::test]
async fn first_starts_at_once_in_one_folder_go_on_with_one_sealing_key() {
    let folder = tempfile::tempdir().unwrap();
    let options = || Options { state: Some(folder.path().to_owned()), ..Options::default() };
    let (one, other) = tokio::join!(Server::start(options()), Server::start(options()));
    let seal = |server: Server| {
        server.service.keyring(KeySet::Clients).seal("client", &ClientSecret::new("secret".into()), [0; 12])
    };
    let sealed = [one.unwrap(), other.unwrap()].map(|server| seal(server).unwrap());
    assert_eq!(sealed[0].bytes, sealed[1].bytes);
    let keys = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name());
    let mut keys: Vec<_> = keys.filter(|name| !name.to_string_lossy().starts_with("state.db")).collect();
    keys.sort();
    assert_eq!(keys, ["dynamodb.access-key", "sealing.key", "start.lock"]);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let error = fails(command(folder.path()).args(["--state", "file/state", "--port", "0", "--dynamodb-port", "0"]));
    assert!(error.contains("file/state"), "{error}");
}

#[tokio::test]
async fn what_is_no_route_is_answered_as_the_gateway_does() {
    let world = World::new().await;
    for (method, target) in
        [("GET", "/oauth2/accessToken"), ("POST", "/"), ("POST", "/oauth2/accessToken/"), ("POST", "/oauth2/x")]
    {
        let reply = world.send(method.parse().unwrap(), target, &[], bytes::Bytes::new()).await;
        assert_eq!((reply.status.as_u16(), reply.text.as_str()), (404, r#"{"message":"Not Found"}"#));
    }
    assert!(world.log().is_empty(), "no function was reached");
}

#[tokio::test]
async fn a_request_as_real_clients_frame_it_is_taken() {
    use std::io::{Read, Write};
    let world = World::new().await;
    let client = world.client().await;
    let target = format!("{}?{}", ISSUE, ASK);
    // Python sends chunks, perl and Java neither length nor chunks, ruby a length of zero.
    for (framing, body) in [("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), ("", ""), ("Content-Length: 0\r\n", "")] {
        let authorization = client.sign(ASK, world.now());
        let address = world.url.strip_prefix("http://").unwrap();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        write!(stream, "POST {target} HTTP/1.1\r\nhost: localhost\r\nauthorization: {authorization}\r\nconnection: close\r\n{framing}\r\n{body}").unwrap();
        let answer = tokio::task::spawn_blocking(move || {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        });
        let answer = answer.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{framing}: {answer}");
    }
}
