//! The AWS SDK, set for a function that a person waits for.

#[cfg(feature = "anywhere")]
mod anywhere;

use std::time::Duration;

use aws_runtime::user_agent::UserAgentInterceptor;
use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, ConfigBag, Credentials, IdentityCache, Intercept, Region, RuntimeComponents,
    SharedCredentialsProvider, SharedHttpClient, StalledStreamProtectionConfig,
};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use aws_smithy_runtime_api::client::interceptors::{disable_interceptor, dyn_dispatch_hint};
pub use aws_types::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

#[cfg(feature = "anywhere")]
pub use anywhere::{NoCredentials, caller, of_any_place, of_operator};

use crate::conflicts::Conflicts;
use crate::environment::{ConfigError, variable};
use crate::roots::{AMAZON, Roots, trusted};
use crate::store::{OPERATION, Store, Tables, attempts};
use latchkey_oauth::service::settings::Kind;

/// What Lambda puts into a function's environment: region, credentials, and AWS's own variables for other endpoints.
/// Nothing else is looked for: profiles, containers and instances, which `aws-config` knows, cost a start 0.5 ms.
pub fn of_lambda() -> Result<SdkConfig, ConfigError> {
    let required = |name| variable(name).ok_or(ConfigError::Missing(name));
    let region = required("AWS_REGION")?;
    let (key, secret) = (required("AWS_ACCESS_KEY_ID")?, required("AWS_SECRET_ACCESS_KEY")?);
    let credentials = Credentials::new(key, secret, variable("AWS_SESSION_TOKEN"), None, "Lambda");
    let (fips, dual_stack) = (asked("AWS_USE_FIPS_ENDPOINT")?, asked("AWS_USE_DUALSTACK_ENDPOINT")?);
    let endpoint = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_KMS"];
    if let Some(endpoint) = endpoint.into_iter().find(|name| fips == Some(true) && visible(name).is_some()) {
        return Err(ConfigError::Together("AWS_USE_FIPS_ENDPOINT", endpoint));
    }
    let mut sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client(trusted(&region, visible)))
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .identity_cache(IdentityCache::no_cache())
        .timeout_config(timeouts())
        .retry_config(retries())
        .stalled_stream_protection(unguarded())
        .service_config(Environment);
    sdk.set_endpoint_url(visible("AWS_ENDPOINT_URL"));
    sdk.set_use_fips(fips);
    sdk.set_use_dual_stack(dual_stack);
    Ok(sdk.build())
}

/// Of the environment, but the endpoints that it says to ignore.
fn visible(name: &str) -> Option<String> {
    let ignores =
        || variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    variable(name).filter(|_| !name.starts_with("AWS_ENDPOINT_URL") || !ignores())
}

fn asked(name: &'static str) -> Result<Option<bool>, ConfigError> {
    let parse = |text: String| text.to_ascii_lowercase().parse();
    variable(name).map(parse).transpose().map_err(|_| ConfigError::Invalid { name, expected: Kind::Flag })
}

/// `AWS_ENDPOINT_URL_DYNAMODB` and the like.
#[derive(Debug)]
struct Environment;

impl LoadServiceConfig for Environment {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        visible(&format!("{}_{}", key.env(), key.service_id().to_uppercase()))
    }
}

/// A client of DynamoDB.
pub fn dynamodb(sdk: &SdkConfig) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::from_conf(of_dynamodb(sdk).build())
}

/// The store of a function, or of an API that has the guard.
pub fn store(sdk: &SdkConfig, tables: Tables) -> Store {
    Store::of_function(of_dynamodb(sdk), tables)
}

fn of_dynamodb(sdk: &SdkConfig) -> aws_sdk_dynamodb::config::Builder {
    aws_sdk_dynamodb::config::Builder::from(sdk).interceptor(UserAgent).retry_classifier(Conflicts)
}

/// Says who calls, for CloudTrail, and notes that it calls. The SDK's own interceptor puts the same text together for every
/// call, and sends it twice.
#[derive(Debug)]
pub(crate) struct UserAgent;

#[dyn_dispatch_hint]
impl Intercept for UserAgent {
    fn name(&self) -> &'static str {
        "UserAgent"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.interceptor_state().store_put(disable_interceptor::<UserAgentInterceptor>("said by another"));
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        attempts::note();
        context.request_mut().headers_mut().insert("user-agent", concat!("latchkey/", env!("CARGO_PKG_VERSION")));
        Ok(())
    }
}

/// A function has ten seconds. Where the database is slow at every step, the answer is our 503 and not the gateway's. Reads
/// may take what is left beside a write and the look for it: [`OPERATION`] twice.
pub const DEADLINE: Duration = Duration::from_secs(9);

/// Set for a function that a person waits for: DynamoDB answers in milliseconds, so one second an attempt is far past
/// hope. The whole request has a deadline of its own, in `latchkey::context`.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(800))
        .operation_attempt_timeout(Duration::from_secs(1))
        .operation_timeout(OPERATION)
        .build()
}

/// Set for an operator's command, which may take longer: the operator may be far from the region, behind a proxy, or read a whole
/// table. An engine on the operator's own machine answers late while the machine is busy.
fn patient() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(Duration::from_secs(10))
        .operation_timeout(Duration::from_secs(35))
        .build()
}

/// Three attempts, the second after at most 50 ms, the third after at most 100.
pub fn retries() -> RetryConfig {
    // A reply that asks for a longer wait is not obeyed: our own answer says when to come again.
    let most = Duration::from_millis(100);
    RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50)).with_max_backoff(most)
}

/// The guard of long streams: a reply of DynamoDB is one small document under the timeouts above.
fn unguarded() -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::disabled()
}

/// What trusts these roots, and no others. The builder refuses nothing; the day it does, the process ends at its start.
fn trusting(roots: impl Into<TrustStore>) -> TlsContext {
    let context = TlsContext::builder().with_trust_store(roots.into()).build();
    context.unwrap_or_else(|error| unreachable!("no TLS with the roots that were chosen: {error}"))
}

/// A client that speaks TLS and trusts these roots.
pub fn http_client(roots: Roots) -> SharedHttpClient {
    latchkey_connector::client(trusting(roots))
}

/// A connector for requests of our own, to a service whose certificate Amazon or another authority of the system's signed.
pub fn connector() -> SharedHttpConnector {
    latchkey_connector::connector(trusting(TrustStore::default().with_pem_certificate(AMAZON)))
}

/// A DynamoDB client of an engine on this machine, which checks neither region nor credentials but wants some. For operators'
/// commands, whose timeouts it has.
pub fn dynamodb_at(url: &str) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client(Roots::System))
        .timeout_config(patient())
        .retry_config(retries())
        .stalled_stream_protection(unguarded())
        .region(Region::from_static("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url(url)
        .interceptor(UserAgent)
        .retry_classifier(Conflicts)
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}
