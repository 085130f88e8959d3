//! The door for Lambda: API Gateway HTTP API events (payload 2.0) in, its responses out.
//!
//! `lambda_http::run` would turn events into requests too, but it panics on a query that is no URI and on a body that
//! is no base64, and puts header values into its error texts. So the few lines between event and request are here,
//! and every event is answered.

pub mod authorizer;

use std::process::ExitCode;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, COOKIE, SET_COOKIE};
use http::{HeaderValue, Method, Request, Response, Uri};
use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::value::RawValue;

use crate::config::Config;
use crate::context::{ConnectInfo, Endpoint, Service};
use crate::log::{LogLine, Outcome, keep_panics_quiet};
use latchkey_dynamodb::aws::of_lambda;
use latchkey_dynamodb::clock::Moment;
use latchkey_dynamodb::environment::ConfigError;
use latchkey_oauth::error::Denial;
use latchkey_oauth::forwarded::address;
use latchkey_oauth::proxy::{self, ProxySecrets};
use latchkey_oauth::service::{Function, KeySet};

/// What cannot stand in a URI as it is. Encoding it changes neither the parameters nor the signed text, which is made
/// of the decoded pairs; everything else of the raw query stays as it came.
const NOT_IN_URI: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

const NOT_IN_PATH: &AsciiSet = &NOT_IN_URI.add(b'?');

/// A function's whole life: configuration and the first connection in the init phase, then events.
///
/// Prints one line and returns an exit code where it cannot start.
pub fn main(function: Function, endpoint: Endpoint) -> ExitCode {
    let start = async {
        let sets: Vec<_> = KeySet::of(function).collect();
        let (service, without_old, lack) = Config::from_env()?.start(&of_lambda()?, &sets, endpoint.open).await?;
        if let Some(reason) = without_old {
            say(function.as_str(), Outcome::StartedWithoutOldKeys, &reason.to_string());
        }
        if let Some(lack) = lack {
            say(function.as_str(), lack.outcome(), lack.reason());
        }
        Ok(service)
    };
    run(function.as_str(), start, |service| async move {
        let service = &service;
        let handler = service_fn(move |event: LambdaEvent<Box<RawValue>>| async move {
            let log_line = LogLine::of(function);
            let (response, log_line) = invoke(service, endpoint, event.payload.get(), log_line, Moment::now()).await;
            log_line.log();
            Ok::<_, lambda_runtime::Error>(response)
        });
        lambda_runtime::run(handler).await
    })
}

/// Starts the function of this name in the init phase, then serves until the environment is shut down.
pub fn run<Started, Served: Future<Output = Result<(), lambda_runtime::Error>>>(
    function: &str,
    start: impl Future<Output = Result<Started, ConfigError>>,
    serve: impl FnOnce(Started) -> Served,
) -> ExitCode {
    keep_panics_quiet();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(function, &error.to_string()),
    };
    runtime.block_on(async {
        // The runtime client would panic without it.
        if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
            return fail(function, "AWS_LAMBDA_RUNTIME_API is not set: this binary is a Lambda function");
        }
        let started = match start.await {
            Ok(started) => started,
            Err(error) => return fail(function, &error.to_string()),
        };
        match serve(started).await {
            Ok(()) => ExitCode::SUCCESS,
            // The Runtime API went away: the environment is being shut down.
            Err(_) => ExitCode::FAILURE,
        }
    })
}

fn fail(function: &str, reason: &str) -> ExitCode {
    say(function, Outcome::NotStarted, reason);
    ExitCode::FAILURE
}

/// What a start has to say.
fn say(function: &str, outcome: Outcome, reason: &str) {
    eprintln!("{}", serde_json::json!({ "function": function, "outcome": outcome, "reason": reason }));
}

/// One event through an endpoint.
pub async fn invoke(
    service: &Service,
    endpoint: Endpoint,
    event: &str,
    mut log_line: LogLine,
    now: impl Into<Moment>,
) -> (ApiGatewayV2httpResponse, LogLine) {
    let request = match serde_json::from_str::<ApiGatewayV2httpRequest>(event) {
        Ok(event) => {
            log_line.request_id = event.request_context.request_id.clone();
            into_request(event, service.settings.proxy_secrets.as_ref())
        }
        Err(_) => Err(Denial::EventMalformed),
    };
    let is_head = request.as_ref().is_ok_and(|request| request.method() == Method::HEAD);
    let (mut response, log_line) = service.answer(endpoint, request, log_line, now).await;
    if is_head {
        // RFC 9110 sections 8.6 and 9.3.2: the headers of GET, its length among them, and no body.
        let length = HeaderValue::from(response.body().len());
        response.headers_mut().insert(CONTENT_LENGTH, length);
        response.body_mut().clear();
    }
    (into_response(response), log_line)
}

fn into_request(mut event: ApiGatewayV2httpRequest, proxy: Option<&ProxySecrets>) -> Result<Request<Bytes>, Denial> {
    // Nothing after this has the secret. The gateway joins what is sent twice.
    let sent = event.headers.remove(proxy::HEADER);
    let through_proxy = proxy.is_none_or(|secrets| secrets.has(sent.as_ref().map(HeaderValue::as_bytes)));
    // A gateway names its API, and no requester can take that away. An invocation without a gateway has the account's permission.
    if event.request_context.apiid.is_some() && !through_proxy {
        return Err(Denial::ProxyBypassed);
    }
    let body = match event.body {
        Some(text) if event.is_base64_encoded => STANDARD.decode(text).map_err(|_| Denial::EventMalformed)?.into(),
        Some(text) => Bytes::from(text),
        None => Bytes::new(),
    };
    let query = event.raw_query_string.unwrap_or_default();
    // Of the path only its last part is ever read; what a stage or a mapping puts before it does not matter.
    let path = event.raw_path.as_deref().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let raw = format!("/{}?{}", utf8_percent_encode(path, NOT_IN_PATH), utf8_percent_encode(&query, NOT_IN_URI));
    let uri = Uri::try_from(raw).map_err(|_| Denial::QueryTooLong(crate::endpoint::client::MAX_QUERY))?;
    let context = event.request_context;
    let connect_info = ConnectInfo {
        host: context.domain_name,
        address: context.http.source_ip.and_then(|node| address(&node)),
        request_id: context.request_id,
        past_proxies: !through_proxy,
    };
    let mut request = Request::new(body);
    *request.method_mut() = context.http.method;
    *request.uri_mut() = uri;
    *request.headers_mut() = event.headers;
    // Payload 2.0 takes cookies out of the headers.
    if let Some(cookies) = event.cookies.filter(|cookies| !cookies.is_empty())
        && let Ok(cookies) = HeaderValue::try_from(cookies.join("; "))
    {
        request.headers_mut().insert(COOKIE, cookies);
    }
    request.extensions_mut().insert(connect_info);
    Ok(request)
}

fn into_response(response: Response<Bytes>) -> ApiGatewayV2httpResponse {
    let (parts, body) = response.into_parts();
    let mut event = ApiGatewayV2httpResponse::default();
    event.status_code = parts.status.as_u16().into();
    event.headers = parts.headers;
    let cookies = event.headers.get_all(SET_COOKIE).iter().filter_map(|value| Some(value.to_str().ok()?.to_owned()));
    event.cookies = cookies.collect();
    event.headers.remove(SET_COOKIE);
    event.body = String::from_utf8(body.into()).ok().map(lambda_http::Body::Text);
    event
}
