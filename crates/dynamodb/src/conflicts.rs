//! Writes that DynamoDB turns away for the moment, and the SDK takes for refused: what is in their way is gone within
//! milliseconds.

use aws_sdk_dynamodb::config::retry::ClassifyRetry;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_smithy_runtime_api::client::interceptors::context::{Error, InterceptorContext};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::retries::classifiers::RetryAction;

use crate::store::transaction::{CONDITION, CONFLICT, THROTTLED, is_cancelled_for};

/// Has them tried again.
#[derive(Debug)]
pub(crate) struct Conflicts;

impl ClassifyRetry for Conflicts {
    fn name(&self) -> &'static str {
        "Conflicts"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let failed = context.output_or_error().and_then(Result::err);
        failed.and_then(OrchestratorError::as_operation_error).map(classified).unwrap_or_default()
    }
}

fn classified(error: &Error) -> RetryAction {
    let is_cancelled = |reasons: &[&str]| {
        error.downcast_ref::<TransactWriteItemsError>().is_some_and(|error| is_cancelled_for(error, reasons))
    };
    let conflicts = is_cancelled(&[CONFLICT])
        || matches!(error.downcast_ref(), Some(PutItemError::TransactionConflictException(_)))
        || matches!(error.downcast_ref(), Some(UpdateItemError::TransactionConflictException(_)));
    // A condition that does not hold will not hold the next time either.
    match is_cancelled(&[CONDITION]) {
        false if conflicts => RetryAction::transient_error(),
        false if is_cancelled(&THROTTLED) => RetryAction::throttling_error(),
        _ => RetryAction::NoActionIndicated,
    }
}
