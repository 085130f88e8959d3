//! Configuration: the one place that reads the environment, and the start of everything that depends on it.

mod aws;
mod sealing;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::endpoint::Latchkey;
use crate::settings::{Authority, Settings};
use crate::store::{Store, Tables};

pub use aws::{dynamodb_at, http_client, retries, timeouts};
pub use sealing::Sealing;

/// What the environment says. Each field names its variable; AWS's own variables (`AWS_REGION`,
/// `AWS_ENDPOINT_URL_DYNAMODB`, credentials) are read by the AWS SDK.
#[derive(Clone, Debug)]
pub struct Config {
    /// `LATCHKEY_CLIENTS_TABLE` and `LATCHKEY_TOKENS_TABLE`, required.
    pub tables: Tables,
    /// `LATCHKEY_SEALING_KMS_KEY` or `LATCHKEY_SEALING_KEY_FILE`, just one of them.
    pub sealing: Sealing,
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
    /// None or both of two variables are set.
    #[error("just one of {0} and {1} must be set")]
    OneOf(&'static str, &'static str),
    /// KMS does not give the sealing keys.
    #[error("LATCHKEY_SEALING_KMS_KEY: KMS refuses or does not answer: {0}")]
    Kms(String),
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
            sealing: Sealing::read(&variable)?,
            settings: settings(&variable)?,
        })
    }

    /// Makes the clients of DynamoDB and KMS and the keyring, and opens the connection to DynamoDB meanwhile: a first
    /// request that has to open it waits for it. A database that is away now is the first request's affair.
    pub async fn start(self) -> Result<Latchkey, ConfigError> {
        let sdk = aws::sdk_config().await;
        if sdk.region().is_none() {
            return Err(ConfigError::NoRegion);
        }
        let store = Store::new(aws_sdk_dynamodb::Client::new(&sdk), self.tables);
        let (keyring, _) = tokio::join!(self.sealing.keyring(&sdk), store.warm_up());
        Ok(Latchkey { store, keyring: keyring?, settings: self.settings })
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

/// POSIX seconds.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
