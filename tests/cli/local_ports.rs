//! The two ports of the local server: which requests they refuse before they read them.

use bytes::Bytes;
use http::Method;
use latchkey_cli::local::{Options, Server};
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::world::World;
use serde_json::{Value, json};

use crate::place::{Done, Place, run};
use crate::running::{Running, command};

/// What an AWS tool sends to list the tables.
const LIST: [(&str, &str); 2] =
    [("x-amz-target", "DynamoDB_20120810.ListTables"), ("content-type", "application/x-amz-json-1.0")];

fn base(server: &Running) -> String {
    format!("http://127.0.0.1:{}", server.dynamodb_port)
}

async fn list(world: &World, base: &str, path: &str, more: &[(&str, &str)]) -> Reply {
    world.send_to(base, Method::POST, path, &[&LIST[..], more].concat(), Bytes::from_static(b"{}")).await
}

fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply.headers.get(name).map(|value| value.to_str().unwrap())
}

fn key(server: &Running) -> String {
    server.exported()["AWS_ACCESS_KEY_ID"].clone()
}

fn signed(key: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={key}/20261126/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
    )
}

#[tokio::test]
async fn the_engines_port_answers_only_requests_with_its_access_key() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let server = Running::start(folder.path(), &[]);
    let (base, key) = (base(&server), key(&server));
    let authorization = signed(&key);
    for (path, more) in [
        (format!("/{key}"), vec![]),
        (format!("/{key}/"), vec![]),
        ("/".to_owned(), vec![("authorization", authorization.as_str())]),
    ] {
        let reply = list(&world, &base, &path, &more).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        assert_eq!(reply.body["TableNames"].as_array().unwrap().len(), 4);
    }
    let (other, lower, shorter) = (signed("local"), signed(&key.to_lowercase()), signed(&key[1..]));
    for (path, more) in [
        ("/".to_owned(), vec![]),
        ("/local".to_owned(), vec![]),
        (format!("/{}", &key[1..]), vec![]),
        (format!("//{key}"), vec![]),
        (format!("/{key}/x"), vec![]),
        ("/".to_owned(), vec![("authorization", other.as_str())]),
        ("/".to_owned(), vec![("authorization", lower.as_str())]),
        ("/".to_owned(), vec![("authorization", shorter.as_str())]),
        ("/".to_owned(), vec![("authorization", key.as_str())]),
    ] {
        let reply = list(&world, &base, &path, &more).await;
        assert_eq!(reply.status, 400, "{path}");
        assert_eq!(reply.body["__type"], "com.amazon.coral.service#UnrecognizedClientException", "{path}");
        assert!(reply.member("message").contains("AWS_ACCESS_KEY_ID") && !reply.text.contains(&key), "{}", reply.text);
    }
    for method in [Method::GET, Method::PUT, Method::OPTIONS] {
        let reply = world.send_to(&base, method.clone(), "/", &[], Bytes::new()).await;
        assert_eq!(reply.status, 400, "{method}");
        let reply = world.send_to(&base, method.clone(), &format!("/{key}"), &[], Bytes::new()).await;
        assert_eq!(reply.body["__type"], "com.amazon.coral.service#UnknownOperationException", "{method}");
    }
    let unknown = [("x-amz-target", "DynamoDB_20120810.DropAll")];
    let reply = world.send_to(&base, Method::POST, &format!("/{key}"), &unknown, Bytes::from_static(b"{}")).await;
    assert_eq!(reply.body["__type"], "com.amazon.coral.service#UnknownOperationException");
    let log: Vec<Value> = server.log(12).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(log.iter().all(|line| line["denial"] == "access_key_wrong" && line["status"] == 400), "{log:?}");
}

#[tokio::test]
async fn no_web_page_and_no_other_host_name_reaches_the_engine() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let server = Running::start(folder.path(), &[]);
    let (base, path) = (base(&server), format!("/{}", key(&server)));
    for origin in ["http://evil.example", "null", "http://localhost:3000", "https://127.0.0.1"] {
        let reply = list(&world, &base, &path, &[("origin", origin)]).await;
        assert_eq!((reply.status.as_u16(), header(&reply, "access-control-allow-origin")), (403, None), "{origin}");
        // What a browser asks before it sends the header that the operation is named in.
        let asked = [("origin", origin), ("access-control-request-method", "POST")];
        let reply = world.send_to(&base, Method::OPTIONS, &path, &asked, Bytes::new()).await;
        assert_eq!((reply.status.as_u16(), header(&reply, "access-control-allow-origin")), (403, None), "{origin}");
    }
    let reply = list(&world, &base, &path, &[("host", "rebound.example")]).await;
    assert_eq!(reply.status, 403, "{}", reply.text);
    assert!(reply.member("message").contains("--allow-host rebound.example"), "{}", reply.text);
    assert_eq!(list(&world, &base, &path, &[("host", "localhost:1")]).await.status, 200);
    let names: Vec<_> =
        server.log(9).iter().map(|line| serde_json::from_str::<Value>(line).unwrap()["denial"].clone()).collect();
    assert_eq!(names[8], "host_not_allowed");
    assert!(names[..8].iter().all(|name| name == "origin_not_allowed"), "{names:?}");
}

#[tokio::test]
async fn both_ports_answer_to_the_hosts_that_the_start_allows() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let server = Running::start(folder.path(), &["--allow-host", "host.docker.internal", "--allow-host", "172.17.0.1"]);
    let metadata = "/.well-known/oauth-authorization-server";
    for (host, status) in [
        ("host.docker.internal:8080", 200),
        ("172.17.0.1", 200),
        ("localhost", 200),
        ("rebound.example", 403),
        ("172.17.0.2", 403),
    ] {
        let reply = world.send_to(&server.url, Method::GET, metadata, &[("host", host)], Bytes::new()).await;
        assert_eq!(reply.status, status, "{host}: {}", reply.text);
        let reply = list(&world, &base(&server), &format!("/{}", key(&server)), &[("host", host)]).await;
        assert_eq!(reply.status, status, "{host}: {}", reply.text);
    }
    for wrong in ["host:8080", "http://host", "a b", "", "a@b", "host/x"] {
        let output =
            command(folder.path()).args(["--allow-host", wrong, "--port", "0", "--dynamodb-port", "0"]).output();
        Done::of(output.unwrap()).fails("without a port");
    }
}

#[tokio::test]
async fn a_page_under_another_host_name_gets_no_answer_from_the_service() {
    let world = World::new().await;
    for (target, method) in
        [("/oauth2/accessToken", Method::POST), ("/", Method::GET), ("/oauth2/authorizeCode", Method::GET)]
    {
        let reply = world.send(method, target, &[("host", "rebound.example")], Bytes::new()).await;
        assert_eq!(reply.status, 403, "{target}");
        assert!(reply.member("message").contains("rebound.example"), "{}", reply.text);
        let log = world.last_log();
        assert_eq!((&log["denial"], &log["status"]), (&json!("host_not_allowed"), &json!(403)));
        assert_eq!(header(&reply, "apigw-requestid"), log["request_id"].as_str());
    }
}

#[test]
fn what_the_greeting_exports_is_enough_for_every_command() {
    let place = Place::new();
    let exported = place.server.exported();
    let names = [
        "LATCHKEY_CLIENT_ID",
        "LATCHKEY_SECRET",
        "LATCHKEY_URL",
        "LATCHKEY_LOCAL",
        "LATCHKEY_STATE",
        "LATCHKEY_DYNAMODB_PORT",
    ];
    let environment: Vec<_> = names.iter().map(|name| (*name, exported[*name].as_str())).collect();
    let elsewhere = tempfile::tempdir().unwrap();
    assert_eq!(run(elsewhere.path(), &environment, &["client", "list", "--json"]).json()[0]["client_id"], "demo");
    let tokens = run(elsewhere.path(), &environment, &crate::place::GET).json();
    let token = tokens["refresh_token"].as_str().unwrap();
    assert!(
        run(elsewhere.path(), &environment, &["token", "refresh", "--json", token]).json()["access_token"].is_string()
    );
    assert!(exported["PATH"].contains("debug"), "the command is found: {exported:?}");
    // A variable alone takes no command away from the database that the environment names.
    run(elsewhere.path(), &environment[4..], &["client", "list"]).fails("LATCHKEY_CLIENTS_TABLE is not set");
    let off = [&environment[4..], &[("LATCHKEY_LOCAL", "false")]].concat();
    run(elsewhere.path(), &off, &["client", "list"]).fails("LATCHKEY_CLIENTS_TABLE is not set");
    let mut bad = environment.clone();
    bad[5].1 = "no port";
    run(elsewhere.path(), &bad, &["client", "list"]).fails("LATCHKEY_DYNAMODB_PORT must be a port");
}

#[test]
fn an_access_key_that_cannot_be_one_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".latchkey")).unwrap();
    std::fs::write(folder.path().join(".latchkey/dynamodb.access-key"), "a/b").unwrap();
    let output = command(folder.path()).args(["--port", "0", "--dynamodb-port", "0"]).output().unwrap();
    Done::of(output).fails("dynamodb.access-key: an access key has at least 16 characters");
}

#[cfg(unix)]
#[test]
fn the_access_key_is_readable_by_its_owner_only_and_stays_the_same() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let keys = [0, 1].map(|_| key(&Running::start(folder.path(), &[])));
    assert_eq!(keys[0], keys[1]);
    let mode = std::fs::metadata(folder.path().join(".latchkey/dynamodb.access-key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_ne!(key(&Running::start(tempfile::tempdir().unwrap().path(), &[])), keys[0]);
}

#[tokio::test]
async fn a_server_that_is_dropped_stops() {
    let world = World::new().await;
    let server = Server::start(Options::default()).await.unwrap();
    let (url, dynamodb_url) = (server.url.clone(), server.dynamodb_url.clone().unwrap());
    let metadata = "/.well-known/oauth-authorization-server";
    assert_eq!(world.send_to(&url, Method::GET, metadata, &[], Bytes::new()).await.status, 200);
    drop(server);
    let closed = async |url: &str| {
        let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
        for _ in 0..3000 {
            if tokio::net::TcpStream::connect(&address).await.is_err() {
                return true;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        false
    };
    assert!(closed(&url).await && closed(&dynamodb_url).await);
    assert!(dynamodb_at(&dynamodb_url).list_tables().send().await.is_err());
}

#[tokio::test]
async fn a_start_waits_for_the_one_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let lock = std::fs::File::create(folder.path().join("start.lock")).unwrap();
    lock.lock().unwrap();
    let options = Options { state: Some(folder.path().to_owned()), ..Options::default() };
    let start = tokio::spawn(Server::start(options));
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(!start.is_finished() && !folder.path().join("state.db").exists());
    drop(lock);
    assert!(start.await.unwrap().is_ok());
}

#[test]
fn five_first_starts_at_once_on_one_state_folder_all_serve() {
    for _ in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let servers: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..5).map(|_| scope.spawn(|| Running::start(folder.path(), &[]))).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        let secrets: Vec<_> = servers.iter().map(|server| server.exported()["LATCHKEY_SECRET"].clone()).collect();
        assert!(secrets.iter().all(|secret| *secret == secrets[0]), "one demo client");
        // Side by side afterwards: what one hands out, the others know.
        let key = json!({ "client_id": "demo", "secret": secrets[0] });
        let places: Vec<_> = servers.into_iter().map(|server| (server.url.clone(), server)).collect();
        let client = |url: &str, arguments: &[&str]| {
            let secret = key["secret"].as_str().unwrap();
            let environment = [("LATCHKEY_URL", url), ("LATCHKEY_CLIENT_ID", "demo"), ("LATCHKEY_SECRET", secret)];
            run(folder.path(), &environment, arguments)
        };
        let tokens = client(&places[0].0, &crate::place::GET).json();
        for (url, _) in &places {
            client(url, &["token", "refresh", "--json", tokens["refresh_token"].as_str().unwrap()]).json();
        }
    }
}
