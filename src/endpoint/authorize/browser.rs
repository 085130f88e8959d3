//! The browser that asks: its session, its language, its address, and whether it was led here by another site.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use cookie::{Cookie, SameSite, time::Duration};
use http::header::{ACCEPT_LANGUAGE, COOKIE, SET_COOKIE};
use http::{HeaderValue, Request, Response};

use super::super::{Arrival, Latchkey, random};
use crate::denial::{Denial, Trouble};
use crate::flow::sign_in::WINDOW;
use crate::page::{Face, Text};
use crate::session::{Form, Session, SignedIn, Step};
use crate::settings::FORM_SECONDS;
use crate::store::desk::Source;

/// One request of a browser.
pub struct Browser<'a> {
    /// The request.
    pub request: &'a Request<Bytes>,
    /// The language that suits it.
    pub text: &'static Text,
    /// Its session, where it has one.
    pub session: Option<Session>,
    latchkey: &'a Latchkey,
    now: u64,
}

impl<'a> Browser<'a> {
    /// Reads what the browser says of itself. Nothing here can fail: what is not understood is not there.
    pub fn read(latchkey: &'a Latchkey, request: &'a Request<Bytes>, now: u64) -> Self {
        let header = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let text = Text::preferred(header(ACCEPT_LANGUAGE).unwrap_or_default());
        let mut browser = Self { request, text, session: None, latchkey, now };
        let name = browser.cookie_name();
        let cookies =
            request.headers().get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
        // Byte by byte: a neighbour's cookie that is no ASCII must not hide ours, nor a foreign one of the same name.
        browser.session = cookies
            .filter_map(|cookie| std::str::from_utf8(cookie.trim_ascii()).ok()?.strip_prefix(name)?.strip_prefix('='))
            .find_map(|value| Session::open(value, &latchkey.keyring, now));
        browser
    }

    /// How its pages look.
    pub fn face(&self) -> Face<'a> {
        Face { text: self.text, theme: &self.latchkey.settings.theme }
    }

    /// The service's own URL.
    pub fn issuer(&self) -> String {
        super::super::issuer(&self.latchkey.settings, self.request)
    }

    /// Over https the `__Host-` prefix keeps other hosts and plain http from setting it (RFC 6265bis section 4.1.3.2). A
    /// service on loopback has no https.
    fn cookie_name(&self) -> &'static str {
        if self.is_secure() { "__Host-latchkey" } else { "latchkey" }
    }

    fn is_secure(&self) -> bool {
        self.issuer().starts_with("https:")
    }

    /// The session that it has, or a new one. One without a user lasts as long as the forms that are shown in it.
    pub fn session(&self) -> Result<Session, Trouble> {
        let Some(session) = &self.session else { return self.new_session(None) };
        let mut session = session.clone();
        if session.user.is_none() {
            session.ends_at = session.ends_at.max(self.now + FORM_SECONDS);
        }
        Ok(session)
    }

    /// A session that no form was shown in before.
    pub fn new_session(&self, user: Option<SignedIn>) -> Result<Session, Trouble> {
        Ok(Session { id: random()?, ends_at: self.now + self.latchkey.settings.session_seconds, user })
    }

    /// Who is signed in.
    pub fn user(&self) -> Option<&SignedIn> {
        self.session.as_ref().and_then(|session| session.user.as_ref())
    }

    /// `response`, with the cookie that keeps `session`.
    pub fn keeping(&self, session: &Session, mut response: Response<Bytes>) -> Result<Response<Bytes>, Denial> {
        if self.session.as_ref() == Some(session) {
            return Ok(response);
        }
        let value = session.seal(&self.latchkey.keyring, random()?).map_err(|_| Trouble::SecretUnopened)?;
        self.set_cookie(&value, session.ends_at - self.now, &mut response);
        Ok(response)
    }

    /// `response`, with the end of the cookie.
    pub fn forgetting(&self, mut response: Response<Bytes>) -> Response<Bytes> {
        self.set_cookie("", 0, &mut response);
        response
    }

    fn set_cookie(&self, value: &str, seconds: u64, response: &mut Response<Bytes>) {
        let cookie = Cookie::build((self.cookie_name(), value))
            .path("/")
            .http_only(true)
            .secure(self.is_secure())
            .same_site(SameSite::Lax)
            .max_age(Duration::seconds(i64::try_from(seconds).unwrap_or_default()))
            .build();
        if let Ok(value) = HeaderValue::try_from(cookie.to_string()) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }

    /// A form for `session`, with fresh random parts.
    pub fn form(
        &self,
        step: Step,
        session: &Session,
        request: Option<crate::flow::authorize::Request>,
    ) -> Result<String, Trouble> {
        let form = Form {
            step,
            session: session.id,
            ends_at: self.now + FORM_SECONDS,
            request,
            grant: random()?,
            secret: random()?,
        };
        form.seal(&self.latchkey.keyring, random()?).map_err(|_| Trouble::SecretUnopened)
    }

    /// Whether a form counts now and here. The browser itself says where a request comes from (Fetch Metadata); one that
    /// says nothing is held to its session alone.
    pub fn check(&self, form: &Form) -> Result<(), Denial> {
        let site = self.request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
        if site.is_some_and(|site| site != b"same-origin") {
            return Err(Denial::FormForged);
        }
        let ours = self.session.as_ref().is_some_and(|session| session.id == form.session);
        if ours && self.now < form.ends_at { Ok(()) } else { Err(Denial::FormStale) }
    }

    /// Where an attempt to sign in comes from. Without a gateway that says so, all come from one place.
    pub fn source(&self) -> Source {
        Source { address: self.address().unwrap_or(Ipv4Addr::UNSPECIFIED.into()), window: self.now / WINDOW }
    }

    /// The address that the nearest proxy we trust was called from, or the gateway itself where there is none. What a
    /// client writes into the header itself stands further left than that.
    fn address(&self) -> Option<IpAddr> {
        let gateway = self.request.extensions().get::<Arrival>().and_then(|arrival| arrival.address);
        let Some(before) = self.latchkey.settings.trusted_proxies.checked_sub(1) else { return gateway };
        let header = self.request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
        // The gateway adds whom it was called by: the last proxy. That one added whom it was called by, and so on.
        let forwarded = header.and_then(|list| list.rsplit(',').nth(before + 1)?.trim().parse().ok());
        forwarded.or(gateway)
    }
}
