//! Why DynamoDB cancels a transaction.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;

use super::Meter;
use crate::denial::Trouble;

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

impl Meter {
    /// As [`Meter::failed`], of a transaction.
    pub(super) fn transaction_failed(&mut self, error: &SdkError<TransactWriteItemsError>) -> Trouble {
        let trouble = self.failed(error);
        let throttled = error.as_service_error().is_some_and(|error| is_cancelled_for(error, &THROTTLED));
        if throttled { Trouble::DatabaseThrottling } else { trouble }
    }
}
