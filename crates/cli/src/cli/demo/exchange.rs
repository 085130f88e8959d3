//! A signed request and its answer, as the application shows both.

use serde_json::Value;

use super::words;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::http::post;
use crate::cli::sign::KeyArgs;

/// Where the parameters of a request travel.
pub(super) enum Carried {
    /// In the query, over an empty body: as the documented requests have them.
    Query(String),
    /// In a form, which the signature covers by its hash.
    Form(String),
}

/// A request that was sent, and what came of it.
pub(super) struct Exchange {
    /// The request up to its body.
    pub(super) head: String,
    pub(super) body: Option<String>,
    /// The lines of the signed text, and what each is.
    pub(super) lines: Vec<(String, &'static str)>,
    /// The answer, or the reason why there is none.
    pub(super) answer: Result<Answer, String>,
}

/// An answer of the service.
pub(super) struct Answer {
    pub(super) status: u16,
    members: Value,
}

impl Answer {
    /// Its members as text, and what each is.
    pub(super) fn members(&self) -> Vec<(&str, String, &'static str)> {
        let members = self.members.as_object().into_iter().flatten();
        let told = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        members.map(|(name, value)| (name.as_str(), told(value), words::member(name))).collect()
    }

    /// The code of a refusal.
    pub(super) fn error(&self) -> &str {
        self.members["error"].as_str().unwrap_or_default()
    }

    /// Whether it refuses because the grant was revoked, and not because its time is over.
    pub(super) fn is_revoked(&self) -> bool {
        let told = self.members["error_description"].as_str().unwrap_or_default();
        self.error() == "invalid_grant" && told.contains("revoked")
    }

    /// Whether it says of a token that it is good.
    pub(super) fn is_active(&self) -> bool {
        self.members["active"] == true
    }
}

impl Exchange {
    /// Signs a request, sends it, and waits for its answer.
    pub(super) async fn make(service: &str, path: &str, carried: Carried, key: &KeyArgs) -> Self {
        let lost = |reason: String| Self { head: String::new(), body: None, lines: Vec::new(), answer: Err(reason) };
        match Self::sent(service, path, carried, key).await {
            Ok(exchange) => exchange,
            Err(failure) => lost(failure.0),
        }
    }

    async fn sent(service: &str, path: &str, carried: Carried, key: &KeyArgs) -> Outcome<Self> {
        let (target, body) = match carried {
            Carried::Query(query) => (format!("{path}?{query}"), None),
            Carried::Form(form) => (path.to_owned(), Some(form)),
        };
        let signed = match &body {
            None => key.sign("POST", target.split_once('?').map_or("", |(_, query)| query))?,
            Some(form) => key.sign_form(form)?,
        };
        let host = service.split_once("://").map_or(service, |(_, host)| host);
        let kind = if body.is_some() { "Content-Type: application/x-www-form-urlencoded\n" } else { "" };
        let head = format!(
            "POST {target} HTTP/1.1\nHost: {host}\nAccept: application/json\nAuthorization: {}\n{kind}Content-Length: {}",
            signed.authorization,
            body.as_deref().map_or(0, str::len),
        );
        let lines =
            signed.text.lines().enumerate().map(|(at, line)| (line.to_owned(), words::line(at, line))).collect();
        let (url, form) = (format!("{service}{target}"), body.clone());
        let asked = move || post(&url, Some(&signed.authorization), form.as_deref());
        let answer = tokio::task::spawn_blocking(asked).await.map_err(|error| Failure::new(error.to_string()))?;
        let answer = answer.map(|(status, members)| Answer { status, members }).map_err(|failure| failure.0);
        Ok(Self { head, body, lines, answer })
    }

    /// A member of the answer that grants.
    pub(super) fn member(&self, name: &str) -> Option<&str> {
        self.answer.as_ref().ok().filter(|answer| answer.status == 200)?.members[name].as_str()
    }
}
