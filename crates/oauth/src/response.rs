//! Answers on the wire: the shapes that existing clients read.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN};
use http::header::{ACCESS_CONTROL_MAX_AGE, ALLOW, VARY};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

use crate::client::Client;
use crate::client_auth::{Challenge, challenge};
use crate::error::{Denial, RETRY_AFTER_SECONDS};
use crate::grants::{Expiring, TokenResponse};
use crate::scope::{CONTEXT, Scope};
use crate::settings::Subjects;
use crate::time::instant;
use crate::token::Kind;
use crate::tokens::active::Active;

mod device;
mod pushed;
#[cfg(test)]
mod tests;

pub use device::device_authorization;
pub use pushed::pushed;

/// A count of seconds: a JSON number (RFC 6749 section 5.1), or a string for a client registered to get one.
#[derive(Serialize)]
#[serde(untagged)]
enum Seconds {
    Number(u64),
    Text(String),
}

/// The members in the order of the documented sample. Both spellings of a member have readers.
#[derive(Serialize)]
struct TokenBody<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: Seconds,
    expires_at: String,
    scope: &'a str,
    scopes: &'a str,
    #[serde(rename = "principalID")]
    principal_id: &'a str,
    #[serde(rename = "principalIDNS")]
    principal_idns: &'a str,
    context_institution_id: &'a str,
    #[serde(rename = "contextInstitutionId")]
    context_institution: &'a str,
    authenticating_institution_id: &'a str,
    error_code: Option<()>,
    #[serde(flatten)]
    refresh: Option<RefreshBody<'a>>,
}

/// The three members that come together or not at all.
#[derive(Serialize)]
struct RefreshBody<'a> {
    refresh_token: &'a str,
    refresh_token_expires_in: Seconds,
    refresh_token_expires_at: String,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    error_description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_uri: Option<String>,
    code: ErrorCode,
    message: &'a str,
    details: &'a str,
}

#[derive(Serialize)]
struct ErrorCode {
    r#type: &'static str,
    value: String,
}

/// The members and types of RFC 6749 section 5.1, and what else a token is good for.
#[derive(Serialize)]
struct PlainBody<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token_expires_in: Option<u64>,
    authenticating_institution_id: &'a str,
    context_institution_id: &'a str,
    #[serde(rename = "principalID", skip_serializing_if = "Option::is_none")]
    principal_id: Option<&'a str>,
    #[serde(rename = "principalIDNS", skip_serializing_if = "Option::is_none")]
    principal_idns: Option<&'a str>,
}

/// The form of an answer that carries tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form<'a> {
    /// That of OCLC's service, for clients that sign, and for those that ask in the query as these do.
    #[default]
    Oclc,
    /// That of RFC 6749.
    Plain {
        /// The refresh token that the client presented. It is as good as before, and some clients forget it unless each answer
        /// repeats it.
        refresh_token: Option<&'a str>,
        /// The institution that the scope of the request named. Some clients refuse an answer whose scope lacks what they asked
        /// for.
        context: Option<&'a str>,
    },
}

/// The answer that carries tokens.
pub fn tokens(client: &Client, answer: &TokenResponse, form: Form<'_>, now: u64) -> Response<Bytes> {
    match form {
        Form::Oclc => oclc_tokens(client, answer, now),
        Form::Plain { refresh_token, context } => plain_tokens(answer, refresh_token, context, now),
    }
}

fn plain_tokens(
    answer: &TokenResponse,
    refresh_token: Option<&str>,
    context: Option<&str>,
    now: u64,
) -> Response<Bytes> {
    let left = |token: &Expiring| token.expires_at.saturating_sub(now).saturating_sub(1);
    let scope = match context {
        Some(id) => format!("{} {CONTEXT}{id}", answer.scope),
        None => answer.scope.to_string(),
    };
    let principal = answer.principal.as_ref();
    let body = PlainBody {
        access_token: &answer.access.token.text,
        token_type: "bearer",
        expires_in: left(&answer.access),
        scope: &scope,
        refresh_token: answer.refresh.as_ref().map(|refresh| refresh.token.text.as_str()).or(refresh_token),
        refresh_token_expires_in: answer.refresh.as_ref().map(left),
        authenticating_institution_id: &answer.institutions.authenticating,
        context_institution_id: &answer.institutions.context,
        principal_id: principal.map(|principal| principal.id.as_str()),
        principal_idns: principal.map(|principal| principal.idns.as_str()),
    };
    json(StatusCode::OK, &body)
}

fn oclc_tokens(client: &Client, answer: &TokenResponse, now: u64) -> Response<Bytes> {
    // The clock has spent a part of the first second already, and a whole number may not promise it.
    let seconds = |token: &Expiring| {
        let left = token.expires_at.saturating_sub(now).saturating_sub(1);
        if client.numbers_as_strings { Seconds::Text(left.to_string()) } else { Seconds::Number(left) }
    };
    let scope = answer.scope.to_string();
    let principal = answer.principal.as_ref();
    let body = TokenBody {
        access_token: &answer.access.token.text,
        token_type: "bearer",
        expires_in: seconds(&answer.access),
        expires_at: instant(answer.access.expires_at),
        scope: &scope,
        scopes: &scope,
        principal_id: principal.map_or("", |principal| &principal.id),
        principal_idns: principal.map_or("", |principal| &principal.idns),
        context_institution_id: &answer.institutions.context,
        context_institution: &answer.institutions.context,
        authenticating_institution_id: &answer.institutions.authenticating,
        error_code: None,
        refresh: answer.refresh.as_ref().map(|refresh| RefreshBody {
            refresh_token: &refresh.token.text,
            refresh_token_expires_in: seconds(refresh),
            refresh_token_expires_at: instant(refresh.expires_at),
        }),
    };
    json(StatusCode::OK, &body)
}

/// Where a refusal is explained (RFC 6749 section 5.2): a place on the errors page, where the deployment has one.
pub(crate) fn error_uri(denial: &Denial, error_pages: Option<&str>) -> Option<String> {
    error_pages.map(|page| format!("{page}#{}", denial.anchor()))
}

/// The answer that refuses. It leads to `error_pages`, where that is set.
pub fn denial(denial: &Denial, error_pages: Option<&str>) -> Response<Bytes> {
    let wire = denial.wire();
    let status = StatusCode::from_u16(wire.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = ErrorBody {
        error: wire.error,
        error_description: &wire.description,
        error_uri: error_uri(denial, error_pages),
        code: ErrorCode { r#type: "http", value: wire.status.to_string() },
        message: &wire.description,
        details: &wire.details,
    };
    let mut response = json(status, &body);
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    match status {
        StatusCode::UNAUTHORIZED => {
            let scheme =
                if let Denial::ClientAuth(failure) = denial { failure.challenge() } else { Challenge::default() };
            set(WWW_AUTHENTICATE, challenge(scheme, &wire));
        }
        StatusCode::SERVICE_UNAVAILABLE => set(RETRY_AFTER, RETRY_AFTER_SECONDS.to_string()),
        _ => {}
    }
    response
}

/// What an API's guard answers (RFC 6750 section 3): no error code where no token was sent.
pub fn bearer_denial(denial: &Denial, required: Option<&Scope>) -> Response<Bytes> {
    let mut response = self::denial(denial, None);
    let wire = denial.wire();
    let scope = required.map_or(String::new(), |scope| format!(", scope=\"{scope}\""));
    let told = format!("Bearer error=\"{}\", error_description=\"{}\"", wire.error, wire.description);
    let challenge = match denial {
        Denial::BearerMissing => format!("Bearer realm=\"api\"{scope}"),
        Denial::TokenInactive | Denial::TokenClient(_) => told,
        Denial::ScopeInsufficient => told + &scope,
        _ => return response,
    };
    if let Ok(challenge) = HeaderValue::try_from(challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

#[derive(Serialize)]
struct IntrospectionBody<'a> {
    active: bool,
    scope: String,
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<Cow<'a, str>>,
    iss: &'a str,
    #[serde(rename = "principalID", skip_serializing_if = "Option::is_none")]
    principal_id: Option<&'a str>,
    #[serde(rename = "principalIDNS", skip_serializing_if = "Option::is_none")]
    principal_idns: Option<&'a str>,
    authenticating_institution_id: &'a str,
    context_institution_id: &'a str,
}

/// The answer of RFC 7662 section 2.2; of a token that is not active it says nothing else. Who signs (`is_signed`) is answered
/// as by versions that knew no other clients.
pub fn introspection(
    seen: Option<(&Scope, &Active<'_>)>,
    issuer: &str,
    subjects: Subjects,
    is_signed: bool,
) -> Response<Bytes> {
    let Some((scope, active)) = seen else { return json(StatusCode::OK, &serde_json::json!({ "active": false })) };
    let principal = active.grant.principal.as_ref();
    let body = IntrospectionBody {
        active: true,
        scope: scope.to_string(),
        client_id: &active.grant.client_id,
        token_type: (active.kind == Kind::Access).then_some("bearer"),
        exp: active.expires_at,
        iat: active.issued_at,
        sub: match (subjects, principal) {
            (Subjects::Legacy, None) if is_signed => None,
            (Subjects::Legacy, Some(principal)) => Some(principal.id.as_str().into()),
            (Subjects::V2, Some(principal)) => Some(principal.subject().into()),
            // RFC 9068 section 2.2: an application that acts for itself.
            (_, None) => Some(active.grant.client_id.as_str().into()),
        },
        iss: issuer,
        principal_id: principal.map(|principal| principal.id.as_str()),
        principal_idns: principal.map(|principal| principal.idns.as_str()),
        authenticating_institution_id: &active.grant.institutions.authenticating,
        context_institution_id: &active.grant.institutions.context,
    };
    json(StatusCode::OK, &body)
}

/// 200 and nothing to say: revoked, or nothing was there to be.
pub fn done() -> Response<Bytes> {
    json(StatusCode::OK, &serde_json::json!({}))
}

/// A document that anyone may keep for an hour, and that a script of any origin may read.
pub fn public(document: &serde_json::Value) -> Response<Bytes> {
    let mut response = json(StatusCode::OK, document);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response.headers_mut().remove(PRAGMA);
    response
}

/// Lets scripts of a page of this origin read an answer. No cache may give it to another page.
pub fn readable_by(response: &mut Response<Bytes>, origin: HeaderValue) {
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    response.headers_mut().insert(VARY, HeaderValue::from_static("Origin"));
}

/// What a browser is told that asks whether a script may read a public document.
pub fn preflight() -> Response<Bytes> {
    preflight_of("GET, HEAD, OPTIONS", "GET, HEAD", "*")
}

/// What a browser is told that asks whether a script may send a form. The question names no client, so every origin may; which
/// one may read the answer, the answer says. Never with credentials that the browser has.
pub fn preflight_of_form(allow: &'static str) -> Response<Bytes> {
    preflight_of(allow, "POST", "Content-Type")
}

fn preflight_of(allow: &'static str, methods: &'static str, headers: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    for (name, value) in [
        (ALLOW, allow),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, methods),
        (ACCESS_CONTROL_ALLOW_HEADERS, headers),
        (ACCESS_CONTROL_MAX_AGE, "3600"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn json(status: StatusCode, body: &impl Serialize) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
