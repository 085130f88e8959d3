//! Whose the credentials are.

use std::time::Duration;

use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_types::SdkConfig;

/// An operator waits for it before each change, and where the network has no way to STS, in vain.
const WITHIN: Duration = Duration::from_secs(5);

/// The ARN that STS says the credentials are of; else why it does not: AWS's code of the error, or what else happened. Every
/// identity may ask, whatever its policies say.
pub async fn caller(sdk: &SdkConfig) -> Result<String, String> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(WITHIN);
    let config = aws_sdk_sts::config::Builder::from(sdk).timeout_config(timeouts.build());
    let asked = aws_sdk_sts::Client::from_conf(config.build()).get_caller_identity().send().await;
    let answer = asked.map_err(|error| error.code().unwrap_or("no answer").to_owned())?;
    answer.arn.ok_or_else(|| "an answer without an ARN".to_owned())
}
