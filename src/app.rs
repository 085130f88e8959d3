//! Configuration: the one place that reads the environment, and the start of everything that depends on it.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_smithy_http_client::tls;

use crate::endpoint::Latchkey;
use crate::secret::Keyring;
use crate::settings::{Authority, Settings};
use crate::store::{Store, Tables};

/// What the environment says. Each field names its variable; AWS's own variables (`AWS_REGION`,
/// `AWS_ENDPOINT_URL_DYNAMODB`, credentials) are read by the AWS SDK.
#[derive(Clone, Debug)]
pub struct Config {
    /// `LATCHKEY_CLIENTS_TABLE` and `LATCHKEY_TOKENS_TABLE`, required.
    pub tables: Tables,
    /// `LATCHKEY_SEALING_KEY_FILE`, required: lines of `name:base64(32 bytes)`, the one that seals first.
    pub sealing_key_file: PathBuf,
    /// `LATCHKEY_ACCESS_TOKEN_SECONDS` (1200), `LATCHKEY_REFRESH_TOKEN_SECONDS` (86400), `LATCHKEY_CODE_SECONDS` (600,
    /// at most 600), `LATCHKEY_CLOCK_SKEW_SECONDS` (300), `LATCHKEY_SIGNATURE_HOST` (`www.oclc.org`),
    /// `LATCHKEY_SIGNATURE_PORT` (443), `LATCHKEY_SIGNATURE_PATH` (`/wskey`).
    pub settings: Settings,
}

/// Why the service does not start. One line, by the name of the setting.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A required variable is not set.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// A variable has a value that it cannot have.
    #[error("{name} must be {expected}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// The sealing key cannot be read.
    #[error("LATCHKEY_SEALING_KEY_FILE: {path}: {reason}")]
    SealingKey {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Neither the environment nor the AWS profile names a region.
    #[error("AWS_REGION is not set, and no AWS profile names a region")]
    NoRegion,
}

const YEAR: u64 = 366 * 24 * 60 * 60;

impl Config {
    /// Reads the process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads through `variable`. An empty value counts as not set.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let required = |name| variable(name).filter(|value| !value.is_empty()).ok_or(ConfigError::Missing(name));
        Ok(Self {
            tables: Tables { clients: required("LATCHKEY_CLIENTS_TABLE")?, tokens: required("LATCHKEY_TOKENS_TABLE")? },
            sealing_key_file: required("LATCHKEY_SEALING_KEY_FILE")?.into(),
            settings: settings(&variable)?,
        })
    }

    /// Opens the keyring and makes the DynamoDB client. No call is made yet.
    pub async fn start(self) -> Result<Latchkey, ConfigError> {
        let keyring = self.keyring()?;
        let sdk = sdk_config().await;
        if sdk.region().is_none() {
            return Err(ConfigError::NoRegion);
        }
        let db = aws_sdk_dynamodb::Client::new(&sdk);
        Ok(Latchkey { store: Store::new(db, self.tables), keyring, settings: self.settings })
    }

    fn keyring(&self) -> Result<Keyring, ConfigError> {
        let failed = |reason: String| ConfigError::SealingKey { path: self.sealing_key_file.clone(), reason };
        let text = std::fs::read_to_string(&self.sealing_key_file).map_err(|error| failed(error.to_string()))?;
        Keyring::parse(&zeroize::Zeroizing::new(text)).map_err(|error| failed(error.to_string()))
    }
}

/// The settings that the process's environment chooses, for the local server and for clients.
pub fn settings_from_env() -> Result<Settings, ConfigError> {
    settings(&|name| std::env::var(name).ok())
}

fn settings(variable: &impl Fn(&str) -> Option<String>) -> Result<Settings, ConfigError> {
    let optional = |name| variable(name).filter(|value| !value.is_empty());
    let number = |name, default, most, expected| match optional(name) {
        None => Ok(default),
        Some(text) => match text.parse::<u64>() {
            Ok(value) if (1..=most).contains(&value) => Ok(value),
            _ => Err(ConfigError::Invalid { name, expected }),
        },
    };
    let seconds = |name, default, most| number(name, default, most, "a number of seconds within its bounds");
    let default = Settings::default();
    Ok(Settings {
        access_token_seconds: seconds("LATCHKEY_ACCESS_TOKEN_SECONDS", default.access_token_seconds, YEAR)?,
        refresh_token_seconds: seconds("LATCHKEY_REFRESH_TOKEN_SECONDS", default.refresh_token_seconds, YEAR)?,
        code_seconds: seconds("LATCHKEY_CODE_SECONDS", default.code_seconds, default.code_seconds)?,
        clock_skew_seconds: seconds("LATCHKEY_CLOCK_SKEW_SECONDS", default.clock_skew_seconds, 3600)?,
        authority: Authority {
            host: optional("LATCHKEY_SIGNATURE_HOST").unwrap_or(default.authority.host),
            port: number("LATCHKEY_SIGNATURE_PORT", default.authority.port.into(), 65535, "a port, 1 to 65535")? as u16,
            path: optional("LATCHKEY_SIGNATURE_PATH").unwrap_or(default.authority.path),
        },
    })
}

async fn sdk_config() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        .timeout_config(timeouts())
        .retry_config(retries())
        // Guards long streams; a reply of DynamoDB is one small document under the timeouts above.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .load()
        .await
}

/// Set for a function that a person waits for: DynamoDB answers in milliseconds, so one second an attempt is far past
/// hope. The whole request has a deadline of its own, in [`crate::endpoint`].
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(800))
        .operation_attempt_timeout(Duration::from_secs(1))
        .operation_timeout(Duration::from_millis(3500))
        .build()
}

/// Three attempts, the second after at most 50 ms, the third after at most 100.
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50))
}

/// TLS by ring: aws-lc, the SDK's default, spends some 24 ms of CPU on entropy in a function's first request.
pub fn http_client() -> aws_sdk_dynamodb::config::SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https()
}

/// A DynamoDB client of an engine on this machine, which checks neither region nor credentials but wants some.
pub fn dynamodb_at(url: &str) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client())
        .timeout_config(timeouts())
        .retry_config(retries())
        .region(Region::from_static("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url(url)
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

/// POSIX seconds.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
