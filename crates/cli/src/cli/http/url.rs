//! The URL of the service: which ones a signed request may go to, and through which proxy.

use std::io::ErrorKind;
use std::net::IpAddr;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use ureq::Proxy;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::cli::failure::{Failure, Outcome};

const WHICH: &str = "the URL of the service (--url, LATCHKEY_URL)";

/// Parses a base URL. Tokens travel over https only, except on this machine (RFC 6749 section 1.6). An error quotes no more of
/// the URL than scheme and host: the rest may be a secret.
pub(super) fn parse(url: &str) -> Outcome<Uri> {
    let failed = |reason: String| Err(Failure::new(format!("{WHICH} {reason}")));
    let Some((scheme, _)) = url.split_once("://") else {
        return failed(
            "has no scheme: it must begin with https://, or with http:// for a server of this machine".to_owned(),
        );
    };
    let uri = match url.parse::<Uri>() {
        Ok(uri) if uri.host().is_some_and(|host| !host.is_empty()) => uri,
        _ => return failed("is not a URL: it must look like https://auth.example".to_owned()),
    };
    let rest = uri.path_and_query().and_then(|rest| rest.query());
    if rest.is_some() || url.contains('#') || uri.authority().is_some_and(|authority| authority.as_str().contains('@'))
    {
        return failed("must have no user, query or fragment: it must look like https://auth.example".to_owned());
    }
    let host = uri.host().unwrap_or_default();
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_this_machine(host) => Ok(uri),
        Some("http") => failed(format!(
            "is http://{host}, which would send tokens unencrypted: it must begin with https:// (http:// is for this machine)"
        )),
        _ => failed(format!(
            "begins with {scheme}://: it must begin with https://, or with http:// for a server of this machine"
        )),
    }
}

/// Whether a host is this machine by its name.
pub(super) fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address: IpAddr| address.is_loopback())
}

/// The proxy that the environment names for a URL, by the rules by which AWS is asked. Requests to this machine use none.
pub(super) fn proxy(uri: &Uri) -> Outcome<Option<Proxy>> {
    let found = Some(uri).filter(|uri| !is_this_machine(uri.host().unwrap_or_default()));
    let Some(found) = found.and_then(|uri| Matcher::from_env().intercept(uri)) else { return Ok(None) };
    let failed =
        || Failure::new("the proxy of the environment (HTTPS_PROXY) must be a URL like http://proxy.example:3128");
    let protocol = found.uri().scheme_str().unwrap_or("http").try_into();
    let mut proxy = Proxy::builder(protocol.map_err(|_: ureq::Error| failed())?);
    proxy = proxy.host(found.uri().host().ok_or_else(failed)?);
    if let Some(port) = found.uri().port_u16() {
        proxy = proxy.port(port);
    }
    let basic = found.basic_auth().and_then(|value| value.as_bytes().strip_prefix(b"Basic "));
    let decoded = basic.and_then(|text| String::from_utf8(STANDARD.decode(text).ok()?).ok());
    if let Some((user, password)) = decoded.as_deref().and_then(|pair| pair.split_once(':')) {
        proxy = proxy.username(user).password(password);
    }
    proxy.build().map(Some).map_err(|_| failed())
}

/// The certificates that AWS is asked with too: those of the machine, as `SSL_CERT_FILE` and `SSL_CERT_DIR` name them. A machine
/// that has none gets Mozilla's.
pub(super) fn trust() -> TlsConfig {
    let roots = rustls_native_certs::load_native_certs().certs;
    let roots: Vec<_> = roots.iter().map(|root| Certificate::from_der(root).to_owned()).collect();
    match roots.is_empty() {
        true => TlsConfig::default(),
        false => TlsConfig::builder().root_certs(RootCerts::Specific(roots.into())).build(),
    }
}

/// Why a server cannot be reached, and what to do. It quotes no more than scheme, host and port: a token may follow.
pub(super) fn why(uri: &Uri, error: &ureq::Error) -> String {
    let (scheme, host) = (uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default());
    let place = uri.authority().map_or(host, |authority| authority.as_str());
    match error {
        ureq::Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused && is_this_machine(host) => format!(
            "nothing listens at {scheme}://{place}; start the local server first (run latchkey serve), or name a server with \
             --url or LATCHKEY_URL"
        ),
        ureq::Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            format!("{place} refuses connections; check --url, LATCHKEY_URL and the proxy (HTTPS_PROXY, NO_PROXY)")
        }
        // The standard library gives a failed look-up no kind of its own.
        error if matches!(error, ureq::Error::HostNotFound) || error.to_string().contains("failed to lookup") => {
            format!("no host has the name {host}; check --url and LATCHKEY_URL")
        }
        ureq::Error::Timeout(_) => {
            format!("{place} did not answer within 30 seconds; check network and proxy, and try again")
        }
        error => error.to_string(),
    }
}
