//! The forms that pages hold: made for a browser and the user who is signed in, and held to both. Some travel in an
//! address, which leads to the next question.

use bytes::Bytes;
use http::{HeaderValue, Response};

use super::address::TICKET;
use super::browser::Browser;
use latchkey_dynamodb::random;
use latchkey_oauth::error::{Denial, Unavailable};
use latchkey_oauth::grants::authorization_code::pushed::PushedRequest;
use latchkey_oauth::grants::authorization_code::request::Request;
use latchkey_oauth::redirect;
use latchkey_oauth::redirect::TO_DEVICE;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::session::{BROWSER_BYTES, Form, Sender, Site, Step};
use latchkey_oauth::settings::FORM_SECONDS;

/// A form, ready to be shown.
pub struct Sealed {
    /// The hidden field's value.
    pub field: String,
    /// The browser that it is made for.
    browser: [u8; BROWSER_BYTES],
}

impl Browser<'_> {
    /// A form for this browser and its user, with fresh random parts.
    pub fn form(&self, step: Step, request: Option<Request>) -> Result<Sealed, Unavailable> {
        let browser = self.id.map_or_else(random, Ok)?;
        let form = Form {
            step,
            browser,
            user: self.user().cloned(),
            made_at: self.moment.milliseconds(),
            ends_at: self.moment.seconds().saturating_add(FORM_SECONDS),
            request,
            grant: random()?,
            secret: random()?,
        };
        let field =
            form.seal(self.service.keyring(KeySet::Pages), random()?).map_err(|_| Unavailable::SecretUnopened)?;
        Ok(Sealed { field, browser })
    }

    /// Where the next question of a request is.
    pub(super) fn to_question(&self, request: &Request) -> Result<String, Denial> {
        if request.device.is_some() { self.to_device(request) } else { Ok(self.begin(request)?) }
    }

    /// Where the next question of a device's request is: an address that counts for this browser alone.
    pub(super) fn to_device(&self, request: &Request) -> Result<String, Denial> {
        let ticket = self.form(Step::Device, Some(request.clone()))?.field;
        Ok(format!("{TO_DEVICE}?{TICKET}={ticket}"))
    }

    /// The address of a request, which leads back to its question. What was pushed stays sealed.
    pub fn begin(&self, request: &Request) -> Result<String, Unavailable> {
        if !request.pushed {
            return Ok(redirect::to_begin(request));
        }
        Ok(redirect::to_pushed(&request.client_id, &self.reference(request)?))
    }

    /// The `request_uri` by which a page leads back to a pushed request.
    pub fn reference(&self, request: &Request) -> Result<String, Unavailable> {
        let begun = PushedRequest::begun(request.clone(), self.moment.seconds());
        begun.seal(self.service.keyring(KeySet::Requests), random()?).map_err(|_| Unavailable::SecretUnopened)
    }

    /// The page that shows a form, with the cookie that its browser is known by.
    pub fn showing(&self, form: &Sealed, response: Response<Bytes>) -> Response<Bytes> {
        if self.id.is_some() { response } else { self.knowing(form.browser, response) }
    }

    /// Whether a form counts now and here. The browser itself says where a request comes from (Fetch Metadata).
    pub fn check(&self, form: &Form) -> Result<(), Denial> {
        let site = match self.request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes) {
            Some(b"same-origin") => Site::Own,
            // No page at all: an address that was typed, or a bookmark.
            None | Some(b"none") => Site::Unsaid,
            Some(_) => Site::Other,
        };
        form.check(&Sender { site, browser: self.id, user: self.user() }, self.moment.seconds())
    }
}
