//! API Gateway's side: requests to events and answers to responses, as its HTTP API does it (payload 2.0).

use std::net::Ipv4Addr;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::Response;
use http::header::{COOKIE, HOST, SET_COOKIE};
use http::request::Parts;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};

/// The header of each answer in which an HTTP API names the request, as the log does.
pub const REQUEST_ID: &str = "apigw-requestid";

/// A new request id.
pub fn request_id() -> String {
    let bytes = latchkey_dynamodb::random().unwrap_or_default();
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// The event's JSON. The query goes through untouched; a body goes in base64, as the gateway sends forms.
/// `api`: the API that the gateway names; none where a function is invoked without one.
pub fn event(parts: &Parts, body: &Bytes, now: u64, request_id: &str, api: Option<&str>) -> String {
    let mut event = ApiGatewayV2httpRequest::default();
    event.version = Some("2.0".to_owned());
    event.route_key = Some(format!("{} {}", parts.method, parts.uri.path()));
    event.raw_path = Some(parts.uri.path().to_owned());
    event.raw_query_string = Some(parts.uri.query().unwrap_or_default().to_owned());
    for (name, value) in parts.headers.iter().filter(|(name, _)| *name != COOKIE) {
        // The gateway joins what repeats and passes text only.
        let value = String::from_utf8_lossy(value.as_bytes());
        let joined = match event.headers.get(name).and_then(|known| known.to_str().ok()) {
            Some(known) => format!("{known},{value}"),
            None => value.into_owned(),
        };
        if let Ok(value) = joined.parse() {
            event.headers.insert(name, value);
        }
    }
    let cookies = parts.headers.get_all(COOKIE).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let cookies: Vec<_> = cookies.flat_map(|value| value.split("; ").map(str::to_owned).collect::<Vec<_>>()).collect();
    event.cookies = (!cookies.is_empty()).then_some(cookies);
    event.is_base64_encoded = !body.is_empty();
    event.body = (!body.is_empty()).then(|| STANDARD.encode(body));
    let context = &mut event.request_context;
    context.http.method = parts.method.clone();
    context.http.path = event.raw_path.clone();
    context.http.source_ip = Some(Ipv4Addr::LOCALHOST.to_string());
    context.domain_name = event.headers.get(HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
    context.stage = Some("$default".to_owned());
    context.request_id = Some(request_id.to_owned());
    context.apiid = api.map(str::to_owned);
    context.time_epoch = i64::try_from(now).unwrap_or_default() * 1000;
    serde_json::to_string(&event).unwrap_or_default()
}

/// The HTTP response of a function's answer.
pub fn response(answer: ApiGatewayV2httpResponse) -> Response<Bytes> {
    let mut response = Response::new(answer.body.map(|body| Bytes::from(body.to_vec())).unwrap_or_default());
    let status = u16::try_from(answer.status_code).ok().and_then(|code| http::StatusCode::from_u16(code).ok());
    *response.status_mut() = status.unwrap_or(http::StatusCode::BAD_GATEWAY);
    *response.headers_mut() = answer.headers;
    for cookie in answer.cookies.iter().filter_map(|cookie| cookie.parse().ok()) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
