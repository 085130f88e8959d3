//! The rules for the values of a registration, for every way to register a client.

mod namespace;
mod origin;
mod redirect_uri;
mod secret;
mod whole;

use crate::auth_method::AuthMethod;
use crate::client::{ANY_INSTITUTION, ANY_SCOPE, is_client_id};
use crate::grant::is_institution_id;
use crate::grant_type::{GrantType, listed};
use crate::links::is_help;
use crate::scope::{CONTEXT, REFRESH_TOKEN, Scope};
use crate::text::{MAX_NAME, composed, is_name};

pub use namespace::{ANY_NAMESPACE, is_open, namespace, namespaces, namespaces_of};
pub use origin::origin;
pub use redirect_uri::{ADDED, redirect_uri, redirect_uri_warnings};
pub use secret::{WEAK, additions, weakness};
pub use whole::{
    Impossible, impossible, no_first_refresh, unknown_institutions, unknown_scopes, unprotected, warnings,
};

#[cfg(test)]
mod tests;

/// The longest life of a client's refresh tokens, and the longest overlap of two secrets, in seconds.
pub const YEAR: u64 = 366 * 24 * 60 * 60;

const NAME: &str = "must be one line of at most 200 bytes, and have no character that turns writing around";

/// Reads the name of an application, an institution or a scope: it shows as one line. The error lacks a subject.
pub fn name(text: &str) -> Result<String, &'static str> {
    let text = composed(text);
    if is_name(&text) { Ok(text) } else { Err(NAME) }
}

/// Reads who registers an application.
pub fn publisher(text: &str) -> Result<String, String> {
    name(text).map_err(|reason| format!("it {reason}"))
}

/// Reads where users of an application get help.
pub fn help_url(text: &str) -> Result<String, &'static str> {
    let reason =
        "it must be an https URL, or mailto: and an e-mail address, of at most 200 bytes and without quotes and blanks";
    if text.len() <= MAX_NAME && is_help(text) { Ok(text.to_owned()) } else { Err(reason) }
}

/// Reads a client id. The error lacks a subject.
pub fn client_id(text: &str) -> Result<String, &'static str> {
    let reason = "must have 1 to 128 visible ASCII characters without a double quote, and must not begin as users' subjects do \
                  (urn:latchkey:user:)";
    if is_client_id(text) { Ok(text.to_owned()) } else { Err(reason) }
}

/// Reads a method by which a client may authenticate.
pub fn auth_method(text: &str) -> Result<AuthMethod, String> {
    let known = || format!("it must be {}", listed(AuthMethod::ALL.map(AuthMethod::as_str), "or"));
    AuthMethod::parse(text).ok_or_else(known)
}

/// Reads a grant type that a client may be registered for.
pub fn grant_type(text: &str) -> Result<GrantType, String> {
    let known = || format!("it must be {}", listed(GrantType::ALL.map(GrantType::as_str), "or"));
    GrantType::parse(text).ok_or_else(known)
}

/// Reads a scope that a client may ask for: one token, not `refresh_token`, not `*`, and none that names an institution.
pub fn scope(text: &str) -> Result<String, &'static str> {
    if text.starts_with(CONTEXT) {
        return Err(
            "context:ID names an institution in a request, so it cannot be a scope; register the client for the \
                    institution (--institution ID)",
        );
    }
    described_scope(text)
}

/// Reads a scope that has a description. An earlier version took those that name an institution, too.
pub fn described_scope(text: &str) -> Result<String, &'static str> {
    if text == REFRESH_TOKEN {
        return Err("the scope refresh_token comes with the grant type (--grant-type refresh_token)");
    }
    if text == ANY_SCOPE {
        return Err("a client needs each scope by name; name each one");
    }
    let one = Scope::parse(text).filter(|scope| scope.tokens().count() == 1);
    one.map(|scope| scope.to_string()).ok_or("it must be one scope without blanks; name each one by itself")
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
