//! The wire between the SDK and a real DynamoDB engine, on which calls get lost, late and broken.
//!
//! What passes is carried by a runtime of its own, waited for on a blocking thread: so a test's clock may be paused, and time
//! moves on only where nothing is answered.

mod troubled;

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use bytes::Bytes;
use hyper::body::{Body, Frame};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

pub use self::troubled::{Troubled, without_index, without_mark};

/// What happens to one call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    Pass,
    /// It never arrives: the connection breaks.
    Reset,
    /// It is carried out, and the connection breaks before the reply.
    LostReply,
    /// It never arrives, and nothing is ever heard.
    Silence,
    /// It is carried out, and nothing is ever heard.
    Mute,
    /// Nearly as late as an attempt may be.
    Slow(&'static Fault),
    /// This answer instead: status, AWS error code.
    Error(u16, &'static str),
    /// It is carried out, and the reply is half of one.
    Truncated,
    /// It is carried out, and the connection breaks within the reply.
    BrokenBody,
    /// It is carried out, and the reply stops half-way.
    StalledBody,
    /// It is carried out long after it was given up: when it [`lands`](Wire::land).
    Late,
    /// Of a batch the last key is left unread.
    Unprocessed,
    /// A transaction is busy with what is to be written.
    Conflict,
    /// A transaction is more than a table takes now.
    Busy,
}

/// What only the key of the mark of the index of users' grants has.
const MARK: &str = r##""grant_id":{"S":"#"}"##;

const WRITES: [&str; 3] = ["PutItem", "UpdateItem", "TransactWriteItems"];

impl Fault {
    /// Whether it can happen to a call of this operation.
    fn befalls(self, operation: &str) -> bool {
        match self {
            Self::Pass => false,
            Self::Slow(fault) => *fault == Self::Pass || fault.befalls(operation),
            Self::Unprocessed => operation == "BatchGetItem",
            Self::Conflict => WRITES.contains(&operation),
            Self::Busy => operation == "TransactWriteItems",
            _ => true,
        }
    }

    /// Whether what it befalls is done all the same, and nobody told.
    pub fn loses_the_answer(self) -> bool {
        matches!(self, Self::LostReply | Self::Mute | Self::Truncated | Self::BrokenBody | Self::StalledBody)
    }
}

/// What has happened since a plan was made.
#[derive(Debug, Default)]
pub struct Toll {
    /// Calls that a fault befell.
    pub hits: usize,
    /// Writes that were carried out, and nobody told.
    pub lost_writes: usize,
    /// The bodies of all calls.
    pub sent: Vec<String>,
    /// Their operations.
    pub operations: Vec<String>,
}

impl Toll {
    /// How many attempts to write there were.
    pub fn writes(&self) -> usize {
        self.operations.iter().filter(|operation| WRITES.contains(&operation.as_str())).count()
    }
}

#[derive(Debug, Default)]
struct Plan {
    /// In this order; what comes after it goes through,
    script: Vec<Fault>,
    /// unless these happen for ever, in turn.
    forever: Vec<Fault>,
    /// What a page's reads of clients, and of the mark of the index, meet, in turn. If it is empty, the first such read meets
    /// what the first other call meets, and so on; after a write they go on from there.
    beside: Vec<Fault>,
    /// How many other calls there were, and how many such reads for a page.
    begun: [usize; 2],
    /// What happens elsewhere, after so many calls, those beside them left out.
    meanwhile: Option<(usize, Elsewhere)>,
    toll: Toll,
}

struct Elsewhere(Pin<Box<dyn Future<Output = ()> + Send>>);

impl fmt::Debug for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Elsewhere")
    }
}

impl Plan {
    fn next(&mut self, operation: &str, is_beside: bool) -> Fault {
        let begun = &mut self.begun[usize::from(is_beside)];
        let at = std::mem::replace(begun, *begun + 1);
        // No read is under way when a write begins: the next ones begin together.
        if self.beside.is_empty() && WRITES.contains(&operation) {
            self.begun[1] = self.begun[0];
        }
        let planned = if is_beside && !self.beside.is_empty() {
            self.beside.get(at)
        } else {
            self.script.get(at).or_else(|| self.forever.iter().cycle().nth(at - self.script.len()))
        };
        let planned = planned.copied();
        let fault = planned.filter(|fault| fault.befalls(operation)).unwrap_or(Fault::Pass);
        self.toll.hits += usize::from(fault != Fault::Pass);
        self.toll.lost_writes += usize::from(fault.loses_the_answer() && WRITES.contains(&operation));
        fault
    }
}

#[derive(Clone, Debug)]
pub struct Wire {
    inner: SharedHttpClient,
    plan: Arc<Mutex<Plan>>,
    late: Arc<Mutex<Vec<(SharedHttpConnector, HttpRequest)>>>,
}

impl Wire {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap()
    }

    /// What happens to the next calls. Nothing happens to those after.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.forever(faults, []);
    }

    /// What happens to the next calls, and then to all, in turn.
    pub fn forever(&self, first: impl IntoIterator<Item = Fault>, forever: impl IntoIterator<Item = Fault>) {
        let (script, forever) = (first.into_iter().collect(), forever.into_iter().collect());
        *self.plan() = Plan { script, forever, ..Plan::default() };
    }

    /// What happens to the next reads of a client, or of the mark of the index, that go beside a page's other reads. These and
    /// all other calls go through.
    pub fn beside(&self, faults: impl IntoIterator<Item = Fault>) {
        *self.plan() = Plan { beside: faults.into_iter().collect(), ..Plan::default() };
    }

    /// After so many calls, and before the next one is sent, `what` happens to the tables.
    pub fn meanwhile(&self, calls: usize, what: impl Future<Output = ()> + Send + 'static) {
        self.plan().meanwhile = Some((calls, Elsewhere(Box::pin(what))));
    }

    /// What is late arrives now. Nobody hears of it.
    pub async fn land(&self) {
        let late = std::mem::take(&mut *self.late.lock().unwrap());
        for (inner, request) in late {
            pass(inner, request).await.unwrap();
        }
    }

    /// All is well again, after all this.
    pub fn heal(&self) -> Toll {
        std::mem::take(&mut *self.plan()).toll
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    wire: Wire,
}

impl HttpClient for Wire {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Connector { inner, wire: self.clone() })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8(request.body().bytes().unwrap_or_default().to_vec()).unwrap();
        let operation = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = operation.rsplit('.').next().unwrap_or_default().to_owned();
        // A page reads each attribute of a client but the secrets. The check of a token's client reads three. A page of
        // applications reads the mark of the index beside its query.
        let is_beside = operation == "GetItem" && (body.contains("\"redirect_uris\"") || body.contains(MARK));
        let (fault, elsewhere) = {
            let mut plan = self.wire.plan();
            plan.toll.sent.push(body.clone());
            plan.toll.operations.push(operation.clone());
            let begun = plan.begun[0];
            let elsewhere = plan.meanwhile.take_if(|(calls, _)| *calls == begun && !is_beside);
            (plan.next(&operation, is_beside), elsewhere)
        };
        if fault == Fault::Late {
            self.wire.late.lock().unwrap().push((self.inner.clone(), request));
            return HttpConnectorFuture::new(std::future::pending());
        }
        let inner = self.inner.clone();
        HttpConnectorFuture::new(async move {
            if let Some((_, Elsewhere(what))) = elsewhere {
                tokio::task::spawn_blocking(move || ELSEWHERE.block_on(what)).await.unwrap();
            }
            suffer(fault, inner, request, operation, body).await
        })
    }
}

async fn suffer(
    fault: Fault,
    inner: SharedHttpConnector,
    request: HttpRequest,
    operation: String,
    asked: String,
) -> Result<HttpResponse, ConnectorError> {
    match fault {
        Fault::Pass => pass(inner, request).await.map(|(status, body)| answer(status, body)),
        Fault::Reset => Err(ConnectorError::io("reset".into())),
        Fault::LostReply => {
            pass(inner, request).await?;
            Err(ConnectorError::io("lost".into()))
        }
        Fault::Silence | Fault::Late => std::future::pending().await,
        Fault::Mute => {
            pass(inner, request).await?;
            std::future::pending().await
        }
        Fault::Slow(fault) => {
            tokio::time::sleep(Duration::from_millis(900)).await;
            Box::pin(suffer(*fault, inner, request, operation, asked)).await
        }
        Fault::Error(status, code) => Ok(error(status, code, json!({}))),
        Fault::Truncated => pass(inner, request).await.map(|(status, body)| answer(status, &body[..body.len() / 2])),
        Fault::BrokenBody | Fault::StalledBody => {
            let (status, body) = pass(inner, request).await?;
            let half = Half { begun: Some(body[..body.len() / 2].to_vec().into()), breaks: fault == Fault::BrokenBody };
            Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from_body_1_x(half)))
        }
        Fault::Unprocessed => {
            let (status, body) = pass(inner, request).await?;
            let mut reply: Value = serde_json::from_slice(&body).unwrap();
            let asked: Value = serde_json::from_str(&asked).unwrap();
            let (table, mut unread) =
                asked["RequestItems"].as_object().unwrap().clone().into_iter().next_back().unwrap();
            let key = unread["Keys"].as_array_mut().unwrap().pop().unwrap();
            let is_unread = |item: &Value| key.as_object().unwrap().iter().all(|(name, value)| item[name] == *value);
            if let Some(items) = reply["Responses"][&table].as_array_mut() {
                items.retain(|item| !is_unread(item));
            }
            unread["Keys"] = json!([key]);
            reply["UnprocessedKeys"] = json!({ table: unread });
            Ok(answer(status, reply.to_string()))
        }
        Fault::Conflict if operation == "TransactWriteItems" => Ok(cancelled("TransactionConflict")),
        Fault::Busy => Ok(cancelled("ThrottlingError")),
        Fault::Conflict => Ok(error(400, "TransactionConflictException", json!({}))),
    }
}

/// A body that ends in its middle: broken, or never.
struct Half {
    begun: Option<Bytes>,
    breaks: bool,
}

impl Body for Half {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.begun.take() {
            Some(begun) => Poll::Ready(Some(Ok(Frame::data(begun)))),
            None if self.breaks => Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into()))),
            None => Poll::Pending,
        }
    }
}

fn answer(status: u16, body: impl AsRef<[u8]>) -> HttpResponse {
    HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.as_ref()))
}

fn error(status: u16, code: &str, mut body: Value) -> HttpResponse {
    body["__type"] = format!("com.amazonaws.dynamodb.v20120810#{code}").into();
    answer(status, body.to_string())
}

fn cancelled(reason: &str) -> HttpResponse {
    let reasons = json!({ "CancellationReasons": [{ "Code": reason }, { "Code": "None" }] });
    error(400, "TransactionCanceledException", reasons)
}

/// Of the engines, and of the connections to them.
static ELSEWHERE: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

async fn pass(inner: SharedHttpConnector, request: HttpRequest) -> Result<(u16, Vec<u8>), ConnectorError> {
    let carried = tokio::task::spawn_blocking(move || {
        ELSEWHERE.block_on(async {
            let reply = inner.call(request).await?;
            let status = reply.status().as_u16();
            let body = ByteStream::new(reply.into_body()).collect().await;
            Ok((status, body.map_err(|error| ConnectorError::io(error.into()))?.to_vec()))
        })
    });
    carried.await.unwrap()
}
