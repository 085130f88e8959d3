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
use latchkey_oauth::grant::Grant;
use latchkey_oauth::time::instant;
use latchkey_oauth::user::User;

pub use changed::Changed;
pub(super) use changed::between;
pub use list::Span;
pub(super) use write::RecordedError;

/// The most items of one transaction, besides the record. DynamoDB takes a hundred, of 4 MB together.
pub const TOGETHER: usize = 50;

/// Who makes changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// Who it is, as AWS or the operating system says.
    pub known: Option<String>,
    /// Who it is, as the command was told. Anyone can say anything.
    pub said: Option<String>,
}

/// Whom a change concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The client.
    pub client_id: Option<String>,
    /// The institution, or the user's.
    pub institution_id: Option<String>,
    /// The user's name.
    pub username: Option<String>,
    /// `principalID` of the user whose grants are concerned.
    pub principal_id: Option<String>,
    /// `principalIDNS` of that user.
    pub principal_idns: Option<String>,
    /// The scope that is described.
    pub scope: Option<String>,
    /// The grants.
    pub grant_ids: Vec<String>,
}

impl Subject {
    /// One grant: whose it is.
    pub fn of(grant: &Grant) -> Self {
        Self {
            client_id: Some(grant.client_id.clone()),
            institution_id: Some(grant.institutions.authenticating.clone()),
            principal_id: grant.principal.as_ref().map(|principal| principal.id.clone()),
            principal_idns: grant.principal.as_ref().map(|principal| principal.idns.clone()),
            grant_ids: vec![grant.id.to_string()],
            ..Self::default()
        }
    }

    /// One user.
    pub fn of_user(user: &User) -> Self {
        Self {
            institution_id: Some(user.institution_id.clone()),
            username: Some(user.username.clone()),
            ..Self::default()
        }
    }
}

/// Where a command over many items is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It begins. Of a command that was cut off, this is not followed by the other.
    Begun,
    /// It has ended.
    Done,
}

impl Step {
    pub(super) const ALL: [Self; 2] = [Self::Begun, Self::Done];

    /// As the item has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Done => "done",
        }
    }
}

/// One record.
#[derive(Clone, Debug)]
pub struct Record {
    /// POSIX seconds.
    pub at: u64,
    /// Who.
    pub actor: Actor,
    /// By which command.
    pub command: String,
    /// Which run of it: the same in all of the run's records.
    pub run: String,
    /// Whether a command over many items begins or ends.
    pub step: Option<Step>,
    /// So many items of such a command.
    pub items: Option<u64>,
    /// On whom.
    pub subject: Subject,
    /// What changed.
    pub changes: Vec<Changed>,
}

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
