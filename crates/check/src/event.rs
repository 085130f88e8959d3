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
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct Hook {
    /// The deployment.
    pub deployment_id: String,
    /// What the answer is about: it is told with it.
    pub lifecycle_event_hook_execution_id: String,
}

/// The members of both, each of which only one has.
#[derive(Deserialize)]
struct Members {
    #[serde(flatten)]
    hook: Option<Hook>,
    outside: Option<String>,
}

impl Event {
    /// Reads an event.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let members: Members = serde_json::from_str(text).map_err(|_| Failure::EventMalformed)?;
        match (members.hook, members.outside) {
            (Some(hook), None) if !hook.deployment_id.is_empty() => Ok(Self::BeforeTraffic(hook)),
            (None, Some(url)) if goes_to(&url) => Ok(Self::Outside(url.trim_end_matches('/').to_owned())),
            _ => Err(Failure::EventMalformed),
        }
    }
}

/// Whether signed requests may go to a URL: tokens travel over https only, except on this machine (RFC 6749 section 1.6).
fn goes_to(url: &str) -> bool {
    let host = |scheme: &str| url.strip_prefix(scheme).map(|rest| rest.split(['/', ':']).next().unwrap_or_default());
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic()) && !url.contains(['?', '#', '@', '\\']);
    let secure = host("https://").is_some_and(|host| !host.is_empty());
    plain && (secure || host("http://").is_some_and(|host| ["127.0.0.1", "localhost"].contains(&host)))
}
