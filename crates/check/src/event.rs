//! What invokes the function.

use serde::Deserialize;

use crate::failure::Failure;

/// What is to be checked.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// CodeDeploy asks before it shifts traffic.
    BeforeTraffic(Hook),
    /// A schedule asks; the URL of the service.
    Outside(String),
}

/// A deployment that waits for an answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Hook {
    /// The deployment.
    pub deployment_id: String,
    /// What the answer is about: it is told with it.
    pub lifecycle_event_hook_execution_id: String,
}

/// The members of both, each of which only one has.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Members {
    deployment_id: Option<String>,
    lifecycle_event_hook_execution_id: Option<String>,
    #[serde(rename = "outside")]
    outside: Option<String>,
}

impl Event {
    /// Reads an event.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let members: Members = serde_json::from_str(text).map_err(|_| Failure::EventMalformed)?;
        match (members.deployment_id, members.lifecycle_event_hook_execution_id, members.outside) {
            (Some(deployment_id), Some(lifecycle_event_hook_execution_id), None)
                if !deployment_id.is_empty() && !lifecycle_event_hook_execution_id.is_empty() =>
            {
                Ok(Self::BeforeTraffic(Hook { deployment_id, lifecycle_event_hook_execution_id }))
            }
            (None, None, Some(url)) => {
                let url = url.strip_suffix('/').unwrap_or(&url);
                if goes_to(url) { Ok(Self::Outside(url.to_owned())) } else { Err(Failure::EventMalformed) }
            }
            _ => Err(Failure::EventMalformed),
        }
    }
}

impl Hook {
    /// The deployment's id, if it has the form of CodeDeploy's: another text may be anything, and the log does not get it.
    pub(crate) fn named(&self) -> Option<&str> {
        let is_id =
            |rest: &str| (1..=16).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        Some(self.deployment_id.as_str()).filter(|id| id.strip_prefix("d-").is_some_and(is_id))
    }
}

/// Whether signed requests may go to a URL: https and the name of a host alone, since tokens travel over TLS (RFC 6749
/// section 1.6); on this machine http too.
///
/// Whose host it is cannot be known here. The URL comes from the API, the API from the functions, and their deployments
/// from this function, so a description cannot put it into this function's environment.
fn goes_to(url: &str) -> bool {
    if let Some(host) = url.strip_prefix("https://") {
        let is_label = |label: &str| {
            let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
        };
        // An address ends with digits.
        let named =
            host.rsplit_once('.').is_some_and(|(_, last)| last.starts_with(|first: char| first.is_ascii_alphabetic()));
        return named && host.len() <= 253 && host.split('.').all(is_label);
    }
    let here = url.strip_prefix("http://").map(|here| here.split_once(':').unwrap_or((here, "80")));
    here.is_some_and(|(host, port)| ["127.0.0.1", "localhost"].contains(&host) && port.parse::<u16>().is_ok())
}
