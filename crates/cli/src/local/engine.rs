//! The DynamoDB engine in this process: dynoxide, over a file or in memory. The service calls it directly. It also listens
//! on a port, for AWS tools and for Latchkey's own commands.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dynoxide::{Database, DynoxideError};
use serde::{Serialize, de::DeserializeOwned};
use tempfile::NamedTempFile;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use latchkey_dynamodb::direct::dynamodb_in;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::{Store, Tables, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::secret::{KEY_BYTES, Keyring, SealError};

const STATE_FILE: &str = "state.db";
const KEY_FILE: &str = "sealing.key";

/// How often expired items are deleted. AWS takes days; a minute keeps the file small.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Why the local server does not start, and what to do, in one line.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The server cannot listen on the port.
    #[error("cannot listen on 127.0.0.1:{port} ({error}); choose another port with {option}")]
    Bind {
        /// The option that chooses the port.
        option: &'static str,
        /// The port.
        port: u16,
        /// The error of the operating system.
        error: io::Error,
    },
    /// The state folder or a file in it cannot be used.
    #[error("{path}: {reason}; repair or remove it, or choose another folder with --state")]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The engine fails.
    #[error("the embedded DynamoDB engine failed: {0}")]
    Engine(String),
}

impl From<Unavailable> for EngineError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Engine(format!("{unavailable:?}"))
    }
}

impl From<SealError> for EngineError {
    fn from(error: SealError) -> Self {
        Self::Engine(error.to_string())
    }
}

/// Opens the database in `folder` or in memory, listens, and creates the tables that are missing.
pub(super) async fn start(
    listener: TcpListener,
    folder: Option<&Path>,
    stopped: watch::Receiver<bool>,
) -> Result<(Store, [JoinHandle<()>; 2]), EngineError> {
    let file = folder.map(|folder| folder.join(STATE_FILE));
    let database = match &file {
        Some(file) => open_file(file)?,
        None => Database::memory().map_err(|error| EngineError::Engine(error.to_string()))?,
    };
    let direct = database.clone();
    let store = Store::new(dynamodb_in(Arc::new(move |operation, asked| answer(&direct, operation, asked))), tables());
    let tasks =
        [tokio::spawn(serve(listener, database.clone(), stopped.clone())), tokio::spawn(sweep(database, stopped))];
    let mut usage = Usage::default();
    store.create_tables(&mut usage).await.map_err(|unavailable| match &file {
        Some(file) => unusable(file, usage.error.unwrap_or_else(|| format!("{unavailable:?}"))),
        None => unavailable.into(),
    })?;
    Ok((store, tasks))
}

/// Names of the local tables.
pub fn tables() -> Tables {
    Tables {
        clients: "latchkey-clients".to_owned(),
        tokens: "latchkey-tokens".to_owned(),
        users: "latchkey-users".to_owned(),
    }
}

fn unusable(path: &Path, reason: impl ToString) -> EngineError {
    EngineError::State { path: path.to_owned(), reason: reason.to_string() }
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
    for table in [clients, tokens, users] {
        let named = serde_json::json!({ "TableName": table }).to_string();
        let one = serde_json::json!({ "TableName": table, "Limit": 1 }).to_string();
        let scanned = typed(one.as_bytes(), |asked| database.scan(asked));
        if scanned.is_err_and(|error| error.to_string().contains("no such table")) {
            typed(named.as_bytes(), |asked| database.delete_table(asked))?;
        }
    }
    Ok(())
}

/// The operations that the store asks for.
fn answer(database: &Database, operation: &str, asked: &[u8]) -> (u16, String) {
    let answered = match operation {
        "BatchGetItem" => typed(asked, |asked| database.batch_get_item(asked)),
        "CreateTable" => typed(asked, |asked| database.create_table(asked)),
        "DescribeTable" => typed(asked, |asked| database.describe_table(asked)),
        "DescribeTimeToLive" => typed(asked, |asked| database.describe_time_to_live(asked)),
        "GetItem" => typed(asked, |asked| database.get_item(asked)),
        "PutItem" => typed(asked, |asked| database.put_item(asked)),
        "Query" => typed(asked, |asked| database.query(asked)),
        "Scan" => typed(asked, |asked| database.scan(asked)),
        "TransactWriteItems" => typed(asked, |asked| database.transact_write_items(asked)),
        "UpdateItem" => typed(asked, |asked| database.update_item(asked)),
        "UpdateTimeToLive" => typed(asked, |asked| database.update_time_to_live(asked)),
        other => Err(DynoxideError::ValidationException(format!("{other} is available only over the engine's port"))),
    };
    answered.map_or_else(|error| (error.status_code(), error.to_json()), |answer| (200, answer))
}

fn typed<Asked: DeserializeOwned, Answer: Serialize>(
    asked: &[u8],
    operation: impl FnOnce(Asked) -> Result<Answer, DynoxideError>,
) -> Result<String, DynoxideError> {
    let asked =
        serde_json::from_slice(asked).map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
    serde_json::to_string(&operation(asked)?).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

fn fresh_key() -> Result<zeroize::Zeroizing<String>, Unavailable> {
    Ok(Keyring::line("local", &random::<KEY_BYTES>()?))
}

/// Reads the keyring of a state folder that a server has created.
pub fn keyring(folder: &Path) -> Result<Keyring, EngineError> {
    let path = folder.join(KEY_FILE);
    let text = std::fs::read_to_string(&path).map_err(|error| unusable(&path, error))?;
    Keyring::parse(&zeroize::Zeroizing::new(text)).map_err(|error| unusable(&path, error))
}

/// Returns the keyring in `folder`, or one in memory. The first start creates the file, which only its owner can read.
pub(super) fn keyring_of(folder: Option<&Path>) -> Result<Keyring, EngineError> {
    let Some(folder) = folder else { return Ok(Keyring::parse(&fresh_key()?)?) };
    std::fs::create_dir_all(folder).map_err(|error| unusable(folder, error))?;
    let path = folder.join(KEY_FILE);
    if !path.exists() {
        write_private(folder, &path, &fresh_key()?).map_err(|error| unusable(&path, error))?;
    }
    keyring(folder)
}

/// Writes a file completely or not at all, and never over an existing one. A killed start leaves no half of a key, and two
/// first starts at the same time use the same key.
fn write_private(folder: &Path, path: &Path, text: &str) -> io::Result<()> {
    // Only its owner can read it.
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

async fn serve(listener: TcpListener, database: Database, stopped: watch::Receiver<bool>) {
    let _ = dynoxide::server::serve_with_shutdown(listener, database, crate::local::until(stopped)).await;
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
