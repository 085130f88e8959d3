//! `GET`, `HEAD` and `OPTIONS /.well-known/oauth-authorization-server`: where everything is, and what it can do (RFC 8414).

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};

use crate::context::{RequestContext, Service, issuer};
use crate::log::Outcome;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::error::Denial;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::grants::authorization_code::prompt::PROMPTS;
use latchkey_oauth::jose::Algorithm;
use latchkey_oauth::response;
use latchkey_oauth::service::{AUTHORIZE, DEVICE_AUTHORIZATION, INTROSPECT, PUSH, REVOKE, TOKEN};
use latchkey_oauth::settings::Settings;

/// Returns the metadata document. It has no data of a user, so it may be cached.
pub(super) fn answer(
    service: &Service,
    request: &Request<Bytes>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    context.log_line.outcome = Outcome::Shown;
    if request.method() == Method::OPTIONS {
        return Ok(response::preflight());
    }
    Ok(response::public(&metadata(&service.settings, &issuer(&service.settings, request))))
}

/// The document of an issuer. It says what is served, and what the settings publish beside that.
pub fn metadata(settings: &Settings, issuer: &str) -> Value {
    let at = |path: &str| format!("{issuer}{path}");
    let algorithms = Algorithm::NAMES;
    let methods = AuthMethod::ALL.map(AuthMethod::in_metadata);
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": at(AUTHORIZE),
        "token_endpoint": at(TOKEN),
        "device_authorization_endpoint": at(DEVICE_AUTHORIZATION),
        "introspection_endpoint": at(INTROSPECT),
        "revocation_endpoint": at(REVOKE),
        "pushed_authorization_request_endpoint": at(PUSH),
        // A registration may ask for it.
        "require_pushed_authorization_requests": false,
        // `token` is for clients that know of it: its answer carries no `iss`, against what is said below.
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": GrantType::ASKED_FOR.map(GrantType::as_str),
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": AuthMethod::PROVING.map(AuthMethod::in_metadata),
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": PROMPTS,
        "authorization_response_iss_parameter_supported": true,
        "ui_locales_supported": crate::page::languages(),
    });
    // RFC 8414 section 3.2: no empty array.
    if !settings.scopes_supported.is_empty() {
        document["scopes_supported"] = json!(settings.scopes_supported);
    }
    if let Some(url) = &settings.service_documentation {
        document["service_documentation"] = json!(url);
    }
    document
}
