//! The browser that asks: its session, its language, its address. Reading it decides and writes nothing.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::header::{ACCEPT_LANGUAGE, COOKIE};
use http::{HeaderValue, Request, Response};

use super::session;
use crate::context::{ConnectInfo, Service};
use crate::page::{Pages, Text};
use latchkey_dynamodb::store::sign_in::Source;
use latchkey_oauth::forwarded::address;
use latchkey_oauth::session::{Session, SignedIn};
use latchkey_oauth::sign_in::attempts::WINDOW;

/// One request of a browser.
pub struct Browser<'a> {
    /// The request.
    pub request: &'a Request<Bytes>,
    /// The language that suits it.
    pub text: &'static Text,
    /// Its session, where it has one.
    pub session: Option<Session>,
    pub(super) service: &'a Service,
    pub(super) now: u64,
}

impl<'a> Browser<'a> {
    /// Reads what the browser sends about itself. It cannot fail: values that are not understood are ignored.
    pub fn read(service: &'a Service, request: &'a Request<Bytes>, now: u64) -> Self {
        let header = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let text = Text::preferred(header(ACCEPT_LANGUAGE).unwrap_or_default());
        let mut browser = Self { request, text, session: None, service, now };
        let name = session::cookie_name(service, request);
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

    /// Whether a page of ours sent it here, by a link or by a form. The browser says so (Fetch Metadata).
    pub fn is_from_a_page(&self) -> bool {
        self.request.headers().get("sec-fetch-site").is_some_and(|site| site == "same-origin")
    }

    /// To the application, out of reach of the policy of the page that the form was on.
    pub fn leave(&self, client: &str, location: &str) -> Response<Bytes> {
        self.pages().leave(client, location, self.user().map(|user| user.username.as_str()))
    }

    /// The service's own URL.
    pub fn issuer(&self) -> String {
        crate::context::issuer(&self.service.settings, self.request)
    }

    /// Where the deployment explains refusals.
    pub fn error_pages(&self) -> Option<&'a str> {
        self.service.settings.error_pages.as_deref()
    }

    /// Who is signed in.
    pub fn user(&self) -> Option<&SignedIn> {
        self.session.as_ref().and_then(|session| session.user.as_ref())
    }

    /// Where an attempt to sign in comes from. Without a gateway that says so, all come from one place.
    pub fn source(&self) -> Source {
        Source { address: self.address().unwrap_or(Ipv4Addr::UNSPECIFIED.into()), window: self.now / WINDOW }
    }

    /// The address that the nearest proxy we trust was called from, or the gateway itself where there is none. What a
    /// client writes into the header itself is further left.
    fn address(&self) -> Option<IpAddr> {
        let gateway = self.request.extensions().get::<ConnectInfo>().and_then(|connect_info| connect_info.address);
        let Some(before) = self.service.settings.trusted_proxies.checked_sub(1) else { return gateway };
        let lines = self.request.headers().get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        // The gateway adds whom it was called by: the last proxy. That one added whom it was called by, and so on. A header
        // of two lines is one list (RFC 9110 section 5.3).
        let nodes: Vec<_> = lines.flat_map(|line| line.split(',')).collect();
        nodes.iter().rev().nth(before.saturating_add(1)).and_then(|node| address(node)).or(gateway)
    }
}
