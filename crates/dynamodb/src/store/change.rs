//! An operator's change: one whole item, under the condition that it is as it was read.
//!
//! Each change has a random id. The item keeps the id of its last change and of the one before. So a change whose reply was
//! lost is known by its id, also if another operator has changed the item since.

use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};

use crate::random::random;
use crate::store::attempts::counted;
use crate::store::item;
use crate::store::item::Item;
use crate::store::trail::{Changed, RecordedError, between};
use crate::store::write::put_condition;
use crate::store::{Store, Usage};
use latchkey_oauth::error::Unavailable;

/// What became of a change.
#[derive(Debug)]
pub enum Change<T> {
    /// It was made. The item is as the change left it.
    Made,
    /// It was made, and another operator has changed the item since. It has the item as it is now.
    Since(Box<T>),
    /// It was not made: another operator changed the item after it was read, or an item has the key already.
    Taken,
    /// A reply was lost, and others have changed the item so often since that it does not say whether the change was made.
    Unknown,
}

impl<T> Change<T> {
    /// Whether it was certainly made.
    pub fn is_made(&self) -> bool {
        matches!(self, Self::Made | Self::Since(_))
    }

    /// The same, with what `convert` makes of the item as it is now.
    pub(super) fn map<U>(self, convert: impl FnOnce(T) -> Result<U, Unavailable>) -> Result<Change<U>, Unavailable> {
        Ok(match self {
            Self::Made => Change::Made,
            Self::Since(item) => Change::Since(Box::new(convert(*item)?)),
            Self::Taken => Change::Taken,
            Self::Unknown => Change::Unknown,
        })
    }
}

/// What a change is known by.
struct Mark {
    id: [u8; item::CHANGE_BYTES],
    /// The item's revision after it.
    revision: u64,
    /// When what the item is about was made, if it was there before and says so.
    created_at: Option<AttributeValue>,
}

impl Mark {
    /// What became of the change, by the item that was found. `first` says that no attempt was sent before.
    fn became(&self, found: Option<&Item>, first: bool) -> Change<Item> {
        let (last, before) = found.map(item::changes).unwrap_or_default();
        if last == Some(self.id) {
            return Change::Made;
        }
        match found {
            Some(found) if before == Some(self.id) => Change::Since(Box::new(found.clone())),
            Some(_) if first => Change::Taken,
            Some(found) if self.is_anothers(found, before.is_some()) => Change::Taken,
            None if first => Change::Taken,
            _ => Change::Unknown,
        }
    }

    /// What became of a change that was certainly made, by the item that was found in the place of the one that was read.
    fn made_before(&self, found: Option<Item>) -> Change<Item> {
        match found {
            Some(found) if item::changes(&found).0 != Some(self.id) => Change::Since(Box::new(found)),
            _ => Change::Made,
        }
    }

    /// Whether the change that led to this one's revision was another's: of two changes of one item only one was made. That was
    /// the last change, or the one before it if the item knows that one's id. What was deleted and made anew tells nothing of it.
    fn is_anothers(&self, found: &Item, knows_before: bool) -> bool {
        let revision = item::revision(found).ok();
        let is_it = revision == Some(self.revision) || knows_before && revision == self.revision.checked_add(1);
        is_it && self.created_at.as_ref().is_none_or(|at| item::created_at(found) == Some(at))
    }
}

/// A write that is made together with a change, or not at all.
pub(super) struct Beside {
    pub(super) write: TransactWriteItem,
    /// What of it the record names.
    pub(super) attribute: &'static str,
    /// What the change needs, as permissions name it.
    pub(super) actions: &'static str,
}

/// A put that waits to be sent.
struct Putting<'a> {
    table: &'a str,
    ours: Item,
    condition: String,
    values: Option<Item>,
}

impl Putting<'_> {
    fn in_transaction(self) -> Result<TransactWriteItem, Unavailable> {
        let put = Put::builder()
            .table_name(self.table)
            .set_item(Some(self.ours))
            .condition_expression(self.condition)
            .set_expression_attribute_values(self.values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(TransactWriteItem::builder().put(put.build().map_err(|_| Unavailable::DatabaseRefuses)?).build())
    }
}

impl Store {
    /// Sends it where no record is kept, and says how many attempts that took.
    async fn put_alone(&self, put: Putting<'_>, usage: &mut Usage) -> (Result<(), RecordedError>, u32) {
        let sending = self
            .db
            .put_item()
            .table_name(put.table)
            .set_item(Some(put.ours))
            .condition_expression(put.condition)
            .set_expression_attribute_values(put.values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send();
        let (sent, attempts) = counted(sending).await;
        let sent = sent.map(|_| ()).map_err(|error| match put_condition(&error) {
            Some(found) => RecordedError::Refused(vec![(true, found.cloned())]),
            None => RecordedError::Failed(usage.failed(&error)),
        });
        (sent, attempts)
    }

    /// Puts `ours` in the place of `read`, which is empty for a new item, and makes what is `beside` it.
    pub(super) async fn put_changed(
        &self,
        table: &str,
        key: Item,
        mut ours: Item,
        read: &Item,
        beside: Option<Beside>,
        usage: &mut Usage,
    ) -> Result<Change<Item>, Unavailable> {
        let created_at = item::created_at(read).cloned();
        let mark = Mark { id: random()?, revision: item::revision(&ours)?, created_at };
        item::mark_change(&mut ours, &mark.id, read);
        let name = key.keys().next().map_or("", String::as_str);
        let (condition, values) = match read.is_empty() {
            true => (format!("attribute_not_exists({name})"), None),
            false => {
                let (condition, values) = item::unchanged(read);
                (condition, Some(values))
            }
        };
        let put = Putting { table, ours, condition, values };
        let actions = beside.as_ref().map_or("PutItem", |beside| beside.actions);
        let (sent, attempts) = match (&self.trail, beside) {
            (None, None) => self.put_alone(put, usage).await,
            (None, Some(beside)) => self.transact_all(vec![put.in_transaction()?, beside.write], false, usage).await,
            (Some(trail), beside) => {
                let (subject, mut changes) = between(read, &put.ours);
                let mut writes = vec![put.in_transaction()?];
                if let Some(Beside { write, attribute, .. }) = beside {
                    writes.push(write);
                    changes.push(Changed { attribute: attribute.to_owned(), ..Changed::default() });
                }
                let record = trail.item(None, subject, changes)?;
                self.transact(trail, writes, record, usage).await
            }
        };
        let unavailable = match sent {
            // A transaction that was made before succeeds again, whatever became of the item since.
            Ok(()) if attempts > 1 => {
                let found = self.item(table, key, usage).await.unwrap_or_default();
                return Ok(mark.made_before(found));
            }
            Ok(()) => return Ok(Change::Made),
            Err(RecordedError::Refused(found)) => {
                let found = found.into_iter().next().and_then(|(_, found)| found);
                return Ok(mark.became(found.as_ref(), attempts == 1));
            }
            Err(RecordedError::Before(found)) => return Ok(mark.made_before(found.into_iter().next().flatten())),
            Err(RecordedError::Failed(unavailable)) => {
                usage.permission = Some(self.permission(actions, table));
                unavailable
            }
        };
        if unavailable == Unavailable::DatabaseRefuses && attempts == 1 {
            return Err(unavailable);
        }
        let failed = usage.error.clone();
        let found = self.item(table, key, usage).await;
        usage.error = failed;
        match found {
            // Still as it was read, or gone.
            Ok(found) if found.as_ref().is_none_or(|found| found == read) => Err(unavailable),
            Ok(found) => Ok(mark.became(found.as_ref(), false)),
            Err(_) => Err(unavailable),
        }
    }
}
