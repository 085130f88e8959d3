//! Opens the tables for an operator's command.

use std::path::PathBuf;

use clap::Args;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::output::OutputArgs;
use crate::local::{self, DYNAMODB_PORT, STATE};
use latchkey::config::{Config, settings_from_env};
use latchkey::context::Service;
use latchkey_dynamodb::aws::{dynamodb_at, of_any_place};
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::client::Client;

/// Which DynamoDB a command uses.
#[derive(Args, Clone)]
pub(super) struct DatabaseArgs {
    /// Use the DynamoDB engine and the sealing key of the local server.
    #[arg(long)]
    local: bool,
    /// Folder of the local server's sealing key.
    #[arg(long, value_name = "DIR", default_value = STATE, requires = "local")]
    state: PathBuf,
    /// Port of the local server's DynamoDB engine.
    #[arg(long, value_name = "PORT", default_value_t = DYNAMODB_PORT, requires = "local")]
    dynamodb_port: u16,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

impl DatabaseArgs {
    /// Opens the service over the DynamoDB that the options or the AWS settings name.
    pub(super) async fn open(&self) -> Outcome<Service> {
        if self.local {
            let keyring = local::keyring(&self.state).map_err(|error| {
                Failure::new(format!("{error}; if you have not started the local server here yet, run latchkey serve"))
            })?;
            let db = dynamodb_at(&format!("http://127.0.0.1:{}", self.dynamodb_port));
            return Ok(Service { store: Store::new(db, local::tables()), keyring, settings: settings_from_env()? });
        }
        let config =
            Config::from_env().map_err(|error| Failure::new(format!("{error}; for the local server, add --local")))?;
        Ok(config.start(&of_any_place().await?).await?)
    }
}

/// Reads a client. Fails if it is not registered.
pub(super) async fn find(service: &Service, client_id: &str) -> Outcome<Client> {
    let mut usage = Usage::default();
    let found = service.store.client(client_id, &mut usage).await;
    found
        .map_err(|unavailable| Failure::database(unavailable, &usage))?
        .ok_or_else(|| Failure::new(format!("no client has the id {client_id}")))
}

/// Writes a client that was read before. Fails if another operator has changed it since.
pub(super) async fn change(service: &Service, client: Client) -> Outcome {
    let mut usage = Usage::default();
    let changed = service.store.change_client(client, &mut usage).await;
    if changed.map_err(|unavailable| Failure::database(unavailable, &usage))? {
        Ok(())
    } else {
        Err(Failure::new("another operator changed the client at the same time; look at the client and try again"))
    }
}
