//! Calls to the providers of institutions: the only ones that leave AWS. Each is bounded in time and size, follows no redirect,
//! uses no proxy, and connects to no address but those that were checked.
//!
//! A host may be named by a number or by a name. A number goes round the resolver, so it is checked before the call. What a name
//! resolves to is checked by the resolver that the connection takes its addresses from: nothing is resolved twice.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError, SharedDnsResolver};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{Method, Uri};
use tokio::time::Instant;
use zeroize::Zeroizing;

use latchkey_connector::through;
use latchkey_oauth::error::ProviderError;
use latchkey_oauth::provider::address::is_public;

/// Of one call, from the name's resolution to the last byte. A user waits for it.
pub const LIMIT: Duration = Duration::from_secs(4);

/// Of what it takes to connect, TLS included. Nothing of it is left to a provider that does not listen.
const CONNECT: Duration = Duration::from_secs(2);

/// The longest answer, bytes: a set of keys with chains of certificates has some thirty thousand.
pub const LONGEST: usize = latchkey_oauth::provider::keys::MAX_DOCUMENT;

/// Which addresses may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of the public Internet, by https.
    Public,
    /// Those of this machine: for a service that itself has no other.
    Loopback,
}

impl Reach {
    fn takes(self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            Self::Loopback => address.is_loopback(),
        }
    }
}

/// What came back, whatever its status.
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its `Content-Type`.
    pub content_type: Option<String>,
    /// Its body. It may have a token.
    pub body: Zeroizing<Vec<u8>>,
}

/// Why nothing came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The URL is none that is called.
    Url,
    /// The host is, or its name leads to, an address that is not called.
    Address,
    /// The name leads to no address.
    Unresolved,
    /// Nothing answers there.
    Unreachable,
    /// It makes no TLS connection that the system trusts: its certificate is none for the name, or versions or ciphers differ.
    Untrusted,
    /// It took longer than it may.
    Slow,
    /// The answer broke off.
    Cut,
    /// The answer is longer than [`LONGEST`].
    Long,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "the URL does not begin with https:// and a host",
            Self::Address => "its host has no address in the public Internet, and no other is called",
            Self::Unresolved => "its host's name leads to no address",
            Self::Unreachable => "no server answers there",
            Self::Untrusted => "the service does not trust the server's TLS: its certificate has expired, is for another name or is by an unknown authority, or the server speaks neither TLS 1.2 nor 1.3",
            Self::Slow => "the server did not answer in time",
            Self::Cut => "the server broke off its answer",
            Self::Long => "the answer is longer than 65,536 bytes",
        })
    }
}

impl Error for Failure {}

impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Url | Failure::Address => Self::AddressRefused,
            Failure::Long => Self::AnswerMalformed,
            Failure::Unresolved => Self::Unresolved,
            Failure::Untrusted => Self::Untrusted,
            Failure::Unreachable | Failure::Slow | Failure::Cut => Self::Unreachable,
        }
    }
}

/// Gets a document.
pub async fn get(url: &str, reach: Reach, deadline: Instant) -> Result<Answer, Failure> {
    call((Method::GET, url), None, SdkBody::empty(), reach, deadline).await
}

/// Posts a form, with this value of `Authorization`.
pub async fn post(
    url: &str,
    authorization: Option<&str>,
    form: &str,
    reach: Reach,
    deadline: Instant,
) -> Result<Answer, Failure> {
    call((Method::POST, url), authorization, SdkBody::from(form), reach, deadline).await
}

async fn call(
    (method, url): (Method, &str),
    authorization: Option<&str>,
    body: SdkBody,
    reach: Reach,
    deadline: Instant,
) -> Result<Answer, Failure> {
    let uri = checked(url, reach)?;
    // A limit of time asks its future first, which may have sent the request by then.
    if Instant::now() >= deadline {
        return Err(Failure::Slow);
    }
    let mut request = http::Request::builder()
        .method(&method)
        .uri(uri)
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, concat!("latchkey/", env!("CARGO_PKG_VERSION")));
    if method == Method::POST {
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    if let Some(value) = authorization {
        request = request.header(AUTHORIZATION, value);
    }
    let request = HttpRequest::try_from(request.body(body).map_err(|_| Failure::Url)?).map_err(|_| Failure::Url)?;
    let exchange = async { read(connector(reach).await?.call(request).await.map_err(|error| why(&error))?).await };
    tokio::time::timeout_at(deadline, exchange).await.unwrap_or(Err(Failure::Slow))
}

/// A URL that may be called. A host that is an address is one that may be.
fn checked(url: &str, reach: Reach) -> Result<Uri, Failure> {
    let uri = Uri::try_from(url).map_err(|_| Failure::Url)?;
    let host = uri.host().filter(|host| !host.is_empty()).ok_or(Failure::Url)?;
    match (uri.scheme_str(), reach) {
        (Some("https"), _) | (Some("http"), Reach::Loopback) => {}
        _ => return Err(Failure::Url),
    }
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let address = host.parse().map(Ipv4Addr::into).or_else(|_| host.parse().map(Ipv6Addr::into));
    if address.is_ok_and(|address: IpAddr| !reach.takes(address)) { Err(Failure::Address) } else { Ok(uri) }
}

/// Reads an answer, frame by frame: no more of it is kept than may be.
async fn read(response: HttpResponse) -> Result<Answer, Failure> {
    let status = response.status().as_u16();
    let content_type = response.headers().get(CONTENT_TYPE.as_str()).map(str::to_owned);
    let mut stream = ByteStream::new(response.into_body());
    let mut body = Zeroizing::new(Vec::new());
    while let Some(frame) = stream.next().await {
        let frame = frame.map_err(|_| Failure::Cut)?;
        if body.len().saturating_add(frame.len()) > LONGEST {
            return Err(Failure::Long);
        }
        body.extend_from_slice(&frame);
    }
    Ok(Answer { status, content_type, body })
}

/// The connector of a reach. The first call makes it, beside the others' work: the system trusts some hundred and fifty
/// authorities, and each has to be parsed.
async fn connector(reach: Reach) -> Result<SharedHttpConnector, Failure> {
    static PUBLIC: OnceLock<SharedHttpConnector> = OnceLock::new();
    static LOOPBACK: OnceLock<SharedHttpConnector> = OnceLock::new();
    let made = match reach {
        Reach::Public => &PUBLIC,
        Reach::Loopback => &LOOPBACK,
    };
    if let Some(connector) = made.get() {
        return Ok(connector.clone());
    }
    let make = move || made.get_or_init(|| through(SharedDnsResolver::new(Resolver(reach)), CONNECT)).clone();
    tokio::task::spawn_blocking(make).await.map_err(|_| Failure::Unreachable)
}

/// The system's resolver, of which only addresses that may be called come through.
#[derive(Clone, Copy, Debug)]
struct Resolver(Reach);

impl ResolveDns for Resolver {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(resolve(self.0, name.to_owned()))
    }
}

async fn resolve(reach: Reach, name: String) -> Result<Vec<IpAddr>, ResolveDnsError> {
    let found = latchkey_connector::resolve(name).await.map_err(|_| ResolveDnsError::new(Failure::Unresolved))?;
    let taken: Vec<_> = found.iter().copied().filter(|address| reach.takes(*address)).collect();
    match (taken.is_empty(), found.is_empty()) {
        (false, _) => Ok(taken),
        (true, false) => Err(ResolveDnsError::new(Failure::Address)),
        (true, true) => Err(ResolveDnsError::new(Failure::Unresolved)),
    }
}

/// What is behind a failed call. What it says of itself may quote the URL, and goes nowhere.
fn why<'a>(error: &'a (dyn Error + 'static)) -> Failure {
    let chain = || std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source());
    if let Some(failure) = chain().find_map(|error| error.downcast_ref::<Failure>()) {
        return *failure;
    }
    // The connector has no name for it that others could use. A test holds the words.
    if chain().any(|error| error.to_string() == "TLS handshake failed") {
        return Failure::Untrusted;
    }
    Failure::Unreachable
}
