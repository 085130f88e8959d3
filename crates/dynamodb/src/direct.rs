//! The SDK's way to a DynamoDB engine in its own process. It sends the same JSON, without TCP, HTTP and a signature that the
//! engine would not check.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use crate::aws::UserAgent;

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
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let (status, body) = self.0(operation, request.body().bytes().unwrap_or_default());
        let answer = status.try_into().map(|status| HttpResponse::new(status, SdkBody::from(body)));
        HttpConnectorFuture::ready(answer.map_err(|error| ConnectorError::other(Box::new(error), None)))
    }
}
