//! The rules for the values of a registration, for every way to register a client.

use url::{Host, Url};

use crate::client::{ANY_INSTITUTION, ANY_SCOPE, MAX_REDIRECT_URI};
use crate::grant::is_institution_id;
use crate::grant_type::{GrantType, listed};
use crate::scope::{REFRESH_TOKEN, Scope};

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

/// Schemes that make a browser run code or read a file.
const DANGEROUS: [&str; 7] = ["about", "blob", "data", "file", "filesystem", "javascript", "vbscript"];

/// RFC 6749 section 3.1.2 and RFC 9700 section 2.1: absolute, without a fragment, and http only on loopback.
pub fn redirect_uri(text: &str) -> Result<String, String> {
    let uri = Url::parse(text).map_err(|error| format!("a redirect URI must be absolute: {error}"))?;
    if text.contains('#') {
        return Err("a redirect URI must not have a fragment (RFC 6749 section 3.1.2)".to_owned());
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains('\\') {
        return Err("a redirect URI must be visible ASCII without a backslash".to_owned());
    }
    if !uri.username().is_empty() || uri.password().is_some() {
        return Err("a redirect URI must not have a user name or a password".to_owned());
    }
    let web = ["http", "https"].contains(&uri.scheme());
    let has_slashes = text.split_once(':').is_some_and(|(_, rest)| rest.starts_with("//"));
    if web && (!has_slashes || uri.host_str().is_none_or(|host| host.contains([';', ',', '\'']))) {
        return Err("an http or https URI must have // and a host".to_owned());
    }
    if DANGEROUS.contains(&uri.scheme()) {
        return Err(format!("a redirect URI must not have the scheme {}", uri.scheme()));
    }
    if text.len() > MAX_REDIRECT_URI {
        return Err(format!("a redirect URI must have at most {MAX_REDIRECT_URI} bytes"));
    }
    let loopback = match uri.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if uri.scheme() == "http" && !loopback {
        return Err("http is only for loopback (RFC 9700 section 2.6); use https".to_owned());
    }
    Ok(text.to_owned())
}
