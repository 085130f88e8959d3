//! One request on its way through the service: what it needs, and what it leaves behind.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use tokio::time::Instant;

use crate::log::LogLine;
use latchkey_dynamodb::aws::DEADLINE;
use latchkey_dynamodb::clock::Moment;
use latchkey_dynamodb::store::holders::Lack;
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::error::{Denial, Unavailable};
use latchkey_oauth::keyrings::Keyrings;
use latchkey_oauth::response;
use latchkey_oauth::secret::Keyring;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::settings::Settings;

/// All that a conversation needs.
pub struct Service {
    /// The memory.
    pub store: Store,
    /// What seals and opens, of the sets that the function belongs to.
    pub keyrings: Keyrings,
    /// What the deployment chose.
    pub settings: Settings,
}

/// One request on its way: what it costs and what its log line will say.
pub struct RequestContext {
    /// POSIX seconds, read once a request: what the rules decide by.
    pub now: u64,
    /// What the database charged.
    pub usage: Usage,
    /// The line for the log.
    pub log_line: LogLine,
    /// The origin whose scripts may read the answer.
    pub readable_by: Option<HeaderValue>,
    began: (Moment, Instant),
}

impl RequestContext {
    /// Of a request that begins now.
    pub fn new(now: Moment, log_line: LogLine) -> Self {
        let began = Instant::now();
        let usage = Usage { deadline: began.checked_add(DEADLINE), ..Usage::default() };
        Self { now: now.seconds(), usage, log_line, readable_by: None, began: (now, began) }
    }

    /// When it began, to the millisecond.
    pub fn moment(&self) -> Moment {
        self.began.0
    }

    /// POSIX seconds as the answer is made. What an answer says is left counts from here: the database may have been slow.
    pub fn answered_at(&self) -> u64 {
        let (now, began) = self.began;
        now.after(began.elapsed()).seconds()
    }
}

/// How a request came: what the gateway says of it, and no header does.
#[derive(Clone, Debug, Default)]
pub struct ConnectInfo {
    /// The host that was called.
    pub host: Option<String>,
    /// Who called the gateway.
    pub address: Option<IpAddr>,
    /// API Gateway's request id.
    pub request_id: Option<String>,
    /// Whether it was not shown to have come through the proxies in front of the gateway, though the deployment asks for that:
    /// an invocation that no gateway made.
    pub past_proxies: bool,
}

/// The service's own URL: as it is set, or the host that the request came to.
pub(crate) fn issuer(settings: &Settings, request: &Request<Bytes>) -> String {
    let host = || request.extensions().get::<ConnectInfo>().and_then(|connect_info| connect_info.host.as_deref());
    settings.issuer.clone().unwrap_or_else(|| format!("https://{}", host().unwrap_or("localhost")))
}

/// How an endpoint answers.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Denial>> + Send + 'a>>;

/// How a function opens its connections to DynamoDB when it starts. What it then finds lacking, the log says.
pub type Opening<'a> = Pin<Box<dyn Future<Output = Option<Lack>> + Send + 'a>>;

/// Opens the connection, and looks for nothing.
pub fn open(store: &Store) -> Opening<'_> {
    Box::pin(async {
        let _ = store.warm_up().await;
        None
    })
}

/// An endpoint: how its function opens the database, how it handles a request, and what it makes of a refusal. All are pointers,
/// so that a function links only the code of its own endpoint.
#[derive(Clone, Copy)]
pub struct Endpoint {
    /// Opens the connections.
    pub open: for<'a> fn(&'a Store) -> Opening<'a>,
    /// Handles a request.
    pub handle: for<'a> fn(&'a Service, &'a Request<Bytes>, &'a mut RequestContext) -> Answering<'a>,
    /// Answers a request that was refused.
    pub refuse: fn(&Service, &Request<Bytes>, &Denial, u64) -> Response<Bytes>,
}

impl Endpoint {
    /// An endpoint whose refusals are JSON.
    pub const fn json(
        handle: for<'a> fn(&'a Service, &'a Request<Bytes>, &'a mut RequestContext) -> Answering<'a>,
    ) -> Self {
        Self {
            open,
            handle,
            refuse: |service, _, denial, _| response::denial(denial, service.settings.error_pages.as_deref()),
        }
    }
}

impl Service {
    /// The keyring of a set.
    pub fn keyring(&self, set: KeySet) -> &Keyring {
        self.keyrings.of(set)
    }

    /// Answers one request, and says what the log line is.
    pub async fn answer(
        &self,
        endpoint: Endpoint,
        request: Result<Request<Bytes>, Denial>,
        log_line: LogLine,
        now: impl Into<Moment>,
    ) -> (Response<Bytes>, LogLine) {
        let mut context = RequestContext::new(now.into(), log_line);
        let now = context.now;
        let mut response = match &request {
            Ok(request) => {
                let handled = tokio::time::timeout(DEADLINE, (endpoint.handle)(self, request, &mut context)).await;
                handled.unwrap_or(Err(Unavailable::DatabaseUnreachable.into())).unwrap_or_else(|denial| {
                    context.log_line.refuse(&denial);
                    (endpoint.refuse)(self, request, &denial, now)
                })
            }
            Err(denial) => {
                context.log_line.refuse(denial);
                response::denial(denial, self.settings.error_pages.as_deref())
            }
        };
        if let Some(origin) = context.readable_by.take() {
            response::readable_by(&mut response, origin);
        }
        let duration_ms = context.began.1.elapsed().as_secs_f64() * 1000.0;
        context.log_line.close(response.status().as_u16(), context.usage, duration_ms);
        (response, context.log_line)
    }
}
