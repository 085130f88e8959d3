//! The conversations: load, ask the rules, write, reply. One file an endpoint.

pub mod authorize;
pub mod bearer;
pub mod caller;
pub mod introspect;
pub mod issue;
pub mod metadata;
mod parameters;
pub mod redeem;
pub mod refresh;
pub mod revoke;
pub mod routes;

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};

use crate::denial::{Denial, Trouble};
use crate::flow::Entropy;
use crate::record::Record;
use crate::reply;
use crate::secret::Keyring;
use crate::settings::{Settings, Theme};
use crate::store::{Meter, Store};

/// All that a conversation needs.
pub struct Latchkey {
    /// The memory.
    pub store: Store,
    /// What opens the secrets.
    pub keyring: Keyring,
    /// What the deployment chose.
    pub settings: Settings,
}

/// One request on its way: what it costs and what its log line will say.
#[derive(Default)]
pub struct Visit {
    /// POSIX seconds, read once a request.
    pub now: u64,
    /// What the database charged.
    pub meter: Meter,
    /// The line for the log.
    pub record: Record,
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
pub struct Arrival {
    /// The host that was called.
    pub host: Option<String>,
    /// Who called the gateway.
    pub address: Option<IpAddr>,
}

/// The service's own URL: as it is set, or the host that the request came to.
fn issuer(settings: &Settings, request: &Request<Bytes>) -> String {
    let host = || request.extensions().get::<Arrival>().and_then(|arrival| arrival.host.as_deref());
    settings.issuer.clone().unwrap_or_else(|| format!("https://{}", host().unwrap_or("localhost")))
}

/// How an endpoint answers.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Denial>> + Send + 'a>>;

/// An endpoint: a conversation, by its name in the module of its word.
pub type Endpoint = for<'a> fn(&'a Latchkey, &'a Request<Bytes>, &'a mut Visit) -> Answering<'a>;

/// A function has ten seconds. Where the database is slow at every step, the answer is our 503 and not the gateway's.
const DEADLINE: Duration = Duration::from_secs(9);

impl Latchkey {
    /// Answers one request, and says what the log line is.
    pub async fn answer(
        &self,
        endpoint: Endpoint,
        request: Result<Request<Bytes>, Denial>,
        record: Record,
        now: u64,
    ) -> (Response<Bytes>, Record) {
        let began = Instant::now();
        let mut visit = Visit { now, record, ..Visit::default() };
        let outcome = match &request {
            Ok(request) => match tokio::time::timeout(DEADLINE, endpoint(self, request, &mut visit)).await {
                Ok(outcome) => outcome,
                Err(_) => Err(Trouble::DatabaseUnreachable.into()),
            },
            Err(denial) => Err(denial.clone()),
        };
        let duration_ms = began.elapsed().as_secs_f64() * 1000.0;
        let refused = outcome.as_ref().err().or(visit.refused.as_ref());
        let status = outcome.as_ref().map_or_else(|denial| denial.wire().status, |response| response.status().as_u16());
        visit.record.close(status, refused, visit.meter, duration_ms);
        let response = outcome.unwrap_or_else(|denial| match &visit.page {
            Some(page) => page(&self.settings.theme, &denial, visit.again.as_deref()),
            None => reply::denial(&denial),
        });
        (response, visit.record)
    }
}

impl From<Trouble> for Denial {
    fn from(trouble: Trouble) -> Self {
        Self::Unavailable(trouble)
    }
}

/// Fresh random bytes from the operating system: the one place where randomness is drawn.
pub fn random<const N: usize>() -> Result<[u8; N], Trouble> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Trouble::NoRandomness)?;
    Ok(bytes)
}

fn entropy() -> Result<Entropy, Trouble> {
    Ok(Entropy { access: random()?, refresh: random()? })
}
