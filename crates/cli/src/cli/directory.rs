//! `latchkey institution` and `latchkey scope`: where users sign in, and how the pages describe scopes.

use clap::Subcommand;
use serde::Serialize;

use crate::cli::database::DatabaseArgs;
use crate::cli::failure::conflict;
use crate::cli::failure::{Failure, Outcome};
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::client::registration;
use latchkey_oauth::text::{composed, is_name};
use latchkey_oauth::user::{DescribedScope, Directory, Institution};

/// A DynamoDB item holds 400 KB; this leaves room for its other attributes.
const DIRECTORY_BYTES: usize = 350_000;

#[derive(Subcommand)]
pub(super) enum InstitutionCommand {
    /// Add an institution where users can sign in, or rename it.
    Add {
        /// Registry id of the institution.
        #[arg(value_parser = registration::institution_id)]
        id: String,
        /// Name of the institution. Users read it on the pages.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// List the institutions.
    List {
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

#[derive(Subcommand)]
pub(super) enum ScopeCommand {
    /// Describe what a scope lets an application do. The consent page shows the description.
    Describe {
        /// Scope.
        #[arg(value_parser = registration::scope)]
        scope: String,
        /// Description in plain words.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// List the scopes that have a description.
    List {
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

#[derive(Serialize)]
struct InstitutionView {
    institution_id: String,
    name: String,
}

#[derive(Serialize)]
struct ScopeView {
    scope: String,
    name: String,
}

pub(super) async fn read(store: &Store) -> Outcome<Directory> {
    let mut usage = Usage::default();
    store.directory(&mut usage).await.map_err(|unavailable| Failure::database(unavailable, &usage))
}

/// Changes the directory.
async fn change(database: &DatabaseArgs, edit: impl FnOnce(&mut Directory)) -> Outcome {
    let store = database.open().await?;
    let mut directory = read(&store).await?;
    edit(&mut directory);
    let institutions = directory.institutions.iter().map(|known| known.id.len() + known.name.len() + 16);
    let services = directory.services.iter().map(|known| known.scope.len() + known.name.len() + 16);
    if institutions.chain(services).sum::<usize>() > DIRECTORY_BYTES {
        return Err(Failure::new(
            "the directory is full: institutions and descriptions share one DynamoDB item of at most 400 KB",
        ));
    }
    let mut usage = Usage::default();
    let changed = store.change_directory(directory, &mut usage).await;
    if changed.map_err(|unavailable| Failure::database(unavailable, &usage))? { Ok(()) } else { Err(conflict()) }
}

fn name(text: String) -> Outcome<String> {
    let text = composed(&text);
    if is_name(&text) { Ok(text) } else { Err(Failure::new("--name must be one line of at most 200 bytes")) }
}

impl InstitutionCommand {
    pub(super) async fn run(self) -> Outcome {
        match self {
            Self::Add { id, name: text, database } => {
                let added = Institution { id, name: name(text)? };
                let view = InstitutionView { institution_id: added.id.clone(), name: added.name.clone() };
                change(&database, |directory| {
                    directory.institutions.retain(|known| known.id != added.id);
                    directory.institutions.push(added);
                    directory.institutions.sort_by(|one, other| one.name.cmp(&other.name));
                })
                .await?;
                database.output.one(&view)
            }
            Self::List { database } => {
                let directory = read(&database.open().await?).await?;
                let view = |known: Institution| InstitutionView { institution_id: known.id, name: known.name };
                let views: Vec<_> = directory.institutions.into_iter().map(view).collect();
                database.output.many(&views, &["institution_id", "name"])
            }
        }
    }
}

impl ScopeCommand {
    pub(super) async fn run(self) -> Outcome {
        match self {
            Self::Describe { scope, name: text, database } => {
                let described = DescribedScope { scope, name: name(text)? };
                let view = ScopeView { scope: described.scope.clone(), name: described.name.clone() };
                change(&database, |directory| {
                    directory.services.retain(|known| known.scope != described.scope);
                    directory.services.push(described);
                    directory.services.sort_by(|one, other| one.scope.cmp(&other.scope));
                })
                .await?;
                database.output.one(&view)
            }
            Self::List { database } => {
                let directory = read(&database.open().await?).await?;
                let view = |known: DescribedScope| ScopeView { scope: known.scope, name: known.name };
                let views: Vec<_> = directory.services.into_iter().map(view).collect();
                database.output.many(&views, &["scope", "name"])
            }
        }
    }
}
