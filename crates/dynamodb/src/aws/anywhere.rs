//! The AWS SDK outside of Lambda: region, credentials and proxy from wherever AWS tools take them.

mod caller;
mod credentials;
mod missing;
mod proxy;

use aws_config::identity::IdentityCache;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, SharedCredentialsProvider};
use aws_types::SdkConfig;

use crate::aws::{patient, retries, timeouts, unguarded};
use crate::environment::ConfigError;
pub use caller::caller;
use credentials::Ahead;
pub use missing::NoCredentials;
use missing::Profiles;

/// Finds region and credentials as any AWS tool does: in the environment, in profiles, from a process, SSO, a role, a
/// container or an instance. The credentials are there when this returns: a process, a sign-in or a role may take longer than
/// a request to DynamoDB may. For APIs with the guard, which users wait for.
pub async fn of_any_place() -> Result<SdkConfig, ConfigError> {
    found(timeouts()).await
}

/// Does the same for an operator's command, whose requests may take longer.
pub async fn of_operator() -> Result<SdkConfig, ConfigError> {
    found(patient()).await
}

async fn found(timeouts: TimeoutConfig) -> Result<SdkConfig, ConfigError> {
    // Without limits of ours: they are those of requests to DynamoDB, and STS and SSO are asked with these settings too.
    let sdk = aws_config::defaults(BehaviorVersion::latest())
        .http_client(proxy::http_client())
        .stalled_stream_protection(unguarded())
        .load()
        .await;
    let profiles = Profiles::read().await?;
    if sdk.region().is_none() {
        return Err(profiles.missing().map_or(ConfigError::NoRegion, ConfigError::from));
    }
    let source = sdk.credentials_provider().ok_or(NoCredentials::Nowhere)?;
    let credentials = Ahead::of(source);
    if let Err(error) = credentials.load().await {
        return Err(profiles.why(&error).into());
    }
    let sdk = sdk.into_builder().timeout_config(timeouts).retry_config(retries());
    // The SDK's own cache would ask for new credentials only when the old ones end, within a request.
    let sdk = sdk.identity_cache(IdentityCache::no_cache());
    Ok(sdk.credentials_provider(SharedCredentialsProvider::new(credentials)).build())
}
