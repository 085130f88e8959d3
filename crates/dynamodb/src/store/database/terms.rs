//! What the SDK settles on for a call, and how the store sends later calls with it.

use std::fmt::{self, Debug, Formatter};
use std::sync::{Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::auth::{AuthScheme, AuthSchemeEndpointConfig, AuthSchemeId, SharedAuthScheme};
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::identity::{ResolveCachedIdentity, SharedIdentityResolver};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::endpoint::Endpoint;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use tokio::time::Instant;
use uuid::Builder;

use crate::random;
use crate::store::attempts;

/// The SDK's name of the signature that DynamoDB takes.
const SIGNED: AuthSchemeId = AuthSchemeId::new("sigv4");

/// How long the SDK makes all attempts after one that was no success. It may know more of what is wrong: of a clock that is off,
/// say. And what it carries out fills its allowance of retries.
const REST: Duration = Duration::from_secs(60);

/// Keeps what the SDK settled on for its first call. That holds the client's interceptors, so this one must not hold it.
pub(super) struct Learn(pub(super) Weak<OnceLock<Terms>>);

impl Debug for Learn {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Learn")
    }
}

#[dyn_dispatch_hint]
impl Intercept for Learn {
    fn name(&self) -> &'static str {
        "Learn"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(kept) = self.0.upgrade().filter(|kept| kept.get().is_none())
            && let Some(terms) = Terms::of(context.request(), components, config)
        {
            let _ = kept.set(terms);
        }
        Ok(())
    }
}

pub(super) struct Terms {
    url: String,
    user_agent: String,
    connector: SharedHttpConnector,
    scheme: SharedAuthScheme,
    identities: SharedIdentityResolver,
    components: RuntimeComponents,
    /// For whom and where a signature holds.
    signing: ConfigBag,
    timeouts: TimeoutConfig,
    attempt: Duration,
    retries: RetryConfig,
    rests_until: Mutex<Option<Instant>>,
}

impl Terms {
    /// None where calls are not alike: the endpoint wants headers or a signature of its own, or its time is not
    /// divided into attempts.
    fn of(request: &HttpRequest, components: &RuntimeComponents, config: &ConfigBag) -> Option<Self> {
        let endpoint = config.load::<Endpoint>()?;
        let signs_otherwise = !endpoint.auth_schemes().is_empty() || endpoint.properties().contains_key("authSchemes");
        if signs_otherwise || endpoint.headers().next().is_some() {
            return None;
        }
        let timeouts = config.load::<TimeoutConfig>()?;
        let attempt = match (timeouts.operation_attempt_timeout(), timeouts.operation_timeout()) {
            (Some(attempt), _) => attempt,
            (None, None) => Duration::MAX,
            (None, Some(_)) => return None,
        };
        let mut settings = HttpConnectorSettings::builder();
        settings.set_connect_timeout(timeouts.connect_timeout()).set_read_timeout(timeouts.read_timeout());
        let connector = components.http_client()?.http_connector(&settings.build(), components);
        let scheme = components.auth_scheme(SIGNED)?;
        let mut signing = Layer::new("signature");
        signing.store_put(config.load::<SigV4OperationSigningConfig>()?.clone());
        signing.store_put(config.load::<SigningRegion>()?.clone());
        signing.store_put(config.load::<SigningName>()?.clone());
        Some(Self {
            url: endpoint.url().to_owned(),
            user_agent: request.headers().get("user-agent")?.to_owned(),
            connector,
            identities: scheme.identity_resolver(components)?,
            scheme,
            components: components.clone(),
            signing: ConfigBag::of_layers(vec![signing]),
            timeouts: timeouts.clone(),
            attempt,
            retries: config.load::<RetryConfig>().filter(|retries| retries.max_attempts() > 1)?.clone(),
            rests_until: Mutex::default(),
        })
    }

    /// Whether the SDK makes all attempts.
    pub(super) fn is_resting(&self) -> bool {
        let until = *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    /// Has the SDK make all attempts for a while.
    pub(super) fn rest(&self) {
        *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now().checked_add(REST);
    }

    /// The response, with its body; none if there is none in time.
    pub(super) async fn send(&self, request: HttpRequest) -> Option<HttpResponse> {
        let reply = async {
            let mut request = self.signed(request).await.ok()?;
            let connection = CaptureSmithyConnection::new();
            request.add_extension(connection.clone());
            attempts::note();
            let mut response = self.connector.call(request).await.ok()?;
            // The next attempt shall not meet the same failing server.
            if response.status().is_server_error()
                && let Some(connection) = connection.get()
            {
                connection.poison();
            }
            let body = std::mem::replace(response.body_mut(), SdkBody::taken());
            *response.body_mut() = SdkBody::from(ByteStream::new(body).collect().await.ok()?.into_bytes());
            Some(response)
        };
        tokio::time::timeout(self.attempt, reply).await.ok()?
    }

    async fn signed(&self, mut request: HttpRequest) -> Result<HttpRequest, BoxError> {
        let id = random().map_err(|_| "no randomness")?;
        request.uri_mut().set_endpoint(&self.url)?;
        let (identities, cache) = (self.identities.clone(), self.components.identity_cache());
        let identity = cache.resolve_cached_identity(identities, &self.components, &self.signing).await?;
        let endpoint = AuthSchemeEndpointConfig::empty();
        let signer = self.scheme.signer();
        signer.sign_http_request(&mut request, &identity, endpoint, &self.components, &self.signing)?;
        // The signature does not cover these, nor does the SDK's.
        let headers = request.headers_mut();
        headers.insert("amz-sdk-invocation-id", Builder::from_random_bytes(id).into_uuid().to_string());
        headers.insert("amz-sdk-request", format!("attempt=1; max={}", self.retries.max_attempts()));
        headers.insert("user-agent", self.user_agent.clone());
        Ok(request)
    }

    /// How long to wait before the SDK goes on, at most.
    pub(super) fn backoff(&self) -> Duration {
        self.retries.initial_backoff()
    }

    /// A client for what is left of a call after an attempt and the wait.
    pub(super) fn afterwards(&self, client: &Client) -> Client {
        let left = self.retries.max_attempts().saturating_sub(1);
        let gone = self.attempt.saturating_add(self.backoff());
        let mut timeouts = self.timeouts.to_builder();
        timeouts.set_operation_timeout(self.timeouts.operation_timeout().map(|time| time.saturating_sub(gone)));
        let retries = self.retries.clone().with_max_attempts(left);
        let config = client.config().to_builder().retry_config(retries).timeout_config(timeouts.build());
        Client::from_conf(config.build())
    }
}
