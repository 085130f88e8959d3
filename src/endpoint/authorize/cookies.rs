//! The names of the four cookies, and the browser's id, which one of them holds.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::Request;

use crate::context::{Service, issuer};
use latchkey_oauth::session::BROWSER_BYTES;

/// The cookies' names. Over https the `__Host-` prefix keeps other hosts and plain http from setting it (RFC 6265bis section
/// 4.1.3.2). A service on loopback has no https.
pub(super) struct Names {
    /// Of the session.
    pub session: &'static str,
    /// Of the browser's id. A page without a user sets only this one, so that a late page cannot sign a user out.
    pub browser: &'static str,
    /// Of the accounts that the browser has signed in to. It outlives every session.
    pub devices: &'static str,
    /// Of the tabs that are away at a provider.
    pub visits: &'static str,
}

/// The names that the cookies of this service have.
pub(super) fn names(service: &Service, request: &Request<Bytes>) -> Names {
    match is_secure(service, request) {
        true => Names {
            session: "__Host-latchkey",
            browser: "__Host-latchkey-browser",
            devices: "__Host-latchkey-devices",
            visits: "__Host-latchkey-visits",
        },
        false => Names {
            session: "latchkey",
            browser: "latchkey-browser",
            devices: "latchkey-devices",
            visits: "latchkey-visits",
        },
    }
}

/// Whether the cookies are for https only.
pub(super) fn is_secure(service: &Service, request: &Request<Bytes>) -> bool {
    issuer(&service.settings, request).starts_with("https:")
}

/// The browser's id that a cookie holds.
pub(super) fn browser_id(value: &str) -> Option<[u8; BROWSER_BYTES]> {
    URL_SAFE_NO_PAD.decode(value).ok()?.try_into().ok()
}
