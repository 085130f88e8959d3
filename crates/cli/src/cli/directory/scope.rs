//! `latchkey scope`: how the consent page describes scopes.

use clap::Subcommand;
use serde::Serialize;

use super::publish::Publish;
use super::{change, describe_scope, named, read};
use crate::cli::actor::ChangeArgs;
use crate::cli::database::DatabaseArgs;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::output::{sort_by_name, text, whole};
use latchkey_oauth::client::registration;
use latchkey_oauth::user::DescribedScope;

#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    /// Describe what a scope lets an application do. The consent page shows the description.
    Describe {
        /// Scope.
        #[arg(value_parser = registration::scope)]
        scope: String,
        /// Description in plain words.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// List the scopes that have a description, by description.
    List {
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Print what the deployment's setting must be, so that the metadata document names the scopes that have a description.
    Publish(Publish),
    /// Remove the description of a scope. The consent page then shows the scope itself.
    Remove {
        /// Scope.
        scope: String,
        #[command(flatten)]
        database: ChangeArgs,
    },
}

#[derive(Serialize)]
struct View {
    scope: String,
    name: String,
}

impl View {
    fn new(DescribedScope { scope, name }: &DescribedScope) -> Self {
        Self { scope: scope.clone(), name: name.clone() }
    }
}

impl Command {
    pub(in crate::cli) async fn run(self) -> Outcome {
        match self {
            Self::Describe { scope, name: text, database } => {
                let described = DescribedScope { scope, name: named(&text)? };
                let view = View::new(&described);
                change(&database.open("scope describe").await?, |directory| {
                    describe_scope(directory, described);
                    Ok(())
                })
                .await?;
                database.output.one(&view)
            }
            Self::List { database } => {
                let mut services = read(&database.open().await?).await?.into_inner().services;
                sort_by_name(&mut services, |known| &known.name);
                let views: Vec<_> = services.iter().map(View::new).collect();
                database.output.many(&views, &[text("name"), whole("scope")])
            }
            Self::Publish(publish) => publish.run().await,
            Self::Remove { scope, database } => {
                let store = database.open("scope remove").await?;
                let removed = change(&store, |directory| {
                    let found = directory.services.iter().position(|known| known.scope == scope);
                    let found = found.ok_or_else(|| Failure::new(format!("no description has the scope {scope}")))?;
                    Ok(View::new(&directory.services.remove(found)))
                });
                database.output.one(&removed.await?)
            }
        }
    }
}
