//! The door for a laptop: the same events through the same code, over a DynamoDB engine in this process.

mod beside;
mod checkpoint;
mod containers;
mod engine;
mod error;
mod guard;
mod journal;
mod kms;
mod operations;
mod page;
mod port;
mod seed;
mod state;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::gateway;
use latchkey::context::{Endpoint, Service};
use latchkey::endpoint;
use latchkey::lambda;
use latchkey::log::LogLine;
use latchkey_dynamodb::clock::Moment;
use latchkey_dynamodb::store::Store;
use latchkey_oauth::service::{Function, ROUTES, Route};
use latchkey_oauth::settings::Settings;

use containers::EnvironmentFile;
use guard::Hosts;
use journal::Journal;
use kms::Kms;
use state::Turn;

pub(crate) use beside::Door;
pub use containers::CONTAINERS_HOST;
pub use engine::{AUDIT_TABLE, tables};
pub use error::EngineError;
pub(crate) use guard::Refusal;
pub(crate) use page::{STYLE, document};
pub use seed::{DEMO_INSTITUTION, DEMO_PASSWORD, DEMO_USER, Demo};
pub use state::keyrings;

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
/// Port of the demo application on loopback, unless another is named or this one is taken.
pub const DEMO_PORT: u16 = 8050;

/// API Gateway's limit of a payload, bytes.
const MAX_PAYLOAD: usize = 10 * 1024 * 1024;

/// The time, as the server shall see it.
pub type Clock = Arc<dyn Fn() -> Moment + Send + Sync>;

/// Where log lines go.
pub type Log = Arc<dyn Fn(LogLine) + Send + Sync>;

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
    /// Names and addresses of this machine that the ports answer to, besides those of loopback.
    pub allowed_hosts: Vec<String>,
    /// The name or address by which functions in containers call the engine. It then listens for them too, answers for KMS,
    /// and their environment is written into the state folder.
    pub containers: Option<String>,
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
            allowed_hosts: Vec::new(),
            containers: None,
            settings: Settings::default(),
            clock: Arc::new(Moment::now),
            log: Arc::new(|log_line| log_line.log()),
        }
    }
}

/// A running server. Dropping it stops it, without waiting for the requests that run; [`Server::stop`] waits for them.
pub struct Server {
    /// Base URL of the service, without a slash at the end.
    pub url: String,
    /// Endpoint URL of the embedded DynamoDB engine, where it runs, with the access key in its path.
    pub dynamodb_url: Option<String>,
    /// Where the engine listens for functions in containers, besides loopback.
    pub bridge: Option<SocketAddr>,
    /// The service itself.
    pub service: Arc<Service>,
    environment: Option<EnvironmentFile>,
    state: Option<PathBuf>,
    door: Door,
    demo_url: Arc<OnceLock<String>>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

#[derive(Clone)]
struct Gateway {
    service: Arc<Service>,
    hosts: Arc<Hosts>,
    clock: Clock,
    journal: Arc<Journal>,
    url: String,
    dynamodb: String,
    demo_url: Arc<OnceLock<String>>,
}

impl Server {
    /// Starts engine and service; both listen when this returns.
    pub async fn start(options: Options) -> Result<Self, EngineError> {
        let (listener, address) = bind("--port", options.port).await?;
        let (mut bridge, mut environment) = (None, None);
        let (stop, stopped) = watch::channel(false);
        let _turn = Turn::take(options.state.as_deref()).await?;
        let (keyrings, keys) = state::keyrings_of(options.state.as_deref())?;
        let hosts = Arc::new(Hosts::new(&options.allowed_hosts));
        let journal = Arc::new(Journal::new(options.clock.clone(), options.log));
        let (mut tasks, mut dynamodb_url) = (Vec::new(), None);
        let store = match options.store {
            Some(store) => store,
            None => {
                let (dynamodb, address) = bind("--dynamodb-port", options.dynamodb_port).await?;
                let access_key = state::access_key_of(options.state.as_deref())?;
                let folder = options.state.as_deref().filter(|_| !options.memory);
                dynamodb_url = Some(format!("{}/{}", url(address), access_key.0));
                let (store, database, running) = engine::start(folder, stopped.clone()).await?;
                let mut listeners = vec![dynamodb];
                let mut hosts = options.allowed_hosts;
                let kms = options.containers.as_ref().map(|_| Kms(keys));
                if let Some((host, kms)) = options.containers.zip(kms.as_ref()) {
                    if let Some((listener, address)) = containers::listen(&host, address.port()).await? {
                        listeners.push(listener);
                        hosts.push(address.ip().to_string());
                        bridge = Some(address);
                    }
                    if let Some(folder) = &options.state {
                        let engine = format!("http://{host}:{}/{}", address.port(), access_key.0);
                        environment = Some(EnvironmentFile::write(folder, &engine, kms, &options.settings)?);
                    }
                    hosts.push(host);
                }
                let port =
                    port::Port { database, kms, access_key, hosts: Hosts::new(&hosts), journal: journal.clone() };
                let port = Arc::new(port);
                let served = |listener| tokio::spawn(port::serve(listener, port.clone(), stopped.clone()));
                tasks.extend(listeners.into_iter().map(served).chain(running));
                store
            }
        };
        let mut settings = options.settings;
        settings.issuer.get_or_insert_with(|| url(address));
        let store = store.remembering_directory(settings.directory_cache_seconds);
        let service = Arc::new(Service { store, keyrings, settings });
        let dynamodb = dynamodb_url.as_deref().and_then(|url| Some(url.rsplit_once('/')?.0)).unwrap_or("another port");
        let door = Door::new(hosts.clone(), journal.clone());
        let demo_url = Arc::default();
        let gateway = Gateway {
            service: service.clone(),
            hosts,
            clock: options.clock,
            journal,
            url: url(address),
            dynamodb: dynamodb.to_owned(),
            demo_url: Arc::clone(&demo_url),
        };
        let router = Router::new().fallback(serve).with_state(gateway);
        tasks.push(tokio::spawn(async move {
            let serving = axum::serve(listener, router).with_graceful_shutdown(until(stopped));
            let _ = serving.await;
        }));
        let (url, state) = (url(address), options.state);
        Ok(Self { url, dynamodb_url, bridge, service, environment, state, door, demo_url, stop, tasks })
    }

    /// The file with the environment of functions in containers, as long as the server runs.
    pub fn environment(&self) -> Option<&Path> {
        self.environment.as_ref().map(|file| file.path.as_path())
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
    let address = SocketAddr::new(IpAddr::from(Ipv4Addr::LOCALHOST), port);
    let failed = |error| EngineError::Bind { option, address, error };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Endpoint URL of the engine of a local server that runs on this machine, with the access key that its state folder holds.
pub fn dynamodb_url(folder: &Path, port: u16) -> Result<String, EngineError> {
    Ok(format!("http://127.0.0.1:{port}/{}", state::access_key(folder)?.0))
}

/// What API Gateway does: find the route, make the event, invoke the function, send what it answers.
async fn serve(State(gateway): State<Gateway>, request: Request) -> Response {
    let id = gateway::request_id();
    let mut response = answer(&gateway, request, &id).await;
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(gateway::REQUEST_ID, id);
    }
    response
}

async fn answer(gateway: &Gateway, request: Request, id: &str) -> Response {
    let (parts, body) = request.into_parts();
    if let Err(refusal) = gateway.hosts.check(&parts) {
        let Refusal { status, message, .. } = &refusal;
        let refused = gateway_error(*status, message);
        gateway.journal.enter("another host", refusal.log_line(id.to_owned()));
        return refused;
    }
    let here = |route: &Route| parts.method == route.method && parts.uri.path() == route.path;
    let route = ROUTES.into_iter().find(here);
    let Some((route, endpoint)) = route.and_then(|route| endpoint_of(route.function).map(|endpoint| (route, endpoint)))
    else {
        if parts.method == http::Method::GET && parts.uri.path() == "/" {
            let Gateway { service, journal, url, dynamodb, demo_url, clock, .. } = gateway;
            let places = page::Places { url, dynamodb, demo: demo_url.get().map(String::as_str) };
            return page::show(service, journal, places, clock().seconds()).await;
        }
        gateway.journal.enter_unrouted("no route", 404, id);
        return gateway_error(http::StatusCode::NOT_FOUND, "Not Found");
    };
    let what = format!("{} {}", route.method, route.path);
    let Ok(body) = to_bytes(body, MAX_PAYLOAD).await else {
        gateway.journal.enter_unrouted(&what, 413, id);
        return gateway_error(http::StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let now = (gateway.clock)();
    let event = gateway::event(&parts, &body, now.seconds(), id, Some("local"));
    let log_line = LogLine::of(route.function);
    let (answer, log_line) = lambda::invoke(&gateway.service, endpoint, &event, log_line, now).await;
    gateway.journal.enter(&what, log_line);
    gateway::response(answer).map(Body::from)
}

/// API Gateway's own words, where no function is reached.
fn gateway_error(status: http::StatusCode, message: &str) -> Response {
    let body = serde_json::json!({ "message": message }).to_string();
    (status, [(http::header::CONTENT_TYPE, "application/json")], Body::from(body)).into_response()
}
