//! Writes that leave their record: one transaction of both.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, Put, TransactWriteItem};

use crate::store::attempts::counted;
use crate::store::item::Item;
use crate::store::trail::Trail;
use crate::store::transaction::{CONDITION, THROTTLED, is_cancelled_for};
use crate::store::write::put_condition;
use crate::store::{Store, Usage};
use latchkey_oauth::error::Unavailable;

/// The condition of a record's put: no record is ever written over.
const RECORDED: &str = "attribute_not_exists(#day)";

/// Why a transaction was not carried out, as far as its reply says.
pub(in crate::store) enum RecordedError {
    /// It was, by an earlier attempt whose reply was lost: its record is there. It has the items that were found instead of
    /// those expected, in the order of the writes.
    Before(Vec<Option<Item>>),
    /// The conditions of some writes do not hold: in their order, whether each one's does not, and the item that was found.
    Refused(Vec<(bool, Option<Item>)>),
    /// Something else.
    Failed(Unavailable),
}

/// Reads a cancelled transaction, in which the record is the last if there is one. `None` if no condition cancelled it.
fn cancelled(error: &SdkError<TransactWriteItemsError>, has_record: bool) -> Option<RecordedError> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return None;
    };
    let is_refused = |reason: &CancellationReason| reason.code() == Some(CONDITION);
    let reasons = cancelled.cancellation_reasons();
    let (record, writes) = match has_record {
        true => reasons.split_last().map(|(record, writes)| (Some(record), writes))?,
        false => (None, reasons),
    };
    let found = |reason: &CancellationReason| reason.item().cloned();
    match (record.is_some_and(is_refused), writes.iter().any(is_refused)) {
        (true, _) => Some(RecordedError::Before(writes.iter().map(found).collect())),
        (false, true) => {
            Some(RecordedError::Refused(writes.iter().map(|reason| (is_refused(reason), found(reason))).collect()))
        }
        (false, false) => None,
    }
}

impl Store {
    fn record_put(trail: &Trail, record: Item) -> Result<TransactWriteItem, Unavailable> {
        let put = Put::builder()
            .table_name(&trail.table)
            .set_item(Some(record))
            .condition_expression(RECORDED)
            .expression_attribute_names("#day", "day")
            .build()
            .map_err(|_| Unavailable::DatabaseRefuses)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Carries out all of the writes and keeps their record, or none of it. Says how many attempts that took. The SDK gives the
    /// transaction a token, so its own retry after a lost reply changes nothing twice.
    pub(in crate::store) async fn transact(
        &self,
        trail: &Trail,
        mut writes: Vec<TransactWriteItem>,
        record: Item,
        usage: &mut Usage,
    ) -> (Result<(), RecordedError>, u32) {
        match Self::record_put(trail, record) {
            Ok(put) => writes.push(put),
            Err(unavailable) => return (Err(RecordedError::Failed(unavailable)), 1),
        }
        self.transact_all(writes, true, usage).await
    }

    /// Carries out all of the writes or none, of which the last is the record if there is one.
    pub(in crate::store) async fn transact_all(
        &self,
        writes: Vec<TransactWriteItem>,
        has_record: bool,
        usage: &mut Usage,
    ) -> (Result<(), RecordedError>, u32) {
        let (sent, attempts) = counted(self.db.transact_write_items().set_transact_items(Some(writes)).send()).await;
        let Err(error) = sent else {
            usage.wrote(None);
            return (Ok(()), attempts);
        };
        if let Some(cancelled) = cancelled(&error, has_record) {
            usage.wrote(None);
            return (Err(cancelled), attempts);
        }
        let throttled = error.as_service_error().is_some_and(|error| is_cancelled_for(error, &THROTTLED));
        let unavailable = usage.failed(&error);
        let unavailable = if throttled { Unavailable::DatabaseThrottling } else { unavailable };
        (Err(RecordedError::Failed(unavailable)), attempts)
    }

    /// Keeps a record by itself.
    pub(super) async fn put_record(&self, trail: &Trail, record: Item, usage: &mut Usage) -> Result<(), Unavailable> {
        let sending = self
            .db
            .put_item()
            .table_name(&trail.table)
            .set_item(Some(record))
            .condition_expression(RECORDED)
            .expression_attribute_names("#day", "day")
            .send();
        match sending.await {
            Ok(_) => Ok(()),
            // It is there: the reply to an earlier attempt was lost.
            Err(error) if put_condition(&error).is_some() => Ok(()),
            Err(error) => Err(usage.failed_on("PutItem", &trail.table, &error)),
        }
    }
}
