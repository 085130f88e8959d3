//! Reads the environment, and says why the service does not start. No other module reads environment variables.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::advice::on_kms;
use latchkey_oauth::service::settings::{Default, Kind, SEALING_KEY_FILE, Setting};

/// How far the clock that chose a time may be ahead of this one, seconds.
const LEEWAY: u64 = 300;

/// Why the service does not start: one line with the name of the setting.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A required variable is not set.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// The value of a variable is invalid.
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
    /// Neither or both of two variables are set.
    #[error("exactly one of {0} and {1} must be set")]
    OneOf(&'static str, &'static str),
    /// Two variables are set that cannot be used together.
    #[error("{0} and {1} must not both be set")]
    Together(&'static str, &'static str),
    /// A set of functions has no key in KMS.
    #[error(
        "{0} is not set; it must name the key in KMS from which the keys of the set {1} are derived. A deployment whose one key \
         was for all functions gets it by its update, and its outputs name it"
    )]
    NoKey(&'static str, &'static str),
    /// KMS does not derive the sealing keys.
    #[error(
        "{variable}: KMS does not do kms:GenerateMac with the key {key}: {code}; {advice}",
        advice = on_kms(code)
    )]
    Kms {
        /// The variable that names the key.
        variable: &'static str,
        /// The key, as it is named.
        key: String,
        /// AWS's code of the error, or what else happened.
        code: String,
    },
    /// Neither the environment nor the AWS profile names a region.
    #[error("AWS_REGION is not set, and the AWS profile has no region; set AWS_REGION to the region of the tables")]
    NoRegion,
    /// There are no AWS credentials: why, and what to do.
    #[error("{0}")]
    Credentials(String),
}

/// Returns a variable of the process's environment. An empty value counts as not set.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The first argument of the process.
pub fn first_argument() -> Option<OsString> {
    std::env::args_os().nth(1)
}

/// The folder of the running program, where the search path of the shell does not name it.
pub fn folder_off_the_path() -> Option<PathBuf> {
    let folder = std::env::current_exe().ok()?.parent()?.to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    (!std::env::split_paths(&path).any(|named| named == folder)).then_some(folder)
}

/// An environment, read by the table of settings: name, default and bounds come from there. An empty value counts as not
/// set. An error never has the value, because it may be a secret.
pub struct Environment<V>(pub V);

impl<V: Fn(&str) -> Option<String>> Environment<V> {
    /// Returns the value that is set.
    pub fn set(&self, setting: &Setting) -> Option<String> {
        (self.0)(setting.name).filter(|value| !value.is_empty())
    }

    /// Reads the value that is set. Fails if `read` does not accept it.
    pub fn maybe<T>(&self, setting: &Setting, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ConfigError> {
        let Some(text) = self.set(setting) else { return Ok(None) };
        read(&text).map(Some).ok_or(ConfigError::Invalid { name: setting.name, expected: setting.kind })
    }

    /// Reads a setting that has a default or is required.
    pub fn read<T>(&self, setting: &Setting, read: impl Fn(&str) -> Option<T>) -> Result<T, ConfigError> {
        match (self.maybe(setting, &read)?, setting.default) {
            (Some(value), _) => Ok(value),
            (None, Default::Text(text)) => {
                read(text).ok_or(ConfigError::Invalid { name: setting.name, expected: setting.kind })
            }
            (None, _) => Err(ConfigError::Missing(setting.name)),
        }
    }

    /// Reads a text that fits the setting's kind.
    pub fn text(&self, setting: &Setting) -> Result<String, ConfigError> {
        self.read(setting, |text| setting.kind.fits(text).then(|| text.to_owned()))
    }

    /// Reads `true` or `false`.
    pub fn flag(&self, setting: &Setting) -> Result<bool, ConfigError> {
        self.read(setting, |text| text.parse().ok())
    }

    /// Reads a number within the setting's bounds.
    pub fn number(&self, setting: &Setting) -> Result<u64, ConfigError> {
        Ok(self.maybe(setting, |text| setting.kind.number(text))?.unwrap_or(setting.number()))
    }

    /// Reads a time that has come, at `now`. With a time to come, nothing that is issued until then would be good. Clocks may
    /// differ a little.
    pub fn time(&self, setting: &Setting, now: u64) -> Result<u64, ConfigError> {
        let has_come = |text: &str| setting.kind.number(text).filter(|time| *time <= now.saturating_add(LEEWAY));
        Ok(self.maybe(setting, has_come)?.unwrap_or(setting.number()))
    }
}
