//! The rules for a registration as a whole: what it can never do, and what an operator should look at.

use std::collections::BTreeSet;
use std::fmt;

use crate::auth_method::AuthMethod;
use crate::client::registration::redirect_uri::{redirect_uri, redirect_uri_warnings};
use crate::client::registration::secret::WEAK;
use crate::client::{ANY_INSTITUTION, ANY_SCOPE, Client, NamedSecret};
use crate::grant::subject;
use crate::grant_type::GrantType;
use crate::jose::{LEAST_SHARED, PublicKey, key_set};
use crate::scope::CONTEXT;

#[cfg(test)]
mod tests;

/// Why a client could never get a token, or never by one of its grant types: an attribute without a value, or with values that
/// do not go together. It prints the attribute as an option of a command.
#[derive(Debug, PartialEq, Eq)]
pub struct Impossible {
    /// The option that sets the attribute.
    pub option: &'static str,
    /// The attribute's name in a stored item and in a declared file.
    pub attribute: &'static str,
    /// Whether it has no value.
    pub is_missing: bool,
    /// What cannot work.
    pub reason: String,
}

impl Impossible {
    fn missing(option: &'static str, attribute: &'static str, reason: String) -> Self {
        Self { option, attribute, is_missing: true, reason }
    }

    fn at_odds(option: &'static str, attribute: &'static str, reason: impl Into<String>) -> Self {
        Self { option, attribute, is_missing: false, reason: reason.into() }
    }

    /// What is wrong, where the attribute is named before.
    pub fn words(&self) -> String {
        if self.is_missing { format!("it is missing: {}", self.reason) } else { self.reason.clone() }
    }
}

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { option, is_missing, reason, .. } = self;
        if *is_missing { write!(f, "{option} is missing: {reason}") } else { write!(f, "{option}: {reason}") }
    }
}

/// Why a client that is registered so could never get a token, or never by one of its grant types. `None` if it can.
pub fn impossible(client: &Client) -> Option<Impossible> {
    if let Some(reason) = never_authenticates(client) {
        return Some(reason);
    }
    // A client of an API owner may only introspect.
    let owns = !client.introspects.is_empty() && client.grant_types.is_empty();
    let lists = [
        (client.grant_types.is_empty(), "--grant-type", "grant_types"),
        (client.scopes.is_empty(), "--scope", "scopes"),
        (client.institutions.is_empty(), "--institution", "institutions"),
    ];
    if let Some((_, option, attribute)) = lists.into_iter().find(|(missing, ..)| *missing && !owns) {
        return Some(Impossible::missing(
            option,
            attribute,
            "without it, the client could not request any token".to_owned(),
        ));
    }
    if client.names_principal && client.namespaces.as_ref().is_some_and(Vec::is_empty) {
        let reason = "the client may name users, of no namespace; name each, or * for every namespace".to_owned();
        return Some(Impossible::missing("--namespace", "namespaces", reason));
    }
    let redirects = [GrantType::AuthorizationCode, GrantType::Implicit];
    let redirect = redirects.into_iter().find(|grant_type| client.may_use(*grant_type));
    let grant_type = redirect.filter(|_| client.redirect_uris.is_empty())?;
    let reason = format!("the grant type {} sends its answer to a redirect URI", grant_type.as_str());
    Some(Impossible::missing("--redirect-uri", "redirect_uris", reason))
}

/// What is wrong with the methods of a client, or with what it may do without a secret.
fn never_authenticates(client: &Client) -> Option<Impossible> {
    let at_odds = |reason: &str| Some(Impossible::at_odds("--auth-method", "auth_methods", reason));
    if client.auth_methods.is_empty() {
        let reason = "without it, the client could not authenticate".to_owned();
        return Some(Impossible::missing("--auth-method", "auth_methods", reason));
    }
    if let Some(reason) = never_asserts(client) {
        return Some(reason);
    }
    if !client.is_public() {
        let reason = "only a public client (--auth-method none) has origins: a page in a browser keeps no secret";
        return (!client.origins.is_empty()).then(|| Impossible::at_odds("--origin", "origins", reason));
    }
    if client.auth_methods.len() > 1 {
        return at_odds("none excludes every other method: an attacker could do without the secret");
    }
    if let Some(grant_type) = GrantType::PROVED.into_iter().find(|known| client.grant_types.contains(known)) {
        return at_odds(&format!("a public client (none) cannot have the grant type {}", grant_type.as_str()));
    }
    let reason = "a public client (none) cannot introspect tokens (RFC 7662 section 2.1)";
    if client.introspects.is_empty() { None } else { at_odds(reason) }
}

/// What is wrong with the assertions of a client, its keys and its secrets.
fn never_asserts(client: &Client) -> Option<Impossible> {
    let at_odds = |option, attribute, reason: &str| Some(Impossible::at_odds(option, attribute, reason));
    let keys: Vec<_> = client.keys.iter().filter_map(|key| PublicKey::parse(&key.jwk).ok()).collect();
    if let Some(fault) = key_set::check(&keys).err().filter(|_| !keys.is_empty()) {
        return at_odds("--jwks", "jwks", &fault.to_string());
    }
    match (client.authenticates_by(AuthMethod::PrivateKeyJwt), client.keys.is_empty()) {
        (true, true) => {
            let reason = "without a key, the client could not authenticate by private_key_jwt".to_owned();
            return Some(Impossible::missing("--jwks", "jwks", reason));
        }
        (false, false) => {
            let reason = "only a client that authenticates by private_key_jwt has keys";
            return at_odds("--jwks", "jwks", reason);
        }
        _ => {}
    }
    if !client.asserts() {
        let reason = "only a client that authenticates by client_secret_jwt or private_key_jwt sends assertions";
        if client.assertion_seconds.is_some() {
            return at_odds("--assertion-seconds", "assertion_seconds", reason);
        }
        if client.single_use_assertions {
            return at_odds("--single-use-assertions", "single_use_assertions", reason);
        }
    }
    let by_secret = client.authenticates_by(AuthMethod::SecretJwt) && !client.secrets.is_empty();
    (by_secret && client.secrets.iter().all(is_short)).then(|| {
        let reason = format!(
            "client_secret_jwt needs a secret of at least {LEAST_SHARED} bytes (RFC 7518 section 3.2), and each secret of the client \
             is shorter: latchkey client rotate-secret makes one that is long enough"
        );
        Impossible::at_odds("--auth-method", "auth_methods", reason)
    })
}

/// Whether a secret is too short for HS256.
fn is_short(secret: &NamedSecret) -> bool {
    secret.sealed.secret_bytes() < LEAST_SHARED
}

/// Why a new client could never use its only grant type. An older one may still have refresh tokens.
pub fn no_first_refresh(client: &Client) -> Option<&'static str> {
    let refreshes_only = client.grant_types == [GrantType::RefreshToken];
    refreshes_only
        .then_some("the grant type refresh_token needs another one: the client could not get its first refresh token")
}

/// What an operator should know of a client that is registered. What a new registration is refused for keeps working.
pub fn warnings(client: &Client) -> Vec<String> {
    let of_uri = |uri: &String| match redirect_uri(uri) {
        Ok(_) => redirect_uri_warnings(uri),
        Err(reason) => vec![format!("{uri}: it works, and a new registration is refused: {reason}")],
    };
    let reserved = subject::is_of_users(&client.id).then(|| {
        "the client id begins as users' subjects do, so the service accepts nothing that the client signs; register it under \
         another one"
            .to_owned()
    });
    let weak = client.secrets.iter().filter(|secret| secret.name.starts_with(WEAK));
    let weak = weak.map(|secret| format!("the secret '{}' is weak; rotate it", secret.name));
    let short =
        client.secrets.iter().filter(|secret| client.authenticates_by(AuthMethod::SecretJwt) && is_short(secret));
    let short = short.map(|secret| {
        format!("the secret '{}' is too short for client_secret_jwt (RFC 7518 section 3.2); rotate it", secret.name)
    });
    let impossible = impossible(client).map(|reason| reason.to_string());
    let unsent = (client.authenticates_by(AuthMethod::Basic) && client.id.contains(':')).then(|| {
        "the client id has a colon: a library that does not form-encode it cannot send it by client_secret_basic (RFC 7617 \
         section 2)"
            .to_owned()
    });
    let of_context = client.scopes.iter().chain(&client.introspects).filter(|scope| scope.starts_with(CONTEXT));
    let of_context = of_context.map(|scope| {
        format!(
            "the scope {scope} works, and a new registration is refused: in requests for other clients, {scope} names an \
             institution"
        )
    });
    impossible
        .into_iter()
        .chain(of_context)
        .chain(unprotected(client).map(str::to_owned))
        .chain(kept_secrets(client))
        .chain(unsent)
        .chain(reserved)
        .chain(client.redirect_uris.iter().flat_map(of_uri))
        .chain(weak)
        .chain(short)
        .collect()
}

/// What is to be said of a public client whose tokens come through the browser.
pub fn unprotected(client: &Client) -> Option<&'static str> {
    (client.is_public() && client.may_use(GrantType::Implicit)).then_some(
        "the client is public and registered for implicit: response_type=token gives access tokens in the redirect's fragment, \
         and PKCE does not protect them; prefer authorization_code",
    )
}

/// A secret of a public client proves nothing, and would be good again if the client got another method.
fn kept_secrets(client: &Client) -> Option<String> {
    (client.is_public() && !client.secrets.is_empty()).then(|| {
        "the client is public and keeps secrets from before; latchkey client update --auth-method none removes them"
            .to_owned()
    })
}

/// The institutions of a registration that are not among `known`.
pub fn unknown_institutions<'a>(client: &'a Client, known: &BTreeSet<&str>) -> Vec<&'a str> {
    unknown(&client.institutions, ANY_INSTITUTION, known)
}

/// The scopes of a registration that are not among `known`.
pub fn unknown_scopes<'a>(client: &'a Client, known: &BTreeSet<&str>) -> Vec<&'a str> {
    let mut unknown_scopes = unknown(&client.scopes, ANY_SCOPE, known);
    let owned = unknown(&client.introspects, ANY_SCOPE, known);
    unknown_scopes.extend(owned.into_iter().filter(|scope| !client.scopes.iter().any(|own| own == scope)));
    unknown_scopes
}

fn unknown<'a>(values: &'a [String], any: &str, known: &BTreeSet<&str>) -> Vec<&'a str> {
    values.iter().map(String::as_str).filter(|value| *value != any && !known.contains(value)).collect()
}
