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

use crate::app::{AuthorizerConfig, now};
use crate::denial::Denial;
use crate::endpoint::bearer::{Bearer, Checker};
use crate::record::Record;
use crate::scope::RouteScopes;
use crate::store::Meter;

/// The members that are read, of all three shapes. The published types demand members that not every gateway sends.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    version: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    authorization_token: Option<String>,
    method_arn: Option<String>,
    raw_path: Option<String>,
    path: Option<String>,
    http_method: Option<String>,
    headers: Option<HashMap<String, Option<String>>>,
    #[serde(default)]
    request_context: RequestContext,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    request_id: Option<String>,
    stage: Option<String>,
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
    super::run(
        "authorizer",
        async {
            let (checker, scopes) = AuthorizerConfig::from_env()?.start().await?;
            checker.warm_up().await;
            Ok((checker, scopes))
        },
        |(checker, scopes)| async move {
            let (checker, scopes) = (&checker, &scopes);
            let handler = service_fn(move |event: LambdaEvent<Box<RawValue>>| async move {
                let (answer, record) = authorize(checker, scopes, event.payload.get(), now()).await;
                record.log();
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
    event: &str,
    now: u64,
) -> (Result<Answer, &'static str>, Record) {
    let began = Instant::now();
    let mut record = Record { function: "authorizer", ..Record::default() };
    let mut meter = Meter::default();
    let event = serde_json::from_str::<Event>(event).ok();
    let outcome = match &event {
        Some(event) => decide(checker, scopes, event, now, &mut meter, &mut record).await,
        None => Err(Denial::EventMalformed),
    };
    let simple = event.as_ref().is_some_and(|event| event.version.as_deref() == Some("2.0"));
    let answer = match (&outcome, event.and_then(|event| event.method_arn)) {
        (Ok(bearer), _) if simple => Ok(Answer::Simple { is_authorized: true, context: context(bearer) }),
        (Err(_), _) if simple => Ok(Answer::Simple { is_authorized: false, context: json!({}) }),
        (Ok(bearer), Some(arn)) => Ok(policy("Allow", &arn, Some(bearer))),
        (Err(Denial::ScopeInsufficient), Some(arn)) => Ok(policy("Deny", &arn, None)),
        (Err(Denial::Unavailable(_)), Some(_)) => Err("the service cannot answer now"),
        _ => Err(UNAUTHORIZED),
    };
    let status = outcome.as_ref().err().map_or(200, |denial| denial.wire().status);
    record.close(status, outcome.as_ref().err(), meter, began.elapsed().as_secs_f64() * 1000.0);
    (answer, record)
}

async fn decide(
    checker: &Checker,
    scopes: &RouteScopes,
    event: &Event,
    now: u64,
    meter: &mut Meter,
    record: &mut Record,
) -> Result<Bearer, Denial> {
    record.request_id.clone_from(&event.request_context.request_id);
    let (method, path) = event.route().ok_or(Denial::EventMalformed)?;
    let header = event.authorization();
    // A route that no pattern names lets nobody pass.
    let required = scopes.required(method, path).ok_or(Denial::ScopeInsufficient);
    let bearer =
        checker.check(header.map(str::as_bytes), required.as_ref().ok().copied().flatten(), now, meter).await?;
    record.client_id = Some(bearer.client_id.clone());
    record.grant_id = Some(bearer.grant_id);
    required.map(|_| bearer)
}

impl Event {
    /// Method and path as the API's routes see them: without the stage.
    fn route(&self) -> Option<(&str, &str)> {
        let stage = self.request_context.stage.as_deref().unwrap_or("$default");
        let within = |path: &'_ str| -> usize {
            let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(stage));
            rest.filter(|rest| rest.is_empty() || rest.starts_with('/')).map_or(0, |rest| path.len() - rest.len())
        };
        if self.version.as_deref() == Some("2.0") {
            let (path, http) = (self.raw_path.as_deref()?, self.request_context.http.as_ref()?);
            return Some((http.method.as_deref()?, &path[within(path)..]));
        }
        if self.kind.as_deref() == Some("REQUEST") {
            let path = self.path.as_deref()?;
            // Of an HTTP API, payload 1.0, the path begins with the stage; of a REST API it does not.
            let begin = if self.version.is_some() { within(path) } else { 0 };
            return Some((self.http_method.as_deref()?, &path[begin..]));
        }
        // arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/path
        let mut parts = self.method_arn.as_deref()?.splitn(4, '/');
        let (method, path) = (parts.nth(2)?, parts.next());
        let arn = self.method_arn.as_deref()?;
        Some((method, path.map_or("/", |path| &arn[arn.len() - path.len() - 1..])))
    }

    fn authorization(&self) -> Option<&str> {
        let header = || {
            let headers = self.headers.as_ref()?;
            headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?.1.as_deref()
        };
        self.authorization_token.as_deref().or_else(header)
    }
}

/// Texts, numbers and booleans only: a REST API takes no others.
fn context(bearer: &Bearer) -> Value {
    let principal = bearer.principal.as_ref();
    json!({
        "client_id": bearer.client_id,
        "principal_id": principal.map_or("", |principal| &principal.id),
        "principal_idns": principal.map_or("", |principal| &principal.idns),
        "authenticating_institution_id": bearer.institutions.authenticating,
        "context_institution_id": bearer.institutions.context,
        "scope": bearer.scope.to_string(),
        "expires_at": bearer.expires_at,
    })
}

fn policy(effect: &str, arn: &str, bearer: Option<&Bearer>) -> Answer {
    let principal = bearer.map(|bearer| bearer.principal.as_ref().map_or(&bearer.client_id, |principal| &principal.id));
    Answer::Policy {
        principal_id: principal.cloned().unwrap_or_else(|| "nobody".to_owned()),
        policy_document: json!({
            "Version": "2012-10-17",
            "Statement": [{ "Action": "execute-api:Invoke", "Effect": effect, "Resource": arn }],
        }),
        context: bearer.map_or_else(|| json!({}), context),
    }
}
