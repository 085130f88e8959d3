//! The device authorization response (RFC 8628 section 3.2).

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Serialize;

use super::json;
use crate::grants::device_code::INTERVAL;
use crate::service::DEVICE;
use crate::token::{Minted, UserCode};

#[derive(Serialize)]
struct Body<'a> {
    device_code: &'a str,
    user_code: &'a str,
    verification_uri: &'a str,
    verification_uri_complete: String,
    expires_in: u64,
    interval: u64,
}

/// The answer that carries both codes, and where the user goes with one of them.
pub fn device_authorization(
    device_code: &Minted,
    user_code: &UserCode,
    issuer: &str,
    expires_in: u64,
) -> Response<Bytes> {
    let (user_code, verification_uri) = (user_code.text(), format!("{issuer}{DEVICE}"));
    let body = Body {
        device_code: &device_code.text,
        user_code: &user_code,
        verification_uri_complete: format!("{verification_uri}?user_code={user_code}"),
        verification_uri: &verification_uri,
        expires_in,
        interval: INTERVAL,
    };
    json(StatusCode::OK, &body)
}
