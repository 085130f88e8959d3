//! The HTTP client, compiled once: for AWS's services, and for servers that are not AWS's.
//!
//! The SDK's client (HTTP/1, HTTP/2 and TLS) is compiled for each type of resolver, in the crate that names the type. Both kinds
//! of server have one type here, so a function carries one client.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::time::Duration;

use aws_smithy_http_client::tls::{Provider, TlsContext, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError, SharedDnsResolver};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpClient, SharedHttpConnector};

/// TLS by ring: aws-lc, the SDK's default, gathers entropy from CPU jitter before a function's first handshake.
pub const TLS: Provider = Provider::Rustls(CryptoMode::Ring);

/// A client of AWS's services.
pub fn client(context: TlsContext) -> SharedHttpClient {
    Builder::new().tls_provider(TLS).tls_context(context).build_with_resolver(SharedDnsResolver::new(System))
}

/// A connector for requests of our own.
pub fn connector(context: TlsContext) -> SharedHttpConnector {
    let connector = Connector::builder().tls_provider(TLS).tls_context(context);
    SharedHttpConnector::new(connector.build_with_resolver(SharedDnsResolver::new(System)))
}

/// A connector that trusts whom the system trusts, takes its addresses from `resolver`, uses no proxy, and keeps no connection,
/// since a function that was frozen would find it closed.
pub fn through(resolver: SharedDnsResolver, connect: Duration) -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder().connect_timeout(connect).build();
    let client = Connector::builder().connector_settings(settings).pool_max_idle_per_host(0);
    SharedHttpConnector::new(client.tls_provider(TLS).build_with_resolver(resolver))
}

/// The addresses of a host, as the system knows them and hyper's own resolver asks for them.
pub async fn resolve(host: String) -> io::Result<Vec<IpAddr>> {
    let found = tokio::task::spawn_blocking(move || (host.as_str(), 0).to_socket_addrs()).await;
    Ok(found.map_err(io::Error::other)??.map(|socket| socket.ip()).collect())
}

/// The system's resolver.
#[derive(Debug)]
struct System;

impl ResolveDns for System {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        let found = resolve(name.to_owned());
        DnsFuture::new(async { found.await.map_err(ResolveDnsError::new) })
    }
}
