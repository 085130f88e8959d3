//! The questions that a user is asked: who are you, where is your account, and may the application do this?

use bytes::Bytes;
use http::Response;

use super::offered::Offered;
use super::refusal::retry_after;
use super::template::{ConsentPage, Fact, InstitutionPage, SignInPage};
use super::{Pages, Text};
use latchkey_oauth::error::{Denial, SignInError};
use latchkey_oauth::redirect::Destination;
use latchkey_oauth::text::folded;
use latchkey_oauth::user::Institution;

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
