//! The browser that asks: its session, its language, its address, and whether it was led here by another site.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use cookie::{Cookie, SameSite, time::Duration};
use http::header::{ACCEPT_LANGUAGE, COOKIE, SET_COOKIE};
use http::{HeaderValue, Request, Response};

use crate::context::{ConnectInfo, Service};
use crate::page::{Pages, Text};
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::sign_in::Source;
use latchkey_oauth::error::{Denial, Unavailable};
use latchkey_oauth::settings::FORM_SECONDS;
use latchkey_oauth::sign_in::attempts::WINDOW;
use latchkey_oauth::sign_in::session::{Form, Session, SignedIn, Step};

/// One request of a browser.
pub struct Browser<'a> {
    /// The request.
    pub request: &'a Request<Bytes>,
    /// The language that suits it.
    pub text: &'static Text,
    /// Its session, where it has one.
    pub session: Option<Session>,
    service: &'a Service,
    now: u64,
}

impl<'a> Browser<'a> {
    /// Reads what the browser says of itself. Nothing here can fail: what is not understood is not there.
    pub fn read(service: &'a Service, request: &'a Request<Bytes>, now: u64) -> Self {
        let header = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let text = Text::preferred(header(ACCEPT_LANGUAGE).unwrap_or_default());
        let mut browser = Self { request, text, session: None, service, now };
        let name = browser.cookie_name();
        let cookies =
            request.headers().get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
        // Byte by byte: a neighbour's cookie that is no ASCII must not hide ours, nor a foreign one of the same name.
        browser.session = cookies
            .filter_map(|cookie| std::str::from_utf8(cookie.trim_ascii()).ok()?.strip_prefix(name)?.strip_prefix('='))
            .find_map(|value| Session::open(value, &service.keyring, now));
        browser
    }

    /// How its pages look.
    pub fn pages(&self) -> Pages<'a> {
        Pages { text: self.text, theme: &self.service.settings.theme }
    }

    /// The service's own URL.
    pub fn issuer(&self) -> String {
        crate::context::issuer(&self.service.settings, self.request)
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
    pub fn session(&self) -> Result<Session, Unavailable> {
        let Some(session) = &self.session else { return self.new_session(None) };
        let mut session = session.clone();
        if session.user.is_none() {
            session.ends_at = session.ends_at.max(self.now + FORM_SECONDS);
        }
        Ok(session)
    }

    /// A session that no form was shown in before.
    pub fn new_session(&self, user: Option<SignedIn>) -> Result<Session, Unavailable> {
        Ok(Session { id: random()?, ends_at: self.now + self.service.settings.session_seconds, user })
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
        let value = session.seal(&self.service.keyring, random()?).map_err(|_| Unavailable::SecretUnopened)?;
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
        request: Option<latchkey_oauth::grants::authorization_code::request::Request>,
    ) -> Result<String, Unavailable> {
        let form = Form {
            step,
            session: session.id,
            ends_at: self.now + FORM_SECONDS,
            request,
            grant: random()?,
            secret: random()?,
        };
        form.seal(&self.service.keyring, random()?).map_err(|_| Unavailable::SecretUnopened)
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
        let gateway = self.request.extensions().get::<ConnectInfo>().and_then(|connect_info| connect_info.address);
        let Some(before) = self.service.settings.trusted_proxies.checked_sub(1) else { return gateway };
        let header = self.request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
        // The gateway adds whom it was called by: the last proxy. That one added whom it was called by, and so on.
        let forwarded = header.and_then(|list| list.rsplit(',').nth(before + 1)?.trim().parse().ok());
        forwarded.or(gateway)
    }
}
