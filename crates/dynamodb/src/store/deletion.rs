//! Deletions of what an operator read before.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};

use crate::store::attempts::counted;
use crate::store::item;
use crate::store::item::Item;
use crate::store::trail::{RecordedError, Subject};
use crate::store::{Store, Usage};
use latchkey_oauth::error::Unavailable;

impl Store {
    /// Deletes an item that is as it was `read`, and makes what is `beside` it, or does neither. Returns `false` if the item is
    /// another one now. If the SDK tries a second time after a lost reply, and the item is gone, the deletion is done.
    pub(super) async fn delete_if(
        &self,
        table: &str,
        key: Item,
        read: &Item,
        subject: Subject,
        beside: Option<TransactWriteItem>,
        usage: &mut Usage,
    ) -> Result<bool, Unavailable> {
        let (sent, attempts) = match (&self.trail, beside) {
            (None, None) => self.delete_alone(table, key.clone(), read, usage).await,
            (trail, beside) => {
                let (condition, values) = item::unchanged(read);
                let delete = Delete::builder()
                    .table_name(table)
                    .set_key(Some(key.clone()))
                    .condition_expression(condition)
                    .set_expression_attribute_values(Some(values))
                    .build()
                    .map_err(|_| Unavailable::DatabaseRefuses)?;
                let delete = TransactWriteItem::builder().delete(delete).build();
                let writes = std::iter::once(delete).chain(beside).collect();
                match trail {
                    None => self.transact_all(writes, false, usage).await,
                    Some(trail) => self.transact(trail, writes, trail.item(None, subject, Vec::new())?, usage).await,
                }
            }
        };
        let unavailable = match sent {
            Ok(()) | Err(RecordedError::Before(_)) => return Ok(true),
            // Nothing was sent before, so there is nothing to look for.
            Err(RecordedError::Refused(_)) if attempts == 1 => return Ok(false),
            Err(RecordedError::Failed(Unavailable::DatabaseRefuses)) if attempts == 1 => {
                usage.permission = Some(self.permission("DeleteItem", table));
                return Err(Unavailable::DatabaseRefuses);
            }
            Err(RecordedError::Refused(_)) => None,
            Err(RecordedError::Failed(unavailable)) => Some(unavailable),
        };
        let failed = usage.error.clone();
        let found = self.item(table, key, usage).await;
        usage.error = failed;
        match (found, unavailable) {
            (Ok(None), _) => Ok(true),
            (_, Some(unavailable)) => Err(unavailable),
            (found, None) => found.map(|_| false),
        }
    }

    /// Sends it where no record is kept, and says how many attempts that took.
    async fn delete_alone(
        &self,
        table: &str,
        key: Item,
        read: &Item,
        usage: &mut Usage,
    ) -> (Result<(), RecordedError>, u32) {
        let (condition, values) = item::unchanged(read);
        let sending = self
            .db
            .delete_item()
            .table_name(table)
            .set_key(Some(key))
            .condition_expression(condition)
            .set_expression_attribute_values(Some(values))
            .send();
        let (sent, attempts) = counted(sending).await;
        let sent = sent.map(|_| ()).map_err(|error| {
            let is_refused =
                error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception());
            match is_refused {
                true => RecordedError::Refused(vec![(true, None)]),
                false => RecordedError::Failed(usage.failed(&error)),
            }
        });
        (sent, attempts)
    }
}
