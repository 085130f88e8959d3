//! The engine's own port, for AWS tools and for Latchkey's commands. It has the whole state of the local server behind it, so
//! it asks each request for the access key of the state folder.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use dynoxide::Database;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::gateway;
use crate::local::guard::{Hosts, Refusal, check_origin};
use crate::local::journal::Journal;
use crate::local::kms::{self, Kms};
use crate::local::operations;
use crate::local::state::AccessKey;

/// DynamoDB's limit of a request, bytes.
const MAX_BODY: usize = 16 * 1024 * 1024;
const JSON: &str = "application/x-amz-json-1.0";
const TARGETS: [&str; 2] = ["DynamoDB_20120810", "DynamoDBStreams_20120810"];

/// What the port needs.
pub(super) struct Port {
    pub(super) database: Database,
    /// What answers for KMS, where functions in containers are to start.
    pub(super) kms: Option<Kms>,
    pub(super) access_key: AccessKey,
    pub(super) hosts: Hosts,
    pub(super) journal: Arc<Journal>,
}

/// Serves until the server stops.
pub(super) async fn serve(listener: TcpListener, port: Arc<Port>, stopped: watch::Receiver<bool>) {
    let router = Router::new().fallback(answer).with_state(port);
    let _ = axum::serve(listener, router).with_graceful_shutdown(crate::local::until(stopped)).await;
}

async fn answer(State(port): State<Arc<Port>>, request: Request) -> Response {
    let sent = request.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let tool = sent.is_some_and(|sent| [JSON, kms::JSON].iter().any(|json| sent.starts_with(json.as_bytes())));
    let mut response = handle(&port, request).await;
    if !tool {
        // A browser shows no other type.
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    response
}

async fn handle(port: &Port, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let id = gateway::request_id();
    let allowed = port.hosts.check(&parts).and_then(|()| check_origin(&parts.headers));
    if let Err(refusal) = allowed.and_then(|()| check_key(&port.access_key, &parts)) {
        let refused = error(&id, refusal.status, "UnrecognizedClientException", &refusal.message);
        port.journal.enter("the DynamoDB port", refusal.log_line(id));
        return refused;
    }
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let here = |service: &str| TARGETS.contains(&service) || service == kms::TARGET && port.kms.is_some();
    let named = target.split_once('.').filter(|(service, _)| parts.method == Method::POST && here(service));
    let Some((service, operation)) = named else {
        let what = "This port is DynamoDB's: send POST with the header X-Amz-Target, as AWS tools do.";
        return error(&id, StatusCode::BAD_REQUEST, "UnknownOperationException", what);
    };
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return error(&id, StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLargeException", "16 MB at most.");
    };
    if let Some(kms) = port.kms.as_ref().filter(|_| service == kms::TARGET) {
        return of_kms(kms, operation, &body, &id);
    }
    match operations::answer(&port.database, operation, &body) {
        Some((status, text)) => {
            document(&id, StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), text)
        }
        None => error(&id, StatusCode::BAD_REQUEST, "UnknownOperationException", "The engine has no such operation."),
    }
}

fn of_kms(kms: &Kms, operation: &str, body: &[u8], id: &str) -> Response {
    let answered = match operation {
        "GenerateMac" => kms.generate_mac(body),
        _ => Err(("UnknownOperationException", "Of KMS, this port has only GenerateMac.".to_owned())),
    };
    let (status, document) = match answered {
        Ok(document) => (StatusCode::OK, document),
        Err((code, what)) => (StatusCode::BAD_REQUEST, serde_json::json!({ "__type": code, "message": what })),
    };
    let headers = [(CONTENT_TYPE.as_str(), kms::JSON), ("x-amzn-requestid", id)];
    (status, headers, Body::from(document.to_string())).into_response()
}

/// The key stands in the path, or is the access key id of AWS's signature. The signature itself is not checked: the key is
/// what only this user of the machine can read.
fn check_key(expected: &AccessKey, parts: &Parts) -> Result<(), Refusal> {
    let path = parts.uri.path().strip_prefix('/').unwrap_or_default();
    let path = path.strip_suffix('/').unwrap_or(path);
    let authorization = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signed = authorization.strip_prefix("AWS4-HMAC-SHA256").and_then(|rest| rest.split_once("Credential="));
    let signed = signed.and_then(|(_, rest)| rest.split('/').next());
    let given = if path.is_empty() { signed.unwrap_or_default() } else { path };
    if given.as_bytes().ct_eq(expected.0.as_bytes()).into() {
        return Ok(());
    }
    let sent = if given.is_empty() { "no access key" } else { "another access key" };
    Err(Refusal {
        name: "access_key_wrong",
        status: StatusCode::BAD_REQUEST,
        message: format!(
            "The request has {sent}. This port asks for the access key that the local server printed at its start, which is \
             also in the file dynamodb.access-key of the state folder. Send it as AWS_ACCESS_KEY_ID, or as the path of the \
             endpoint URL."
        ),
    })
}

/// An error as DynamoDB words it, so that AWS tools show its text.
fn error(id: &str, status: StatusCode, kind: &str, message: &str) -> Response {
    let kind = format!("com.amazon.coral.service#{kind}");
    document(id, status, serde_json::json!({ "__type": kind, "message": message }).to_string())
}

fn document(id: &str, status: StatusCode, text: String) -> Response {
    (status, [(CONTENT_TYPE.as_str(), JSON), ("x-amzn-requestid", id)], Body::from(text)).into_response()
}
