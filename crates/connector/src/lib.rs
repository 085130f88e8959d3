//! The HTTP client for servers that are not AWS's.
//!
//! With a resolver of our own, the whole client (HTTP/1, HTTP/2 and TLS) is compiled once more, in the crate that names the
//! resolver. Here that is for size: no request for a token waits for it.

use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::dns::SharedDnsResolver;
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector};

/// A connector that trusts whom the system trusts, takes its addresses from `resolver`, uses no proxy, and keeps no connection,
/// since a function that was frozen would find it closed.
pub fn through(resolver: SharedDnsResolver, connect: Duration) -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder().connect_timeout(connect).build();
    let client = Connector::builder().connector_settings(settings).pool_max_idle_per_host(0);
    SharedHttpConnector::new(client.tls_provider(Provider::Rustls(CryptoMode::Ring)).build_with_resolver(resolver))
}
