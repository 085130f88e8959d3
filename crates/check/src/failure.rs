//! Why a check failed: a name for the log, and words for Lambda's answer.

/// Why a check failed. Nothing in it is a secret or may quote one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The event is neither CodeDeploy's nor the schedule's.
    EventMalformed,
    /// CodeDeploy does not say what the deployment is about; AWS's code.
    DeploymentUnknown(String),
    /// The AppSpec cannot be read.
    DeploymentUnreadable,
    /// The deployment is about a function that is none of Latchkey's.
    FunctionUnknown,
    /// CodeDeploy did not take the result; AWS's code.
    NotReported(String),
    /// Lambda does not invoke the version; AWS's code.
    VersionNotInvoked(String),
    /// The version does not start, or ended without an answer; Lambda's type of error.
    VersionEnded(&'static str),
    /// The answer is no answer of this function.
    AnswerUnreadable,
    /// The answer is another one than expected: its status, and its error.
    AnswerUnexpected(u64, Option<&'static str>),
    /// The service cannot be reached.
    Unreachable,
    /// The credentials of the check's own client cannot be read; AWS's code.
    SecretUnreadable(String),
    /// The secret is no JSON object with `client_id` and `secret`.
    SecretMalformed,
    /// The check from outside is switched on without a secret.
    SecretMissing,
    /// It took too long.
    TimedOut,
    /// The operating system gave no randomness.
    NoRandomness,
}

impl Failure {
    /// Its name in the log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::EventMalformed => "event_malformed",
            Self::DeploymentUnknown(_) => "deployment_unknown",
            Self::DeploymentUnreadable => "deployment_unreadable",
            Self::FunctionUnknown => "function_unknown",
            Self::NotReported(_) => "not_reported",
            Self::VersionNotInvoked(_) => "version_not_invoked",
            Self::VersionEnded(_) => "version_ended",
            Self::AnswerUnreadable => "answer_unreadable",
            Self::AnswerUnexpected(..) => "answer_unexpected",
            Self::Unreachable => "unreachable",
            Self::SecretUnreadable(_) => "secret_unreadable",
            Self::SecretMalformed => "secret_malformed",
            Self::SecretMissing => "secret_missing",
            Self::TimedOut => "timed_out",
            Self::NoRandomness => "no_randomness",
        }
    }

    /// What Lambda answers where the function fails.
    pub fn words(&self) -> &'static str {
        match self {
            Self::EventMalformed => {
                "the event must be CodeDeploy's of a lifecycle hook, or {\"outside\": \"https://…\"} with the service's URL: a host name \
                 without a port, a path or a query"
            }
            Self::NotReported(_) => "CodeDeploy did not take the result: see reason and error in the log",
            _ => "the check failed: see reason and step in the log",
        }
    }

    /// AWS's, Lambda's or the service's own word for it.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::DeploymentUnknown(word)
            | Self::NotReported(word)
            | Self::VersionNotInvoked(word)
            | Self::SecretUnreadable(word) => Some(word),
            Self::VersionEnded(word) => Some(word),
            Self::AnswerUnexpected(_, word) => *word,
            _ => None,
        }
    }

    /// HTTP status of an answer that was not expected.
    pub fn status(&self) -> Option<u64> {
        match self {
            Self::AnswerUnexpected(status, _) => Some(*status),
            _ => None,
        }
    }
}
