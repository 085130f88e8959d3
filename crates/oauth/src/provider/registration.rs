//! What an operator may register of a provider. Each rule says in words what is wrong.

use std::ops::RangeInclusive;

use url::Url;

use super::address::{is_loopback, is_public, literal};
use super::authentication::ADDED;
use crate::form::Pairs;
use crate::grant::{MAX_PRINCIPAL, may_have_namespace};
use crate::scope::Scope;
use crate::text::{composed, is_whole};
use crate::user::is_seen;

#[cfg(test)]
mod tests;

/// The longest issuer, and the longest address of an endpoint, in bytes.
pub const MAX_URL: usize = 512;
/// The longest client id, in bytes.
pub const MAX_CLIENT_ID: usize = 256;
/// The longest secret, in bytes.
pub const MAX_SECRET: usize = 512;
/// The longest name of a claim, in bytes.
pub const MAX_CLAIM: usize = 128;
/// The longest scope, in bytes.
pub const MAX_SCOPE: usize = 256;
/// The longest life that refresh tokens of the provider's users may be given, in days.
pub const REFRESH_DAYS: RangeInclusive<u64> = 1..=3650;

/// Claims that say something about the token, or that many users may share or change: by none of them is a user known. An e-mail
/// address changes hands, and some providers let users write it themselves.
const NO_NAMES: [&str; 20] = [
    "iss",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "azp",
    "acr",
    "amr",
    "sid",
    "auth_time",
    "at_hash",
    "c_hash",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "phone_number",
];
/// The names that providers give an e-mail address, by themselves or at the end of a URL.
const ADDRESSES: [&str; 6] = ["email", "email_verified", "mail", "emails", "email_address", "emailaddress"];
/// What an issuer is often given with.
const DOCUMENT: &str = "/.well-known/openid-configuration";

/// An address of the provider's. `loopback` says whether it may be `http` on loopback.
pub fn endpoint(text: &str, loopback: bool) -> Result<(), String> {
    url(text, loopback).map(drop)
}

/// The issuer of a provider (OpenID Connect Discovery section 3).
pub fn issuer(text: &str, loopback: bool) -> Result<(), String> {
    let url = url(text, loopback)?;
    if url.query().is_some() {
        return Err("an issuer has no query".to_owned());
    }
    match url.path().trim_end_matches('/').ends_with(DOCUMENT) {
        true => Err(format!("leave out {DOCUMENT}: the issuer is what is before it")),
        false => Ok(()),
    }
}

fn url(text: &str, loopback: bool) -> Result<Url, String> {
    if text.len() > MAX_URL {
        return Err(format!("it has more than {MAX_URL} bytes"));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("it has a blank, a control character or one that is not ASCII".to_owned());
    }
    let url = Url::parse(text).map_err(|error| format!("it is not a URL: {error}"))?;
    match url.scheme() {
        "https" => {}
        "http" if loopback && is_loopback(&url) => return bare(url),
        "http" if is_loopback(&url) => {
            return Err("http on loopback is only for a service that is on loopback itself".to_owned());
        }
        "http" if url.host_str() == Some("localhost") => {
            return Err("it must begin with https:// (a provider on this machine: http://127.0.0.1:PORT, with the local server only)"
                .to_owned());
        }
        _ => return Err("it must begin with https://".to_owned()),
    }
    if literal(&url).is_some_and(|address| !is_public(address)) {
        return Err("its address is not one of the public network".to_owned());
    }
    bare(url)
}

fn bare(url: Url) -> Result<Url, String> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it must not have a user or a password".to_owned());
    }
    if url.fragment().is_some() { Err("it must not have a fragment (#)".to_owned()) } else { Ok(url) }
}

/// The first parameter in the query of an address that the service adds itself.
pub(super) fn added_before(endpoint: &str) -> Option<&'static str> {
    let query = endpoint.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let pairs = Pairs::parse_of(query.as_bytes(), &ADDED).ok()?;
    ADDED.into_iter().find(|added| pairs.iter().any(|(name, _)| name == *added))
}

/// What the provider calls this service (RFC 6749 appendix A.1).
pub fn client_id(text: &str) -> Result<(), String> {
    visible(text, MAX_CLIENT_ID, "the client id")
}

/// The secret of this service at the provider (RFC 6749 appendix A.2).
pub fn secret(text: &str) -> Result<(), String> {
    visible(text, MAX_SECRET, "the secret")
}

fn visible(text: &str, most: usize, what: &str) -> Result<(), String> {
    let fits = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(()) } else { Err(format!("{what} must have 1 to {most} visible ASCII characters")) }
}

/// The claim that names a user.
pub fn claim(text: &str) -> Result<(), String> {
    visible(text, MAX_CLAIM, "the claim")?;
    let is = |names: &[&str], text: &str| names.iter().any(|name| name.eq_ignore_ascii_case(text));
    if is(&NO_NAMES, text) || is(&ADDRESSES, text.rsplit('/').next().unwrap_or(text)) {
        return Err(format!(
            "the claim {text} does not name one user for good: use sub, or one that the institution gives each user once, such \
             as preferred_username or eduperson_principal_name"
        ));
    }
    Ok(())
}

/// What is asked for.
pub fn scope(text: &str) -> Result<(), String> {
    let scope = Scope::parse(text).filter(|_| text.len() <= MAX_SCOPE);
    let scope = scope.ok_or_else(|| {
        format!("the scope must be a list of scope tokens, separated by blanks, in at most {MAX_SCOPE} bytes")
    })?;
    if scope.contains("openid") {
        return Ok(());
    }
    Err("the scope must have openid: without it, a provider gives no ID token (OpenID Connect Core section 3.1.2.1)"
        .to_owned())
}

/// The namespace of the users of this institution's provider. The caller looks whether a user whom the service keeps has it.
pub fn namespace(institution_id: &str, text: &str) -> Result<(), String> {
    // JSON escapes these two, and the session's cookie holds the namespace.
    let is_plain = !text.contains(['"', '\\']) && text.trim() == text && composed(text) == text;
    if !(1..=MAX_PRINCIPAL).contains(&text.len()) || !is_plain || !is_seen(text) || !is_whole(text) {
        return Err(format!(
            "a namespace must have 1 to {MAX_PRINCIPAL} bytes, every character of it must be seen, and none be a quotation \
             mark or a backslash"
        ));
    }
    if !may_have_namespace(institution_id, text) {
        return Err(format!("the namespace {text} is another institution's"));
    }
    Ok(())
}
