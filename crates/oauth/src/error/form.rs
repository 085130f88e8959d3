//! Refusals of a form that a browser sends.

use crate::error::Wire;
use crate::error::wire::START_AGAIN;

/// Why a form does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormError {
    /// It was shown to another user or browser, or is older than its life.
    Stale,
    /// The user allowed within a second of the form's making.
    Hasty,
    /// A sign-in from a browser that sends no cookie.
    CookieMissing,
    /// It is not ours, was changed, or was sent from another site.
    Forged,
    /// It was answered before, with what has been used since.
    Answered,
}

impl FormError {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Stale => "form_stale",
            Self::Hasty => "form_hasty",
            Self::CookieMissing => "cookie_missing",
            Self::Forged => "form_forged",
            Self::Answered => "form_answered",
        }
    }

    pub(super) fn wire(self) -> Wire {
        match self {
            Self::Stale => {
                Wire::invalid_request("The form has expired, or the user has signed in or out since.", START_AGAIN)
            }
            Self::Hasty => {
                Wire::invalid_request("The user answered within a second of the page's making.", "The page asks again.")
            }
            Self::CookieMissing => Wire::invalid_request(
                "The browser did not send the cookie of the page.",
                "The user has to allow cookies for this service.",
            ),
            Self::Forged => {
                Wire::access_denied("The form was changed, or was not sent from a page of this service.", "")
            }
            Self::Answered => Wire { status: 409, ..Wire::invalid_request("The user answered this form before.", "") },
        }
    }
}
