//! The pages that a user sees. They have no script, and each response has the headers that protect it.

pub mod applications;
pub mod provider;
mod response;
mod template;
mod text;

use askama::Template;
use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderValue, Response};

use latchkey_oauth::error::{Denial, FormError, ProviderError, PushError, RETRY_AFTER_SECONDS, SignInError};
use latchkey_oauth::redirect::Destination;
use latchkey_oauth::settings::Theme;
use latchkey_oauth::text::folded;
use latchkey_oauth::user::Institution;

use template::*;

pub use provider::{Farewell, Offered};
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

/// What the sign-in page names.
#[derive(Clone, Copy)]
pub struct SignIn<'a> {
    /// The application's name; none where the user comes for the list of applications.
    pub client: Option<&'a str>,
    /// The institution's name.
    pub institution: &'a str,
    /// The address of the request, which the form is sent to.
    pub begin: &'a str,
    /// What the user typed before.
    pub username: &'a str,
    /// Whether the user said before that the device is theirs.
    pub stays: bool,
    /// The institution's own provider, if it has one.
    pub provider: Option<Offered>,
}

/// What the consent page asks the user to allow.
pub struct Consent<'a> {
    /// The application's name.
    pub client: &'a str,
    /// The institution whose data the application will use.
    pub institution: &'a str,
    /// The services, in words.
    pub services: &'a [&'a str],
    /// How long the application may act on the user's behalf, in seconds.
    pub seconds: u64,
    /// The user who is signed in.
    pub user: &'a str,
    /// The address of the request, which the form is sent to.
    pub begin: &'a str,
    /// The code of the device that asks, if one does.
    pub device: Option<&'a str>,
    /// Where the answer leads, if it leads somewhere.
    pub destination: Option<Destination<'a>>,
    /// Who registered the application, as its registration says.
    pub publisher: Option<&'a str>,
    /// Where the application's users get help, as its registration says.
    pub help_url: Option<&'a str>,
}

/// The institutions that the user may choose from.
pub struct Choice<'a> {
    /// The application's name; none where the user comes for the list of applications.
    pub client: Option<&'a str>,
    /// Where the choice leads, relative to the page.
    pub action: &'a str,
    /// The parameters of the request.
    pub parameters: &'a [(&'a str, &'a str)],
    /// The name that the user searches for.
    pub find: &'a str,
    /// Every institution that the client is registered for, or every one.
    pub institutions: Vec<&'a Institution>,
}

/// The most institutions on one page, which keeps it under 20 KB. The user searches for others by name.
const SHOWN_INSTITUTIONS: usize = 50;

impl Pages<'_> {
    /// Renders the sign-in page, with the reason why the last answer was not taken.
    pub fn sign_in(self, asked: &SignIn<'_>, form: &str, problem: Option<&Denial>) -> Response<Bytes> {
        let SignIn { client, institution, begin, username, stays, provider } = *asked;
        let Self { text, theme, languages, .. } = self;
        let wrong = matches!(
            problem,
            Some(
                Denial::SignIn(SignInError::Failed)
                    | Denial::SignIn(SignInError::Slowed { .. })
                    | Denial::SignIn(SignInError::Locked)
            )
        );
        let (status, said) = self.problem(problem);
        let (why, cancels) = match client {
            Some(client) => (text.say_of("sign-in-why", &[("client", client), ("institution", institution)]), true),
            None => (text.say_of("applications-sign-in", &[("institution", institution)]), false),
        };
        let page = SignInPage {
            text,
            theme,
            languages,
            why,
            mark: client.map(mark),
            cancels,
            institution,
            begin,
            form,
            username,
            stays,
            to_provider: text.say_of("provider-go", &[("institution", institution)]),
            passwords: !provider.is_some_and(|provider| provider.only),
            provider,
            problem: said,
            wrong,
        };
        retry_after(self.page(status, page), problem)
    }

    /// The status of a page that asks, and why it asks again.
    fn problem(self, problem: Option<&Denial>) -> (u16, Option<String>) {
        let Some(denial) = problem else { return (200, None) };
        let said = match denial {
            Denial::SignIn(SignInError::Slowed { seconds }) => {
                self.text.count("sign-in-slowed", &[("seconds", *seconds)])
            }
            Denial::SignIn(SignInError::Failed) => self.text.say("sign-in-failed"),
            Denial::SignIn(SignInError::Locked) => self.text.say("sign-in-locked"),
            Denial::Form(FormError::CookieMissing) => self.text.say("cookie-missing"),
            Denial::Form(FormError::Hasty) => self.text.say("form-hasty"),
            Denial::Device(_) => self.text.say("device-unknown"),
            Denial::Provider(error) => self.text.say(provider::key(*error)),
            _ => self.text.say("form-stale"),
        };
        (denial.wire().status, Some(said))
    }

    /// Renders the consent page.
    pub fn consent(self, consent: &Consent<'_>, form: &str, problem: Option<&Denial>) -> Response<Bytes> {
        let Self { text, theme, languages, .. } = self;
        let (status, problem) = self.problem(problem);
        let page = ConsentPage {
            text,
            theme,
            languages,
            client: consent.client,
            mark: mark(consent.client),
            institution: consent.institution,
            services: consent.services,
            how_long: text.how_long(consent.seconds),
            facts: facts(text, consent),
            user: consent.user,
            begin: consent.begin,
            device: consent.device,
            form,
            problem,
        };
        self.page(status, page)
    }

    /// Renders the page where the user chooses an institution.
    pub fn institutions(self, choice: &Choice<'_>) -> Response<Bytes> {
        let Self { text, theme, languages, .. } = self;
        let wanted = folded(choice.find);
        let matches = |institution: &&&Institution| folded(&institution.name).contains(&wanted);
        let matching: Vec<_> = choice.institutions.iter().filter(matches).copied().collect();
        let shown = &matching[..matching.len().min(SHOWN_INSTITUTIONS)];
        let counts = [("count", shown.len() as u64), ("all", matching.len() as u64)];
        let key = if shown.len() < matching.len() { "institution-first" } else { "institution-found" };
        let page = InstitutionPage {
            text,
            theme,
            languages,
            why: match choice.client {
                Some(client) => text.say_of("institution-why", &[("client", client)]),
                None => text.say("applications-institution"),
            },
            mark: choice.client.map(mark),
            action: choice.action,
            parameters: choice.parameters,
            searchable: choice.institutions.len() > 10 || !wanted.is_empty(),
            find: choice.find,
            found: text.count(key, &counts),
            institutions: shown,
        };
        self.page(200, page)
    }

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

    /// Renders a refusal that is not sent to the client. If it is safe to start again, the page has a link for it.
    pub fn denial(self, denial: &Denial, again: Option<&str>) -> Response<Bytes> {
        let wire = denial.wire();
        let (key, detail) = match denial {
            Denial::ClientUnregistered => ("error-client", true),
            Denial::RedirectUriUnregistered => ("error-redirect", true),
            Denial::Form(FormError::Stale) => ("error-stale", false),
            Denial::Push(PushError::UriExpired) => ("error-stale", true),
            Denial::Form(FormError::Forged) => ("error-forged", false),
            Denial::Form(FormError::Answered) => ("error-answered", false),
            Denial::Device(_) => ("device-unknown", false),
            Denial::Provider(error) => {
                (provider::key(*error), provider::is_institutions(*error) || *error == ProviderError::RequestTooLong)
            }
            Denial::Unavailable(_) => ("error-unavailable", false),
            Denial::SignIn(_) => ("sign-in-slowed", false),
            _ => ("error-request", true),
        };
        let of = match denial {
            Denial::Provider(error) if provider::is_institutions(*error) => "for-institution",
            _ => "for-developers",
        };
        let detail = detail.then(|| (of, wire.description.into_owned()));
        let text = self.text;
        let said = match denial {
            Denial::SignIn(_) => self.problem(Some(denial)).1.unwrap_or_default(),
            _ => text.say(key),
        };
        let mut response = self.message(wire.status, text.say("error-title"), said, true, again, detail);
        if matches!(denial, Denial::Unavailable(_)) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        retry_after(response, Some(denial))
    }

    fn message(
        self,
        status: u16,
        title: String,
        what: String,
        problem: bool,
        again: Option<&str>,
        detail: Option<(&'static str, String)>,
    ) -> Response<Bytes> {
        let Self { text, theme, languages, request_id } = self;
        let request_id = request_id.filter(|_| problem);
        let onward = None;
        self.page(
            status,
            MessagePage { text, theme, languages, title, what, problem, again, onward, detail, request_id },
        )
    }

    fn page(self, status: u16, page: impl Template) -> Response<Bytes> {
        response::page(status, page.render().unwrap_or_default(), self.theme.logo_url.as_deref())
    }
}

/// What stands for an application in a picture: its initial, and not an image from elsewhere.
fn mark(name: &str) -> String {
    let initial = name.chars().find(|character| character.is_alphanumeric());
    initial.map(|initial| initial.to_uppercase().collect()).unwrap_or_default()
}

/// What the consent page says of an application: only what is known.
fn facts<'a>(text: &Text, consent: &Consent<'a>) -> Vec<Fact<'a>> {
    let help = consent.help_url.map(|url| {
        let words = url.strip_prefix("mailto:").or_else(|| url.strip_prefix("https://")).unwrap_or(url);
        (words.split(['/', '?', '#']).next().unwrap_or(words).to_owned(), Some(url))
    });
    [
        ("sends-you-to", consent.destination.map(|destination| (text.destination(&destination), None))),
        ("registered-by", consent.publisher.map(|name| (name.to_owned(), None))),
        ("help-of-client", help),
    ]
    .into_iter()
    .filter_map(|(key, told)| told.map(|(words, link)| Fact { key, words, link }))
    .collect()
}

/// `response`, with the time to wait where the user has to.
fn retry_after(mut response: Response<Bytes>, problem: Option<&Denial>) -> Response<Bytes> {
    if let Some(Denial::SignIn(SignInError::Slowed { seconds })) = problem {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*seconds));
    }
    response
}
