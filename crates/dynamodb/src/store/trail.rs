//! The trail of the operators' changes: each change leaves a record, in the transaction that makes it.
//!
//! A record says when, who, by which command, on whom, and what changed. It has the values of attributes that are known to be
//! harmless, and of all others the name alone: so no secret, password, token or code gets into a record.

mod changed;
mod grants;
mod list;
mod write;

use std::sync::Mutex;

use crate::clock::Moment;
use crate::random::random;
use crate::store::item::{Item, from_record};
use crate::store::{Store, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::time::instant;

pub(super) use changed::between;
pub use list::Span;
pub(super) use write::RecordedError;

pub use crate::store::record::{Actor, Changed, Record, Step, Subject};

/// The most items of one transaction, besides the record. DynamoDB takes a hundred, of 4 MB together.
pub const TOGETHER: usize = 50;

/// One run of a command, and where its changes are recorded.
#[derive(Debug)]
pub struct Trail {
    table: String,
    actor: Actor,
    command: &'static str,
    run: String,
    /// How long a record is kept, seconds.
    kept: u64,
    /// The time of the last record, microseconds: a run's records are in the order of its changes.
    last: Mutex<u64>,
}

impl Trail {
    /// Begins a run.
    pub fn new(table: String, actor: Actor, command: &'static str, kept: u64) -> Result<Self, Unavailable> {
        Ok(Self { table, actor, command, run: hex(&random::<8>()?), kept, last: Mutex::default() })
    }

    /// A record's item, with a key of its own.
    pub(super) fn item(
        &self,
        step: Option<(Step, u64)>,
        subject: Subject,
        changes: Vec<Changed>,
    ) -> Result<Item, Unavailable> {
        let moment = {
            let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *last = Moment::now().microseconds().max(last.saturating_add(1));
            *last
        };
        let at = moment / MILLION;
        let record = Record {
            at,
            actor: self.actor.clone(),
            command: self.command.to_owned(),
            run: self.run.clone(),
            step: step.map(|(step, _)| step),
            items: step.map(|(_, items)| items),
            subject,
            changes,
        };
        let key = [day(at), format!("{at:010}.{:06}-{}", moment % MILLION, hex(&random::<8>()?))];
        Ok(from_record(&record, key, at.saturating_add(self.kept)))
    }
}

const MILLION: u64 = 1_000_000;

/// The partition of the records of a time: its day, in UTC.
fn day(at: u64) -> String {
    instant(at).chars().take(10).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Store {
    /// The same tables. What is changed through it leaves records.
    pub fn recorded(self, trail: Trail) -> Self {
        Self { trail: Some(trail.into()), ..self }
    }

    /// What a write needs, and its record. Which of the two was declined, DynamoDB's code does not say.
    pub(super) fn permission(&self, action: &str, table: &str) -> String {
        let record = self.trail.as_ref().map(|trail| format!(", or dynamodb:PutItem on the table {}", trail.table));
        format!("dynamodb:{action} on the table {table}{}", record.unwrap_or_default())
    }

    /// Records that a command over many items begins, or that it has ended. Does nothing where no record is kept.
    pub async fn record_step(
        &self,
        step: Step,
        items: usize,
        subject: &Subject,
        usage: &mut Usage,
    ) -> Result<(), Unavailable> {
        let Some(trail) = &self.trail else { return Ok(()) };
        let items = u64::try_from(items).unwrap_or(u64::MAX);
        self.put_record(trail, trail.item(Some((step, items)), subject.clone(), Vec::new())?, usage).await
    }
}
