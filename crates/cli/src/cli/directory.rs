//! The directory: where users sign in, and how the pages describe scopes.

mod idp;
mod institution;
mod publish;
mod scope;

use crate::cli::database::made;
use crate::cli::failure::{Failure, Outcome};
use latchkey_dynamodb::store::{Store, Stored, Usage};
use latchkey_oauth::client::registration;
use latchkey_oauth::user::{DescribedScope, Directory, Institution};
use latchkey_scale::growth::DIRECTORY_BYTES;

pub(super) use idp::{Namespaces, say_what_needs_resealing};
pub(super) use institution::Command as InstitutionCommand;
pub(super) use scope::Command as ScopeCommand;

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
    fits(&directory)?;
    write(store, directory).await?;
    Ok(said)
}

/// Adds or renames an institution.
pub(super) fn add_institution(directory: &mut Directory, added: Institution) {
    directory.institutions.retain(|known| known.id != added.id);
    directory.institutions.push(added);
    directory.institutions.sort_by(|one, other| one.name.cmp(&other.name));
}

/// Describes a scope, or describes it in other words.
pub(super) fn describe_scope(directory: &mut Directory, described: DescribedScope) {
    directory.services.retain(|known| known.scope != described.scope);
    directory.services.push(described);
    directory.services.sort_by(|one, other| one.scope.cmp(&other.scope));
}

/// Fails if the directory is too large for an item.
pub(super) fn fits(directory: &Directory) -> Outcome {
    let institutions = directory.institutions.iter().map(|known| known.id.len() + known.name.len() + 16);
    let services = directory.services.iter().map(|known| known.scope.len() + known.name.len() + 16);
    if institutions.chain(services).sum::<usize>() as u64 > DIRECTORY_BYTES {
        return Err(Failure::new(
            "the directory is full: institutions and descriptions share one DynamoDB item of at most 400 KB",
        ));
    }
    Ok(())
}

/// Writes the directory that was read before. Fails if another operator has changed it since.
pub(super) async fn write(store: &Store, directory: Stored<Directory>) -> Outcome {
    let mut usage = Usage::default();
    let changed = store.change_directory(directory, &mut usage).await;
    made(changed.map_err(|unavailable| Failure::database(unavailable, &usage))?).map(drop)
}

/// Reads a name that users see. The error does not say where it comes from.
fn name(text: &str) -> Outcome<String> {
    registration::name(text).map_err(|reason| Failure::new(format!("a name {reason}")))
}

/// Reads the name that `--name` gives.
fn named(text: &str) -> Outcome<String> {
    registration::name(text).map_err(|reason| Failure::new(format!("--name {reason}")))
}
