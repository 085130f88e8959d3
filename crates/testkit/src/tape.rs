//! What a function's store sends to AWS, and what it hears, written down.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{Builder as Config, ConfigBag, Credentials, Intercept, Region, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use latchkey_dynamodb::aws;
use latchkey_dynamodb::store::{Store, Tables};
use ring::{digest, hmac};

/// The secret key that the store signs with.
const SECRET: &str = "a secret key for tests";

/// A status and a body; or nothing, ever.
pub type Reply = Option<(u16, &'static str)>;

/// A request as it is sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub method: String,
    pub url: String,
    /// By name.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Sent {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str()).unwrap()
    }

    /// The signature that AWS computes of this request, version 4.
    pub fn signature(&self) -> String {
        let said = self.header("authorization");
        let part = |name: &str| said.split_once(name).unwrap().1.split(',').next().unwrap().to_owned();
        let (credential, signed) = (part("Credential="), part("SignedHeaders="));
        let (_, scope) = credential.split_once('/').unwrap();
        let host = self.url.strip_prefix("https://").unwrap().trim_end_matches('/');
        let value = |name: &str| if name == "host" { host } else { self.header(name) }.to_owned();
        let headers: String = signed.split(';').map(|name| format!("{name}:{}\n", value(name))).collect();
        let request = format!("{}\n/\n\n{headers}\n{signed}\n{}", self.method, hash(&self.body));
        let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", self.header("x-amz-date"), hash(request.as_bytes()));
        let key = format!("AWS4{SECRET}").into_bytes();
        let key = scope.split('/').fold(key, |key, part| keyed(&key, part));
        hex(&keyed(&key, &text))
    }
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hash(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// AWS's end of the wire: it gives each call the next reply, and the last one to all after it.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    sent: Arc<Mutex<Vec<Sent>>>,
    replies: Arc<Mutex<Vec<Reply>>>,
    by_sdk: Arc<AtomicUsize>,
}

impl Tape {
    /// A function's store over this wire, as if in AWS's region eu-central-1.
    pub fn store(&self) -> Store {
        self.store_with(|config| config)
    }

    /// The same, configured otherwise.
    pub fn store_with(&self, edit: impl FnOnce(Config) -> Config) -> Store {
        let config = aws::dynamodb_at("http://nowhere").config().to_builder();
        let mut config = config
            .region(Region::from_static("eu-central-1"))
            .credentials_provider(Credentials::new("AKIDNOBODY", SECRET, Some("a session".into()), None, "tape"))
            .http_client(self.clone())
            .timeout_config(aws::timeouts())
            .retry_config(aws::retries())
            .interceptor(Counted(self.by_sdk.clone()));
        config.set_endpoint_url(None);
        let name = |name: &str| name.to_owned();
        let tables = Tables { clients: name("clients"), tokens: name("tokens"), users: name("users") };
        Store::of_function(edit(config), tables)
    }

    /// What it answers.
    pub fn answer(&self, replies: impl IntoIterator<Item = Reply>) {
        let mut replies: Vec<_> = replies.into_iter().collect();
        replies.reverse();
        *self.replies.lock().unwrap() = replies;
    }

    /// How many hold this wire.
    pub fn holders(&self) -> usize {
        Arc::strong_count(&self.sent)
    }

    /// What was sent since the last time, and how many operations of the SDK that took.
    pub fn take(&self) -> (Vec<Sent>, usize) {
        (std::mem::take(&mut *self.sent.lock().unwrap()), self.by_sdk.swap(0, SeqCst))
    }
}

impl HttpClient for Tape {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Tape {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut headers: Vec<_> =
            request.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        headers.sort();
        self.sent.lock().unwrap().push(Sent {
            method: request.method().to_owned(),
            url: request.uri().to_owned(),
            headers,
            body: request.body().bytes().unwrap().to_vec(),
        });
        let mut replies = self.replies.lock().unwrap();
        let reply = if replies.len() > 1 { replies.pop().unwrap() } else { replies[0] };
        HttpConnectorFuture::new(async move {
            match reply {
                Some((status, body)) => Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))),
                None => std::future::pending().await,
            }
        })
    }
}

/// Counts what the SDK carries out.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

#[dyn_dispatch_hint]
impl Intercept for Counted {
    fn name(&self) -> &'static str {
        "Counted"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, SeqCst);
        Ok(())
    }
}
