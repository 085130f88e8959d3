//! The directory: where users sign in, and how the pages describe scopes.

mod institution;
mod scope;

use crate::cli::database::made;
use crate::cli::failure::{Failure, Outcome};
use latchkey_dynamodb::store::{Store, Stored, Usage};
use latchkey_oauth::text::{composed, is_name};
use latchkey_oauth::user::Directory;

pub(super) use institution::Command as InstitutionCommand;
pub(super) use scope::Command as ScopeCommand;

/// A DynamoDB item holds 400 KB; this leaves room for its other attributes.
const DIRECTORY_BYTES: usize = 350_000;

pub(super) async fn read(store: &Store) -> Outcome<Stored<Directory>> {
    let mut usage = Usage::default();
    store.directory(&mut usage).await.map_err(|unavailable| Failure::database(unavailable, &usage))
}

/// Changes the directory, and returns what the change says. Writes nothing if it changes nothing.
async fn change<T>(store: &Store, edit: impl FnOnce(&mut Directory) -> Outcome<T>) -> Outcome<T> {
    let mut directory = read(store).await?;
    let before = directory.clone();
    let said = edit(&mut directory)?;
    if *directory == *before {
        return Ok(said);
    }
    let institutions = directory.institutions.iter().map(|known| known.id.len() + known.name.len() + 16);
    let services = directory.services.iter().map(|known| known.scope.len() + known.name.len() + 16);
    if institutions.chain(services).sum::<usize>() > DIRECTORY_BYTES {
        return Err(Failure::new(
            "the directory is full: institutions and descriptions share one DynamoDB item of at most 400 KB",
        ));
    }
    let mut usage = Usage::default();
    let changed = store.change_directory(directory, &mut usage).await;
    made(changed.map_err(|unavailable| Failure::database(unavailable, &usage))?)?;
    Ok(said)
}

/// Reads a name that users see. The error does not say where it comes from.
fn name(text: &str) -> Outcome<String> {
    let text = composed(text);
    if is_name(&text) { Ok(text) } else { Err(Failure::new("a name must be one line of at most 200 bytes")) }
}

/// Reads the name that `--name` gives.
fn named(text: &str) -> Outcome<String> {
    name(text).map_err(|_| Failure::new("--name must be one line of at most 200 bytes"))
}
