//! The browser that asks: its session, its language, its address. Reading it decides and writes nothing.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::header::{ACCEPT_LANGUAGE, COOKIE};
use http::{HeaderValue, Method, Request, Response};

use super::address::{LANGUAGE, TICKET, with_language};
use super::cookies;
use crate::context::{ConnectInfo, Service};
use crate::log::LogLine;
use crate::page::{Language, Pages, Text};
use latchkey_dynamodb::clock::Moment;
use latchkey_dynamodb::store::sign_in::{Source, Wanted};
use latchkey_oauth::error::Denial;
use latchkey_oauth::form::Pairs;
use latchkey_oauth::forwarded::address;
use latchkey_oauth::grants::authorization_code::pushed::PushedRequest;
use latchkey_oauth::provider::authentication::READ;
use latchkey_oauth::provider::visit::{Tabs, Visit};
use latchkey_oauth::service::{AUTHORIZE, CALLBACK, DEVICE, KeySet, is_at};
use latchkey_oauth::session::{BROWSER_BYTES, Devices, Form, Session, SignedIn};

/// The longest form that is looked at, bytes: it holds the whole request.
pub(super) const MAX_FORM: usize = 16 * 1024;

/// The longest address of a page in another language, in bytes.
const LONGEST_CHOICE: usize = 2048;

/// One request of a browser.
pub struct Browser<'a> {
    /// The request.
    pub request: &'a Request<Bytes>,
    /// The language that suits it.
    pub text: &'static Text,
    /// The same, where the application or the user chose it.
    pub asked: Option<&'static Text>,
    /// The session of the user who is signed in.
    pub session: Option<Session>,
    /// What it is known by, signed in or not.
    pub id: Option<[u8; BROWSER_BYTES]>,
    /// The accounts that it has signed in to.
    pub devices: Devices,
    /// Its tabs that are away at an institution's provider.
    pub tabs: Tabs,
    pub(super) service: &'a Service,
    pub(super) moment: Moment,
}

impl<'a> Browser<'a> {
    /// Reads what the browser sends about itself. It cannot fail: values that are not understood are ignored.
    pub fn read(service: &'a Service, request: &'a Request<Bytes>, now: impl Into<Moment>) -> Self {
        let moment = now.into();
        let header = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let preferred = || Text::preferred(header(ACCEPT_LANGUAGE).unwrap_or_default());
        let asked = ui_locales(service, request).and_then(|asked| Text::asked(&asked));
        let text = asked.unwrap_or_else(preferred);
        let names = cookies::names(service, request);
        // Byte by byte: a neighbour's cookie that is no ASCII must not hide ours, nor a foreign one of the same name.
        let named = |name: &'static str| {
            let all = request.headers().get_all(COOKIE).iter();
            let all = all.flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
            all.filter_map(move |cookie| {
                std::str::from_utf8(cookie.trim_ascii()).ok()?.strip_prefix(name)?.strip_prefix('=')
            })
        };
        let not_before = service.settings.not_before;
        let session = named(names.session)
            .find_map(|value| Session::open(value, service.keyring(KeySet::Pages), not_before, moment.seconds()));
        let id = named(names.browser).find_map(cookies::browser_id);
        let devices = named(names.devices)
            .find_map(|value| Devices::open(value, service.keyring(KeySet::Pages), not_before, moment.seconds()));
        let tabs =
            named(names.visits).find_map(|value| Tabs::open(value, service.keyring(KeySet::Pages), moment.seconds()));
        let (devices, tabs) = (devices.unwrap_or_default(), tabs.unwrap_or_default());
        Self { request, text, asked, session, id, devices, tabs, service, moment }
    }

    /// How its pages look.
    pub fn pages(&self) -> Pages<'a> {
        let connect_info = self.request.extensions().get::<ConnectInfo>();
        let request_id = connect_info.and_then(|connect_info| connect_info.request_id.as_deref());
        Pages { text: self.text, theme: &self.service.settings.theme, languages: &[], request_id }
    }

    /// The other languages of a page, which is in each of them at the `address` for its tag. A page stays small: a request of a
    /// great size has no choice.
    pub fn languages(&self, address: impl Fn(String) -> Result<String, Denial>) -> Result<Vec<Language>, Denial> {
        let others = self.text.others().map(|text| Ok(Language { text, address: address(text.language.to_string())? }));
        let mut languages: Vec<_> = others.collect::<Result<_, Denial>>()?;
        languages.retain(|language| language.address.len() <= LONGEST_CHOICE);
        Ok(languages)
    }

    /// The languages of a page of the service itself, whose last part of the path is `place`.
    pub fn languages_of(&self, place: &str) -> Vec<Language> {
        self.languages(|tag| Ok(with_language(place, &tag))).unwrap_or_default()
    }

    /// Such a page in the language that the user chose.
    pub fn in_language(&self, place: &str) -> String {
        self.asked.map_or_else(|| place.to_owned(), |text| with_language(place, &text.language.to_string()))
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
        self.session.as_ref().map(|session| &session.user)
    }

    /// Enters who is signed in, and where from, by pseudonyms.
    pub fn note_user(&self, log_line: &mut LogLine) {
        if let Some(user) = self.user() {
            log_line.signed_in(self.service.keyring(KeySet::Pages), user, &self.source().network());
        }
    }

    /// What has to be read of the user who is signed in, with the provider of an institution: the one that is named, or the
    /// user's. Of a user whom a provider knows, the service keeps nothing.
    pub fn wanted<'w>(&'w self, client_id: Option<&'w str>, institution: Option<&'w str>) -> Wanted<'w> {
        let user = self.user();
        let kept = user.filter(|user| user.principal.is_none());
        Wanted {
            client_id,
            user: kept.map(|user| (user.institution_id.as_str(), user.username.as_str())),
            attempt: None,
            provider: institution.or(user.map(|user| user.institution_id.as_str())),
        }
    }

    /// Where an attempt to sign in comes from. Without a gateway that says so, all come from one place.
    pub fn source(&self) -> Source {
        Source::unknown(self.address().unwrap_or(Ipv4Addr::UNSPECIFIED.into()), self.moment.seconds())
    }

    /// The address that the nearest proxy we trust was called from, or the gateway itself where there is none. What a
    /// client writes into the header itself is further left.
    fn address(&self) -> Option<IpAddr> {
        let connect_info = self.request.extensions().get::<ConnectInfo>();
        let gateway = connect_info.and_then(|connect_info| connect_info.address);
        let past = connect_info.is_some_and(|connect_info| connect_info.past_proxies);
        let proxies = self.service.settings.trusted_proxies;
        let Some(before) = proxies.checked_sub(1).filter(|_| !past) else { return gateway };
        // The gateway adds whom it was called by: the last proxy. That one added whom it was called by, and so on. A header
        // of two lines is one list (RFC 9110 section 5.3). What precedes a proxy's entry is the requester's, and may be any
        // bytes: it is not read.
        let lines = self.request.headers().get_all("x-forwarded-for").iter();
        let nodes: Vec<_> = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).collect();
        let node = nodes.iter().rev().nth(before.saturating_add(1)).and_then(|node| std::str::from_utf8(node).ok());
        node.and_then(address).or(gateway)
    }
}

/// The languages that the application asks for, or the one that the user chose: in the address, or in the request that is
/// sealed in it or in a form.
fn ui_locales(service: &Service, request: &Request<Bytes>) -> Option<String> {
    let sealed = |text: &str| Form::open(text, service.keyring(KeySet::Pages)).ok()?.request?.ui_locales;
    let value = |pairs: &Pairs<'_>, name: &str| {
        pairs.iter().find_map(|(known, value)| (known == name).then_some(value)).map(str::to_owned)
    };
    let path = request.uri().path();
    if *request.method() == Method::POST && request.body().len() <= MAX_FORM {
        let form = Pairs::parse(request.body()).ok().and_then(|pairs| value(&pairs, "form"));
        if let Some(asked) = form.and_then(|form| sealed(&form)) {
            return Some(asked);
        }
    }
    let query = request.uri().query().unwrap_or_default().as_bytes();
    if is_at(path, CALLBACK) {
        let query = Pairs::parse_of(query, &READ).ok()?;
        let visit = Visit::peek(&value(&query, "state")?, service.keyring(KeySet::Pages))?;
        return visit.ui_locales().map(str::to_owned);
    }
    let query = Pairs::parse(query).ok()?;
    let chosen = value(&query, LANGUAGE).filter(|_| !is_at(path, AUTHORIZE));
    // No device asks for a language: its user chooses one.
    if is_at(path, DEVICE) || chosen.is_some() {
        return chosen.or_else(|| sealed(&value(&query, TICKET)?));
    }
    match value(&query, "request_uri") {
        Some(uri) => PushedRequest::ui_locales(&uri, service.keyring(KeySet::Requests)),
        None => value(&query, "ui_locales"),
    }
}
