//! What a reader is told of an exchange: what the request is for, what came of it, and where to go on.

use super::words;
use crate::cli::demo::exchange::{Answer, Exchange};
use crate::cli::demo::walk::{Progress, Step, Walk};

/// The words of a page, and the buttons that lead on.
pub(super) struct Told {
    /// What the request is for.
    pub(super) what: &'static str,
    /// What came of it.
    pub(super) result: String,
    /// Whether that is what this step is there to show.
    pub(super) is_good: bool,
    /// Where a form leads, and what its button says.
    pub(super) forms: Vec<(String, &'static str)>,
    /// A link, likewise.
    pub(super) link: Option<(String, &'static str)>,
}

/// The first part of a command's failure: the rest is advice about options of the command.
pub(super) fn reason(failure: &str) -> &str {
    failure.split(';').next().unwrap_or_default().trim_end_matches('.')
}

fn what(step: Step) -> &'static str {
    match step {
        Step::Refresh => {
            "An access token is short-lived: 20 minutes, unless the operator sets another time. With the refresh token, the \
             application gets a new one, and you do not sign in again. A refresh returns no new refresh token. Existing clients \
             ask here; POST /oauth2/refreshToken answers the same."
        }
        Step::Introspect => {
            "An API that is given an access token asks the service whether it is good, for whom and for what. The demo client may \
             ask, too. The token travels in a form, because servers write addresses into logs. Line 4 of the signed text is then \
             the hash of the form."
        }
        Step::After => "The application sends the same refresh token once more.",
        _ => {
            "The application exchanges the code for tokens. Your browser has no part in it: the application asks the service \
             itself, and signs the request with its secret."
        }
    }
}

impl Told {
    pub(super) fn of(walk: &Walk, progress: &Progress, step: Step, exchange: &Exchange) -> Self {
        let (is_good, result) = match &exchange.answer {
            Err(failure) => {
                let reason = reason(failure);
                (
                    false,
                    format!(
                        "No answer came: {reason}. Look at the terminal where the server runs, and press the button again."
                    ),
                )
            }
            Ok(answer) => result(step, progress, answer),
        };
        let at = |step| walk.place(step);
        let (begin, again) = (("/begin".to_owned(), "Begin again"), (at(step), "Send it again"));
        let ended = (at(Step::Introspect), "Introspect the access token");
        let (forms, link) = match (step, &exchange.answer, is_good) {
            (_, Err(_), _) => (vec![again], None),
            (_, Ok(answer), false) if answer.status >= 500 => (vec![again, begin], None),
            (Step::After, _, false) if exchange.member("access_token").is_some() => {
                (Vec::new(), Some((at(Step::End), "Back to step 6")))
            }
            (_, _, false) => (vec![begin], None),
            (Step::Tokens, ..) => (vec![(at(Step::Refresh), "Refresh the access token")], None),
            (Step::Refresh, ..) => (vec![ended], None),
            (Step::Introspect, Ok(answer), _) if answer.is_active() => {
                (Vec::new(), Some((at(Step::End), "Go on: end the access")))
            }
            (Step::Introspect, ..) => (vec![begin], None),
            _ => (vec![(at(Step::Introspect), "Introspect the access token again"), begin], None),
        };
        Self { what: what(step), result, is_good, forms, link }
    }
}

/// Whether an answer is what the step is there to show, and what it means.
fn result(step: Step, progress: &Progress, answer: &Answer) -> (bool, String) {
    let granted = answer.status == 200;
    let told = match (step, granted) {
        (Step::Tokens, true) if progress.refresh.is_none() => {
            return (
                false,
                "The service gave an access token and no refresh token: the registration of the demo client was changed. Look at \
                 it with latchkey client show demo."
                    .to_owned(),
            );
        }
        (Step::Tokens, true) => {
            "The service gave both tokens. It took the code for used: no second request gets tokens with it."
        }
        (Step::Refresh, true) => {
            "The service gave a new access token. The refresh token works again and again, until it expires or you end the access."
        }
        (Step::Introspect, true) if answer.is_active() => {
            "The token is active: an API that asks would let the request pass."
        }
        (Step::Introspect, true) => {
            "The token is not active any more, and the service says nothing else about it. An API that asks lets no request pass."
        }
        (Step::After, true) => {
            return (
                false,
                "The service gave a new access token, because the access has not ended. End it first: see step 6."
                    .to_owned(),
            );
        }
        (Step::After, false) if answer.is_revoked() => {
            "The service refuses, and error_description says why. You ended what you allowed, so neither the refresh token nor \
             any access token works any more. The application has to ask you again. That is the end of the story."
        }
        _ => return (false, format!("The service refused. {}", words::advice(answer.status, answer.error()))),
    };
    (true, told.to_owned())
}
