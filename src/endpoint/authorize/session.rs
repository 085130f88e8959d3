//! Sets the four cookies of a browser: one that it is known by, one for the user who is signed in, one for the accounts that it
//! has signed in to, and one for the tabs that are away at institutions' providers.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use cookie::{Cookie, SameSite, time::Duration};
use http::header::SET_COOKIE;
use http::{HeaderValue, Response};

use super::browser::Browser;
use super::cookies::{is_secure, names};
use latchkey_dynamodb::random;
use latchkey_oauth::error::{Denial, Unavailable};
use latchkey_oauth::provider::visit::{Tabs, VISIT_SECONDS};
use latchkey_oauth::service::KeySet;
use latchkey_oauth::session::{BROWSER_BYTES, Device, DeviceMark, Session};
use latchkey_oauth::sign_in::attempts::YEAR;

impl Browser<'_> {
    /// To the application, with a user's answer. The session's idle end moves on, or the session ends where the user wants it to.
    pub fn answered(&self, client: &str, location: &str, ends: bool) -> Result<Response<Bytes>, Denial> {
        self.ending(ends, |user| self.pages().leave(client, location, user))
    }

    /// The last page of a request, which names the user who stays signed in.
    pub fn ending(
        &self,
        ends: bool,
        page: impl FnOnce(Option<&str>) -> Response<Bytes>,
    ) -> Result<Response<Bytes>, Denial> {
        let Some(session) = &self.session else { return Ok(page(None)) };
        if ends {
            return Ok(self.forgetting(page(None)));
        }
        let moved = session.answered(&self.service.settings, self.moment.seconds());
        self.keeping(&moved, page(Some(&session.user.username)))
    }

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
