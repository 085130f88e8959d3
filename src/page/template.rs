//! What fills each template. All have a language, a theme, and the other languages that the page can be in, for `base.html`.

use askama::Template;

use crate::page::offered::Offered;
use crate::page::text::{Language, Text};
use latchkey_oauth::settings::Theme;
use latchkey_oauth::user::Institution;

/// What the consent page says of an application beside its name.
pub(super) struct Fact<'a> {
    /// The text that says what it is.
    pub(super) key: &'static str,
    pub(super) words: String,
    pub(super) link: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
pub(super) struct SignInPage<'a> {
    pub(super) text: &'a Text,
    pub(super) theme: &'a Theme,
    pub(super) languages: &'a [Language],
    pub(super) why: String,
    pub(super) mark: Option<String>,
    pub(super) cancels: bool,
    pub(super) institution: &'a str,
    pub(super) begin: &'a str,
    pub(super) form: &'a str,
    pub(super) username: &'a str,
    pub(super) stays: bool,
    pub(super) provider: Option<Offered>,
    pub(super) to_provider: String,
    pub(super) passwords: bool,
    pub(super) problem: Option<String>,
    pub(super) wrong: bool,
}

#[derive(Template)]
#[template(path = "consent.html")]
pub(super) struct ConsentPage<'a> {
    pub(super) text: &'a Text,
    pub(super) theme: &'a Theme,
    pub(super) languages: &'a [Language],
    pub(super) client: &'a str,
    pub(super) mark: String,
    pub(super) institution: &'a str,
    pub(super) services: &'a [&'a str],
    pub(super) how_long: String,
    pub(super) facts: Vec<Fact<'a>>,
    pub(super) user: &'a str,
    pub(super) begin: &'a str,
    pub(super) device: Option<&'a str>,
    pub(super) form: &'a str,
    pub(super) problem: Option<String>,
}

#[derive(Template)]
#[template(path = "device.html")]
pub(super) struct DevicePage<'a> {
    pub(super) text: &'a Text,
    pub(super) theme: &'a Theme,
    pub(super) languages: &'a [Language],
    pub(super) code: Option<&'a str>,
    pub(super) action: &'a str,
    pub(super) form: &'a str,
    pub(super) problem: Option<String>,
}

#[derive(Template)]
#[template(path = "institution.html")]
pub(super) struct InstitutionPage<'a> {
    pub(super) text: &'a Text,
    pub(super) theme: &'a Theme,
    pub(super) languages: &'a [Language],
    pub(super) why: String,
    pub(super) mark: Option<String>,
    pub(super) action: &'a str,
    pub(super) parameters: &'a [(&'a str, &'a str)],
    pub(super) searchable: bool,
    pub(super) find: &'a str,
    pub(super) found: String,
    pub(super) institutions: &'a [&'a Institution],
}

#[derive(Template)]
#[template(path = "message.html")]
pub(super) struct MessagePage<'a> {
    pub(super) text: &'a Text,
    pub(super) theme: &'a Theme,
    pub(super) languages: &'a [Language],
    pub(super) title: String,
    pub(super) what: String,
    pub(super) problem: bool,
    pub(super) again: Option<&'a str>,
    pub(super) onward: Option<(&'static str, &'a str)>,
    pub(super) detail: Option<(&'static str, String)>,
    pub(super) request_id: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "leave.html")]
pub(super) struct LeavePage<'a> {
    pub(super) text: &'a Text,
    pub(super) theme: &'a Theme,
    pub(super) languages: &'a [Language],
    pub(super) title: String,
    pub(super) what: String,
    pub(super) location: Option<&'a str>,
    pub(super) user: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "sign_out.html")]
pub(super) struct SignOutPage<'a> {
    pub(super) text: &'a Text,
    pub(super) theme: &'a Theme,
    pub(super) languages: &'a [Language],
    pub(super) user: &'a str,
    pub(super) action: &'a str,
    pub(super) form: &'a str,
    pub(super) problem: Option<String>,
}
