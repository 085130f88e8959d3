//! What each function is asked, and which answer is right.
//!
//! Every right answer comes after a read of the tables, so it shows that the version starts, has its sealing keys and
//! reaches its tables. The events are those of an HTTP API (payload 2.0); the authorizer's are a gateway's questions.

use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::random;
use latchkey_oauth::client_auth::Failure as ClientAuthFailure;
use latchkey_oauth::client_auth::{Mismatch, wskey};
use latchkey_oauth::error::{Denial, ERROR_CODES};
use latchkey_oauth::form::encode;
use latchkey_oauth::service::Function;
use latchkey_oauth::token::{GrantId, Kind, Minted};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::client::Client;
use crate::failure::Failure;
use crate::known;

/// The one scope of the check's own client.
pub const SCOPE: &str = "latchkey_check";
/// The one institution of the check's own client.
pub const INSTITUTION: &str = "latchkey-check";

/// Tokens to ask with.
pub(crate) struct Given {
    pub(crate) access: Zeroizing<String>,
    pub(crate) refresh: Zeroizing<String>,
    /// Whether the service issued them.
    pub(crate) good: bool,
}

impl Given {
    /// Tokens of no grant. They name one, so that it is looked for.
    pub(crate) fn made_up() -> Result<Self, Failure> {
        let grant = GrantId::random(random()?);
        let access = Minted::new(Kind::Access, grant, None, &random()?).text;
        let refresh = Minted::new(Kind::Refresh, grant, None, &random()?).text;
        Ok(Self { access, refresh, good: false })
    }

    /// Those of an answer of `issue`.
    pub(crate) fn of(answer: &Value) -> Option<Self> {
        Self::of_body(&body(answer)?)
    }

    /// Those of its body.
    pub(crate) fn of_body(body: &Value) -> Option<Self> {
        let token = |name: &str| Some(Zeroizing::new(body[name].as_str().filter(|text| !text.is_empty())?.to_owned()));
        Some(Self { access: token("access_token")?, refresh: token("refresh_token")?, good: true })
    }
}

/// The parameters of a request for both tokens.
pub(crate) fn asking() -> String {
    let institution = encode(INSTITUTION);
    let scope = encode(SCOPE);
    format!(
        "grant_type=client_credentials&scope={scope}%20refresh_token&authenticatingInstitutionId={institution}\
         &contextInstitutionId={institution}"
    )
}

/// The parameters of a refresh.
pub(crate) fn refreshing(refresh: &str) -> String {
    format!("grant_type=refresh_token&refresh_token={}", encode(refresh))
}

/// The parameters of a revocation. Of a refresh token, it ends the whole grant.
pub(crate) fn revoking(refresh: &str) -> String {
    format!("token={}", encode(refresh))
}

/// The answer that is right.
#[derive(Debug)]
pub(crate) enum Expected {
    /// 200, with both tokens.
    Tokens,
    /// 200, with an access token.
    AccessToken,
    /// 200, and whether the token is active.
    Active(bool),
    /// 200.
    Done,
    /// 400 with this error.
    Refused(&'static str),
    /// 401: the client is unknown.
    Unknown,
    /// 400, with the page of this refusal.
    Page(Denial),
    /// The authorizer says no.
    NotAuthorized,
    /// The authorizer knows the token: whether its scope fits the route does not count.
    Policy,
}

/// An event and its right answer.
pub(crate) struct Question {
    pub(crate) event: Value,
    expected: Expected,
}

impl Question {
    /// What a function is asked. A client of the check's own gets what it asks for; another one is refused as unknown.
    pub(crate) fn of(function: Function, client: &Client, given: &Given) -> Result<Self, Failure> {
        let own = |expected| if client.is_own { expected } else { Expected::Unknown };
        let (path, query, expected) = match function {
            // A refresh, because it reads the tokens table too.
            Function::Issue if client.is_own => ("accessToken", asking(), Expected::Tokens),
            Function::Issue => ("accessToken", refreshing(&given.refresh), Expected::Unknown),
            Function::Refresh if given.good => ("refreshToken", refreshing(&given.refresh), Expected::AccessToken),
            Function::Refresh => ("refreshToken", refreshing(&given.refresh), own(Expected::Refused("invalid_grant"))),
            Function::Introspect => {
                let query = format!("token={}", encode(&given.access));
                ("introspect", query, own(Expected::Active(given.good)))
            }
            Function::Revoke => ("revoke", revoking(&given.refresh), own(Expected::Done)),
            Function::Authorize => {
                let query =
                    format!("client_id={}&redirect_uri=https%3A%2F%2Flatchkey.invalid%2Fcheck", encode(&client.id));
                // Both are said after the client was looked for. A client of the check's own has no redirect URI.
                let denial = if client.is_own { Denial::RedirectUriUnregistered } else { Denial::ClientUnregistered };
                let expected = Expected::Page(denial);
                return Ok(Self { event: event("GET", "authorizeCode", &query, None), expected });
            }
            Function::Authorizer if given.good => {
                return Ok(Self { event: token_event(&given.access), expected: Expected::Policy });
            }
            Function::Authorizer => {
                let authorization = format!("Bearer {}", &*given.access);
                let event = event("GET", "check", "", Some(&authorization));
                return Ok(Self { event, expected: Expected::NotAuthorized });
            }
        };
        let authorization = client.sign(&query, "")?;
        Ok(Self { event: event("POST", path, &query, Some(&authorization)), expected })
    }

    /// Whether an answer is the right one.
    pub(crate) fn judge(&self, answer: &Value) -> Result<(), Failure> {
        match &self.expected {
            Expected::NotAuthorized => match answer["isAuthorized"].as_bool() {
                Some(false) => Ok(()),
                Some(true) => Err(Failure::AnswerUnexpected(200, Some("authorized"))),
                None => Err(Failure::AnswerUnreadable),
            },
            Expected::Policy if answer["policyDocument"]["Statement"].is_array() => Ok(()),
            Expected::Policy => Err(Failure::AnswerUnreadable),
            _ => {
                let status = answer["statusCode"].as_u64().ok_or(Failure::AnswerUnreadable)?;
                let html = answer["headers"]["content-type"].as_str().is_some_and(|kind| kind.starts_with("text/html"));
                let page = answer["body"].as_str().filter(|_| html);
                self.expected.judge(status, page, &body(answer).unwrap_or_default())
            }
        }
    }
}

impl Expected {
    /// Whether an answer is the right one: its status, its page, and its JSON.
    pub(crate) fn judge(&self, status: u64, page: Option<&str>, body: &Value) -> Result<(), Failure> {
        let token = |name: &str| body[name].as_str().is_some_and(|text| !text.is_empty());
        let right = match self {
            Self::Tokens => status == 200 && token("access_token") && token("refresh_token"),
            Self::AccessToken => status == 200 && token("access_token"),
            Self::Active(active) => status == 200 && body["active"].as_bool() == Some(*active),
            Self::Done => status == 200,
            Self::Refused(error) => status == 400 && body["error"] == *error,
            Self::Unknown => status == 401 && body["error_description"] == unknown(),
            // Each page has the refusal's description, in English, for developers.
            Self::Page(denial) => status == 400 && page.is_some_and(|page| page.contains(&*denial.wire().description)),
            Self::NotAuthorized | Self::Policy => false,
        };
        let word = || body["error"].as_str().map(|word| known(word, &ERROR_CODES));
        if right { Ok(()) } else { Err(Failure::AnswerUnexpected(status, word())) }
    }
}

/// How the service refuses an unknown client. It says so after it looked for the client.
fn unknown() -> String {
    let mismatch = wskey::Error::SignatureMismatch {
        signed_text: String::new(),
        hints: Vec::new(),
        cause: Mismatch::UnknownClient,
    };
    Denial::from(ClientAuthFailure::from(mismatch)).wire().description.into_owned()
}

/// The JSON of an answer's body.
fn body(answer: &Value) -> Option<Value> {
    serde_json::from_str(answer["body"].as_str()?).ok()
}

/// An event of an HTTP API.
fn event(method: &str, last: &str, query: &str, authorization: Option<&str>) -> Value {
    let path = format!("/oauth2/{last}");
    let route = format!("{method} {path}");
    let mut headers =
        json!({ "accept": "application/json", "host": "check.latchkey.invalid", "user-agent": "latchkey-check" });
    if let Some(authorization) = authorization {
        headers["authorization"] = authorization.into();
    }
    json!({
        "version": "2.0", "type": "REQUEST", "routeKey": route, "rawPath": path, "rawQueryString": query, "headers": headers,
        "requestContext": {
            "accountId": "", "domainName": "check.latchkey.invalid", "domainPrefix": "check",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "latchkey-check" },
            "requestId": "latchkey-check", "routeKey": route, "stage": "$default", "time": "", "timeEpoch": now() * 1000,
        },
        "isBase64Encoded": false,
    })
}

/// A REST API's question. Its answer tells a token that is not good from a scope that does not fit.
fn token_event(access: &str) -> Value {
    json!({
        "type": "TOKEN", "authorizationToken": format!("Bearer {access}"),
        "methodArn": "arn:aws:execute-api:us-east-1:123456789012:check/check/GET/check",
    })
}
