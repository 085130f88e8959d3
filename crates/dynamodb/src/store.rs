//! The memory: clients and grants in DynamoDB, in the verbs of the protocol.
//!
//! One concrete type and no trait. Tests run it against a real engine; the seam is the endpoint URL, which the SDK has.

#[cfg(feature = "users")]
pub mod applications;
pub(crate) mod attempts;
mod change;
mod damage;
mod database;
mod dated;
mod deletion;
mod device;
pub mod holders;
mod item;
mod key;
mod once;
#[cfg(feature = "users")]
mod people;
#[cfg(feature = "users")]
mod providers;
mod read;
mod record;
pub mod registry;
mod revoke;
#[cfg(feature = "users")]
pub mod sign_in;
mod stored;
mod tables;
pub mod trail;
pub(crate) mod transaction;
mod write;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::config::Builder as Config;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::ConsumedCapacity;
use tokio::time::{Duration, Instant};

use latchkey_oauth::error::Unavailable;

pub use change::Change;
use database::Database;
#[cfg(feature = "engine")]
pub(crate) use database::InProcess;
#[cfg(feature = "users")]
pub use item::RemovedProvider;
#[cfg(feature = "users")]
pub use providers::{Leaving, ProviderNamespace, Registered};
pub use read::Found;
pub use stored::Stored;
use trail::Trail;
pub use write::Write;

/// The names of the three tables.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Key `client_id`.
    pub clients: String,
    /// Keys `grant_id` and `part`; TTL attribute `expires_at`.
    pub tokens: String,
    /// Keys `institution_id` and `username`; TTL attribute `expires_at`, which users have none of.
    pub users: String,
}

/// Clients and grants in DynamoDB.
#[derive(Clone)]
pub struct Store {
    db: Database,
    tables: Tables,
    /// Where an operator's changes are recorded; none of requests, which change nothing of an operator's.
    trail: Option<Arc<Trail>>,
    /// What the pages remember of the directory; none if each of them reads it.
    #[cfg(feature = "users")]
    remembered: Option<Arc<sign_in::remembered::Remembered>>,
    /// Whether the mark of the index of users' grants was read. It is not taken away again.
    is_filled: Arc<AtomicBool>,
}

/// The most that one operation takes, with all its attempts.
pub const OPERATION: Duration = Duration::from_millis(3200);

/// What is kept for making the answer.
const ANSWER: Duration = Duration::from_millis(100);

/// What a request has cost so far. The database's own figures.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// Calls to DynamoDB that wait for each other, the SDK's own retries not counted.
    pub round_trips: u32,
    /// Read capacity units.
    pub read_units: f64,
    /// Write capacity units.
    pub write_units: f64,
    /// The AWS error code of the last call that failed, such as `ResourceNotFoundException`.
    pub error: Option<String>,
    /// The permission that the last call that failed needed, such as `dynamodb:PutItem on the table latchkey-clients`, if an
    /// operator's command made it.
    pub permission: Option<String>,
    /// When the request is cut off; none where it has all the time that it takes.
    pub deadline: Option<Instant>,
    /// The items that could not be read, each by its table and key. A list leaves them out.
    pub damaged: Vec<String>,
}

/// Of so many operations, one after the other, and the answer.
fn time_of(operations: u32) -> Duration {
    OPERATION.saturating_mul(operations).saturating_add(ANSWER)
}

impl Usage {
    /// When so many operations must begin at the latest, to be seen through.
    pub fn latest(&self, operations: u32) -> Option<Instant> {
        self.deadline?.checked_sub(time_of(operations))
    }

    /// Refuses to begin so many operations of which the last would be cut off. A write begins only while there is time to see
    /// it through, and to look for it where its replies are lost. Otherwise it could be carried out and not be answered: a
    /// client that tries again would find its code redeemed.
    fn has_time_for(&mut self, operations: u32) -> Result<(), Unavailable> {
        let needed = time_of(operations);
        if self.deadline.is_none_or(|deadline| needed <= deadline.saturating_duration_since(Instant::now())) {
            return Ok(());
        }
        self.error = Some("ReadsTookTooLong".to_owned());
        Err(Unavailable::DatabaseUnreachable)
    }

    fn read<'a>(&mut self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        self.round_trips = self.round_trips.saturating_add(1);
        self.read_units += units(consumed);
    }

    /// Adds what one call used while others were under way. An error of theirs comes first.
    #[cfg(feature = "users")]
    fn beside(&mut self, other: Self) {
        self.read_units += other.read_units;
        self.error = self.error.take().or(other.error);
        self.permission = self.permission.take().or(other.permission);
        self.damaged.extend(other.damaged);
    }

    fn wrote<'a>(&mut self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        self.round_trips = self.round_trips.saturating_add(1);
        self.write_units += units(consumed);
    }

    /// Does the same as [`Usage::failed`], for a call that an operator's command makes.
    fn failed_on<E: ProvideErrorMetadata>(&mut self, action: &str, table: &str, error: &SdkError<E>) -> Unavailable {
        self.permission = Some(format!("dynamodb:{action} on the table {table}"));
        self.failed(error)
    }

    /// Records a failed call and says what it means. Only the error's code is kept: its message may quote an item.
    fn failed<E: ProvideErrorMetadata>(&mut self, error: &SdkError<E>) -> Unavailable {
        self.round_trips = self.round_trips.saturating_add(1);
        let code = error.code();
        self.error = Some(match code {
            Some(code) => code.to_owned(),
            None => match error {
                SdkError::TimeoutError(_) => "Timeout",
                SdkError::DispatchFailure(_) => "DispatchFailure",
                SdkError::ResponseError(_) => "ResponseError",
                SdkError::ConstructionFailure(_) => "ConstructionFailure",
                _ => "UnreadableResponse",
            }
            .to_owned(),
        });
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        match (code, error) {
            (Some("ThrottlingException" | "ProvisionedThroughputExceededException" | "RequestLimitExceeded"), _) => {
                Unavailable::DatabaseThrottling
            }
            // The last: its own first try is still under way.
            (
                Some(
                    "TransactionConflictException" | "TransactionCanceledException" | "TransactionInProgressException",
                ),
                _,
            ) => Unavailable::DatabaseUnreachable,
            (_, SdkError::ConstructionFailure(_)) => Unavailable::DatabaseRefuses,
            // An incomplete reply has an unknown content, with any status.
            (_, SdkError::ResponseError(_)) => Unavailable::DatabaseUnreachable,
            // A refusal has a code, or it is an incomplete one.
            (Some(_), _) if (400..500).contains(&status) => Unavailable::DatabaseRefuses,
            _ => Unavailable::DatabaseUnreachable,
        }
    }
}

fn units<'a>(consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) -> f64 {
    consumed.into_iter().filter_map(ConsumedCapacity::capacity_units).sum()
}

impl Store {
    /// Over a DynamoDB client.
    pub fn new(db: DynamoDb, tables: Tables) -> Self {
        Self::over(db.into(), tables)
    }

    /// Over a DynamoDB client of this configuration, which leaves out what it can of a refresh's calls.
    pub fn of_function(config: Config, tables: Tables) -> Self {
        Self::over(Database::of_function(config), tables)
    }

    /// Over an engine in this process, which the client calls, too.
    #[cfg(feature = "engine")]
    pub(crate) fn in_process(db: DynamoDb, engine: Arc<dyn InProcess>, tables: Tables) -> Self {
        Self::over((db, engine).into(), tables)
    }

    fn over(db: Database, tables: Tables) -> Self {
        Self {
            db,
            tables,
            trail: None,
            is_filled: Arc::default(),
            #[cfg(feature = "users")]
            remembered: None,
        }
    }
}
