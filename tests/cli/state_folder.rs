//! The state folder is its owner's alone.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::running::Running;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn give(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The mode of the folder, and those of its files, which must be alike.
fn modes(folder: &Path) -> (u32, u32) {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let modes: std::collections::BTreeSet<_> = files.iter().map(|file| mode(file)).collect();
    assert!(files.len() > 2 && modes.len() == 1, "{files:?} {modes:?}");
    (mode(folder), *modes.first().unwrap())
}

#[test]
fn the_state_folder_and_its_files_are_their_owners_alone_also_those_of_an_earlier_release() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join(".latchkey");
    let server = Running::start(folder.path(), &[]);
    assert_eq!(modes(&state), (0o700, 0o600));
    server.end("-KILL");
    give(&state, 0o755);
    for file in std::fs::read_dir(&state).unwrap() {
        give(&file.unwrap().path(), 0o644);
    }
    let server = Running::start(folder.path(), &[]);
    assert_eq!(modes(&state), (0o700, 0o600));
    server.end("-INT");
}

/// `--state .` names a folder that is not the server's.
#[test]
fn a_folder_that_holds_other_things_keeps_its_mode_and_they_keep_theirs() {
    let folder = tempfile::tempdir().unwrap();
    give(folder.path(), 0o755);
    let other = folder.path().join("other");
    std::fs::write(&other, "").unwrap();
    give(&other, 0o644);
    Running::start(folder.path(), &["--state", "."]).end("-INT");
    assert_eq!((mode(folder.path()), mode(&other)), (0o755, 0o644));
    for name in ["sealing.key", "dynamodb.access-key", "state.db"] {
        assert_eq!(mode(&folder.path().join(name)), 0o600, "{name}");
    }
}
