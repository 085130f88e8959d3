//! The one line that each check leaves in the log: JSON, and nothing secret.

use std::io::Write;
use std::time::Duration;

use latchkey_oauth::service::Function;
use serde::{Serialize, Serializer};

use crate::NAME;
use crate::failure::Failure;

/// What was checked.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// A version before it gets traffic.
    BeforeTraffic,
    /// The service from outside.
    Outside,
}

/// What a version was asked with.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tokens {
    /// Tokens of the version of `issue` that clients use now.
    Issued,
    MadeUp,
}

/// A step of the check from outside.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Secret,
    Token,
    Refresh,
    Introspect,
    Revoke,
    IntrospectRevoked,
}

/// How a check ended.
#[derive(Clone, Copy, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    #[default]
    Passed,
    Failed,
    /// An operator stopped the function.
    Stopped,
}

/// Why a client of its own has no issued tokens.
pub(crate) enum NoTokens {
    /// An operator stopped `issue`.
    Stopped,
    Failed(Failure),
}

impl Serialize for NoTokens {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Stopped => Outcome::Stopped.serialize(serializer),
            Self::Failed(failure) => failure.serialize(serializer),
        }
    }
}

/// What came of the revocation of what was issued.
pub(crate) enum Revocation {
    Revoked,
    Failed(Failure),
}

impl Serialize for Revocation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Revoked => serializer.serialize_str("revoked"),
            Self::Failed(failure) => failure.serialize(serializer),
        }
    }
}

/// By the name that the log has for it.
impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

fn name<S: Serializer>(function: &Option<Function>, serializer: S) -> Result<S::Ok, S::Error> {
    function.map(Function::as_str).serialize(serializer)
}

/// What is known about a check once it is done. The members are named one by one.
#[derive(Serialize)]
pub(crate) struct Line {
    function: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) check: Option<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deployment_id: Option<String>,
    /// The function that was asked.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "name")]
    pub(crate) checked: Option<Function>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// Whether a client of its own signed, so that more was asked.
    pub(crate) own_client: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tokens: Option<Tokens>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) no_tokens: Option<NoTokens>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revocation: Option<Revocation>,
    /// The step that was under way, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) step: Option<Step>,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Failure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    duration_ms: u64,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            function: NAME,
            check: None,
            deployment_id: None,
            checked: None,
            version: None,
            own_client: false,
            tokens: None,
            no_tokens: None,
            revocation: None,
            step: None,
            outcome: Outcome::Passed,
            reason: None,
            status: None,
            error: None,
            duration_ms: 0,
        }
    }
}

impl Line {
    /// Enters that the check failed. The first failure counts.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        if self.reason.is_none() {
            self.outcome = Outcome::Failed;
            self.reason = Some(failure.clone());
            self.status = failure.status();
            self.error = failure.error().map(str::to_owned);
        }
    }

    /// Enters that an operator stopped the function: there is nothing to ask, and no traffic to keep away.
    pub(crate) fn stopped(&mut self) {
        self.outcome = Outcome::Stopped;
    }

    /// How it ended.
    pub(crate) fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Writes the line to standard output, where Lambda takes it from. A closed output is not an error.
    pub(crate) fn close(&mut self, took: Duration) {
        self.duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        if let Ok(line) = serde_json::to_string(self) {
            let _ = writeln!(std::io::stdout(), "{line}");
        }
    }
}
