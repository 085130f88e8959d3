//! Functions as Lambda runs them: spawned, and fed with events through a Runtime API.
//!
//! `LATCHKEY_RIE` names AWS's Runtime Interface Emulator. Where it is missing, the part of the Runtime API that a
//! function needs stands in: `next` and `response`, as AWS documents them.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Notify, mpsc, oneshot};

/// Where a function finds its tables, and what it opens secrets with.
pub fn environment(dynamodb_url: &str, folder: &Path) -> Vec<(&'static str, String)> {
    let key = folder.join("sealing.key").to_str().unwrap().to_owned();
    vec![
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_url.to_owned()),
        ("AWS_REGION", "us-east-1".into()),
        ("AWS_ACCESS_KEY_ID", "local".into()),
        ("AWS_SECRET_ACCESS_KEY", "local".into()),
        ("AWS_LAMBDA_FUNCTION_NAME", "latchkey".into()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".into()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1".into()),
        ("LATCHKEY_CLIENTS_TABLE", "latchkey-clients".into()),
        ("LATCHKEY_TOKENS_TABLE", "latchkey-tokens".into()),
        ("LATCHKEY_USERS_TABLE", "latchkey-users".into()),
        ("LATCHKEY_SEALING_KEY_FILE", key),
    ]
}

/// A function that runs, and how to invoke it. It ends when this is dropped.
pub struct Function {
    pub child: Child,
    invoke: Invoke,
}

enum Invoke {
    Emulator(String),
    Own(mpsc::Sender<(String, oneshot::Sender<String>)>),
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Function {
    /// Under AWS's emulator, which starts the function itself.
    pub async fn under_the_emulator(emulator: &Path, binary: &str, environment: Vec<(&'static str, String)>) -> Self {
        let free = || async { TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap() };
        let (address, runtime) = (free().await, free().await);
        let mut command = Command::new(emulator);
        command.args(["--runtime-interface-emulator-address", &address.to_string()]);
        command.args(["--runtime-api-address", &runtime.to_string()]).arg(binary).envs(environment);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let url = format!("http://{address}/2015-03-31/functions/function/invocations");
        Self { child, invoke: Invoke::Emulator(url) }
    }

    /// Under the Runtime API of this file. Returns once the function asks for its first event.
    pub async fn under_our_own(binary: &str, environment: Vec<(&'static str, String)>) -> Self {
        Self::spawned(Command::new(binary).envs(environment).stdout(Stdio::null())).await
    }

    /// The same, with all that it prints in a file.
    pub async fn watched(binary: &str, environment: Vec<(&'static str, String)>, printed: &Path) -> Self {
        let file = std::fs::File::create(printed).unwrap();
        let mut command = Command::new(binary);
        Self::spawned(command.envs(environment).stdout(file.try_clone().unwrap()).stderr(file)).await
    }

    /// As [`Function::under_our_own`], of any program.
    pub async fn spawned(command: &mut Command) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        let runtime =
            Arc::new(Runtime { events: Mutex::new(receiver), waiting: Mutex::default(), ready: Notify::new() });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(response))
            .with_state(runtime.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let mut child = command.env("AWS_LAMBDA_RUNTIME_API", address).spawn().unwrap();
        // One that does not start would be waited for without end; its one line on standard error says why.
        while tokio::time::timeout(Duration::from_millis(100), runtime.ready.notified()).await.is_err() {
            assert!(child.try_wait().unwrap().is_none(), "{command:?} ended before it asked for an event");
        }
        Self { child, invoke: Invoke::Own(sender) }
    }

    /// One event in, one answer out.
    pub async fn invoke(&self, event: &Value) -> Value {
        let answer = self.invoke_raw(event).await;
        assert!(answer["statusCode"].is_i64(), "{answer}");
        answer
    }

    /// One event in, one answer or error out.
    pub async fn invoke_raw(&self, event: &Value) -> Value {
        self.invoke_text(event.to_string()).await
    }

    /// The same with what may be no JSON.
    pub async fn invoke_text(&self, event: String) -> Value {
        let answer = match &self.invoke {
            Invoke::Emulator(url) => post_event(url, event).await,
            Invoke::Own(events) => {
                let (sender, receiver) = oneshot::channel();
                events.send((event, sender)).await.unwrap();
                receiver.await.unwrap()
            }
        };
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("no JSON: {answer}"))
    }
}

async fn post_event(url: &str, event: String) -> String {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let request = http::Request::post(url).body(Full::from(event)).unwrap();
    let answer = client.request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(answer.to_vec()).unwrap()
}

struct Runtime {
    events: Mutex<mpsc::Receiver<(String, oneshot::Sender<String>)>>,
    waiting: Mutex<Option<oneshot::Sender<String>>>,
    ready: Notify,
}

async fn next(State(runtime): State<Arc<Runtime>>) -> impl IntoResponse {
    runtime.ready.notify_one();
    let Some((event, sender)) = runtime.events.lock().await.recv().await else { return std::future::pending().await };
    *runtime.waiting.lock().await = Some(sender);
    let headers = [
        // As Lambda sends it: AWS's client for Python hands over bytes without it.
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", "9999999999999"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:latchkey"),
    ];
    (headers, event)
}

async fn response(State(runtime): State<Arc<Runtime>>, body: String) -> impl IntoResponse {
    let _ = runtime.waiting.lock().await.take().unwrap().send(body);
    http::StatusCode::ACCEPTED
}
