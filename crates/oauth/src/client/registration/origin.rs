//! The rule for an origin of a client's pages.

use url::Url;

use super::redirect_uri::is_loopback;

#[cfg(test)]
mod tests;

/// The longest origin: a host name has at most 253 characters.
const MAX_ORIGIN: usize = 300;

/// Reads an origin as a browser writes it into the header `Origin` (RFC 6454 section 6.2): scheme, host, and a port other than
/// the scheme's own. http is only for loopback.
pub fn origin(text: &str) -> Result<String, String> {
    let malformed = |why: &str| format!("an origin has the form https://host or https://host:port: {why}");
    if text == "*" || text == "null" {
        return Err(malformed("name each one; neither * nor null is an origin of a client"));
    }
    let url = Url::parse(text).map_err(|error| malformed(&error.to_string()))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(malformed("its scheme must be https, or http on loopback"));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err("http is only for loopback; use https".to_owned());
    }
    if url.host_str().is_some_and(|host| host.contains('*')) {
        return Err(malformed("no host has *, and the service compares origins character by character; name each one"));
    }
    let written = url.origin().ascii_serialization();
    if written != text {
        return Err(malformed(&format!("browsers write this one as {written}")));
    }
    if text.len() > MAX_ORIGIN { Err(malformed("it is too long")) } else { Ok(written) }
}
