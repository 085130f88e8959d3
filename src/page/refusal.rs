//! What a page says of a refusal: beside its question, which it asks again, or by itself.

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderValue, Response};

use super::template::MessagePage;
use super::{Pages, provider};
use latchkey_oauth::error::{Denial, FormError, ProviderError, PushError, RETRY_AFTER_SECONDS, SignInError};

impl Pages<'_> {
    /// The status of a page that asks, and why it asks again.
    pub(super) fn problem(self, problem: Option<&Denial>) -> (u16, Option<String>) {
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

    pub(super) fn message(
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
}

/// `response`, with the time to wait where the user has to.
pub(super) fn retry_after(mut response: Response<Bytes>, problem: Option<&Denial>) -> Response<Bytes> {
    if let Some(Denial::SignIn(SignInError::Slowed { seconds })) = problem {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*seconds));
    }
    response
}
