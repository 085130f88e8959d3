//! The namespaces of the users that a client may name.

use crate::client::{ANY_INSTITUTION, Client};
use crate::grant::{MAX_PRINCIPAL, namespace_of};
use crate::text::{composed, is_whole};

#[cfg(test)]
mod tests;

/// Stands in an option for every namespace.
pub const ANY_NAMESPACE: &str = "*";

/// Reads a namespace (`principalIDNS`) of users that a client may name; `*` is every namespace.
pub fn namespace(text: &str) -> Result<String, String> {
    let text = composed(text);
    let fits = (1..=MAX_PRINCIPAL).contains(&text.len()) && !text.chars().any(char::is_control) && is_whole(&text);
    if fits && text.trim() == text {
        Ok(text)
    } else {
        Err(format!(
            "it must be one line of 1 to {MAX_PRINCIPAL} bytes, without blanks at its ends, or * for every namespace"
        ))
    }
}

/// What a registration holds for the namespaces of an option.
pub fn namespaces(named: Vec<String>) -> Option<Vec<String>> {
    (!named.iter().any(|namespace| namespace == ANY_NAMESPACE)).then_some(named)
}

/// The namespaces of the users of these institutions: what a new client may name. `*` names no
/// institution, so it adds none.
pub fn namespaces_of(institutions: &[String]) -> Vec<String> {
    let named = institutions.iter().filter(|id| *id != ANY_INSTITUTION);
    named.map(|id| namespace_of(id)).collect()
}

/// Whether a client may name users of every namespace.
pub fn is_open(client: &Client) -> bool {
    client.names_principal && client.namespaces.is_none()
}
