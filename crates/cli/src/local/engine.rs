//! The DynamoDB engine in this process: dynoxide, over a file or in memory. The service calls it directly.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dynoxide::{Database, DynoxideError};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::local::checkpoint::checkpoints;
use crate::local::error::EngineError;
use crate::local::operations::{answer, typed};
use crate::local::state::{state_file, unusable};
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::direct::store_in;
use latchkey_dynamodb::store::{Store, Tables, Usage};
use latchkey_oauth::error::Unavailable;

/// How often expired items are deleted. AWS takes days; a minute keeps the file small.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Opens the database in `folder` or in memory, and creates the tables that are missing.
pub(super) async fn start(
    folder: Option<&Path>,
    stopped: watch::Receiver<bool>,
) -> Result<(Store, Database, Vec<JoinHandle<()>>), EngineError> {
    let file = folder.map(state_file).transpose()?;
    let database = match &file {
        Some(file) => open_file(file)?,
        None => Database::memory().map_err(|error| EngineError::Engine(error.to_string()))?,
    };
    let direct = database.clone();
    let called = Arc::new(Notify::new());
    let calls = called.clone();
    let engine = move |operation: &str, asked: &[u8]| {
        let answered = answer(&direct, operation, asked);
        calls.notify_one();
        answered.unwrap_or_else(|| (400, format!("the engine has no operation {operation}")))
    };
    let store = store_in(Arc::new(engine), tables());
    let mut tasks = vec![tokio::spawn(sweep(database.clone(), stopped.clone()))];
    tasks.extend(file.clone().map(|file| tokio::spawn(checkpoints(file, called, stopped))));
    let mut usage = Usage::default();
    let created = async {
        store.create_tables(&mut usage).await?;
        store.create_audit_table(AUDIT_TABLE, &mut usage).await?;
        fill_index(&store, &mut usage).await
    };
    created.await.map_err(|unavailable| match &file {
        Some(file) => unusable(file, usage.error.unwrap_or_else(|| format!("{unavailable:?}"))),
        None => unavailable.into(),
    })?;
    Ok((store, database, tasks))
}

/// Puts the grants of a state of an earlier version into the index. Only that state has any, so no command has to do it.
async fn fill_index(store: &Store, usage: &mut Usage) -> Result<(), Unavailable> {
    if store.is_index_filled(usage).await? {
        return Ok(());
    }
    store.index_grants(usage, |_| {}).await?;
    match usage.damaged.is_empty() {
        true => store.mark_index_filled(now(), usage).await,
        // `latchkey grant index` names them.
        false => Ok(()),
    }
}

/// Name of the local table of records.
pub const AUDIT_TABLE: &str = "latchkey-audit";

/// Names of the local tables.
pub fn tables() -> Tables {
    Tables {
        clients: "latchkey-clients".to_owned(),
        tokens: "latchkey-tokens".to_owned(),
        users: "latchkey-users".to_owned(),
    }
}

fn open_file(path: &Path) -> Result<Database, EngineError> {
    // Only the first sentence of the engine's text says what is wrong. The rest is advice for the engine's own users.
    let failed =
        |error: DynoxideError| unusable(path, error.to_string().split(". ").next().unwrap_or_default().to_owned());
    let database = Database::new(&path.to_string_lossy()).map_err(failed)?;
    // This leaves SQLite with synchronous=NORMAL over its write-ahead log. A killed process loses no answered write, a power
    // cut may lose the last writes, and a write does not wait for the disk.
    database.enable_bulk_loading().map_err(failed)?;
    database.disable_bulk_loading().map_err(failed)?;
    mend(&database).map_err(failed)?;
    Ok(database)
}

/// The engine records a table before it creates it, and the process may be killed in between. Such a table has never held an
/// item: this deletes the record, and the table is created again.
fn mend(database: &Database) -> Result<(), DynoxideError> {
    let Tables { clients, tokens, users } = tables();
    for table in [clients, tokens, users, AUDIT_TABLE.to_owned()] {
        let named = serde_json::json!({ "TableName": table }).to_string();
        let one = serde_json::json!({ "TableName": table, "Limit": 1 }).to_string();
        let scanned = typed(one.as_bytes(), |asked| database.scan(asked));
        if scanned.is_err_and(|error| error.to_string().contains("no such table")) {
            typed(named.as_bytes(), |asked| database.delete_table(asked))?;
        }
    }
    Ok(())
}

async fn sweep(database: Database, stopped: watch::Receiver<bool>) {
    let mut every = tokio::time::interval(SWEEP_EVERY);
    loop {
        tokio::select! {
            _ = every.tick() => {
                let database = database.clone();
                let _ = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
            }
            () = crate::local::until(stopped.clone()) => return,
        }
    }
}
