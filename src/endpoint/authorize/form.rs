//! The forms that pages hold: made for a session, and held to it.

use http::HeaderValue;

use super::browser::Browser;
use latchkey_dynamodb::random;
use latchkey_oauth::error::{Denial, Unavailable};
use latchkey_oauth::grants::authorization_code::request::Request;
use latchkey_oauth::session::{Form, Session, Step};
use latchkey_oauth::settings::FORM_SECONDS;

impl Browser<'_> {
    /// A form for `session`, with fresh random parts.
    pub fn form(&self, step: Step, session: &Session, request: Option<Request>) -> Result<String, Unavailable> {
        let form = Form {
            step,
            session: session.id,
            ends_at: self.now.saturating_add(FORM_SECONDS),
            request,
            grant: random()?,
            secret: random()?,
        };
        form.seal(&self.service.keyring, random()?).map_err(|_| Unavailable::SecretUnopened)
    }

    /// Whether a form counts now and here. The browser itself says where a request comes from (Fetch Metadata); for one
    /// that does not, only the session is checked.
    pub fn check(&self, form: &Form) -> Result<(), Denial> {
        let site = self.request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
        if site.is_some_and(|site| site != b"same-origin") {
            return Err(Denial::FormForged);
        }
        let ours = self.session.as_ref().is_some_and(|session| session.id == form.session);
        if ours && self.now < form.ends_at { Ok(()) } else { Err(Denial::FormStale) }
    }
}
