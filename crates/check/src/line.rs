//! The one line that each check leaves in the log: JSON, and nothing secret.

use std::io::Write;
use std::time::Duration;

use serde::Serialize;

use crate::NAME;
use crate::failure::Failure;

/// What is known about a check once it is done. The members are named one by one.
#[derive(Serialize)]
pub(crate) struct Line {
    function: &'static str,
    /// `before_traffic` or `outside`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) check: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deployment_id: Option<String>,
    /// The function that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checked: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// Whether a client of its own signed, so that more was asked.
    pub(crate) own_client: bool,
    /// What it was asked with: `issued` tokens, or `made_up` ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tokens: Option<&'static str>,
    /// Why a client of its own has no issued tokens: the reason for which `issue` gave none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) no_tokens: Option<&'static str>,
    /// What came of the revocation of what was issued: `revoked`, or the reason for which it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revocation: Option<&'static str>,
    /// The step that was under way, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) step: Option<&'static str>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
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
            outcome: "passed",
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
            self.outcome = "failed";
            self.reason = Some(failure.name());
            self.status = failure.status();
            self.error = failure.error().map(str::to_owned);
        }
    }

    /// Enters that an operator stopped the function: there is nothing to ask, and no traffic to keep away.
    pub(crate) fn stopped(&mut self) {
        self.outcome = "stopped";
    }

    /// How it ended.
    pub(crate) fn outcome(&self) -> &'static str {
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
