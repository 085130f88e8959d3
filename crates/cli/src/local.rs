//! The door for a laptop: the same events through the same code, over a DynamoDB engine in this process.

mod engine;
mod seed;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::gateway;
use latchkey::context::{Endpoint, Service};
use latchkey::endpoint;
use latchkey::lambda;
use latchkey::log::LogLine;
use latchkey_dynamodb::clock;
use latchkey_dynamodb::store::Store;
use latchkey_oauth::service::{Function, ROUTES, Route};
use latchkey_oauth::settings::Settings;

pub use engine::{EngineError, keyring, tables};
pub use seed::{DEMO_INSTITUTION, DEMO_PASSWORD, DEMO_USER, Demo};

/// The code of a function; none for the authorizer, which has no route.
fn endpoint_of(function: Function) -> Option<Endpoint> {
    match function {
        Function::Issue => Some(endpoint::issue::ENDPOINT),
        Function::Refresh => Some(endpoint::refresh::ENDPOINT),
        Function::Authorize => Some(endpoint::authorize::ENDPOINT),
        Function::Introspect => Some(endpoint::introspect::ENDPOINT),
        Function::Revoke => Some(endpoint::revoke::ENDPOINT),
        Function::Authorizer => None,
    }
}

/// Folder of the state file and the sealing key, unless another is named.
pub const STATE: &str = ".latchkey";
/// Port of the DynamoDB engine on loopback, unless another is named.
pub const DYNAMODB_PORT: u16 = 8000;
/// Port of the service on loopback, unless another is named.
pub const PORT: u16 = 8080;

/// API Gateway's limit of a payload, bytes.
const MAX_PAYLOAD: usize = 10 * 1024 * 1024;

/// POSIX seconds, as the server shall see them.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Where log lines go.
pub type Log = Arc<dyn Fn(&LogLine) + Send + Sync>;

/// How to run.
pub struct Options {
    /// Port of the service on loopback; 0 for any free one.
    pub port: u16,
    /// Port of the DynamoDB engine on loopback; 0 for any free one.
    pub dynamodb_port: u16,
    /// Folder of the sealing key and the state file; none keeps both in memory.
    pub state: Option<PathBuf>,
    /// Keeps the state in memory though there is a folder for the key.
    pub memory: bool,
    /// Another DynamoDB than the embedded engine, which then does not start.
    pub store: Option<Store>,
    /// Settings of the service.
    pub settings: Settings,
    /// The clock.
    pub clock: Clock,
    /// The log.
    pub log: Log,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            dynamodb_port: 0,
            state: None,
            memory: false,
            store: None,
            settings: Settings::default(),
            clock: Arc::new(clock::now),
            log: Arc::new(LogLine::log),
        }
    }
}

/// A running server. Dropping it does not stop it; [`Server::stop`] does.
pub struct Server {
    /// Base URL of the service, without a slash at the end.
    pub url: String,
    /// Endpoint URL of the embedded DynamoDB engine, where it runs.
    pub dynamodb_url: Option<String>,
    /// The service itself.
    pub service: Arc<Service>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

#[derive(Clone)]
struct Gateway {
    service: Arc<Service>,
    clock: Clock,
    log: Log,
}

impl Server {
    /// Starts engine and service; both listen when this returns.
    pub async fn start(options: Options) -> Result<Self, EngineError> {
        let (listener, address) = bind("--port", options.port).await?;
        let (stop, stopped) = watch::channel(false);
        let keyring = engine::keyring_of(options.state.as_deref())?;
        let (mut tasks, mut dynamodb_url) = (Vec::new(), None);
        let store = match options.store {
            Some(store) => store,
            None => {
                let dynamodb = bind("--dynamodb-port", options.dynamodb_port).await?;
                let folder = options.state.as_deref().filter(|_| !options.memory);
                dynamodb_url = Some(url(dynamodb.1));
                let (store, engine) = engine::start(dynamodb.0, folder, stopped.clone()).await?;
                tasks.extend(engine);
                store
            }
        };
        let mut settings = options.settings;
        settings.issuer.get_or_insert_with(|| url(address));
        let service = Arc::new(Service { store, keyring, settings });
        let gateway = Gateway { service: service.clone(), clock: options.clock, log: options.log };
        let router = Router::new().fallback(serve).with_state(gateway);
        tasks.push(tokio::spawn(async move {
            let serving = axum::serve(listener, router).with_graceful_shutdown(until(stopped));
            let _ = serving.await;
        }));
        Ok(Self { url: url(address), dynamodb_url, service, stop, tasks })
    }

    /// Stops taking requests, lets those that run finish, and closes the state file.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        // A client that keeps a connection open and says nothing does not keep the server up.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(2), async {
            for task in self.tasks {
                let _ = task.await;
            }
        })
        .await;
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

async fn bind(option: &'static str, port: u16) -> Result<(TcpListener, SocketAddr), EngineError> {
    let failed = |error| EngineError::Bind { option, port, error };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// What API Gateway does: find the route, make the event, invoke the function, send what it answers.
async fn serve(State(gateway): State<Gateway>, request: Request) -> Response {
    let here = |route: &Route| request.method() == route.method && request.uri().path() == route.path;
    let function = ROUTES.into_iter().find(here).map(|route| route.function);
    let Some((function, endpoint)) = function.and_then(|function| Some((function, endpoint_of(function)?))) else {
        return gateway_error(http::StatusCode::NOT_FOUND, "Not Found");
    };
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_PAYLOAD).await else {
        return gateway_error(http::StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let now = (gateway.clock)();
    let event = gateway::event(&parts, &body, now);
    let log_line = LogLine::of(function);
    let (answer, log_line) = lambda::invoke(&gateway.service, endpoint, &event, log_line, now).await;
    (gateway.log)(&log_line);
    gateway::response(answer).map(Body::from)
}

/// API Gateway's own words, where no function is reached.
fn gateway_error(status: http::StatusCode, message: &'static str) -> Response {
    let body = serde_json::json!({ "message": message }).to_string();
    (status, [(http::header::CONTENT_TYPE, "application/json")], Body::from(body)).into_response()
}
