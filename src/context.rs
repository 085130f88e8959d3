//! One request on its way through the service: what it needs, and what it leaves behind.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Instant;

use bytes::Bytes;
use http::{Request, Response};

use crate::log::LogLine;
use latchkey_dynamodb::aws::DEADLINE;
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::error::{Denial, Unavailable};
use latchkey_oauth::response;
use latchkey_oauth::secret::Keyring;
use latchkey_oauth::settings::{Settings, Theme};

/// All that a conversation needs.
pub struct Service {
    /// The memory.
    pub store: Store,
    /// What opens the secrets.
    pub keyring: Keyring,
    /// What the deployment chose.
    pub settings: Settings,
}

/// One request on its way: what it costs and what its log line will say.
#[derive(Default)]
pub struct RequestContext {
    /// POSIX seconds, read once a request.
    pub now: u64,
    /// What the database charged.
    pub usage: Usage,
    /// The line for the log.
    pub log_line: LogLine,
    /// What makes a refusal a page; it is JSON where nothing does.
    pub page: Option<RefusalPage>,
    /// A refusal that was answered already, in a redirect or beside a form's fields.
    pub refused: Option<Denial>,
    /// Where a refused page leads to, to begin anew.
    pub again: Option<String>,
}

/// Makes a page of a refusal, and of where it leads to. Behind a pointer, so that only the function that has pages carries
/// what makes them.
pub type RefusalPage = Box<dyn Fn(&Theme, &Denial, Option<&str>) -> Response<Bytes> + Send>;

/// How a request came: what the gateway says of it, and no header does.
#[derive(Clone, Debug, Default)]
pub struct ConnectInfo {
    /// The host that was called.
    pub host: Option<String>,
    /// Who called the gateway.
    pub address: Option<IpAddr>,
}

/// The service's own URL: as it is set, or the host that the request came to.
pub(crate) fn issuer(settings: &Settings, request: &Request<Bytes>) -> String {
    let host = || request.extensions().get::<ConnectInfo>().and_then(|connect_info| connect_info.host.as_deref());
    settings.issuer.clone().unwrap_or_else(|| format!("https://{}", host().unwrap_or("localhost")))
}

/// How an endpoint answers.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Denial>> + Send + 'a>>;

/// An endpoint: a conversation, by its name in the module of its word.
pub type Endpoint = for<'a> fn(&'a Service, &'a Request<Bytes>, &'a mut RequestContext) -> Answering<'a>;

impl Service {
    /// Answers one request, and says what the log line is.
    pub async fn answer(
        &self,
        endpoint: Endpoint,
        request: Result<Request<Bytes>, Denial>,
        log_line: LogLine,
        now: u64,
    ) -> (Response<Bytes>, LogLine) {
        let began = Instant::now();
        let mut context = RequestContext { now, log_line, ..RequestContext::default() };
        let outcome = match &request {
            Ok(request) => match tokio::time::timeout(DEADLINE, endpoint(self, request, &mut context)).await {
                Ok(outcome) => outcome,
                Err(_) => Err(Unavailable::DatabaseUnreachable.into()),
            },
            Err(denial) => Err(denial.clone()),
        };
        let duration_ms = began.elapsed().as_secs_f64() * 1000.0;
        let refused = outcome.as_ref().err().or(context.refused.as_ref());
        let status = outcome.as_ref().map_or_else(|denial| denial.wire().status, |response| response.status().as_u16());
        context.log_line.close(status, refused, context.usage, duration_ms);
        let response = outcome.unwrap_or_else(|denial| match &context.page {
            Some(page) => page(&self.settings.theme, &denial, context.again.as_deref()),
            None => response::denial(&denial),
        });
        (response, context.log_line)
    }
}
