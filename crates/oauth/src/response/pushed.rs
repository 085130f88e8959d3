//! The answer to a pushed authorization request (RFC 9126 section 2.2).

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Serialize;

use super::json;

#[derive(Serialize)]
struct PushedBody<'a> {
    request_uri: &'a str,
    expires_in: u64,
}

/// 201, with the reference and the seconds that are left of it at `now`. As with tokens, a part of the first one is spent.
pub fn pushed(request_uri: &str, ends_at: u64, now: u64) -> Response<Bytes> {
    let expires_in = ends_at.saturating_sub(now).saturating_sub(1);
    json(StatusCode::CREATED, &PushedBody { request_uri, expires_in })
}
