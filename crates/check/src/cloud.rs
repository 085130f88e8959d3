//! The calls of AWS, each with its limits. Of an error only AWS's code is kept: a message may quote what was sent.

use std::time::Duration;

use aws_sdk_codedeploy::types::LifecycleEventStatus;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::primitives::Blob;
use latchkey_dynamodb::aws::SdkConfig;
use latchkey_oauth::service::Function;
use latchkey_oauth::settings::Authority;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::app_spec::Target;
use crate::client::Client;
use crate::event::Hook;
use crate::failure::Failure;
use crate::{OTHER, known};

/// The clients of AWS.
pub(crate) struct Cloud {
    code_deploy: aws_sdk_codedeploy::Client,
    lambda: aws_sdk_lambda::Client,
    secrets: aws_sdk_secretsmanager::Client,
}

/// What came of an invocation.
pub(crate) enum Invoked {
    /// What the version answered.
    Answered(Value),
    /// Nothing: an operator stopped the function, by a reserved concurrency of 0.
    Stopped,
}

/// Calls that take AWS milliseconds.
fn short() -> TimeoutConfig {
    limits(3, 5)
}

/// An invocation: a start of ten seconds, and an answer within ten.
fn long() -> TimeoutConfig {
    limits(21, 30)
}

fn limits(attempt: u64, operation: u64) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(attempt))
        .operation_timeout(Duration::from_secs(operation))
        .build()
}

/// The types of errors that are Lambda's own words. Any other is a word of the version.
const ENDS: [&str; 8] = [
    "Extension.Crash",
    "Extension.InitError",
    "Function.ResponseSizeTooLarge",
    "Runtime.ExitError",
    "Runtime.InvalidEntrypoint",
    "Runtime.OutOfMemory",
    "Runtime.Unknown",
    "Sandbox.Timedout",
];

/// AWS's code of an error: AWS says it, not a version. Letters and digits alone, so it is no token.
fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    let is_code = |code: &&str| code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let Some(error) = error.as_service_error() else { return "no_answer".to_owned() };
    error.code().filter(is_code).unwrap_or(OTHER).to_owned()
}

impl Cloud {
    pub(crate) fn new(sdk: &SdkConfig) -> Self {
        let with = |limits| sdk.to_builder().timeout_config(limits).build();
        Self {
            code_deploy: aws_sdk_codedeploy::Client::new(&with(short())),
            lambda: aws_sdk_lambda::Client::new(&with(long())),
            secrets: aws_sdk_secretsmanager::Client::new(&with(short())),
        }
    }

    /// The version that a deployment is about.
    pub(crate) async fn target(&self, hook: &Hook) -> Result<Target, Failure> {
        let asked = self.code_deploy.get_deployment().deployment_id(&hook.deployment_id).send().await;
        let answer = asked.map_err(|error| Failure::DeploymentUnknown(code(&error)))?;
        let deployment = answer.deployment_info().ok_or(Failure::DeploymentUnreadable)?;
        let revision = deployment.revision().ok_or(Failure::DeploymentUnreadable)?;
        if let Some(content) = content(revision) {
            return Target::parse(content);
        }
        // Where the deployment has only the digest of its AppSpec, the application has the text.
        let asked = self.code_deploy.get_application_revision();
        let asked =
            asked.set_application_name(deployment.application_name().map(str::to_owned)).revision(revision.clone());
        let answer = asked.send().await.map_err(|error| Failure::DeploymentUnknown(code(&error)))?;
        Target::parse(answer.revision().and_then(content).ok_or(Failure::DeploymentUnreadable)?)
    }

    /// Tells CodeDeploy the result.
    pub(crate) async fn report(&self, hook: &Hook, passed: bool) -> Result<(), Failure> {
        let status = if passed { LifecycleEventStatus::Succeeded } else { LifecycleEventStatus::Failed };
        let told = self
            .code_deploy
            .put_lifecycle_event_hook_execution_status()
            .deployment_id(&hook.deployment_id)
            .lifecycle_event_hook_execution_id(&hook.lifecycle_event_hook_execution_id)
            .status(status)
            .send()
            .await;
        told.map(|_| ()).map_err(|error| Failure::NotReported(code(&error)))
    }

    /// One event in, one answer out.
    pub(crate) async fn invoke(&self, name: &str, version: &str, event: &Value) -> Result<Invoked, Failure> {
        let asked = self.lambda.invoke().function_name(name).qualifier(version).payload(Blob::new(event.to_string()));
        let answer = match asked.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let throttled = error.as_service_error().is_some_and(|error| error.is_too_many_requests_exception());
                if throttled && self.is_stopped(name).await {
                    return Ok(Invoked::Stopped);
                }
                return Err(Failure::VersionNotInvoked(code(&error)));
            }
        };
        let payload = answer.payload().map(Blob::as_ref).unwrap_or_default();
        let payload = serde_json::from_slice::<Value>(payload);
        if answer.function_error().is_some() {
            let kind = payload.ok().and_then(|error| error["errorType"].as_str().map(|kind| known(kind, &ENDS)));
            return Err(Failure::VersionEnded(kind.unwrap_or(OTHER)));
        }
        payload.map(Invoked::Answered).map_err(|_| Failure::AnswerUnreadable)
    }

    async fn is_stopped(&self, name: &str) -> bool {
        let reserved = self.lambda.get_function_concurrency().function_name(name).send().await;
        reserved.is_ok_and(|reserved| reserved.reserved_concurrent_executions() == Some(0))
    }

    /// The client of the check's own.
    pub(crate) async fn client(&self, secret: &str, authority: Authority) -> Result<Client, Failure> {
        let asked = self.secrets.get_secret_value().secret_id(secret).send().await;
        let mut answer = asked.map_err(|error| Failure::SecretUnreadable(code(&error)))?;
        let text = Zeroizing::new(answer.secret_string.take().ok_or(Failure::SecretMalformed)?);
        Client::parse(&text, authority)
    }

    /// An answer of the version that clients use now, of another function of the same deployment.
    pub(crate) async fn live(&self, target: &Target, function: Function, event: &Value) -> Result<Invoked, Failure> {
        self.invoke(&target.beside(function), "live", event).await
    }
}

fn content(revision: &aws_sdk_codedeploy::types::RevisionLocation) -> Option<&str> {
    #[allow(deprecated)]
    let string = revision.string().and_then(|string| string.content());
    string.or_else(|| revision.app_spec_content().and_then(|spec| spec.content()))
}
