//! The environment: the one place that reads it, and what keeps a start from going on.

use std::path::PathBuf;

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
    /// Two variables are set that exclude each other.
    #[error("{0} and {1} cannot both be set")]
    Together(&'static str, &'static str),
    /// KMS does not give the sealing keys.
    #[error("LATCHKEY_SEALING_KMS_KEY: KMS refuses or does not answer: {0}")]
    Kms(String),
    /// Neither the environment nor the AWS profile names a region.
    #[error("AWS_REGION is not set, and no AWS profile names a region")]
    NoRegion,
}

/// Of the process's environment. An empty value counts as not set.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
