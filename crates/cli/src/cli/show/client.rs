//! A client, without its secrets.

use serde::Serialize;

use crate::cli::shell::word;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::registration;
use latchkey_oauth::client::{Client, ClientKey, NamedSecret};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::jose::PublicKey;
use latchkey_oauth::time::instant;

/// A client in a list: its name, the methods of one that does not sign, and what is odd about it.
#[derive(Serialize)]
pub(in crate::cli) struct ClientRow {
    name: String,
    client_id: String,
}

impl ClientRow {
    pub(in crate::cli) fn new(client: &ClientView) -> Self {
        let warnings = match client.warnings.len() {
            0 => None,
            1 => Some("1 warning".to_owned()),
            more => Some(format!("{more} warnings")),
        };
        let methods = (client.auth_methods != [AuthMethod::default().as_str()]).then(|| client.auth_methods.join(", "));
        let odd: Vec<_> =
            client.disabled.then(|| "disabled".to_owned()).into_iter().chain(methods).chain(warnings).collect();
        let name = if odd.is_empty() { client.name.clone() } else { format!("{} ({})", client.name, odd.join(", ")) };
        Self { name, client_id: client.client_id.clone() }
    }
}

/// A client without its secrets.
#[derive(Serialize)]
pub(in crate::cli) struct ClientView {
    client_id: String,
    name: String,
    publisher: Option<String>,
    help_url: Option<String>,
    disabled: bool,
    auth_methods: Vec<&'static str>,
    keys: Vec<String>,
    grant_types: Vec<&'static str>,
    scopes: Vec<String>,
    institutions: Vec<String>,
    redirect_uris: Vec<String>,
    origins: Vec<String>,
    introspects: Vec<String>,
    pkce_required: bool,
    require_pushed_requests: bool,
    names_principal: bool,
    namespaces: Vec<String>,
    signed_principal_required: bool,
    numbers_as_strings: bool,
    principal_on_refresh: bool,
    refresh_token_seconds: Option<u64>,
    assertion_seconds: Option<u64>,
    single_use_assertions: bool,
    not_before: Option<String>,
    secrets: Vec<String>,
    created_at: String,
    pub(in crate::cli) warnings: Vec<String>,
}

impl ClientView {
    pub(in crate::cli) fn new(client: &Client) -> Self {
        // By name: an attribute that is forgotten here does not compile.
        let Client {
            id,
            name,
            publisher,
            help_url,
            disabled,
            secrets,
            auth_methods,
            keys,
            grant_types,
            scopes,
            institutions,
            redirect_uris,
            origins,
            introspects,
            pkce_required,
            require_pushed_requests,
            names_principal,
            namespaces,
            signed_principal_required,
            numbers_as_strings,
            principal_on_refresh,
            refresh_token_seconds,
            assertion_seconds,
            single_use_assertions,
            not_before,
            created_at,
            // Only writes use it.
            revision: _,
        } = client;
        // A public client must use PKCE, whatever its registration says.
        let is_public = client.is_public();
        let secret = |named: &NamedSecret| match named.expires_at {
            Some(end) => format!("{} (ends {})", named.name, instant(end)),
            None => named.name.clone(),
        };
        Self {
            client_id: id.clone(),
            name: name.clone(),
            publisher: publisher.clone(),
            help_url: help_url.clone(),
            disabled: *disabled,
            auth_methods: auth_methods.iter().copied().map(AuthMethod::as_str).collect(),
            keys: keys.iter().map(shown).collect(),
            grant_types: grant_types.iter().copied().map(GrantType::as_str).collect(),
            scopes: scopes.clone(),
            institutions: institutions.clone(),
            redirect_uris: redirect_uris.clone(),
            origins: origins.clone(),
            introspects: introspects.clone(),
            pkce_required: *pkce_required || is_public,
            require_pushed_requests: *require_pushed_requests,
            names_principal: *names_principal,
            namespaces: namespaces.clone().unwrap_or_else(|| vec![registration::ANY_NAMESPACE.to_owned()]),
            signed_principal_required: *signed_principal_required,
            numbers_as_strings: *numbers_as_strings,
            principal_on_refresh: *principal_on_refresh,
            refresh_token_seconds: *refresh_token_seconds,
            assertion_seconds: *assertion_seconds,
            single_use_assertions: *single_use_assertions,
            not_before: not_before.map(instant),
            secrets: secrets.iter().map(secret).collect(),
            created_at: instant(*created_at),
            warnings: registration::warnings(client).into_iter().chain(lacks_secret(client)).collect(),
        }
    }
}

/// What is to be said of a client that authenticates by a secret and has none, as one that was a public client before.
pub(in crate::cli) fn lacks_secret(client: &Client) -> Option<String> {
    let lacks = client.needs_a_secret() && client.secrets.is_empty();
    lacks.then(|| {
        let methods = client.auth_methods.iter().filter(|method| method.needs_a_secret());
        let methods = methods.map(|method| method.as_str()).collect::<Vec<_>>().join(", ");
        let id = word(&client.id);
        format!("the client authenticates by {methods}, and it has no secret: run latchkey client rotate-secret {id}")
    })
}

/// A public key: its name, its algorithm, and what tells it from every other.
fn shown(key: &ClientKey) -> String {
    match PublicKey::parse(&key.jwk) {
        Ok(public) => format!("{} ({}, thumbprint {})", key.kid, public.algorithm.as_str(), public.thumbprint()),
        Err(fault) => format!("{} (it verifies nothing: {fault})", key.kid),
    }
}
