//! Assertions that mint once at all: what a request mints and a mark of its assertion are written together, or neither is.
//!
//! A mark is an item of the tokens table that no grant's key meets: no grant id has a `#`.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Put, ReturnConsumedCapacity, TransactWriteItem};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::store::attempts::counted;
use crate::store::item;
use crate::store::item::Item;
use crate::store::transaction::{CONDITION, THROTTLED, is_cancelled_for};
use crate::store::write::{Intent, Settled};
use crate::store::{Store, Usage};
use latchkey_oauth::client_auth::replay::Once;
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::service::tables::TTL_ATTRIBUTE;

/// The sort key of a mark.
const ASSERTION: &str = "assertion";

fn mark(once: &Once) -> Item {
    Item::from([
        ("grant_id".to_owned(), item::text(format!("#{}", URL_SAFE_NO_PAD.encode(once.key.as_slice())))),
        ("part".to_owned(), item::text(ASSERTION)),
        (TTL_ATTRIBUTE.to_owned(), item::number(once.until)),
    ])
}

/// Which of the two conditions failed.
enum Failed<'a> {
    /// That of the write, on this item, or because there is none.
    Write(Option<&'a Item>),
    /// Only that of the mark.
    Mark,
}

fn failed(error: &SdkError<TransactWriteItemsError>) -> Option<Failed<'_>> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return None;
    };
    let [write, mark] = cancelled.cancellation_reasons() else { return None };
    match (write.code(), mark.code()) {
        (Some(CONDITION), _) => Some(Failed::Write(write.item())),
        (_, Some(CONDITION)) => Some(Failed::Mark),
        _ => None,
    }
}

impl Store {
    /// Carries a write out that no other request with the same assertion makes. The SDK gives the transaction a token, so its own
    /// retry after a lost reply writes nothing twice.
    pub(super) async fn write_once(
        &self,
        write: TransactWriteItem,
        once: &Once,
        intent: &Intent<'_>,
        usage: &mut Usage,
    ) -> Result<Settled, Unavailable> {
        let mark = Put::builder()
            .table_name(&self.tables.tokens)
            .set_item(Some(mark(once)))
            .condition_expression("attribute_not_exists(grant_id)")
            .build()
            .map_err(|_| Unavailable::DatabaseRefuses)?;
        let mark = TransactWriteItem::builder().put(mark).build();
        let sending = self
            .db
            .transact_write_items()
            .set_transact_items(Some(vec![write, mark]))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send();
        let (sent, attempts) = counted(sending).await;
        let error = match sent {
            Ok(reply) => {
                usage.wrote(reply.consumed_capacity());
                return Ok(Settled::Done);
            }
            Err(error) => error,
        };
        if let Some(failed) = failed(&error) {
            usage.wrote(None);
            return Ok(match failed {
                Failed::Write(found) => intent.settles(found),
                // What this request mints is not there, so another one used the assertion.
                Failed::Mark => Settled::Used,
            });
        }
        let is_throttled = error.as_service_error().is_some_and(|error| is_cancelled_for(error, &THROTTLED));
        let unavailable = usage.failed(&error);
        if is_throttled && attempts == 1 {
            return Err(Unavailable::DatabaseThrottling);
        }
        if unavailable == Unavailable::DatabaseRefuses && attempts == 1 {
            return Err(unavailable);
        }
        self.confirm(intent, unavailable, usage).await
    }
}
