//! `latchkey institution`: where users sign in.

use std::collections::HashMap;

use clap::Subcommand;
use serde::Serialize;

use super::idp::{self, Providers, SignIn};
use super::{add_institution, change, name, named, read};
use crate::cli::actor::ChangeArgs;
use crate::cli::consent::{ConsentArgs, counted};
use crate::cli::database::DatabaseArgs;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::output::{sort_by_name, text, whole};
use crate::cli::sheet::{Fate, Known, Report, Row, SheetArgs, report};
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::client::registration;
use latchkey_oauth::user::{Directory, Institution};

#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    /// Add an institution where users can sign in, or rename it.
    Add {
        /// Registry id of the institution.
        #[arg(value_parser = registration::institution_id)]
        id: String,
        /// Name of the institution. Users read it on the pages.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Add or rename the institutions of a CSV file, and report on each line. The first line names the columns: institution,
    /// name.
    Import {
        #[command(flatten)]
        sheet: SheetArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Let the users of an institution sign in by its OpenID provider.
    #[command(subcommand)]
    Idp(idp::Command),
    /// List the institutions, by name, and how their users sign in.
    List {
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Remove an institution from the pages: its users can no longer sign in.
    Remove {
        /// Registry id of the institution.
        #[arg(value_parser = registration::institution_id)]
        id: String,
        #[command(flatten)]
        consent: ConsentArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
}

#[derive(Serialize)]
struct View {
    institution_id: String,
    name: String,
}

impl View {
    fn new(Institution { id, name }: &Institution) -> Self {
        Self { institution_id: id.clone(), name: name.clone() }
    }
}

/// An institution in the list.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    institution: View,
    #[serde(flatten)]
    sign_in: SignIn,
}

const KNOWN: [Known; 2] = [Known { name: "institution", is_required: true }, Known { name: "name", is_required: true }];

impl Command {
    pub(in crate::cli) async fn run(self) -> Outcome {
        match self {
            Self::Add { id, name: text, database } => {
                let added = Institution { id, name: named(&text)? };
                let view = View::new(&added);
                change(&database.open("institution add").await?, |directory| {
                    add_institution(directory, added);
                    Ok(())
                })
                .await?;
                database.output.one(&view)
            }
            Self::Import { sheet, database } => {
                let sheet = sheet.read(&KNOWN)?;
                let store = database.open("institution import").await?;
                let reports = change(&store, |directory| {
                    let mut first = HashMap::new();
                    let reported = sheet.rows().map(|(number, row)| {
                        let done = row.and_then(|row| line(&row, number, &mut first, directory));
                        Report::new(number, done)
                    });
                    Ok(reported.collect::<Vec<_>>())
                });
                report(&reports.await?, database.output)
            }
            Self::Idp(command) => command.run().await,
            Self::List { database } => {
                let store = database.open().await?;
                let mut institutions = read(&store).await?.into_inner().institutions;
                sort_by_name(&mut institutions, |known| &known.name);
                let providers = Providers::read(&store).await?;
                let listed =
                    |known: &Institution| Listed { institution: View::new(known), sign_in: providers.of(&known.id) };
                let listed: Vec<_> = institutions.iter().map(listed).collect();
                database.output.many(&listed, &[text("name"), whole("institution_id"), text("sign_in")])?;
                providers.intact()
            }
            Self::Remove { id, consent, database } => {
                let store = database.open("institution remove").await?;
                let unknown =
                    || Failure::new(format!("no institution has the id {id}; latchkey institution list lists them"));
                let name = read(&store).await?.institution(&id).map(|known| known.name.clone()).ok_or_else(unknown)?;
                let mut usage = Usage::default();
                let provider = store.provider(&id, &mut usage).await;
                let provider = provider.map_err(|unavailable| Failure::database(unavailable, &usage))?;
                if provider.is_some() {
                    return Err(Failure::new(format!(
                        "institution {id} has a provider, whose users would stay signed in; remove it first: latchkey institution \
                         idp remove {id}"
                    )));
                }
                let users = store.users(&id, &mut usage).await;
                let users =
                    users.map_err(|unavailable| Failure::database(unavailable, &usage))?.len() + usage.damaged.len();
                consent.ask(&format!(
                    "this removes institution {id} ({name}) from the pages; {} can no longer sign in, and stay until \
                     latchkey user delete; grants stay until latchkey grant revoke --institution {id}",
                    counted(users, "user"),
                ))?;
                let removed = change(&store, |directory| {
                    let found = directory.institutions.iter().position(|known| known.id == id).ok_or_else(unknown)?;
                    Ok(View::new(&directory.institutions.remove(found)))
                });
                database.output.one(&removed.await?)
            }
        }
    }
}

/// Does what a line of a file says.
fn line(
    row: &Row<'_>,
    number: u64,
    first: &mut HashMap<String, u64>,
    directory: &mut Directory,
) -> Outcome<(Fate, String)> {
    let id = registration::institution_id(row.require("institution")?)
        .map_err(|reason| Failure::new(format!("its institution is none: {reason}")))?;
    let name = name(row.require("name")?)?;
    if let Some(before) = first.insert(id.clone(), number) {
        return Err(Failure::new(format!("line {before} has the same institution")));
    }
    let what = format!("{id} {name}");
    let fate = match directory.institution(&id) {
        Some(known) if known.name == name => return Ok((Fate::Unchanged, what)),
        Some(_) => Fate::Changed,
        None => Fate::Added,
    };
    add_institution(directory, Institution { id, name });
    Ok((fate, what))
}
