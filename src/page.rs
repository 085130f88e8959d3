//! The pages that a user sees. They have no script, and each response has the headers that protect it.

pub mod applications;
mod offered;
pub mod provider;
mod question;
mod refusal;
mod response;
mod template;
mod text;

use askama::Template;
use bytes::Bytes;
use http::Response;

use latchkey_oauth::error::Denial;
use latchkey_oauth::settings::Theme;

use refusal::retry_after;
use template::{DevicePage, LeavePage, MessagePage, SignOutPage};

pub use offered::Offered;
pub use provider::Farewell;
pub use question::{Choice, Consent, SignIn};
pub use response::{redirect, style};
pub use text::{Language, Text, languages};

/// What all pages have in common: their language, how they look, and the request that they answer.
#[derive(Clone, Copy)]
pub struct Pages<'a> {
    /// The texts, in one language.
    pub text: &'static Text,
    /// Name, logo, colour and where users get help.
    pub theme: &'a Theme,
    /// The other languages that the page can be in, and where it is so.
    pub languages: &'a [Language],
    /// What a user quotes from an error page: the log has it too.
    pub request_id: Option<&'a str>,
}

impl Pages<'_> {
    /// Renders the page that leads to the application, with its answer in the address: by itself, and by a link.
    ///
    /// A browser applies `form-action` to every redirect that follows a form. What follows the redirection endpoint is the
    /// application's business (RFC 6749 section 3.1.2): another host, or a scheme of its own. So the form ends here, and
    /// this page begins a journey that no form's policy follows. The policy of each page lets forms lead to the service only.
    pub fn leave(self, client: &str, location: &str, user: Option<&str>) -> Response<Bytes> {
        let Self { text, theme, languages, .. } = self;
        let (title, what) = (text.say_of("leave-title", &[("client", client)]), text.say("leave-what"));
        self.page(200, LeavePage { text, theme, languages, title, what, location: Some(location), user })
    }

    /// Renders the page that asks for the code of a device. A code that came with the address is only shown.
    pub fn device(self, code: Option<&str>, action: &str, form: &str, problem: Option<&Denial>) -> Response<Bytes> {
        let Self { text, theme, languages, .. } = self;
        let (status, said) = self.problem(problem);
        let response = self.page(status, DevicePage { text, theme, languages, code, action, form, problem: said });
        retry_after(response, problem)
    }

    /// Renders the page that ends what a user did for a device.
    pub fn back_to_device(self, client: &str, allowed: bool, user: Option<&str>) -> Response<Bytes> {
        let Self { text, theme, languages, .. } = self;
        let (title, what) =
            if allowed { ("device-allowed-title", "device-allowed") } else { ("device-denied-title", "device-denied") };
        let (title, what) = (text.say(title), text.say_of(what, &[("client", client)]));
        self.page(200, LeavePage { text, theme, languages, title, what, location: None, user })
    }

    /// Renders the page for a visit that no application asked for, such as a bookmark's.
    pub fn alone(self) -> Response<Bytes> {
        self.message(400, self.text.say("alone-title"), self.text.say("alone"), true, None, None)
    }

    /// Renders the page that asks before it signs the user out.
    pub fn sign_out(self, user: &str, action: &str, form: &str, problem: Option<&Denial>) -> Response<Bytes> {
        let Self { text, theme, languages, .. } = self;
        let (status, problem) = self.problem(problem);
        self.page(status, SignOutPage { text, theme, languages, user, action, form, problem })
    }

    /// Renders the page that says that the user is signed out, now or before.
    pub fn signed_out(self, just_now: bool, farewell: Option<&Farewell>) -> Response<Bytes> {
        let (title, what) = match (just_now, farewell) {
            (true, None) => ("signed-out-title", "signed-out"),
            (true, Some(_)) => ("signed-out-title", "signed-out-here"),
            (false, _) => ("not-signed-in-title", "not-signed-in"),
        };
        let Self { text, theme, languages, .. } = self;
        let (title, what) = (text.say(title), text.say(what));
        let onward = farewell.and_then(|farewell| Some(("sign-out-there", farewell.url.as_deref()?)));
        let (problem, again, detail, request_id) = (false, None, None, None);
        self.page(200, MessagePage { text, theme, languages, title, what, problem, again, onward, detail, request_id })
    }

    fn page(self, status: u16, page: impl Template) -> Response<Bytes> {
        response::page(status, page.render().unwrap_or_default(), self.theme.logo_url.as_deref())
    }
}
