//! The SDK's way to a DynamoDB engine in its own process. It sends the same JSON, without TCP, HTTP and a signature that the
//! engine would not check. For a refresh it leaves out more: the SDK writes and reads the documents, and does nothing else.

use std::fmt::Debug;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::batch_get_item::{
    BatchGetItem, BatchGetItemError, BatchGetItemInput, BatchGetItemOutput,
};
use aws_sdk_dynamodb::operation::put_item::{PutItem, PutItemError, PutItemInput, PutItemOutput};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use crate::aws::UserAgent;
use crate::documents::Documents;
use crate::store::{InProcess, Store, Tables, attempts};

/// What an engine makes of an operation and its document: a status and a document.
pub type Engine = dyn Fn(&str, &[u8]) -> (u16, String) + Send + Sync;

/// A DynamoDB client of an engine in this process. Its reply is there when the call returns: nothing is waited for, and
/// nothing is lost on the way that would have to be tried twice.
pub fn dynamodb_in(engine: Arc<Engine>) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(Direct(engine))
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .region(Region::from_static("local"))
        .endpoint_url("http://localhost")
        .interceptor(UserAgent)
        .allow_no_auth()
        .build();
    Client::from_conf(config)
}

/// A store over an engine in this process.
pub fn store_in(engine: Arc<Engine>, tables: Tables) -> Store {
    let client = dynamodb_in(engine.clone());
    match Documents::of(&BatchGetItem::new()).zip(Documents::of(&PutItem::new())) {
        Some((batch_get, put)) => Store::in_process(client, Arc::new(Operations { engine, batch_get, put }), tables),
        None => Store::new(client, tables),
    }
}

/// The two calls of a refresh, and how each writes and reads its documents.
struct Operations {
    engine: Arc<Engine>,
    batch_get: Documents,
    put: Documents,
}

impl InProcess for Operations {
    fn batch_get(&self, asked: BatchGetItemInput) -> Result<BatchGetItemOutput, SdkError<BatchGetItemError>> {
        call(&*self.engine, &self.batch_get, asked)
    }

    fn put(&self, asked: PutItemInput) -> Result<PutItemOutput, SdkError<PutItemError>> {
        call(&*self.engine, &self.put, asked)
    }
}

#[derive(Clone)]
struct Direct(Arc<Engine>);

impl std::fmt::Debug for Direct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Direct")
    }
}

impl HttpClient for Direct {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Direct {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(reply(&*self.0, &request))
    }
}

fn reply(engine: &Engine, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    let (status, body) = engine(operation, request.body().bytes().unwrap_or_default());
    let status = status.try_into().map_err(|error| ConnectorError::other(Box::new(error), None))?;
    Ok(HttpResponse::new(status, SdkBody::from(body)))
}

/// Carries an operation out as the SDK does, without what the SDK does for a network: a configuration for each call,
/// interceptors, an endpoint, an identity, retries and timeouts.
#[allow(clippy::result_large_err)] // The SDK's own error.
fn call<Answer, Refusal>(
    engine: &Engine,
    documents: &Documents,
    input: impl Debug + Send + Sync + 'static,
) -> Result<Answer, SdkError<Refusal>>
where
    Answer: Debug + Send + Sync + 'static,
    Refusal: std::error::Error + Send + Sync + 'static,
{
    attempts::note();
    let request = documents.request(input)?;
    documents.answer(reply(engine, &request).map_err(SdkError::dispatch_failure)?)
}
