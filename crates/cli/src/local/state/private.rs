//! Keeps the state folder to the user who runs the server: it holds keys and everything that clients store.

use std::fs::{File, OpenOptions};
use std::path::Path;

use crate::local::error::EngineError;
use crate::local::state::{ACCESS_KEY_FILE, ENVIRONMENT_FILE, KEY_FILE, LOCK_FILE, STATE_FILE, unusable};

/// Creates the folder for its owner alone. Of one that exists, it takes rights from others: from the files that are the
/// server's, and from the folder if nothing else is in it. The option may name a folder that holds other things.
pub(in crate::local) fn folder(path: &Path) -> Result<(), EngineError> {
    create(path).map_err(|error| unusable(path, error))?;
    let mut only_ours = true;
    for entry in std::fs::read_dir(path).map_err(|error| unusable(path, error))? {
        let entry = entry.map_err(|error| unusable(path, error))?;
        // A file that another start has removed meanwhile is nothing to protect.
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_file() && is_ours(&entry.file_name().to_string_lossy()) {
            keep(&entry.path(), 0o600)?;
        } else {
            only_ours = false;
        }
    }
    if only_ours { keep(path, 0o700) } else { Ok(()) }
}

/// Creates a file for its owner alone, if there is none.
pub(super) fn file(path: &Path) -> Result<(), EngineError> {
    open(path).map(drop).map_err(|error| unusable(path, error))
}

/// The names of the files that the server writes: those of a start, and those of SQLite.
fn is_ours(name: &str) -> bool {
    let beside = |end: &str| name.strip_suffix(end) == Some(STATE_FILE);
    [KEY_FILE, ACCESS_KEY_FILE, LOCK_FILE, STATE_FILE, ENVIRONMENT_FILE].contains(&name)
        || ["-wal", "-shm", "-journal"].into_iter().any(beside)
        || name.starts_with(".tmp")
}

#[cfg(unix)]
fn create(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// Takes every right from other users that `mode` does not give them.
#[cfg(unix)]
fn keep(path: &Path, mode: u32) -> Result<(), EngineError> {
    use std::os::unix::fs::PermissionsExt;
    let Ok(known) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if known.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    match std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(unusable(path, format!("other users can read it, and this cannot be changed ({error})")))
        }
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn create(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

#[cfg(not(unix))]
fn keep(_: &Path, _: u32) -> Result<(), EngineError> {
    Ok(())
}
