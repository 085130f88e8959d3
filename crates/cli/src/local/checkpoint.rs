//! SQLite's checkpoints, beside the requests. Without this module, the write that fills the log makes a checkpoint: it syncs two
//! files while all other requests wait.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{Notify, watch};

/// From a call of the engine to the checkpoint. The log is far from full after this time.
const AFTER: Duration = Duration::from_millis(50);

/// Makes checkpoints while the engine is called, until the server stops. If one does not succeed, SQLite makes the next one
/// within a write, as it does for other programs.
pub(super) async fn checkpoints(file: PathBuf, called: Arc<Notify>, stopped: watch::Receiver<bool>) {
    let Ok(mut connection) = open(&file) else { return };
    loop {
        tokio::select! {
            () = called.notified() => {}
            () = crate::local::until(stopped.clone()) => return,
        }
        tokio::time::sleep(AFTER).await;
        let made = tokio::task::spawn_blocking(move || {
            // It does not wait for readers and writers, and they do not wait for it.
            let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
            connection
        });
        let Ok(back) = made.await else { return };
        connection = back;
    }
}

/// With the engine's own setting: a checkpoint syncs the log before it writes to the file, and the file before the log begins
/// anew.
fn open(file: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}
