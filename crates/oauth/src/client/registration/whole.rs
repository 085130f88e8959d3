//! The rules for a registration as a whole: what it can never do, and what an operator should look at.

use std::collections::BTreeSet;

use crate::client::registration::redirect_uri::{redirect_uri, redirect_uri_warnings};
use crate::client::registration::secret::WEAK;
use crate::client::{ANY_INSTITUTION, ANY_SCOPE, Client};
use crate::grant::subject;
use crate::grant_type::GrantType;

#[cfg(test)]
mod tests;

/// Why a client that is registered so could never get a token, or never by one of its grant types. `None` if it can.
pub fn impossible(client: &Client) -> Option<String> {
    // A client of an API owner may only introspect.
    let owns = !client.introspects.is_empty() && client.grant_types.is_empty();
    let lists = [
        (client.grant_types.is_empty(), "--grant-type"),
        (client.scopes.is_empty(), "--scope"),
        (client.institutions.is_empty(), "--institution"),
    ];
    if let Some((_, option)) = lists.into_iter().find(|(missing, _)| *missing && !owns) {
        return Some(format!("{option} is missing: without it, the client could not request any token"));
    }
    if client.names_principal && client.namespaces.as_ref().is_some_and(Vec::is_empty) {
        return Some(
            "--namespace is missing: the client may name users, of no namespace; name each, or * for every namespace"
                .to_owned(),
        );
    }
    let redirects = [GrantType::AuthorizationCode, GrantType::Implicit];
    let redirect = redirects.into_iter().find(|grant_type| client.may_use(*grant_type));
    if let Some(grant_type) = redirect.filter(|_| client.redirect_uris.is_empty()) {
        return Some(format!(
            "--redirect-uri is missing: the grant type {} sends its answer to a redirect URI",
            grant_type.as_str()
        ));
    }
    None
}

/// Why a new client could never use its only grant type. An older one may still have refresh tokens.
pub fn no_first_refresh(client: &Client) -> Option<&'static str> {
    let refreshes_only = client.grant_types == [GrantType::RefreshToken];
    refreshes_only.then_some(
        "--grant-type refresh_token needs another grant type: the client could not get its first refresh token",
    )
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
    impossible(client)
        .into_iter()
        .chain(reserved)
        .chain(client.redirect_uris.iter().flat_map(of_uri))
        .chain(weak)
        .collect()
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
