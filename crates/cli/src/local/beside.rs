//! An application beside the service: on a loopback port of its own, and behind the same guard as the other two.

use std::sync::Arc;

use axum::Router;
use http::request::Parts;

use super::{DEMO_PORT, EngineError, Server, bind, until, url};
use crate::gateway;
use crate::local::guard::{Hosts, Refusal, check_origin};
use crate::local::journal::Journal;

/// What an application's port refuses before it reads anything else.
#[derive(Clone)]
pub(crate) struct Door {
    hosts: Arc<Hosts>,
    journal: Arc<Journal>,
}

impl Door {
    pub(super) fn new(hosts: Arc<Hosts>, journal: Arc<Journal>) -> Self {
        Self { hosts, journal }
    }

    /// Refuses a request under another host name, and one of another site's page that asks for a change. The log has a line of
    /// each.
    pub(crate) fn check(&self, parts: &Parts) -> Result<(), Refusal> {
        // Another site may lead a browser here, as the service does with a code.
        let site = || if parts.method.is_safe() { Ok(()) } else { check_origin(&parts.headers) };
        self.hosts.check(parts).and_then(|()| site()).inspect_err(|refusal| {
            self.journal.enter("the demo application's port", refusal.log_line(gateway::request_id()));
        })
    }
}

impl Server {
    /// Serves an application beside the service, until the server stops. The application is given the URL of its own port. The
    /// server's page leads there. Without `port` it is [`DEMO_PORT`], or any free one where another program has that.
    pub(crate) async fn beside(
        &mut self,
        port: Option<u16>,
        application: impl FnOnce(&str, Door) -> Router,
    ) -> Result<String, EngineError> {
        let bound = match bind("--demo-port", port.unwrap_or(DEMO_PORT)).await {
            Err(_) if port.is_none() => bind("--demo-port", 0).await,
            bound => bound,
        };
        let (listener, address) = bound?;
        let url = url(address);
        let router = application(&url, self.door.clone());
        let stopped = self.stop.subscribe();
        self.tasks.push(tokio::spawn(async move {
            let _ = axum::serve(listener, router).with_graceful_shutdown(until(stopped)).await;
        }));
        let _ = self.demo_url.set(url.clone());
        Ok(url)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::local::Options;

    #[tokio::test]
    async fn where_the_usual_port_is_taken_the_application_gets_another_one() {
        // Another program may have it already.
        let _held = std::net::TcpListener::bind(("127.0.0.1", DEMO_PORT));
        let mut server = Server::start(Options::default()).await.unwrap();
        let url = server.beside(None, |_, _| Router::new()).await.unwrap();
        assert!(!url.ends_with(":8050") && tokio::net::TcpStream::connect(&url[7..]).await.is_ok(), "{url}");
        let taken = url.rsplit(':').next().unwrap().parse().ok();
        let error = server.beside(taken, |_, _| Router::new()).await.unwrap_err().to_string();
        assert!(error.contains("choose another port with --demo-port"), "{error}");
    }
}
