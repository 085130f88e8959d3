//! Clients of a declared file: which attributes there are, how they are read, and how they are written.

use serde::Serialize;

use super::fields::{Faults, Fields};
use super::node::{Fault, Node};
use super::people::name;
use crate::cli::client::keys::key;
use crate::cli::client::replacement::Replacement;
use crate::cli::secrets_manager::secret_name;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::Client;
use latchkey_oauth::client::registration::{self, YEAR};
use latchkey_oauth::client_auth::assertion::MAX_ASSERTION_SECONDS;
use latchkey_oauth::grant::subject;
use latchkey_oauth::grant_type::GrantType;

/// A client that shall be there.
pub(in crate::cli) struct DeclaredClient {
    pub(in crate::cli) client_id: String,
    pub(in crate::cli) replacement: Replacement,
    /// Where Secrets Manager keeps the secret of a new client.
    pub(in crate::cli) secret_to: Option<String>,
    /// Values that a new registration is refused for. A client that has one already keeps it.
    pub(in crate::cli) doubts: Vec<Doubt>,
}

/// A value of a list that the rules refuse.
pub(in crate::cli) struct Doubt {
    pub(in crate::cli) attribute: &'static str,
    pub(in crate::cli) value: String,
    pub(in crate::cli) fault: Fault,
}

/// Every name in a client's table.
const NAMES: [&str; 24] = [
    "client_id",
    "name",
    "publisher",
    "help_url",
    "disabled",
    "auth_methods",
    "jwks",
    "grant_types",
    "scopes",
    "institutions",
    "redirect_uris",
    "origins",
    "introspects",
    "pkce_required",
    "require_pushed_requests",
    "names_principal",
    "namespaces",
    "signed_principal_required",
    "numbers_as_strings",
    "principal_on_refresh",
    "refresh_token_seconds",
    "assertion_seconds",
    "single_use_assertions",
    "secret_to",
];

pub(super) fn client(path: &str, node: &Node, faults: &Faults) -> Option<DeclaredClient> {
    let fields = Fields::of(path, node, &NAMES, faults)?;
    let mut doubts = Vec::new();
    let read_id = |text: &str| match registration::client_id(text) {
        // An earlier version took ids that begin as users' subjects do.
        Err(reason) if !subject::is_of_users(text) => Err(format!("it {reason}")),
        read => Ok((text.to_owned(), read.err())),
    };
    let client_id = fields.required("client_id", read_id).map(|(id, reason)| {
        let doubt = |reason| Doubt {
            attribute: "client_id",
            value: id.clone(),
            fault: fields.fault("client_id", format!("{id:?}: it {reason}")),
        };
        doubts.extend(reason.map(doubt));
        id
    });
    let mut list = |name: &'static str, parse: fn(&str) -> Result<String, String>| {
        let values = fields.list(name, |text: &str| Ok::<_, &str>((text.to_owned(), parse(text))))?;
        let nodes = fields.nodes(name)?;
        for ((value, parsed), (path, node)) in values.iter().zip(nodes) {
            if let Err(reason) = parsed {
                let fault = Fault { path, line: Some(node.line), reason: format!("{value:?}: {reason}") };
                doubts.push(Doubt { attribute: name, value: value.clone(), fault });
            }
        }
        Some(values.into_iter().map(|(value, _)| value).collect())
    };
    let replacement = Replacement {
        name: fields.text("name", name),
        publisher: fields.text("publisher", |text| maybe(text, registration::publisher)),
        help_url: fields.text("help_url", |text| maybe(text, registration::help_url)),
        disabled: fields.flag("disabled"),
        auth_methods: fields.list("auth_methods", registration::auth_method),
        keys: fields.list("jwks", key),
        grant_types: fields.list("grant_types", registration::grant_type),
        scopes: list("scopes", |text| Ok(registration::scope(text)?)),
        institutions: list("institutions", |text| Ok(registration::institution(text)?)),
        redirect_uris: list("redirect_uris", registration::redirect_uri),
        origins: list("origins", registration::origin),
        introspects: list("introspects", |text| Ok(registration::owned_scope(text)?)),
        pkce_required: fields.flag("pkce_required"),
        require_pushed_requests: fields.flag("require_pushed_requests"),
        names_principal: fields.flag("names_principal"),
        namespaces: list("namespaces", registration::namespace),
        signed_principal_required: fields.flag("signed_principal_required"),
        numbers_as_strings: fields.flag("numbers_as_strings"),
        principal_on_refresh: fields.flag("principal_on_refresh"),
        refresh_token_seconds: fields.number("refresh_token_seconds", 1, YEAR),
        assertion_seconds: fields.number("assertion_seconds", 1, MAX_ASSERTION_SECONDS),
        single_use_assertions: fields.flag("single_use_assertions"),
    };
    let secret_to = fields.text("secret_to", secret_name);
    Some(DeclaredClient { client_id: client_id?, replacement, secret_to, doubts })
}

/// Reads a text that a client may lack: an empty one takes it away.
fn maybe<E>(text: &str, parse: impl Fn(&str) -> Result<String, E>) -> Result<Option<String>, E> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

/// The attributes of a client as a declared file has them.
#[derive(Serialize)]
pub(in crate::cli) struct Attributes<'a> {
    client_id: &'a str,
    name: &'a str,
    publisher: &'a str,
    help_url: &'a str,
    disabled: bool,
    auth_methods: Vec<&'static str>,
    jwks: Vec<&'a str>,
    grant_types: Vec<&'static str>,
    scopes: &'a [String],
    institutions: &'a [String],
    redirect_uris: &'a [String],
    origins: &'a [String],
    introspects: &'a [String],
    pkce_required: bool,
    require_pushed_requests: bool,
    names_principal: bool,
    namespaces: Vec<&'a str>,
    signed_principal_required: bool,
    numbers_as_strings: bool,
    principal_on_refresh: bool,
    refresh_token_seconds: Life,
    assertion_seconds: Life,
    single_use_assertions: bool,
}

/// The life of refresh tokens or of assertions: the client's own, or that of every client.
#[derive(Serialize)]
#[serde(untagged)]
enum Life {
    Seconds(u64),
    Default(&'static str),
}

impl<'a> Attributes<'a> {
    pub(in crate::cli) fn of(client: &'a Client) -> Self {
        // By name: an attribute that is forgotten here does not compile.
        let Client {
            id,
            name,
            publisher,
            help_url,
            disabled,
            // No file holds a secret.
            secrets: _,
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
            // Nothing that an operator declares.
            not_before: _,
            created_at: _,
            revision: _,
        } = client;
        Self {
            client_id: id,
            name,
            publisher: publisher.as_deref().unwrap_or_default(),
            help_url: help_url.as_deref().unwrap_or_default(),
            disabled: *disabled,
            auth_methods: auth_methods.iter().copied().map(AuthMethod::as_str).collect(),
            jwks: keys.iter().map(|key| key.jwk.as_str()).collect(),
            grant_types: grant_types.iter().copied().map(GrantType::as_str).collect(),
            scopes,
            institutions,
            redirect_uris,
            origins,
            introspects,
            pkce_required: *pkce_required,
            require_pushed_requests: *require_pushed_requests,
            names_principal: *names_principal,
            namespaces: match namespaces {
                Some(namespaces) => namespaces.iter().map(String::as_str).collect(),
                None => vec![registration::ANY_NAMESPACE],
            },
            signed_principal_required: *signed_principal_required,
            numbers_as_strings: *numbers_as_strings,
            principal_on_refresh: *principal_on_refresh,
            refresh_token_seconds: refresh_token_seconds.map_or(Life::Default("default"), Life::Seconds),
            assertion_seconds: assertion_seconds.map_or(Life::Default("default"), Life::Seconds),
            single_use_assertions: *single_use_assertions,
        }
    }
}
