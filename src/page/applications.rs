//! The page of the applications that may use a user's account.

use askama::Template;
use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderValue, Response};

use super::{Language, Pages, Text};
use latchkey_oauth::error::{Denial, RETRY_AFTER_SECONDS};
use latchkey_oauth::redirect::{Destination, TO_APPLICATIONS};
use latchkey_oauth::settings::Theme;

#[derive(Template)]
#[template(path = "applications.html")]
struct ApplicationsPage<'a> {
    text: &'a Text,
    theme: &'a Theme,
    languages: &'a [Language],
    action: &'a str,
    entries: &'a [Entry<'a>],
    user: &'a str,
    next: Option<usize>,
    is_first: bool,
    most: Option<String>,
    ask: Option<String>,
    said: Option<String>,
    problem: Option<String>,
    form: &'a str,
}

/// An application on the page.
pub struct Entry<'a> {
    /// The client.
    pub id: &'a str,
    /// The application's name.
    pub name: &'a str,
    /// Where its answers lead, if they lead somewhere.
    pub destination: Option<Destination<'a>>,
    /// The institutions whose data it uses, by name.
    pub institutions: Vec<&'a str>,
    /// The services, in words.
    pub services: Vec<&'a str>,
    /// When the user allowed it, POSIX seconds.
    pub since: u64,
    /// When the last of it ends, POSIX seconds. `None` if that is not known yet.
    pub until: Option<u64>,
}

/// What came of the form before.
pub enum Notice<'a> {
    /// There was none, or it named no application.
    None,
    /// An application was ended.
    Ended {
        /// The client.
        client_id: &'a str,
        /// The application's name.
        name: &'a str,
    },
    /// The application had no access any more.
    Nothing,
    /// The form did not count.
    Stale(Denial),
}

/// The page's list.
pub struct Listed<'a> {
    /// The applications on this page.
    pub entries: &'a [Entry<'a>],
    /// The user who is signed in.
    pub user: &'a str,
    /// The number of the first application of the next page.
    pub next: Option<usize>,
    /// Whether this is the first page.
    pub is_first: bool,
    /// How many grants were read, if there are older ones.
    pub most: Option<usize>,
    /// The institution that the user asks about what may be missing, if the index may lack grants from before it.
    pub ask: Option<&'a str>,
    /// What came of the form before.
    pub notice: &'a Notice<'a>,
    /// Where the form is sent to.
    pub action: &'a str,
    /// The hidden field's value.
    pub form: &'a str,
}

impl Pages<'_> {
    /// Renders the list of applications.
    pub fn applications(self, listed: &Listed<'_>) -> Response<Bytes> {
        let Self { text, theme, languages, .. } = self;
        let (mut status, mut said, mut problem) = (200, None, None);
        match listed.notice {
            Notice::None => {}
            // What is not on the list may go on.
            Notice::Nothing if listed.ask.is_some() => said = Some(text.say("applications-nothing-here")),
            Notice::Nothing => said = Some(text.say("applications-nothing")),
            // The user has just allowed it again, or the index of the list has only now got it.
            Notice::Ended { client_id, name } if listed.entries.iter().any(|entry| entry.id == *client_id) => {
                problem = Some(text.say_of("applications-again", &[("client", name)]));
            }
            Notice::Ended { name, .. } if listed.ask.is_some() => {
                said = Some(text.say_of("applications-ended-here", &[("client", name)]));
            }
            Notice::Ended { name, .. } => said = Some(text.say_of("applications-ended", &[("client", name)])),
            Notice::Stale(denial) => (status, problem) = self.problem(Some(denial)),
        }
        let most = listed.most.map(|most| text.count("applications-most", &[("count", most as u64)]));
        let ask = listed.ask.map(|name| text.say_of("applications-incomplete", &[("institution", name)]));
        let Listed { entries, user, next, is_first, action, form, .. } = *listed;
        let page = ApplicationsPage {
            text,
            theme,
            languages,
            action,
            entries,
            user,
            next,
            is_first,
            most,
            ask,
            said,
            problem,
            form,
        };
        self.page(status, page)
    }

    /// Renders the page that says that not all could be ended.
    pub fn not_ended(self) -> Response<Bytes> {
        let (title, what) = (self.text.say("error-title"), self.text.say("applications-failed"));
        let mut response = self.message(503, title, what, true, Some(TO_APPLICATIONS), None);
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        response
    }

    /// Renders the page that says that the list cannot be shown.
    pub fn unlisted(self, user: &str) -> Response<Bytes> {
        let Self { text, theme, languages, .. } = self;
        let (title, what) = (text.say("applications-title"), text.say("applications-unlisted"));
        self.page(200, super::LeavePage { text, theme, languages, title, what, location: None, user: Some(user) })
    }
}
