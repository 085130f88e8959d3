//! The four cookies of a browser: one that it is known by, one for the user who is signed in, one for the accounts that it has
//! signed in to, and one for the tabs that are away at institutions' providers.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use cookie::{Cookie, SameSite, time::Duration};
use http::header::SET_COOKIE;
use http::{HeaderValue, Request, Response};

use super::browser::Browser;
use crate::context::{Service, issuer};
use latchkey_dynamodb::random;
use latchkey_oauth::error::{Denial, Unavailable};
use latchkey_oauth::provider::visit::{Tabs, VISIT_SECONDS};
use latchkey_oauth::service::KeySet;
use latchkey_oauth::session::{BROWSER_BYTES, Device, DeviceMark, Session};
use latchkey_oauth::sign_in::attempts::YEAR;

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

fn is_secure(service: &Service, request: &Request<Bytes>) -> bool {
    issuer(&service.settings, request).starts_with("https:")
}

/// The browser's id that a cookie holds.
pub(super) fn browser_id(value: &str) -> Option<[u8; BROWSER_BYTES]> {
    URL_SAFE_NO_PAD.decode(value).ok()?.try_into().ok()
}

impl Browser<'_> {
    /// `response`, with the cookie that keeps `session`: until the browser is closed, or as long as the session lasts where
    /// the device is the user's.
    pub fn keeping(&self, session: &Session, mut response: Response<Bytes>) -> Result<Response<Bytes>, Denial> {
        if self.session.as_ref() == Some(session) {
            return Ok(response);
        }
        let value =
            session.seal(self.service.keyring(KeySet::Pages), random()?).map_err(|_| Unavailable::SecretUnopened)?;
        let life = session.stays.then(|| session.ends_at.saturating_sub(self.moment.seconds()));
        self.set_cookie(names(self.service, self.request).session, &value, life, &mut response);
        Ok(response)
    }

    /// `response`, with the end of the session's cookie.
    pub fn forgetting(&self, mut response: Response<Bytes>) -> Response<Bytes> {
        self.set_cookie(names(self.service, self.request).session, "", Some(0), &mut response);
        response
    }

    /// `response`, with the cookie that the browser is known by.
    pub(super) fn knowing(&self, id: [u8; BROWSER_BYTES], mut response: Response<Bytes>) -> Response<Bytes> {
        let value = URL_SAFE_NO_PAD.encode(id);
        self.set_cookie(names(self.service, self.request).browser, &value, None, &mut response);
        response
    }

    /// `response`, with the cookie that says that this browser has signed in to the account of this institution and username. The
    /// browser gets a new name there, and with it a new budget of failures, for what the user has signed in with.
    pub(super) fn remembering(
        &self,
        user: (&str, &str),
        mark: DeviceMark,
        mut response: Response<Bytes>,
    ) -> Result<Response<Bytes>, Denial> {
        let devices = self.devices.signed_in(user, Device { id: random()?, mark }, self.moment.seconds());
        let value =
            devices.seal(self.service.keyring(KeySet::Pages), random()?).map_err(|_| Unavailable::SecretUnopened)?;
        self.set_cookie(names(self.service, self.request).devices, &value, Some(YEAR), &mut response);
        Ok(response)
    }

    /// `response`, with the cookie of the tabs that are away.
    pub(super) fn away(&self, tabs: &Tabs, mut response: Response<Bytes>) -> Result<Response<Bytes>, Denial> {
        let (value, life) = if tabs.is_empty() {
            (String::new(), 0)
        } else {
            let sealed = tabs.seal(self.service.keyring(KeySet::Pages), random()?);
            (sealed.map_err(|_| Unavailable::SecretUnopened)?, VISIT_SECONDS)
        };
        self.set_cookie(names(self.service, self.request).visits, &value, Some(life), &mut response);
        Ok(response)
    }

    fn set_cookie(&self, name: &'static str, value: &str, seconds: Option<u64>, response: &mut Response<Bytes>) {
        let mut cookie = Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .secure(is_secure(self.service, self.request))
            .same_site(SameSite::Lax);
        if let Some(seconds) = seconds {
            cookie = cookie.max_age(Duration::seconds(i64::try_from(seconds).unwrap_or_default()));
        }
        if let Ok(value) = HeaderValue::try_from(cookie.build().to_string()) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
}
