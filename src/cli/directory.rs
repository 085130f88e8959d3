//! `latchkey institution` and `latchkey scope`: where users sign in, and what services are called on the pages.

use clap::Subcommand;
use serde::Serialize;

use super::client::checks;
use super::user::raced;
use super::{Failure, Outcome, Where};
use crate::endpoint::Latchkey;
use crate::store::Meter;
use crate::user::{Directory, Institution, Service, composed, is_name};

/// A DynamoDB item holds 400 KB; this leaves room for its other attributes.
const DIRECTORY_BYTES: usize = 350_000;

#[derive(Subcommand)]
pub(super) enum InstitutionCommand {
    /// Add an institution that users can sign in at, or give it another name
    Add {
        /// Its registry id
        #[arg(value_parser = checks::institution_id)]
        id: String,
        /// What people call it
        #[arg(long)]
        name: String,
        #[command(flatten)]
        place: Where,
    },
    /// List the institutions
    List {
        #[command(flatten)]
        place: Where,
    },
}

#[derive(Subcommand)]
pub(super) enum ScopeCommand {
    /// Say in plain words what a scope lets an application do: the consent page shows it
    Describe {
        /// The scope
        #[arg(value_parser = checks::scope)]
        scope: String,
        /// The words
        #[arg(long)]
        name: String,
        #[command(flatten)]
        place: Where,
    },
    /// List the scopes that have words
    List {
        #[command(flatten)]
        place: Where,
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

pub(super) async fn read(latchkey: &Latchkey) -> Outcome<Directory> {
    let mut meter = Meter::default();
    latchkey.store.directory(&mut meter).await.map_err(|trouble| Failure::database(trouble, &meter))
}

/// Changes the directory.
async fn change(place: &Where, edit: impl FnOnce(&mut Directory)) -> Outcome {
    let latchkey = place.open().await?;
    let mut directory = read(&latchkey).await?;
    edit(&mut directory);
    let institutions = directory.institutions.iter().map(|known| known.id.len() + known.name.len() + 16);
    let services = directory.services.iter().map(|known| known.scope.len() + known.name.len() + 16);
    if institutions.chain(services).sum::<usize>() > DIRECTORY_BYTES {
        return Err(Failure::new("the directory is full: it is one DynamoDB item, of at most 400 KB"));
    }
    let mut meter = Meter::default();
    let changed = latchkey.store.change_directory(directory, &mut meter).await;
    if changed.map_err(|trouble| Failure::database(trouble, &meter))? { Ok(()) } else { Err(raced()) }
}

fn name(text: String) -> Outcome<String> {
    let text = composed(&text);
    if is_name(&text) { Ok(text) } else { Err(Failure::new("a name is one line of at most 200 bytes")) }
}

impl InstitutionCommand {
    pub(super) async fn run(self) -> Outcome {
        match self {
            Self::Add { id, name: text, place } => {
                let added = Institution { id, name: name(text)? };
                let view = InstitutionView { institution_id: added.id.clone(), name: added.name.clone() };
                change(&place, |directory| {
                    directory.institutions.retain(|known| known.id != added.id);
                    directory.institutions.push(added);
                    directory.institutions.sort_by(|one, other| one.name.cmp(&other.name));
                })
                .await?;
                place.output.one(&view)
            }
            Self::List { place } => {
                let directory = read(&place.open().await?).await?;
                let view = |known: Institution| InstitutionView { institution_id: known.id, name: known.name };
                let views: Vec<_> = directory.institutions.into_iter().map(view).collect();
                place.output.many(&views, &["institution_id", "name"])
            }
        }
    }
}

impl ScopeCommand {
    pub(super) async fn run(self) -> Outcome {
        match self {
            Self::Describe { scope, name: text, place } => {
                let described = Service { scope, name: name(text)? };
                let view = ScopeView { scope: described.scope.clone(), name: described.name.clone() };
                change(&place, |directory| {
                    directory.services.retain(|known| known.scope != described.scope);
                    directory.services.push(described);
                    directory.services.sort_by(|one, other| one.scope.cmp(&other.scope));
                })
                .await?;
                place.output.one(&view)
            }
            Self::List { place } => {
                let directory = read(&place.open().await?).await?;
                let view = |known: Service| ScopeView { scope: known.scope, name: known.name };
                let views: Vec<_> = directory.services.into_iter().map(view).collect();
                place.output.many(&views, &["scope", "name"])
            }
        }
    }
}
