//! Why DynamoDB cancels a transaction.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput};
use aws_sdk_dynamodb::types::CancellationReason;

use crate::store::Usage;
use latchkey_oauth::error::Unavailable;

/// The reason of a condition that does not hold.
pub const CONDITION: &str = "ConditionalCheckFailed";
/// The reason of another write that is under way at the same item.
pub const CONFLICT: &str = "TransactionConflict";

/// The reasons of too many requests.
pub const THROTTLED: [&str; 2] = ["ThrottlingError", "ProvisionedThroughputExceeded"];

/// Whether a transaction was cancelled, and one of these was a reason.
pub fn is_cancelled_for(error: &TransactWriteItemsError, reasons: &[&str]) -> bool {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { return false };
    let mut codes = cancelled.cancellation_reasons().iter().filter_map(CancellationReason::code);
    codes.any(|code| reasons.contains(&code))
}

impl Usage {
    /// What became of a transaction: `false` where one of these reasons cancelled it.
    pub(super) fn transacted(
        &mut self,
        sent: Result<TransactWriteItemsOutput, SdkError<TransactWriteItemsError>>,
        reasons: &[&str],
    ) -> Result<bool, Unavailable> {
        let error = match sent {
            Ok(reply) => {
                self.wrote(reply.consumed_capacity());
                return Ok(true);
            }
            Err(error) => error,
        };
        let is_for = |reasons| error.as_service_error().is_some_and(|error| is_cancelled_for(error, reasons));
        if is_for(reasons) {
            self.wrote(None);
            return Ok(false);
        }
        let unavailable = self.failed(&error);
        Err(if is_for(&THROTTLED) { Unavailable::DatabaseThrottling } else { unavailable })
    }
}
