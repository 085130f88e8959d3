//! The state folder: the sealing key, the access key of the engine's port, and the lock over a start.

pub(super) mod private;

use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::local::error::EngineError;
use latchkey_dynamodb::random;
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::keyrings::Keyrings;
use latchkey_oauth::secret::{KEY_BYTES, Keyring, NamedKey, SealError, keys};
use latchkey_oauth::settings::OldKeys;

const KEY_FILE: &str = "sealing.key";
const ACCESS_KEY_FILE: &str = "dynamodb.access-key";
const LOCK_FILE: &str = "start.lock";
const STATE_FILE: &str = "state.db";
/// The environment of functions in containers, by the name that `samconfig.toml` has.
pub(super) const ENVIRONMENT_FILE: &str = "sam-local.json";

/// How long a start waits for the starts before it. One takes less than a second.
const PATIENCE: Duration = Duration::from_secs(30);

/// Returns the state file in `folder`. The first start creates it: SQLite would let other users read it, and gives the files
/// beside it the same mode.
pub(super) fn state_file(folder: &Path) -> Result<PathBuf, EngineError> {
    let path = folder.join(STATE_FILE);
    private::file(&path)?;
    Ok(path)
}

/// The access key id that the engine's port asks for.
pub(super) struct AccessKey(pub(super) String);

pub(super) fn unusable(path: &Path, reason: impl ToString) -> EngineError {
    EngineError::State { path: path.to_owned(), reason: reason.to_string() }
}

/// The right to start in a state folder. One start has it at a time; the operating system takes it from a process that ends.
pub(super) struct Turn {
    _file: Option<File>,
}

impl Turn {
    /// Waits for the starts that came before.
    pub(super) async fn take(folder: Option<&Path>) -> Result<Self, EngineError> {
        match folder {
            Some(folder) => Self::within(PATIENCE, folder).await,
            None => Ok(Self { _file: None }),
        }
    }

    async fn within(patience: Duration, folder: &Path) -> Result<Self, EngineError> {
        private::folder(folder)?;
        let path = folder.join(LOCK_FILE);
        let options = File::options().create(true).truncate(false).write(true).open(&path);
        let file = options.map_err(|error| unusable(&path, error))?;
        let began = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: Some(file) }),
                Err(TryLockError::Error(error)) => return Err(unusable(&path, error)),
                Err(TryLockError::WouldBlock) if began.elapsed() > patience => return Err(EngineError::Held { path }),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }
}

/// Its name is its own, so that a secret sealed elsewhere never seems to be sealed under this key. Folders of earlier versions
/// have a key named `local`, which keeps its name.
fn fresh_key() -> Result<Zeroizing<String>, Unavailable> {
    let name = random::<4>()?.iter().fold("local-".to_owned(), |name, byte| format!("{name}{byte:02x}"));
    Ok(Keyring::line(&name, &random::<KEY_BYTES>()?))
}

/// Letters and digits alone: some AWS tools take no other access key id.
fn fresh_access_key() -> Result<Zeroizing<String>, Unavailable> {
    let random = random::<16>()?;
    Ok(Zeroizing::new(random.iter().fold("LATCHKEY".to_owned(), |text, byte| format!("{text}{byte:02X}"))))
}

/// The keys that sealing keys are derived from, the one that seals first.
pub(super) type Keys = Vec<NamedKey>;

/// Reads the keyrings of a state folder that a server has created.
pub fn keyrings(folder: &Path) -> Result<Keyrings, EngineError> {
    Ok(read_keys(folder)?.0)
}

/// Returns the keyrings of the key file in `folder`, or of a key in memory, and what they are derived from. The first start
/// creates the file, which only its owner can read.
pub(super) fn keyrings_of(folder: Option<&Path>) -> Result<(Keyrings, Keys), EngineError> {
    let Some(folder) = folder else { return Ok(parsed(&fresh_key()?)?) };
    write_first(folder, KEY_FILE, fresh_key)?;
    read_keys(folder)
}

fn read_keys(folder: &Path) -> Result<(Keyrings, Keys), EngineError> {
    let path = folder.join(KEY_FILE);
    let text = std::fs::read_to_string(&path).map_err(|error| unusable(&path, error))?;
    parsed(&Zeroizing::new(text)).map_err(|error| unusable(&path, error))
}

/// The local server is one process, so it has every set. Folders of earlier versions have what their keys sealed themselves.
fn parsed(text: &str) -> Result<(Keyrings, Keys), SealError> {
    Ok((Keyrings::of_all(text, OldKeys::Open)?, keys(text)?))
}

/// Reads the access key in `folder`.
pub(super) fn access_key(folder: &Path) -> Result<AccessKey, EngineError> {
    let path = folder.join(ACCESS_KEY_FILE);
    let text = std::fs::read_to_string(&path).map_err(|error| unusable(&path, error))?;
    let text = text.trim();
    // It goes into a URL as it is.
    if text.len() < 16 || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(unusable(&path, "an access key has at least 16 characters, all of them letters and digits"));
    }
    Ok(AccessKey(text.to_owned()))
}

/// Returns the access key in `folder`, or one in memory. The first start creates the file, which only its owner can read.
pub(super) fn access_key_of(folder: Option<&Path>) -> Result<AccessKey, EngineError> {
    let Some(folder) = folder else { return Ok(AccessKey(fresh_access_key()?.to_string())) };
    write_first(folder, ACCESS_KEY_FILE, fresh_access_key)?;
    access_key(folder)
}

fn write_first(
    folder: &Path,
    name: &str,
    text: impl Fn() -> Result<Zeroizing<String>, Unavailable>,
) -> Result<PathBuf, EngineError> {
    private::folder(folder)?;
    let path = folder.join(name);
    if !path.exists() {
        write_private(folder, &path, &text()?).map_err(|error| unusable(&path, error))?;
    }
    Ok(path)
}

/// Writes a file completely or not at all, and never over an existing one. A killed start leaves no half of a key.
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_start_that_does_not_get_its_turn_says_what_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = Turn::take(Some(folder.path())).await.unwrap();
        let held = Turn::within(Duration::from_millis(50), folder.path()).await.err().unwrap().to_string();
        assert!(held.contains("start.lock") && held.contains("--state"), "{held}");
        drop(first);
        assert!(Turn::within(Duration::ZERO, folder.path()).await.is_ok());
    }
}
