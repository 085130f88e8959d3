//! The engine behind TLS, as DynamoDB is, with what each call cost by the engine's own count.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use latchkey_dynamodb::roots::AMAZON;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Where DynamoDB answers over TLS.
pub struct Tls {
    pub url: String,
    /// Its certificate, and the roots that a function trusts in Lambda: to parse them is part of a start. PEM.
    pub certificates: PathBuf,
    counts: Arc<Mutex<Counts>>,
}

/// Since they were taken last.
#[derive(Clone, Copy, Default)]
pub struct Counts {
    pub calls: f64,
    pub read_units: f64,
    pub write_units: f64,
}

impl Counts {
    /// Of one of so many invocations.
    pub fn each(self, invocations: f64) -> Self {
        let Self { calls, read_units, write_units } = self;
        Self {
            calls: calls / invocations,
            read_units: read_units / invocations,
            write_units: write_units / invocations,
        }
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.read_units += other.read_units;
        self.write_units += other.write_units;
    }
}

/// The names that the certificate is for: DynamoDB's own is reached through a proxy.
const NAMES: [&str; 2] = ["localhost", "dynamodb.us-east-1.amazonaws.com"];

impl Tls {
    pub async fn before(engine: &str, folder: &Path) -> Self {
        let issued = rcgen::generate_simple_self_signed(NAMES.map(str::to_owned)).unwrap();
        let certificates = folder.join("certificates.pem");
        std::fs::write(&certificates, issued.cert.pem() + AMAZON).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(issued.signing_key.serialize_der()));
        let config =
            ServerConfig::builder_with_provider(Arc::new(tokio_rustls::rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![issued.cert.der().clone()], key)
                .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let listener = Listener { tcp: listener, acceptor: TlsAcceptor::from(Arc::new(config)) };
        let counts = Arc::<Mutex<Counts>>::default();
        let http = Client::builder(TokioExecutor::new()).build_http();
        let state = Forward { engine: engine.to_owned(), http, counts: counts.clone() };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(forward).with_state(state)).await });
        Self { url, certificates, counts }
    }

    pub fn take(&self) -> Counts {
        std::mem::take(&mut self.counts.lock().unwrap())
    }
}

struct Listener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl axum::serve::Listener for Listener {
    type Io = TlsStream<TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = self.tcp.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

#[derive(Clone)]
struct Forward {
    engine: String,
    http: Client<HttpConnector, Full<Bytes>>,
    counts: Arc<Mutex<Counts>>,
}

async fn forward(State(state): State<Forward>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut asked: Value = serde_json::from_slice(&to_bytes(body, usize::MAX).await.unwrap()).unwrap();
    asked["ReturnConsumedCapacity"] = json!("TOTAL");
    parts.uri = state.engine.parse().unwrap();
    parts.headers.remove(http::header::CONTENT_LENGTH);
    // The engine answers to its own name.
    parts.headers.remove(http::header::HOST);
    let reads = parts.headers["x-amz-target"].to_str().unwrap().contains("Get");
    let answer = state.http.request(Request::from_parts(parts, Full::from(asked.to_string()))).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let consumed = serde_json::from_slice::<Value>(&body).unwrap_or_default()["ConsumedCapacity"].take();
    let consumed = if consumed.is_object() { vec![consumed] } else { consumed.as_array().cloned().unwrap_or_default() };
    let units: f64 = consumed.iter().filter_map(|consumed| consumed["CapacityUnits"].as_f64()).sum();
    let mut counts = state.counts.lock().unwrap();
    counts.calls += 1.0;
    *if reads { &mut counts.read_units } else { &mut counts.write_units } += units;
    Response::from_parts(parts, Body::from(body))
}
