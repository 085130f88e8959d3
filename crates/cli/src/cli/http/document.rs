//! Gets a document of an institution's provider, by the rules by which the service asks a provider: a public address, no
//! redirect, little time and few bytes.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use ::url::Url;
use http::Uri;
use http::header::{CONTENT_TYPE, LOCATION};
use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use super::url;
use crate::cli::failure::{Failure, Outcome};
use latchkey_oauth::provider::address::{is_public, literal};
use latchkey_oauth::provider::keys::MAX_DOCUMENT;

/// How long an answer may take.
const WITHIN: Duration = Duration::from_secs(30);

const NOT_PUBLIC: &str =
    "is not a public address: the service connects to no provider at a private, local or reserved address";

/// What is asked for.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Document {
    /// As errors call it.
    pub(in crate::cli) name: &'static str,
    /// The content types that it may have.
    pub(in crate::cli) types: &'static [&'static str],
}

/// Gets a document. `is_here` says that the provider is on this machine, as one that is tried with the local server.
pub(in crate::cli) async fn document(what: Document, url: &str, is_here: bool) -> Outcome<String> {
    let url = url.to_owned();
    let asked = tokio::task::spawn_blocking(move || get(what, &url, is_here)).await;
    asked.map_err(|error| Failure::new(error.to_string()))?
}

fn get(what: Document, url: &str, is_here: bool) -> Outcome<String> {
    let failed = |reason: String| Failure::new(format!("the {} at {url} {reason}", what.name));
    let unreadable = || failed("cannot be asked for: its address is not a URL".to_owned());
    let uri: Uri = url.parse().map_err(|_| unreadable())?;
    // A proxy would find the address by itself.
    let literal = literal(&Url::parse(url).map_err(|_| unreadable())?);
    if let Some(address) = literal.filter(|address| !may_be_reached(*address, is_here)) {
        return Err(failed(format!("cannot be read: {address} {NOT_PUBLIC}")));
    }
    let unreachable = |error: ureq::Error| failed(format!("cannot be read: {}", why(&uri, &error)));
    let asked = agent(&uri, is_here)?.get(url).header("Accept", what.types.join(", ")).call();
    let mut response = asked.map_err(unreachable)?;
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    match response.status().as_u16() {
        200 => {}
        status @ 300..400 => {
            let to = header(LOCATION).map(|to| format!(" to {to}")).unwrap_or_default();
            return Err(failed(format!(
                "is not there: the answer is a redirect ({status}){to}, and the service follows none; give the provider's own address"
            )));
        }
        status => return Err(failed(format!("is not there: the answer has status {status}, and 200 is expected"))),
    }
    let found = header(CONTENT_TYPE).unwrap_or("none").to_owned();
    let essence = found.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !what.types.contains(&essence.as_str()) {
        return Err(failed(format!("has the content type {found}, and {} is expected", what.types.join(" or "))));
    }
    let body = response.body_mut().with_config().limit(MAX_DOCUMENT as u64).read_to_vec();
    let body = match body {
        Err(ureq::Error::BodyExceedsLimit(_)) => {
            return Err(failed(format!("is longer than {MAX_DOCUMENT} bytes, and the service reads no longer one")));
        }
        body => body.map_err(unreachable)?,
    };
    String::from_utf8(body).map_err(|_| failed("is not UTF-8".to_owned()))
}

fn agent(uri: &Uri, is_here: bool) -> Outcome<ureq::Agent> {
    let proxy = url::proxy(uri)?;
    let is_direct = proxy.is_none();
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(WITHIN))
        .tls_config(url::trust())
        .proxy(proxy)
        .build();
    Ok(match is_direct {
        true => {
            let reached = Reached { is_here, by: DefaultResolver::default() };
            ureq::Agent::with_parts(config, DefaultConnector::default(), reached)
        }
        // What is resolved here is the proxy. It finds the provider itself.
        false => ureq::Agent::new_with_config(config),
    })
}

fn may_be_reached(address: IpAddr, is_here: bool) -> bool {
    if is_here { address.is_loopback() } else { is_public(address) }
}

/// Finds addresses, and hands on those that the service would connect to.
#[derive(Debug)]
struct Reached {
    is_here: bool,
    by: DefaultResolver,
}

impl Resolver for Reached {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.by.resolve(uri, config, timeout)?;
        let mut reached = self.empty();
        for address in found.iter().filter(|address| may_be_reached(address.ip(), self.is_here)) {
            reached.push(*address);
        }
        match found.first() {
            Some(first) if reached.is_empty() => Err(ureq::Error::Other(Box::new(NotPublic(first.ip())))),
            _ => Ok(reached),
        }
    }
}

/// The service would not connect to this address.
#[derive(Debug)]
struct NotPublic(IpAddr);

impl std::error::Error for NotPublic {}

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Why a provider cannot be asked.
fn why(uri: &Uri, error: &ureq::Error) -> String {
    let host = uri.host().unwrap_or_default();
    match error {
        ureq::Error::Other(other) if other.is::<NotPublic>() => {
            format!("the name {host} leads to {other}, which {NOT_PUBLIC}")
        }
        ureq::Error::Timeout(_) => format!("{host} did not answer within {} seconds", WITHIN.as_secs()),
        ureq::Error::HostNotFound => format!("no host has the name {host}"),
        error if error.to_string().contains("failed to lookup") => format!("no host has the name {host}"),
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            format!("{host} refuses connections")
        }
        error => error.to_string(),
    }
}
