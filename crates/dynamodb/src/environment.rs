//! The environment: the one place that reads it, and what keeps a start from going on.

use std::path::PathBuf;

use latchkey_oauth::service::settings::{Default, Kind, SEALING_KEY_FILE, SEALING_KMS_KEY, Setting};

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
        expected: Kind,
    },
    /// The sealing key cannot be read.
    #[error("{variable}: {path}: {reason}", variable = SEALING_KEY_FILE.name)]
    SealingKey {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// None or both of two variables are set.
    #[error("just one of {0} and {1} must be set")]
    OneOf(&'static str, &'static str),
    /// Two variables are set that exclude each other.
    #[error("{0} and {1} cannot both be set")]
    Together(&'static str, &'static str),
    /// KMS does not give the sealing keys.
    #[error("{variable}: KMS refuses or does not answer: {0}", variable = SEALING_KMS_KEY.name)]
    Kms(String),
    /// Neither the environment nor the AWS profile names a region.
    #[error("AWS_REGION is not set, and no AWS profile names a region")]
    NoRegion,
}

/// Of the process's environment. An empty value counts as not set.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// An environment, read through the table of settings: name, default and bounds come from there. An empty value counts as
/// not set. No error has a value: it may be a secret.
pub struct Environment<V>(pub V);

impl<V: Fn(&str) -> Option<String>> Environment<V> {
    /// What is set.
    pub fn set(&self, setting: &Setting) -> Option<String> {
        (self.0)(setting.name).filter(|value| !value.is_empty())
    }

    /// What is set, read; an error where it cannot be read.
    pub fn maybe<T>(&self, setting: &Setting, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ConfigError> {
        let Some(text) = self.set(setting) else { return Ok(None) };
        read(&text).map(Some).ok_or(ConfigError::Invalid { name: setting.name, expected: setting.kind })
    }

    /// The same of a setting that has a default, or is required.
    pub fn read<T>(&self, setting: &Setting, read: impl Fn(&str) -> Option<T>) -> Result<T, ConfigError> {
        match (self.maybe(setting, &read)?, setting.default) {
            (Some(value), _) => Ok(value),
            (None, Default::Text(text)) => {
                read(text).ok_or(ConfigError::Invalid { name: setting.name, expected: setting.kind })
            }
            (None, _) => Err(ConfigError::Missing(setting.name)),
        }
    }

    /// A text.
    pub fn text(&self, setting: &Setting) -> Result<String, ConfigError> {
        self.read(setting, |text| Some(text.to_owned()))
    }

    /// A number within the setting's bounds.
    pub fn number(&self, setting: &Setting) -> Result<u64, ConfigError> {
        Ok(self.maybe(setting, |text| setting.kind.number(text))?.unwrap_or(setting.number()))
    }
}
