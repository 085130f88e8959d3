//! The local server as functions in containers find it: the file with their environment, the bridge, and KMS's answers.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::Method;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::world::World;
use serde_json::{Value, json};

use crate::place::Done;
use crate::running::{Running, command};

fn file(folder: &Path) -> PathBuf {
    folder.join(".latchkey/sam-local.json")
}

/// The variables of the functions.
fn variables(folder: &Path) -> Value {
    let text = std::fs::read_to_string(file(folder)).unwrap();
    let read: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read.as_object().unwrap().len(), 1, "SAM reads Parameters as every function's: {text}");
    read["Parameters"].clone()
}

/// What the greeting says of containers, as one line.
fn told(server: &Running) -> String {
    server.greeting.join(" ")
}

/// Sends what an SDK sends to KMS.
async fn kms(world: &World, base: &str, path: &str, operation: &str, body: Value) -> Reply {
    let target = format!("TrentService.{operation}");
    let headers = [("x-amz-target", target.as_str()), ("content-type", "application/x-amz-json-1.1")];
    world.send_to(base, Method::POST, path, &headers, Bytes::from(body.to_string())).await
}

fn asks(message: &str) -> Value {
    use base64::{Engine, engine::general_purpose::STANDARD};
    json!({ "KeyId": "alias/latchkey-local-clients", "Message": STANDARD.encode(message), "MacAlgorithm": "HMAC_SHA_256" })
}

#[test]
fn a_start_that_is_not_told_to_writes_no_environment_and_knows_no_container() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(folder.path(), &[]);
    assert!(!file(folder.path()).exists() && !told(&server).contains("sam local"), "{}", told(&server));
}

#[test]
fn the_environment_of_containers_is_written_for_its_owner_and_goes_with_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(folder.path(), &["--containers"]);
    let variables = variables(folder.path());
    let key = std::fs::read_to_string(folder.path().join(".latchkey/sealing.key")).unwrap();
    let access_key = std::fs::read_to_string(folder.path().join(".latchkey/dynamodb.access-key")).unwrap();
    let engine = format!("http://host.docker.internal:{}/{access_key}", server.dynamodb_port);
    let expected = json!({
        "LATCHKEY_CLIENTS_TABLE": "latchkey-clients",
        "LATCHKEY_TOKENS_TABLE": "latchkey-tokens",
        "LATCHKEY_USERS_TABLE": "latchkey-users",
        "LATCHKEY_SEALING_KMS_KEY": "alias/latchkey-local-clients",
        "LATCHKEY_PAGES_KMS_KEY": "alias/latchkey-local-pages",
        "LATCHKEY_REQUESTS_KMS_KEY": "alias/latchkey-local-requests",
        "LATCHKEY_SEALING_KEY_NAMES": key.split(':').next().unwrap(),
        "LATCHKEY_ISSUER": "http://127.0.0.1:3000",
        "LATCHKEY_SUBJECT": "v2",
        "AWS_ENDPOINT_URL_DYNAMODB": engine,
        "AWS_ENDPOINT_URL_KMS": engine,
    });
    assert_eq!(variables, expected);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(file(folder.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let told = told(&server);
    let named =
        format!("sam local start-api{}", if cfg!(target_arch = "aarch64") { "" } else { " --config-env local" });
    assert!(told.contains(&named) && told.contains("latchkey sign --event 'http"), "{told}");
    // No samconfig.toml here names the file.
    let path = file(folder.path()).canonicalize().unwrap();
    assert!(told.contains(&format!("--env-vars {}", path.display())), "{told}");
    server.end("-INT");
    assert!(!file(folder.path()).exists());
}

#[test]
fn where_samconfig_names_the_file_no_option_is_needed_and_the_issuer_is_the_one_that_is_set() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("samconfig.toml"), "version = 0.1\n").unwrap();
    let issuer = [("LATCHKEY_ISSUER", "http://127.0.0.1:3001")];
    let server = Running::start_with(folder.path(), &["--containers"], &issuer);
    assert!(!told(&server).contains("--env-vars") && told(&server).contains("sam-local.json"), "{}", told(&server));
    assert_eq!(variables(folder.path())["LATCHKEY_ISSUER"], "http://127.0.0.1:3001");
}

/// Each writes its own; the one that started last is the one that functions find.
#[test]
fn of_two_servers_the_last_one_is_found_and_neither_removes_the_others_environment() {
    let folder = tempfile::tempdir().unwrap();
    let first = Running::start(folder.path(), &["--containers"]);
    let second = Running::start(folder.path(), &["--containers"]);
    let port =
        |variables: &Value| variables["AWS_ENDPOINT_URL_KMS"].as_str().unwrap().split('/').nth(2).unwrap().to_owned();
    let found = port(&variables(folder.path()));
    assert_eq!(found, format!("host.docker.internal:{}", second.dynamodb_port));
    first.end("-INT");
    assert_eq!(port(&variables(folder.path())), found);
    // A killed server leaves its own; the next one writes over it.
    second.end("-KILL");
    assert!(file(folder.path()).exists());
    let third = Running::start(folder.path(), &["--containers"]);
    assert_eq!(port(&variables(folder.path())), format!("host.docker.internal:{}", third.dynamodb_port));
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_the_file_is_replaced_and_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = folder.path().join("elsewhere");
    std::fs::write(&elsewhere, "mine").unwrap();
    std::fs::create_dir(folder.path().join(".latchkey")).unwrap();
    std::os::unix::fs::symlink(&elsewhere, file(folder.path())).unwrap();
    let server = Running::start(folder.path(), &["--containers"]);
    assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), "mine");
    assert!(file(folder.path()).symlink_metadata().unwrap().is_file());
    server.end("-INT");
    assert!(elsewhere.exists() && !file(folder.path()).exists());
}

#[test]
fn a_start_whose_environment_cannot_be_written_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(file(folder.path()).join("in the way")).unwrap();
    let ports = ["--port", "0", "--dynamodb-port", "0"];
    let output = command(folder.path()).args(ports).arg("--containers").output().unwrap();
    let done = Done::of(output);
    done.fails("sam-local.json: ");
    assert!(done.err.contains("--state") && done.err.lines().count() == 1, "{}", done.err);
}

#[test]
fn an_address_that_containers_cannot_call_or_that_is_not_here_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (host, says) in [
        ("0.0.0.0", "not every address"),
        ("[::]", "not every address"),
        ("[::ffff:0.0.0.0]", "not every address"),
        ("host:8000", "without a port"),
        ("*", "without a port"),
        // Addresses in the forms of older programs.
        ("0", "without a port"),
        ("127.1", "without a port"),
        ("0x7f.0.0.0x1", "without a port"),
        ("http://host", "without a port"),
        ("", "without a port"),
        // RFC 5737: an address of no machine.
        ("192.0.2.1", "--containers=ADDRESS"),
    ] {
        let mut command = command(folder.path());
        command.args(["--memory", "--port", "0", "--dynamodb-port", "0", &format!("--containers={host}")]);
        Done::of(command.output().unwrap()).fails(says);
    }
    assert!(!file(folder.path()).exists());
}

/// Another address of loopback in place of a bridge.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_engine_listens_where_containers_call_it_and_asks_for_its_key_there_too() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let server = Running::start(folder.path(), &["--containers=127.0.0.2"]);
    let url = variables(folder.path())["AWS_ENDPOINT_URL_KMS"].as_str().unwrap().to_owned();
    let (base, key) = url.rsplit_once('/').unwrap();
    assert_eq!(base, format!("http://127.0.0.2:{}", server.dynamodb_port));
    assert!(told(&server).contains(&format!("listens on 127.0.0.2:{} too", server.dynamodb_port)));
    let list = [("x-amz-target", "DynamoDB_20120810.ListTables"), ("content-type", "application/x-amz-json-1.0")];
    let sent = async |path: String, more: &[(&str, &str)]| {
        let headers = [&list[..], more].concat();
        world.send_to(base, Method::POST, &path, &headers, Bytes::from_static(b"{}")).await
    };
    assert_eq!(sent(format!("/{key}"), &[]).await.status, 200);
    assert_eq!(sent("/".to_owned(), &[]).await.status, 400);
    assert_eq!(sent(format!("/{key}"), &[("origin", "http://evil.example")]).await.status, 403);
    assert_eq!(sent(format!("/{key}"), &[("host", "rebound.example")]).await.status, 403);
    assert_eq!(sent(format!("/{key}"), &[("host", "host.docker.internal:8000")]).await.status, 403);
    // The service's own port is not for containers.
    let port = server.url.rsplit(':').next().unwrap();
    assert!(std::net::TcpStream::connect(format!("127.0.0.2:{port}")).is_err());
}

#[tokio::test]
async fn the_name_of_this_machine_in_containers_is_a_host_of_the_engine_only_where_it_was_told_to() {
    let world = World::new().await;
    for (options, engine) in [(&[][..], 403), (&["--containers"], 200)] {
        let folder = tempfile::tempdir().unwrap();
        let server = Running::start(folder.path(), options);
        let (base, key) = server.dynamodb_url.rsplit_once('/').unwrap();
        let headers = [
            ("x-amz-target", "DynamoDB_20120810.ListTables"),
            ("content-type", "application/x-amz-json-1.0"),
            ("host", "host.docker.internal:8000"),
        ];
        let reply = world.send_to(base, Method::POST, &format!("/{key}"), &headers, Bytes::from_static(b"{}")).await;
        assert_eq!(reply.status, engine, "{options:?}: {}", reply.text);
        assert!(
            engine == 200 || reply.member("message").contains("start the server with --containers"),
            "{}",
            reply.text
        );
        let host = [("host", "host.docker.internal:8080")];
        let reply = world.send_to(&server.url, Method::GET, "/", &host, Bytes::new()).await;
        assert_eq!(reply.status, 403, "{options:?}");
    }
}

#[tokio::test]
async fn kms_gives_a_sealing_key_by_its_name_and_only_to_who_has_the_access_key() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let server = Running::start(folder.path(), &["--containers"]);
    let (base, path) = server.dynamodb_url.rsplit_once('/').map(|(base, key)| (base, format!("/{key}"))).unwrap();
    let text = std::fs::read_to_string(folder.path().join(".latchkey/sealing.key")).unwrap();
    let (name, key) = text.trim().split_once(':').unwrap();
    let good = asks(&format!("latchkey sealing key {name}"));
    let reply = kms(&world, base, &path, "GenerateMac", good.clone()).await;
    assert_eq!((reply.status.as_u16(), &reply.body["Mac"]), (200, &json!(key)), "{}", reply.text);
    assert_eq!(STANDARD.decode(reply.member("Mac")).unwrap().len(), 32);
    assert_eq!(reply.headers["content-type"], "application/x-amz-json-1.1");
    for wrong in ["/", "/LATCHKEY0000000000000000", &path[..path.len() - 1]] {
        let reply = kms(&world, base, wrong, "GenerateMac", good.clone()).await;
        assert_eq!(reply.body["__type"], "com.amazon.coral.service#UnrecognizedClientException", "{wrong}");
        assert!(!reply.text.contains(key), "{wrong}");
    }
    let reply = kms(&world, base, &path, "GenerateMac", asks("latchkey sealing key v1")).await;
    assert_eq!((reply.status.as_u16(), &reply.body["__type"]), (400, &json!("ValidationException")));
    assert!(reply.member("message").contains(name), "{}", reply.text);
    let reply = kms(&world, base, &path, "DescribeKey", json!({ "KeyId": "alias/latchkey-local-clients" })).await;
    assert_eq!((reply.status.as_u16(), &reply.body["__type"]), (400, &json!("UnknownOperationException")));
    // A start that knows no container gives no sealing key to anyone.
    let plain = Running::start(folder.path(), &[]);
    let (base, _) = plain.dynamodb_url.rsplit_once('/').unwrap();
    let reply = kms(&world, base, &path, "GenerateMac", good).await;
    assert_eq!(reply.body["__type"], "com.amazon.coral.service#UnknownOperationException", "{}", reply.text);
}
