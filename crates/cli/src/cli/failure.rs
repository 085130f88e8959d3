//! Why a command fails, in one line.

use latchkey_dynamodb::environment::ConfigError;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::error::{Denial, Unavailable};

use crate::local::EngineError;

/// What went wrong, in one line.
#[derive(Debug)]
pub(super) struct Failure(pub(super) String);

/// What a command comes to.
pub(super) type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    pub(super) fn database(unavailable: Unavailable, usage: &Usage) -> Self {
        let code = usage.error.as_deref().unwrap_or("no error code");
        Self(match unavailable {
            Unavailable::DatabaseRefuses => {
                format!("DynamoDB refuses: {code} (table name, region, credentials, permission?)")
            }
            Unavailable::DatabaseUnreachable => {
                format!("DynamoDB does not answer: {code} (endpoint, region, network?)")
            }
            Unavailable::DatabaseThrottling => format!("DynamoDB throttles: {code}; try again"),
            Unavailable::ItemDamaged => "an item of the table cannot be read: something else wrote it".to_owned(),
            Unavailable::SecretUnopened => "a sealed secret does not open under this sealing key".to_owned(),
            Unavailable::NoRandomness => "the operating system gives no randomness".to_owned(),
        })
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self(error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self(error.to_string())
    }
}

impl From<Unavailable> for Failure {
    fn from(unavailable: Unavailable) -> Self {
        Self::database(unavailable, &Usage::default())
    }
}

impl From<Denial> for Failure {
    fn from(denial: Denial) -> Self {
        Self(denial.wire().description.into_owned())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// Of two operators who change one thing at once, the second is told.
pub(super) fn conflict() -> Failure {
    Failure::new("somebody else changed it at the same time; look at it and try again")
}
