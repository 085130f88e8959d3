//! The rules for a redirect URI: which ones a client may be registered with, and which ones an operator should know more of.

use url::{Host, Url};

use crate::client::MAX_REDIRECT_URI;
use crate::form::Pairs;

#[cfg(test)]
mod tests;

/// Schemes that make a browser run code, read a file, or show something of its own.
const DANGEROUS: [&str; 10] =
    ["about", "blob", "chrome", "data", "file", "filesystem", "intent", "javascript", "vbscript", "view-source"];

/// Schemes that belong to programs other than the client: to mail, telephones, transfers and the like.
const ELSEWHERE: [&str; 29] = [
    "acct", "callto", "cid", "facetime", "feed", "ftp", "ftps", "geo", "gopher", "imap", "irc", "ldap", "ldaps",
    "magnet", "mailto", "mid", "news", "nntp", "rtsp", "sftp", "sip", "sips", "sms", "ssh", "tel", "telnet", "ws",
    "wss", "xmpp",
];

/// The parameters that the service adds to the query of a redirect URI. A name that is there already would be there twice.
pub const ADDED: [&str; 9] = [
    "code",
    "state",
    "iss",
    "error",
    "error_description",
    "error_uri",
    "http_code",
    "authenticating_institution_id",
    "context_institution_id",
];

/// RFC 6749 section 3.1.2 and RFC 9700 section 2.1: absolute, without a fragment, and http only on loopback.
pub fn redirect_uri(text: &str) -> Result<String, String> {
    if let Some(host) = host_and_port(text) {
        return Err(format!(
            "a redirect URI must begin with a scheme: write https://{host}, or http://{host} if the host is loopback"
        ));
    }
    let uri = Url::parse(text).map_err(|error| format!("a redirect URI must be absolute: {error}"))?;
    if text.contains('#') {
        return Err("a redirect URI must not have a fragment (RFC 6749 section 3.1.2)".to_owned());
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains('\\') {
        return Err("a redirect URI must be visible ASCII without a backslash".to_owned());
    }
    if let Some(character) = text.chars().find(|character| "\"<>^`{|}".contains(*character)) {
        return Err(format!("a redirect URI must not have the character {character} (RFC 3986 section 2)"));
    }
    if !uri.username().is_empty() || uri.password().is_some() {
        return Err("a redirect URI must not have a user name or a password".to_owned());
    }
    let web = ["http", "https"].contains(&uri.scheme());
    let has_slashes = text.split_once(':').is_some_and(|(_, rest)| rest.starts_with("//"));
    if web && !has_slashes {
        return Err("an http or https URI must have // and a host".to_owned());
    }
    if web && let Some(character) = uri.host_str().and_then(|host| host.chars().find(|sign| ";,'".contains(*sign))) {
        return Err(format!("the host of a redirect URI must not have the character {character}: no host has it"));
    }
    if uri.host_str().is_some_and(|host| host.contains('*')) {
        return Err("a redirect URI must not have * in its host: the service compares redirect URIs character by \
                    character; register each one"
            .to_owned());
    }
    check_scheme(uri.scheme())?;
    if text.len() > MAX_REDIRECT_URI {
        return Err(format!("a redirect URI must have at most {MAX_REDIRECT_URI} bytes"));
    }
    if uri.scheme() == "http" && !is_loopback(&uri) {
        return Err("http is only for loopback (RFC 9700 section 2.6); use https".to_owned());
    }
    check_query(uri.query().unwrap_or_default())?;
    Ok(text.to_owned())
}

/// What was meant as a host with a port and reads as a scheme: `localhost:3000/cb`.
fn host_and_port(text: &str) -> Option<&str> {
    let (host, rest) = text.split_once(':')?;
    let port = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let is_host = host.starts_with(|first: char| first.is_ascii_alphanumeric())
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    (is_host && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok())
        .then_some(text)
        // `tel:1` is no host.
        .filter(|_| !ELSEWHERE.contains(&host.to_ascii_lowercase().as_str()))
}

fn check_scheme(scheme: &str) -> Result<(), String> {
    if DANGEROUS.contains(&scheme) {
        return Err(format!("a redirect URI must not have the scheme {scheme}"));
    }
    if scheme == "urn" {
        return Err("a redirect URI must lead a browser to the client, and a urn leads nowhere: urn:ietf:wg:oauth:2.0:oob \
                    is no longer in use; an application on the user's machine uses http://127.0.0.1 (RFC 8252 section 7.3)"
            .to_owned());
    }
    if ELSEWHERE.contains(&scheme) {
        return Err(format!(
            "a redirect URI must lead to the client, and the scheme {scheme} leads to another program"
        ));
    }
    Ok(())
}

pub(super) fn is_loopback(uri: &Url) -> bool {
    match uri.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn check_query(query: &str) -> Result<(), String> {
    let pairs = Pairs::parse(query.as_bytes())
        .map_err(|_| "the query of a redirect URI must be UTF-8, with few parameters".to_owned())?;
    match pairs.iter().find(|(name, _)| ADDED.contains(name)) {
        Some((name, _)) => {
            Err(format!("the query of a redirect URI must not have {name}: the service adds this parameter itself"))
        }
        None => Ok(()),
    }
}

/// What an operator should know of a redirect URI that a client may be registered with.
pub fn redirect_uri_warnings(uri: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    if uri.contains(['?', '+', '%', '*']) {
        warnings.push(format!("{uri}: client libraries sign ? + % and * differently"));
    }
    if uri.contains('*') {
        warnings.push(format!("{uri}: * is no wildcard; the service compares redirect URIs character by character"));
    }
    let scheme = uri.split(':').next().unwrap_or_default().to_ascii_lowercase();
    if !["http", "https"].contains(&scheme.as_str()) && !scheme.contains('.') {
        warnings.push(format!(
            "{uri}: another application may have the scheme {scheme} too; use a domain name of the client in reverse order, \
             such as com.example.app (RFC 8252 section 8.4)"
        ));
    }
    warnings
}
