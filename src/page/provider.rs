//! What pages say of an institution's own provider: the way there and back, what went wrong on it, and what a sign-out leaves.

use bytes::Bytes;
use http::Response;

use super::Pages;
use super::template::{LeavePage, MessagePage};
use latchkey_oauth::error::ProviderError;

/// What a user is told who signs out here, and may still be signed in at the institution.
#[derive(Clone, Debug)]
pub struct Farewell {
    /// Where the user signs out there, if the provider says it.
    pub url: Option<String>,
}

impl Pages<'_> {
    /// Renders the page that leads to the provider of an institution, out of reach of the policy of the form that it answers.
    pub fn to_provider(self, institution: &str, location: &str) -> Response<Bytes> {
        self.leading(self.text.say_of("provider-title", &[("institution", institution)]), location)
    }

    /// Renders the page that a user who is back from there goes on by.
    pub fn back_from_provider(self, location: &str) -> Response<Bytes> {
        self.leading(self.text.say("provider-back"), location)
    }

    /// Renders what a user of a browser with a session reads who brings an answer of the provider a second time: by a reload, or
    /// by Back.
    pub fn finished_before(self, next: Option<&str>) -> Response<Bytes> {
        let Self { text, theme, languages, .. } = self;
        let (title, what) = (text.say("provider-over"), text.say("provider-finished"));
        let onward = next.map(|next| ("go-on", next));
        let (problem, again, detail, request_id) = (false, None, None, None);
        self.page(400, MessagePage { text, theme, languages, title, what, problem, again, onward, detail, request_id })
    }

    fn leading(self, title: String, location: &str) -> Response<Bytes> {
        let Self { text, theme, languages, .. } = self;
        let what = text.say("provider-what");
        self.page(200, LeavePage { text, theme, languages, title, what, location: Some(location), user: None })
    }
}

/// What the user is told of a sign-in by the provider that came to nothing.
pub(super) fn key(error: ProviderError) -> &'static str {
    match error {
        ProviderError::Unreachable => "provider-unreachable",
        ProviderError::Cancelled => "provider-cancelled",
        ProviderError::VisitExpired | ProviderError::VisitUnknown | ProviderError::VisitForeign => "provider-stale",
        ProviderError::Changed => "provider-changed",
        ProviderError::Required => "provider-required",
        ProviderError::RequestTooLong => "error-request",
        _ => "provider-failed",
    }
}

/// Whether the institution is to be told what went wrong: its provider, or what is registered of it, is at fault.
pub(super) fn is_institutions(error: ProviderError) -> bool {
    matches!(key(error), "provider-unreachable" | "provider-failed")
}
