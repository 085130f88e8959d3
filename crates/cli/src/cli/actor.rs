//! Who makes a change, for the record that it leaves.

use std::ops::Deref;

use clap::Args;

use crate::cli::database::{Connection, DatabaseArgs, with_all_keys};
use crate::cli::failure::{Failure, Outcome};
use crate::local::AUDIT_TABLE;
use latchkey::context::Service;
use latchkey_dynamodb::advice::on_credentials;
use latchkey_dynamodb::aws::{SdkConfig, caller};
use latchkey_dynamodb::environment::{Environment, variable};
use latchkey_dynamodb::store::trail::{Actor, Step, Subject, Trail};
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::service::{KeySet, settings};
use latchkey_oauth::text::is_name;

/// Which DynamoDB a command changes, and who does.
#[derive(Args, Clone)]
pub(in crate::cli) struct ChangeArgs {
    /// Name of the person or the program that makes the change, for the record. Required if AWS does not say whose the
    /// credentials are; the record marks the name as said and not known.
    #[arg(long, value_name = "NAME", value_parser = actor)]
    actor: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Deref for ChangeArgs {
    type Target = DatabaseArgs;

    fn deref(&self) -> &DatabaseArgs {
        &self.database
    }
}

fn actor(text: &str) -> Result<String, &'static str> {
    if is_name(text) {
        Ok(text.to_owned())
    } else {
        Err("it must be one line of at most 200 bytes, and have no character that turns writing around")
    }
}

impl ChangeArgs {
    /// Opens the tables, so that each change of this command leaves a record.
    pub(in crate::cli) async fn open(&self, command: &'static str) -> Outcome<Store> {
        Ok(self.connect(command).await?.store)
    }

    /// Does the same, and gets the keys of a set.
    pub(in crate::cli) async fn open_with_keys(&self, command: &'static str, set: KeySet) -> Outcome<Service> {
        Ok(self.connect_with_keys(command, set).await?.1)
    }

    /// Opens the tables likewise, for a command that may need more of the deployment.
    pub(in crate::cli) async fn connect(&self, command: &'static str) -> Outcome<Connection> {
        let mut connection = self.database.connect().await?;
        let store = connection.store.clone();
        connection.store = match connection.aws() {
            None => store.recorded(self.local(command)?),
            Some(sdk) => self.recorded(store, command, sdk).await?,
        };
        Ok(connection)
    }

    /// Does the same, and gets the keys of a set.
    pub(in crate::cli) async fn connect_with_keys(
        &self,
        command: &'static str,
        set: KeySet,
    ) -> Outcome<(Connection, Service)> {
        if !self.is_local()? {
            // Before credentials are looked for, which may take a sign-in.
            with_all_keys()?;
        }
        let connection = self.connect(command).await?;
        let service = connection.with_keys(set).await?;
        Ok((connection, service))
    }

    /// The trail of a command that changes the local server's tables.
    ///
    /// A system without a list of users, such as a container's, says none.
    fn local(&self, command: &'static str) -> Outcome<Trail> {
        let known = whoami::username().ok().filter(|name| is_name(name));
        self.trail(AUDIT_TABLE.to_owned(), known, command)
    }

    /// The store of a deployment, so that each change leaves a record. Without a table of records it warns.
    async fn recorded(&self, store: Store, command: &'static str, sdk: &SdkConfig) -> Outcome<Store> {
        let Some(table) = variable(settings::AUDIT_TABLE.name) else {
            eprintln!(
                "latchkey: warning: no record of this change is kept, since {} is not set; set it to the output \
                 AuditTableName (audit_table) of the deployment",
                settings::AUDIT_TABLE.name
            );
            return Ok(store);
        };
        let known = match caller(sdk).await {
            Ok(arn) => Some(arn),
            Err(reason) if self.actor.is_none() => {
                let what = on_credentials(&reason)
                    .unwrap_or("each change is recorded with its maker, so name the maker with --actor NAME");
                return Err(Failure::new(format!(
                    "AWS does not say whose the credentials are (sts:GetCallerIdentity: {reason}); nothing is done yet: {what}"
                )));
            }
            Err(_) => None,
        };
        Ok(store.recorded(self.trail(table, known, command)?))
    }

    fn trail(&self, table: String, known: Option<String>, command: &'static str) -> Outcome<Trail> {
        const DAY: u64 = 24 * 60 * 60;
        let days = Environment(variable).number(&settings::AUDIT_DAYS)?;
        let actor = Actor { known, said: self.actor.clone() };
        Ok(Trail::new(table, actor, command, days.saturating_mul(DAY))?)
    }
}

/// Records that a command over many items begins. Of one that is cut off, no end is recorded.
pub(in crate::cli) async fn begin(store: &Store, items: usize, subject: &Subject) -> Outcome {
    let mut usage = Usage::default();
    let begun = store.record_step(Step::Begun, items, subject, &mut usage).await;
    begun.map_err(|unavailable| Failure::database(unavailable, &usage))
}

/// Records that it has ended.
pub(in crate::cli) async fn end(store: &Store, items: usize, subject: &Subject) -> Outcome {
    let mut usage = Usage::default();
    let done = store.record_step(Step::Done, items, subject, &mut usage).await;
    done.map_err(|unavailable| {
        let Failure(reason) = Failure::database(unavailable, &usage);
        Failure::new(format!("all of it is done, and the record of its end is not kept: {reason}"))
    })
}
