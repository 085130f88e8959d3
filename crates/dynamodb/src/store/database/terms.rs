//! What the SDK settles on for a call, and what can be said again with it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::auth::{AuthScheme, AuthSchemeEndpointConfig, AuthSchemeId, SharedAuthScheme};
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::identity::{
    Identity, IdentityCacheLocation, ResolveCachedIdentity, ResolveIdentity, SharedIdentityResolver,
};
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

/// An identity is asked for anew if it expires within this time.
const EXPIRES_SOON: Duration = Duration::from_secs(60);

/// Keeps what the SDK settled on for its first call.
#[derive(Debug)]
pub(super) struct Learn(pub(super) Arc<OnceLock<Terms>>);

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
        if self.0.get().is_none()
            && let Some(terms) = Terms::of(context.request(), components, config)
        {
            let _ = self.0.set(terms);
        }
        Ok(())
    }
}

#[derive(Debug)]
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
    identity: Mutex<Option<Identity>>,
    rests_until: Mutex<Option<Instant>>,
}

/// Whether the client's cache keeps what it finds.
fn is_cached(identities: &SharedIdentityResolver) -> bool {
    identities.cache_location() == IdentityCacheLocation::RuntimeComponents
}

impl Terms {
    /// None where a call is not like each other: its endpoint wants headers or a signature of its own.
    fn of(request: &HttpRequest, components: &RuntimeComponents, config: &ConfigBag) -> Option<Self> {
        let endpoint = config.load::<Endpoint>()?;
        let is_like_others = endpoint.headers().next().is_none()
            && endpoint.auth_schemes().is_empty()
            && !endpoint.properties().contains_key("authSchemes");
        let timeouts = config.load::<TimeoutConfig>()?;
        let mut settings = HttpConnectorSettings::builder();
        settings.set_connect_timeout(timeouts.connect_timeout()).set_read_timeout(timeouts.read_timeout());
        let connector = components.http_client()?.http_connector(&settings.build(), components);
        let scheme = components.auth_scheme(SIGNED)?;
        let mut signing = Layer::new("signature");
        signing.store_put(config.load::<SigV4OperationSigningConfig>()?.clone());
        signing.store_put(config.load::<SigningRegion>()?.clone());
        signing.store_put(config.load::<SigningName>()?.clone());
        let terms = Self {
            url: endpoint.url().to_owned(),
            user_agent: request.headers().get("user-agent")?.to_owned(),
            connector,
            identities: scheme.identity_resolver(components).filter(is_cached)?,
            scheme,
            components: components.clone(),
            signing: ConfigBag::of_layers(vec![signing]),
            timeouts: timeouts.clone(),
            attempt: timeouts.operation_attempt_timeout().unwrap_or(Duration::MAX),
            retries: config.load::<RetryConfig>().filter(|retries| retries.max_attempts() > 1)?.clone(),
            identity: Mutex::default(),
            rests_until: Mutex::default(),
        };
        is_like_others.then_some(terms)
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
            let request = self.signed(request).await.ok()?;
            attempts::note();
            let mut response = self.connector.call(request).await.ok()?;
            let body = std::mem::replace(response.body_mut(), SdkBody::taken());
            *response.body_mut() = SdkBody::from(ByteStream::new(body).collect().await.ok()?.into_bytes());
            Some(response)
        };
        tokio::time::timeout(self.attempt, reply).await.ok()?
    }

    async fn signed(&self, mut request: HttpRequest) -> Result<HttpRequest, BoxError> {
        let id = random().map_err(|_| "no randomness")?;
        request.uri_mut().set_endpoint(&self.url)?;
        let identity = self.identity().await?;
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

    /// Who signs. Kept while it does not expire: the SDK's cache takes longer to ask than a signature to make.
    async fn identity(&self) -> Result<Identity, BoxError> {
        let kept = self.identity.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let now = self.components.time_source().unwrap_or_default().now();
        let soon = now.checked_add(EXPIRES_SOON).unwrap_or(now);
        if let Some(kept) = kept.filter(|kept| kept.expiration().is_none_or(|expires| soon < expires)) {
            return Ok(kept);
        }
        let identities = self.identities.clone();
        let cache = self.components.identity_cache();
        let identity = cache.resolve_cached_identity(identities, &self.components, &self.signing).await?;
        *self.identity.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity.clone());
        Ok(identity)
    }

    /// A client for what is left of a call after an attempt and this wait.
    pub(super) fn afterwards(&self, client: &Client, waited: Duration) -> Client {
        let left = self.retries.max_attempts().saturating_sub(1);
        let retries = self.retries.clone().with_max_attempts(left).with_initial_backoff(waited.saturating_mul(2));
        let gone = self.attempt.saturating_add(waited);
        let operation = self.timeouts.operation_timeout().map(|time| time.saturating_sub(gone));
        let mut timeouts = self.timeouts.to_builder();
        timeouts.set_operation_timeout(operation);
        let config = client.config().to_builder().retry_config(retries).timeout_config(timeouts.build());
        Client::from_conf(config.build())
    }
}
