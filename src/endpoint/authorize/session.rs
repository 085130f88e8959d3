//! The session of a browser, and the cookie that keeps it.

use bytes::Bytes;
use cookie::{Cookie, SameSite, time::Duration};
use http::header::SET_COOKIE;
use http::{HeaderValue, Request, Response};

use super::browser::Browser;
use crate::context::{Service, issuer};
use latchkey_dynamodb::random;
use latchkey_oauth::error::{Denial, Unavailable};
use latchkey_oauth::session::{Session, SignedIn};
use latchkey_oauth::settings::FORM_SECONDS;

/// Over https the `__Host-` prefix keeps other hosts and plain http from setting it (RFC 6265bis section 4.1.3.2). A
/// service on loopback has no https.
pub(super) fn cookie_name(service: &Service, request: &Request<Bytes>) -> &'static str {
    if is_secure(service, request) { "__Host-latchkey" } else { "latchkey" }
}

fn is_secure(service: &Service, request: &Request<Bytes>) -> bool {
    issuer(&service.settings, request).starts_with("https:")
}

impl Browser<'_> {
    /// The session that it has, or a new one. One without a user lasts as long as the forms that are shown in it.
    pub fn session(&self) -> Result<Session, Unavailable> {
        let Some(session) = &self.session else { return self.new_session(None) };
        let mut session = session.clone();
        if session.user.is_none() {
            session.ends_at = session.ends_at.max(self.now.saturating_add(FORM_SECONDS));
        }
        Ok(session)
    }

    /// A session that no form was shown in before.
    pub fn new_session(&self, user: Option<SignedIn>) -> Result<Session, Unavailable> {
        Ok(Session { id: random()?, ends_at: self.now.saturating_add(self.service.settings.session_seconds), user })
    }

    /// `response`, with the cookie that keeps `session`.
    pub fn keeping(&self, session: &Session, mut response: Response<Bytes>) -> Result<Response<Bytes>, Denial> {
        if self.session.as_ref() == Some(session) {
            return Ok(response);
        }
        let value = session.seal(&self.service.keyring, random()?).map_err(|_| Unavailable::SecretUnopened)?;
        self.set_cookie(&value, session.ends_at.saturating_sub(self.now), &mut response);
        Ok(response)
    }

    /// `response`, with the end of the cookie.
    pub fn forgetting(&self, mut response: Response<Bytes>) -> Response<Bytes> {
        self.set_cookie("", 0, &mut response);
        response
    }

    fn set_cookie(&self, value: &str, seconds: u64, response: &mut Response<Bytes>) {
        let cookie = Cookie::build((cookie_name(self.service, self.request), value))
            .path("/")
            .http_only(true)
            .secure(is_secure(self.service, self.request))
            .same_site(SameSite::Lax)
            .max_age(Duration::seconds(i64::try_from(seconds).unwrap_or_default()))
            .build();
        if let Ok(value) = HeaderValue::try_from(cookie.to_string()) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
}
