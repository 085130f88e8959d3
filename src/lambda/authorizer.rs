//! The door for other APIs: a Lambda authorizer for HTTP APIs (payload 2.0, simple response) and for REST APIs and HTTP APIs
//! of payload 1.0 (TOKEN and REQUEST, policy response).
//!
//! What the gateway lets an authorizer choose is little: an HTTP API answers 403 to every no, and 401 by itself where
//! there is no Authorization header; a REST API answers 401 to the error `Unauthorized` and 403 to a policy that denies.

use std::collections::HashMap;
use std::time::Instant;

use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::log::LogLine;
use latchkey_dynamodb::aws::of_lambda;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::store::Usage;
use latchkey_guard::bearer::{Bearer, Checker};
use latchkey_guard::config::AuthorizerConfig;
use latchkey_oauth::error::Denial;
use latchkey_oauth::scope::{RouteScopes, Target};
use latchkey_oauth::service::Function;
use latchkey_oauth::settings::Subjects;

/// The members that are read, of all three shapes. The published types demand members that not every gateway sends.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    version: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    authorization_token: Option<String>,
    method_arn: Option<String>,
    route_arn: Option<String>,
    route_key: Option<String>,
    resource: Option<String>,
    http_method: Option<String>,
    headers: Option<HashMap<String, Option<String>>>,
    multi_value_headers: Option<HashMap<String, Option<Vec<String>>>>,
    #[serde(default)]
    request_context: RequestContext,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    request_id: Option<String>,
    api_id: Option<String>,
    http: Option<Http>,
}

#[derive(Deserialize)]
struct Http {
    method: Option<String>,
}

/// How an API is answered.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// Payload 2.0.
    #[serde(rename_all = "camelCase")]
    Simple {
        /// Whether the request may pass.
        is_authorized: bool,
        /// What the API is told.
        context: Value,
    },
    /// REST APIs, and payload 1.0.
    #[serde(rename_all = "camelCase")]
    Policy {
        /// The user, or the client where there is none.
        principal_id: String,
        /// One statement about the one method that was asked for.
        policy_document: Value,
        /// What the API is told.
        context: Value,
    },
}

/// The one error text that a REST API turns into 401.
pub const UNAUTHORIZED: &str = "Unauthorized";

/// The function's whole life.
pub fn main() -> std::process::ExitCode {
    crate::lambda::run(
        Function::Authorizer.as_str(),
        async {
            let config = AuthorizerConfig::from_env()?;
            let subjects = config.subjects;
            let (checker, scopes) = config.start(&of_lambda()?);
            checker.warm_up().await;
            Ok((checker, scopes, subjects))
        },
        |(checker, scopes, subjects)| async move {
            let (checker, scopes) = (&checker, &scopes);
            let handler = service_fn(move |event: LambdaEvent<Box<RawValue>>| async move {
                let (answer, log_line) = authorize(checker, scopes, subjects, event.payload.get(), now()).await;
                log_line.log();
                answer.map_err(lambda_runtime::Error::from)
            });
            lambda_runtime::run(handler).await
        },
    )
}

/// One question of a gateway.
pub async fn authorize(
    checker: &Checker,
    scopes: &RouteScopes,
    subjects: Subjects,
    event: &str,
    now: u64,
) -> (Result<Answer, &'static str>, LogLine) {
    let began = Instant::now();
    let mut log_line = LogLine::of(Function::Authorizer);
    let mut usage = Usage::default();
    let event = serde_json::from_str::<Event>(event).ok();
    let outcome = match &event {
        Some(event) => decide(checker, scopes, event, now, &mut usage, &mut log_line).await,
        None => Err(Denial::EventMalformed),
    };
    let simple = event.as_ref().is_some_and(|event| event.version.as_deref() == Some("2.0"));
    let answer = match (&outcome, event.and_then(|event| event.method_arn)) {
        (Ok(bearer), _) if simple => Ok(Answer::Simple { is_authorized: true, context: context(bearer) }),
        // The gateway makes 500 of an error: a client tries again, as after no 403.
        (Err(Denial::Unavailable(_)), _) => Err("the service cannot answer now"),
        (Err(_), _) if simple => Ok(Answer::Simple { is_authorized: false, context: json!({}) }),
        (Ok(bearer), Some(arn)) => Ok(policy("Allow", &arn, Some((bearer, subjects)))),
        (Err(Denial::ScopeInsufficient), Some(arn)) => Ok(policy("Deny", &arn, None)),
        _ => Err(UNAUTHORIZED),
    };
    let status = outcome.as_ref().err().map_or(200, |denial| denial.wire().status);
    if let Err(denial) = &outcome {
        log_line.refuse(denial);
    }
    log_line.close(status, usage, began.elapsed().as_secs_f64() * 1000.0);
    (answer, log_line)
}

async fn decide(
    checker: &Checker,
    scopes: &RouteScopes,
    event: &Event,
    now: u64,
    usage: &mut Usage,
    log_line: &mut LogLine,
) -> Result<Bearer, Denial> {
    log_line.request_id.clone_from(&event.request_context.request_id);
    let target = event.target().ok_or(Denial::EventMalformed)?;
    let header = event.authorization()?;
    // A request to a route without a name is refused.
    let required = scopes.required(event.api(), target).ok_or(Denial::ScopeInsufficient);
    let scope = required.as_ref().ok().copied().flatten();
    let bearer = checker.check(header.map(str::as_bytes), scope, now, usage).await?;
    log_line.client_id = Some(bearer.client_id.clone());
    log_line.grant_id = Some(bearer.grant_id);
    required.map(|_| bearer)
}

impl Event {
    /// What is asked for: the route that the gateway chose, wherever it says so. To match the path once more would open
    /// what the two read differently.
    fn target(&self) -> Option<Target<'_>> {
        if self.version.as_deref() == Some("2.0") {
            let method = self.request_context.http.as_ref()?.method.as_deref()?;
            let route = self.route_key.as_deref()?;
            return Some(Target::Route { method, path: route.split_once(' ').map_or(route, |(_, path)| path) });
        }
        if self.kind.as_deref() == Some("REQUEST") {
            return Some(Target::Route { method: self.http_method.as_deref()?, path: self.resource.as_deref()? });
        }
        // arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/path
        let after_stage = self.method_arn.as_deref()?.splitn(3, '/').nth(2)?;
        let (method, path) = after_stage.split_at(after_stage.find('/').unwrap_or(after_stage.len()));
        Some(Target::Path { method, path: if path.is_empty() { "/" } else { path } })
    }

    /// The API's id. The gateway writes it, and no requester does.
    fn api(&self) -> Option<&str> {
        // arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/path
        let arn = self.method_arn.as_deref().or(self.route_arn.as_deref());
        let of_arn = || arn?.splitn(6, ':').nth(5)?.split('/').next();
        self.request_context.api_id.as_deref().or_else(of_arn).filter(|api| !api.is_empty())
    }

    /// The one Authorization value. A REST API keeps the spelling of a header's name, and a request may have several.
    fn authorization(&self) -> Result<Option<&str>, Denial> {
        if self.kind.as_deref() == Some("TOKEN") {
            return Ok(self.authorization_token.as_deref());
        }
        let ours = |name: &String| name.eq_ignore_ascii_case("authorization");
        let single = self.headers.iter().flatten().filter(|(name, _)| ours(name)).map(|(_, value)| value.as_deref());
        let many = self.multi_value_headers.iter().flatten().filter(|(name, _)| ours(name));
        let mut single = single.collect::<Vec<_>>();
        if single.len() > 1 || many.flat_map(|(_, values)| values.iter().flatten()).count() > 1 {
            return Err(Denial::TokenInactive);
        }
        Ok(single.pop().flatten())
    }
}

/// Texts, numbers and booleans only: a REST API takes no others.
fn context(bearer: &Bearer) -> Value {
    let principal = bearer.principal.as_ref();
    json!({
        "client_id": bearer.client_id,
        "subject": bearer.subject(),
        "principal_id": principal.map_or("", |principal| &principal.id),
        "principal_idns": principal.map_or("", |principal| &principal.idns),
        "authenticating_institution_id": bearer.institutions.authenticating,
        "context_institution_id": bearer.institutions.context,
        "scope": bearer.scope.to_string(),
        "expires_at": bearer.expires_at,
    })
}

fn policy(effect: &str, arn: &str, bearer: Option<(&Bearer, Subjects)>) -> Answer {
    let named = |(bearer, subjects): (&Bearer, Subjects)| match (subjects, &bearer.principal) {
        (Subjects::V2, _) => bearer.subject(),
        (Subjects::Legacy, Some(principal)) => format!("user|{}|{}", principal.idns, principal.id),
        (Subjects::Legacy, None) => format!("client|{}", bearer.client_id),
    };
    // The requester wrote the path in it. A policy would read these as more than themselves.
    let arn: String = arn
        .chars()
        .map(|character| if "*?$".contains(character) { format!("${{{character}}}") } else { character.to_string() })
        .collect();
    Answer::Policy {
        principal_id: bearer.map_or_else(|| "nobody".to_owned(), named),
        policy_document: json!({
            "Version": "2012-10-17",
            "Statement": [{ "Action": "execute-api:Invoke", "Effect": effect, "Resource": arn }],
        }),
        context: bearer.map_or_else(|| json!({}), |(bearer, _)| context(bearer)),
    }
}
