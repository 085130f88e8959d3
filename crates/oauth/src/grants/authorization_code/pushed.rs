//! Pushed authorization requests (RFC 9126), without storage: the `request_uri` is the request itself, sealed.

use serde::{Deserialize, Serialize};

use super::request::{Request, pick};
use crate::error::{Denial, PushError};
use crate::secret::sealed_text::{open, seal};
use crate::secret::{Keyring, NONCE_BYTES, SealError};
use crate::settings::FORM_SECONDS;

#[cfg(test)]
mod tests;

/// What every `request_uri` of this service begins with (RFC 9126 section 2.2).
pub const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// How long a client has to send its user, seconds. Nothing is stored, so nothing makes a `request_uri` good only once: its
/// life is short.
pub const PUSHED_SECONDS: u64 = 90;

/// The longest address that a pushed request may make, bytes. Browsers, proxies and the gateway take it.
pub const MAX_ADDRESS: usize = 6 * 1024;

/// What is kept of that for the part before the query: scheme, host and path.
const BEFORE_QUERY: usize = 128;

/// What it is sealed for. The blank keeps it apart from every client id.
const PUSHED: &str = "latchkey pushed request";

/// A request that a client pushed, and how long its reference is good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushedRequest {
    /// What was pushed.
    request: Request,
    /// When the reference ends, POSIX seconds.
    ends_at: u64,
    /// Whether a page of this service leads here, and no longer the client.
    begun: bool,
}

impl PushedRequest {
    /// As the client gets it.
    pub fn new(request: Request, now: u64) -> Self {
        Self { request: Request { pushed: true, ..request }, ends_at: now.saturating_add(PUSHED_SECONDS), begun: false }
    }

    /// As a page leads back to it, for as long as its form can be sent.
    pub fn begun(request: Request, now: u64) -> Self {
        Self { ends_at: now.saturating_add(FORM_SECONDS), begun: true, ..Self::new(request, now) }
    }

    /// When the reference ends, POSIX seconds.
    pub fn ends_at(&self) -> u64 {
        self.ends_at
    }

    /// The `request_uri`.
    pub fn seal(&self, keyring: &Keyring, nonce: [u8; NONCE_BYTES]) -> Result<String, SealError> {
        Ok(format!("{PREFIX}{}", seal(self, PUSHED, keyring, nonce)?))
    }

    /// Reads a `request_uri` that a request of this client names.
    pub fn open(uri: &str, client_id: &str, keyring: &Keyring, now: u64) -> Result<Self, Denial> {
        let pushed = sealed(uri, keyring).ok_or(Denial::Push(PushError::UriUnknown))?;
        if pushed.request.client_id != client_id {
            return Err(Denial::Push(PushError::UriForeign));
        }
        if now >= pushed.ends_at { Err(Denial::Push(PushError::UriExpired)) } else { Ok(pushed) }
    }

    /// The languages that a reference asks the pages to be in, whatever has become of it since.
    pub fn ui_locales(uri: &str, keyring: &Keyring) -> Option<String> {
        sealed(uri, keyring)?.request.ui_locales
    }

    /// Whether a page of this service leads here.
    pub fn is_begun(&self) -> bool {
        self.begun
    }

    /// What was pushed.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The request, with the institution that the user picked on a page of this service, if the client named none.
    pub fn picked(&self, picked: Option<&str>) -> Result<Request, Denial> {
        let mut request = self.request.clone();
        if request.institutions.is_none() {
            request.institutions = pick(picked)?;
            request.picked = request.institutions.is_some();
        }
        Ok(request)
    }

    /// Refuses a request whose address, with this query, would be too long, and names its longest parameter.
    pub fn check_address(&self, query: &str) -> Result<(), Denial> {
        if BEFORE_QUERY.saturating_add(query.len()) <= MAX_ADDRESS {
            return Ok(());
        }
        let Request { redirect_uri, scope, state, ui_locales, .. } = &self.request;
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let parameters = [
            ("redirect_uri", redirect_uri.len()),
            ("scope", scope.to_string().len()),
            ("state", length(state)),
            ("ui_locales", length(ui_locales)),
        ];
        let longest = parameters.into_iter().max_by_key(|(_, length)| *length).map_or("state", |(name, _)| name);
        Err(Denial::Push(PushError::AddressTooLong(MAX_ADDRESS, longest)))
    }
}

fn sealed(uri: &str, keyring: &Keyring) -> Option<PushedRequest> {
    open(uri.strip_prefix(PREFIX)?, PUSHED, keyring)
}
