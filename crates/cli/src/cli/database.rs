//! The way from an operator's command to the tables.

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

/// Where clients and grants are.
#[derive(Args, Clone)]
pub(super) struct DatabaseArgs {
    /// Use the local server's DynamoDB engine and sealing key
    #[arg(long)]
    local: bool,
    /// Folder of the local server's sealing key
    #[arg(long, value_name = "DIR", default_value = STATE, requires = "local")]
    state: PathBuf,
    /// Port of the local server's DynamoDB engine
    #[arg(long, value_name = "PORT", default_value_t = DYNAMODB_PORT, requires = "local")]
    dynamodb_port: u16,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

impl DatabaseArgs {
    /// The service's parts, over the DynamoDB that the options or the AWS settings name.
    pub(super) async fn open(&self) -> Outcome<Service> {
        if self.local {
            let keyring = local::keyring(&self.state)
                .map_err(|error| Failure::new(format!("{error} (has the local server been started here once?)")))?;
            let db = dynamodb_at(&format!("http://127.0.0.1:{}", self.dynamodb_port));
            return Ok(Service { store: Store::new(db, local::tables()), keyring, settings: settings_from_env()? });
        }
        let config = Config::from_env()
            .map_err(|error| Failure::new(format!("{error} (or use --local for the local server)")))?;
        Ok(config.start(&of_any_place().await?).await?)
    }
}

/// A client that must be there.
pub(super) async fn find(service: &Service, client_id: &str) -> Outcome<Client> {
    let mut usage = Usage::default();
    let found = service.store.client(client_id, &mut usage).await;
    found
        .map_err(|unavailable| Failure::database(unavailable, &usage))?
        .ok_or_else(|| Failure::new(format!("no client has the id {client_id}")))
}

/// Writes a client that was read before.
pub(super) async fn change(service: &Service, client: Client) -> Outcome {
    let mut usage = Usage::default();
    let changed = service.store.change_client(client, &mut usage).await;
    if changed.map_err(|unavailable| Failure::database(unavailable, &usage))? {
        Ok(())
    } else {
        Err(Failure::new("somebody else changed the client at the same time; look at it and try again"))
    }
}
