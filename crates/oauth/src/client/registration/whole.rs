//! The rules for a registration as a whole: what it can never do, and what an operator should look at.

use std::collections::BTreeSet;
use std::fmt;

use crate::client::registration::redirect_uri::{redirect_uri, redirect_uri_warnings};
use crate::client::registration::secret::WEAK;
use crate::client::{ANY_INSTITUTION, ANY_SCOPE, Client};
use crate::grant::subject;
use crate::grant_type::GrantType;

#[cfg(test)]
mod tests;

/// Why a client could never get a token, or never by one of its grant types: an attribute without a value. It prints the
/// attribute as an option of a command.
#[derive(Debug, PartialEq, Eq)]
pub struct Impossible {
    /// The option that sets the attribute.
    pub option: &'static str,
    /// The attribute's name in a stored item and in a declared file.
    pub attribute: &'static str,
    /// What cannot work without it.
    pub reason: String,
}

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is missing: {}", self.option, self.reason)
    }
}

/// Why a client that is registered so could never get a token, or never by one of its grant types. `None` if it can.
pub fn impossible(client: &Client) -> Option<Impossible> {
    // A client of an API owner may only introspect.
    let owns = !client.introspects.is_empty() && client.grant_types.is_empty();
    let lists = [
        (client.grant_types.is_empty(), "--grant-type", "grant_types"),
        (client.scopes.is_empty(), "--scope", "scopes"),
        (client.institutions.is_empty(), "--institution", "institutions"),
    ];
    if let Some((_, option, attribute)) = lists.into_iter().find(|(missing, ..)| *missing && !owns) {
        let reason = "without it, the client could not request any token".to_owned();
        return Some(Impossible { option, attribute, reason });
    }
    if client.names_principal && client.namespaces.as_ref().is_some_and(Vec::is_empty) {
        let reason = "the client may name users, of no namespace; name each, or * for every namespace".to_owned();
        return Some(Impossible { option: "--namespace", attribute: "namespaces", reason });
    }
    let redirects = [GrantType::AuthorizationCode, GrantType::Implicit];
    let redirect = redirects.into_iter().find(|grant_type| client.may_use(*grant_type));
    let grant_type = redirect.filter(|_| client.redirect_uris.is_empty())?;
    let reason = format!("the grant type {} sends its answer to a redirect URI", grant_type.as_str());
    Some(Impossible { option: "--redirect-uri", attribute: "redirect_uris", reason })
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
    let impossible = impossible(client).map(|reason| reason.to_string());
    impossible.into_iter().chain(reserved).chain(client.redirect_uris.iter().flat_map(of_uri)).chain(weak).collect()
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
