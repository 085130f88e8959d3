//! The function binaries, spawned and fed with events as Lambda does it.
//!
//! `LATCHKEY_RIE` names AWS's Runtime Interface Emulator; where it is missing, a Runtime API of these tests' own stands
//! in, and the test says which of the two it was.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use latchkey::local::{Options, Server};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::events::{SHAPES, event};
use crate::world::{ASK, Choices, World, refreshing};

fn binary(function: &str) -> &'static str {
    match function {
        "issue" => env!("CARGO_BIN_EXE_issue"),
        _ => env!("CARGO_BIN_EXE_refresh"),
    }
}

/// An engine and a sealing key for functions to use.
struct Cloud {
    world: World,
    engine: Server,
    folder: tempfile::TempDir,
}

impl Cloud {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { state: Some(folder.path().to_owned()), memory: true, ..Options::default() };
        let engine = Server::start(options).await.unwrap();
        let world =
            World::sharing(Choices { store: Some(engine.latchkey.store.clone()), ..Default::default() }, folder.path())
                .await;
        Self { world, engine, folder }
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let key = self.folder.path().join("sealing.key").to_str().unwrap().to_owned();
        vec![
            ("AWS_ENDPOINT_URL_DYNAMODB", self.engine.dynamodb_url.clone().unwrap()),
            ("AWS_REGION", "us-east-1".into()),
            ("AWS_ACCESS_KEY_ID", "local".into()),
            ("AWS_SECRET_ACCESS_KEY", "local".into()),
            ("AWS_LAMBDA_FUNCTION_NAME", "latchkey".into()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".into()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1".into()),
            ("LATCHKEY_CLIENTS_TABLE", "latchkey-clients".into()),
            ("LATCHKEY_TOKENS_TABLE", "latchkey-tokens".into()),
            ("LATCHKEY_SEALING_KEY_FILE", key),
        ]
    }
}

/// A function that runs, and how to invoke it.
struct Function {
    _child: Child,
    invoke: Invoke,
}

enum Invoke {
    Emulator(String),
    Own(mpsc::Sender<(String, oneshot::Sender<String>)>),
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self._child.kill();
        let _ = self._child.wait();
    }
}

impl Function {
    async fn start(cloud: &Cloud, function: &str) -> Self {
        match std::env::var_os("LATCHKEY_RIE") {
            Some(emulator) => Self::under_the_emulator(cloud, function, emulator.into()).await,
            None => Self::under_our_own(cloud, function).await,
        }
    }

    /// AWS's emulator starts the function itself.
    async fn under_the_emulator(cloud: &Cloud, function: &str, emulator: PathBuf) -> Self {
        let free = || async { TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap() };
        let (address, runtime) = (free().await, free().await);
        let mut command = Command::new(emulator);
        command.args([
            "--runtime-interface-emulator-address",
            &address.to_string(),
            "--runtime-api-address",
            &runtime.to_string(),
        ]);
        let child = command
            .arg(binary(function))
            .envs(cloud.environment())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while tokio::net::TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Self { _child: child, invoke: Invoke::Emulator(format!("http://{address}")) }
    }

    async fn under_our_own(cloud: &Cloud, function: &str) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        let runtime = Arc::new(Runtime { events: Mutex::new(receiver), waiting: Mutex::new(None) });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .with_state(runtime);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let mut command = Command::new(binary(function));
        let child = command
            .envs(cloud.environment())
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { _child: child, invoke: Invoke::Own(sender) }
    }

    async fn invoke(&self, cloud: &Cloud, event: &Value) -> Value {
        let answer = match &self.invoke {
            Invoke::Emulator(base) => {
                let reply =
                    cloud.world.post_json(base, "/2015-03-31/functions/function/invocations", event.to_string()).await;
                reply.body
            }
            Invoke::Own(events) => {
                let (sender, receiver) = oneshot::channel();
                events.send((event.to_string(), sender)).await.unwrap();
                serde_json::from_str(&receiver.await.unwrap()).unwrap()
            }
        };
        assert!(answer["statusCode"].is_i64(), "{answer}");
        answer
    }
}

/// The part of the Lambda Runtime API that a function needs.
struct Runtime {
    events: Mutex<mpsc::Receiver<(String, oneshot::Sender<String>)>>,
    waiting: Mutex<Option<oneshot::Sender<String>>>,
}

async fn next(State(runtime): State<Arc<Runtime>>) -> impl IntoResponse {
    let Some((event, sender)) = runtime.events.lock().await.recv().await else { return std::future::pending().await };
    *runtime.waiting.lock().await = Some(sender);
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", "9999999999999"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:latchkey"),
    ];
    (headers, event)
}

async fn response(State(runtime): State<Arc<Runtime>>, Path(_): Path<String>, body: String) -> impl IntoResponse {
    let _ = runtime.waiting.lock().await.take().unwrap().send(body);
    http::StatusCode::ACCEPTED
}

fn body(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_issued_and_refreshed_by_the_functions_as_lambda_runs_them() {
    let emulated = std::env::var_os("LATCHKEY_RIE").is_some();
    eprintln!("under {}", if emulated { "AWS's Runtime Interface Emulator" } else { "the tests' own Runtime API" });
    let cloud = Cloud::new().await;
    let client = cloud.world.client().await;
    let (issue, refresh) = (Function::start(&cloud, "issue").await, Function::start(&cloud, "refresh").await);
    for shape in SHAPES {
        let event_of = |query: &str| event(shape, query, &client.sign(query, latchkey::app::now()));
        let answer = issue.invoke(&cloud, &event_of(ASK)).await;
        assert_eq!(
            (&answer["statusCode"], &answer["headers"]["cache-control"]),
            (&200.into(), &"no-store".into()),
            "{answer}"
        );
        let query = refreshing(body(&answer)["refresh_token"].as_str().unwrap());
        for function in [&refresh, &issue] {
            let answer = function.invoke(&cloud, &event_of(&query)).await;
            assert_eq!(answer["statusCode"], 200, "{answer}");
            assert!(body(&answer)["access_token"].is_string());
        }
        let refused = refresh.invoke(&cloud, &event(shape, ASK, "Basic x")).await;
        assert_eq!((&refused["statusCode"], body(&refused)["error"].as_str()), (&401.into(), Some("invalid_client")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_survives_what_is_no_event() {
    let cloud = Cloud::new().await;
    let client = cloud.world.client().await;
    let issue = Function::start(&cloud, "issue").await;
    for event in [serde_json::json!({}), serde_json::json!([1]), serde_json::json!("text")] {
        assert_eq!(issue.invoke(&cloud, &event).await["statusCode"], 400);
    }
    let good = event("api-gateway", ASK, &client.sign(ASK, latchkey::app::now()));
    assert_eq!(issue.invoke(&cloud, &good).await["statusCode"], 200);
}

fn start_alone(function: &str, environment: &[(&str, &str)]) -> String {
    let Output { status, stderr, .. } =
        Command::new(binary(function)).env_clear().envs(environment.iter().copied()).output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
    let line: Value = serde_json::from_str(&stderr).unwrap();
    assert_eq!((line["function"].as_str(), line["outcome"].as_str()), (Some(function), Some("not_started")));
    line["reason"].as_str().unwrap().to_owned()
}

#[test]
fn a_function_that_cannot_start_says_why_in_one_line() {
    for function in ["issue", "refresh"] {
        assert!(start_alone(function, &[]).contains("AWS_LAMBDA_RUNTIME_API"));
        let runtime = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9");
        assert_eq!(start_alone(function, &[runtime]), "LATCHKEY_CLIENTS_TABLE is not set");
        let tables = [runtime, ("LATCHKEY_CLIENTS_TABLE", "c"), ("LATCHKEY_TOKENS_TABLE", "t")];
        assert_eq!(start_alone(function, &tables), "LATCHKEY_SEALING_KEY_FILE is not set");
        let key = [&tables[..], &[("LATCHKEY_SEALING_KEY_FILE", "/nowhere/sealing.key")]].concat();
        assert!(start_alone(function, &key).starts_with("LATCHKEY_SEALING_KEY_FILE: /nowhere/sealing.key"));
    }
}
