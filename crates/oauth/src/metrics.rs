//! The metrics that are counted from log lines, and their alarms.

pub mod queries;

use crate::auth_method::AuthMethod;
use crate::client_auth::{Challenge, Failure, Mismatch, assertion, wskey};
use crate::error::{Denial, DeviceError, SignInError};
use crate::outcome::Outcome;
use crate::service::Function;

/// Which log lines count.
#[derive(Clone, Copy, Debug)]
pub enum Counted {
    /// Those with one of these outcomes.
    Outcomes(&'static [Outcome]),
    /// Those with one of these refusals. Only their names count.
    Denials(&'static [Denial]),
}

/// From when on an alarm rings.
#[derive(Clone, Copy, Debug)]
pub enum Threshold {
    /// From so many on. Terraform takes another number.
    Fixed(u32),
    /// By a parameter: its default, and its description.
    Parameter(u32, &'static str),
}

/// One metric. Its name is that of the metric, of the filters and of the alarm.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// In words that are written together.
    pub name: &'static str,
    /// What counts.
    pub counted: Counted,
    /// The functions whose lines are counted. They add to one figure.
    pub functions: &'static [Function],
    /// What the dashboard calls it; its name where this is empty.
    pub label: &'static str,
    /// From when on its alarm rings.
    pub threshold: Threshold,
    /// Within how long, seconds.
    pub period: u32,
    /// What the alarm says.
    pub alarm: &'static str,
}

const fn mismatch(cause: Mismatch) -> Denial {
    Denial::ClientAuth(Failure::WsKey(wskey::Error::SignatureMismatch {
        signed_text: String::new(),
        hints: Vec::new(),
        cause,
    }))
}

/// Each of them.
pub const METRICS: [Metric; 7] = [
    Metric {
        name: "Unavailable",
        counted: Counted::Outcomes(&[Outcome::Unavailable, Outcome::NotStarted, Outcome::Panicked]),
        functions: &Function::ALL,
        label: "",
        threshold: Threshold::Fixed(1),
        period: 60,
        alarm: "clients got 503 or no answer. The log has the reason in denial and database_error, or the place of a panic",
    },
    Metric {
        name: "SignatureFailures",
        counted: Counted::Denials(&[
            mismatch(Mismatch::WrongCredentials),
            mismatch(Mismatch::UnknownClient),
            Denial::ClientAuth(Failure::Secret { challenge: Challenge::Basic, cause: Mismatch::WrongCredentials }),
            Denial::ClientAuth(Failure::Assertion(assertion::Error::Wrong(Mismatch::WrongCredentials))),
        ]),
        functions: &Function::SIGNED,
        label: "signature failures",
        threshold: Threshold::Parameter(
            100,
            "Number of failed signatures and wrong secrets within five minutes that triggers the alarm",
        ),
        period: 300,
        alarm: "a surge of signatures that do not match, of wrong secrets, or of unknown client ids. A client authenticates wrongly, \
                or an attacker guesses",
    },
    Metric {
        name: "Replays",
        counted: Counted::Denials(&[Denial::ClientAuth(Failure::Replayed(AuthMethod::WsKey))]),
        functions: &[Function::Issue, Function::Refresh],
        label: "replays",
        threshold: Threshold::Parameter(20, "Number of replayed requests within five minutes that triggers the alarm"),
        period: 300,
        alarm: "a surge of repeated requests. A client sends a signed request more than once, or an attacker captured some",
    },
    Metric {
        name: "SignInFailures",
        counted: Counted::Denials(&[
            Denial::SignIn(SignInError::Failed),
            Denial::SignIn(SignInError::Slowed { seconds: 0 }),
            Denial::SignIn(SignInError::Locked),
            Denial::Device(DeviceError::UserCodeUnknown),
        ]),
        functions: &[Function::Authorize],
        label: "failed sign-ins and unknown user codes",
        threshold: Threshold::Parameter(
            100,
            "Number of failed sign-ins and unknown user codes within five minutes that triggers the alarm",
        ),
        period: 300,
        alarm: "a surge of failed sign-ins or unknown user codes. An attacker guesses passwords or codes, or many passwords were \
                changed at once",
    },
    Metric {
        name: "CodeReuses",
        counted: Counted::Denials(&[Denial::CodeRedeemed]),
        functions: &[Function::Issue],
        label: "codes redeemed twice",
        threshold: Threshold::Parameter(
            1,
            "Number of codes redeemed twice within five minutes that triggers the alarm",
        ),
        period: 300,
        alarm: "a code was redeemed twice. Two parties may have it, so its tokens were revoked. The log has client_id and grant_id",
    },
    Metric {
        name: "DisabledClients",
        counted: Counted::Denials(&[mismatch(Mismatch::DisabledClient)]),
        functions: &Function::SIGNED,
        label: "requests of disabled clients",
        threshold: Threshold::Parameter(
            1,
            "Number of requests in the name of disabled clients within five minutes that triggers the alarm",
        ),
        period: 300,
        alarm: "requests came in the name of a disabled client. It still runs somewhere, or an attacker tries its secret",
    },
    Metric {
        name: "ForeignTokens",
        counted: Counted::Denials(&[Denial::TokenForeign]),
        functions: &[Function::Revoke],
        label: "tokens of other clients",
        threshold: Threshold::Parameter(
            1,
            "Number of revocations of another client's token within five minutes that triggers the alarm",
        ),
        period: 300,
        alarm: "a client presented a token of another client. It mixed tokens up, or has stolen ones",
    },
];

#[cfg(test)]
mod tests;
