//! The rules for the values of a registration, for every way to register a client.

mod namespace;
mod redirect_uri;
mod secret;
mod whole;

use crate::client::{ANY_INSTITUTION, ANY_SCOPE};
use crate::grant::is_institution_id;
use crate::grant_type::{GrantType, listed};
use crate::scope::{REFRESH_TOKEN, Scope};

pub use namespace::{ANY_NAMESPACE, is_open, namespace, namespaces, namespaces_of};
pub use redirect_uri::{ADDED, redirect_uri, redirect_uri_warnings};
pub use secret::{WEAK, additions, weakness};
pub use whole::{impossible, no_first_refresh, unknown_institutions, unknown_scopes, warnings};

#[cfg(test)]
mod tests;

/// Reads a grant type that a client may be registered for.
pub fn grant_type(text: &str) -> Result<GrantType, String> {
    let known = || format!("it must be {}", listed(GrantType::ALL.map(GrantType::as_str), "or"));
    GrantType::parse(text).ok_or_else(known)
}

/// Reads a scope that a client may ask for: one token, not `refresh_token`, not `*`.
pub fn scope(text: &str) -> Result<String, &'static str> {
    if text == REFRESH_TOKEN {
        return Err("the scope refresh_token comes with --grant-type refresh_token");
    }
    if text == ANY_SCOPE {
        return Err("a client needs each scope by name; repeat the option for each scope");
    }
    let one = Scope::parse(text).filter(|scope| scope.tokens().count() == 1);
    one.map(|scope| scope.to_string()).ok_or("it must be one scope without blanks; repeat the option for more")
}

/// Reads the registry id of one institution.
pub fn institution_id(text: &str) -> Result<String, &'static str> {
    if is_institution_id(text) { Ok(text.to_owned()) } else { Err("it must have 1 to 64 letters, digits, - _ and .") }
}

/// Reads a scope whose tokens a client may introspect; `*` is every scope.
pub fn owned_scope(text: &str) -> Result<String, &'static str> {
    if text == ANY_SCOPE { Ok(text.to_owned()) } else { scope(text) }
}

/// Reads an institution that a client may act for; `*` is every institution.
pub fn institution(text: &str) -> Result<String, &'static str> {
    let fits = text == ANY_INSTITUTION || is_institution_id(text);
    if fits {
        Ok(text.to_owned())
    } else {
        Err("it must have 1 to 64 letters, digits, - _ and . or be * for every institution")
    }
}
