//! The error of a command, in one line.

use latchkey_dynamodb::advice::{is_denied, on_credentials};
use latchkey_dynamodb::environment::ConfigError;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::error::{Denial, Unavailable};

use crate::local::EngineError;

/// What went wrong and what to do, in one line. Empty if the program that reads the output has ended: there is nothing to say.
#[derive(Debug)]
pub(super) struct Failure(pub(super) String);

/// The result of a command.
pub(super) type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// The program that reads the output has ended.
    pub(super) fn closed_pipe() -> Self {
        Self(String::new())
    }

    /// Whether another operator was first.
    pub(super) fn is_conflict(&self) -> bool {
        self.0.starts_with(CONFLICT)
    }

    pub(super) fn database(unavailable: Unavailable, usage: &Usage) -> Self {
        let code = usage.error.as_deref().unwrap_or("no error code");
        Self(match unavailable {
            Unavailable::DatabaseRefuses => match &usage.permission {
                Some(permission) if is_denied(code) => format!(
                    "DynamoDB refuses the request: {code}; the AWS credentials lack the permission {permission}; infra/README.md lists what \
                     each command needs"
                ),
                _ => format!("DynamoDB refuses the request: {code}; {}", advice(code)),
            },
            Unavailable::DatabaseUnreachable => {
                let code = if code == "DispatchFailure" { "no connection" } else { code };
                format!(
                    "DynamoDB does not answer: {code}; check region, endpoint, network and proxy (HTTPS_PROXY, NO_PROXY)"
                )
            }
            Unavailable::DatabaseThrottling => format!("DynamoDB throttles the request: {code}; try again"),
            Unavailable::ItemDamaged => damaged(&usage.damaged),
            Unavailable::SecretUnopened => {
                "a secret is sealed under another sealing key; use the keys that the functions have".to_owned()
            }
            Unavailable::NoRandomness => "the operating system does not provide random bytes".to_owned(),
        })
    }
}

/// Names the items that cannot be read.
fn damaged(items: &[String]) -> String {
    let what = match items {
        [] => "an item of the table".to_owned(),
        [one] => format!("the item {one}"),
        more => format!("{} items ({})", more.len(), more.join("; ")),
    };
    format!("{what} cannot be read: another program wrote it; restore it")
}

/// Ends a list whose other members were shown. Fails if an item could not be read.
pub(super) fn intact(usage: &Usage) -> Outcome {
    if usage.damaged.is_empty() { Ok(()) } else { Err(Failure(damaged(&usage.damaged))) }
}

/// What an operator does about an error code of DynamoDB.
fn advice(code: &str) -> &'static str {
    match code {
        "ResourceNotFoundException" => "the region has no such table; check AWS_REGION and the names of the tables",
        code if is_denied(code) => {
            "the AWS credentials lack the permission; infra/README.md lists what each command needs"
        }
        code => on_credentials(code).unwrap_or("check table name, region, credentials and permission"),
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self(error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self(match &error {
            ConfigError::Kms { code, .. } if is_denied(code) => {
                format!("{error}; infra/README.md lists what each command needs")
            }
            _ => error.to_string(),
        })
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

const CONFLICT: &str =
    "another operator changed it at the same time, and this change was not made; look at it and try again";

/// Two operators changed one thing at the same time: the second gets this error.
pub(super) fn conflict() -> Failure {
    Failure::new(CONFLICT)
}
