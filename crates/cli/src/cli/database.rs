//! Opens the tables for an operator's command.

use std::path::PathBuf;

use clap::Args;
use clap::builder::FalseyValueParser;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::output::OutputArgs;
use crate::local::{self, DYNAMODB_PORT, STATE};
use latchkey::config::{Config, settings_from_env};
use latchkey::context::Service;
use latchkey_dynamodb::aws::{dynamodb_at, of_any_place};
use latchkey_dynamodb::environment::{Environment, variable};
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::client::Client;
use latchkey_oauth::service::settings;

/// Which DynamoDB a command uses.
#[derive(Args, Clone)]
pub(super) struct DatabaseArgs {
    /// Use the DynamoDB engine and the sealing key of the local server.
    #[arg(long, env = settings::LOCAL.name, value_parser = FalseyValueParser::new())]
    local: bool,
    /// Folder of the local server's keys [env: LATCHKEY_STATE] [default: .latchkey].
    #[arg(long, value_name = "DIR", requires = "local")]
    state: Option<PathBuf>,
    /// Port of the local server's DynamoDB engine [env: LATCHKEY_DYNAMODB_PORT] [default: 8000].
    #[arg(long, value_name = "PORT", requires = "local")]
    dynamodb_port: Option<u16>,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

impl DatabaseArgs {
    /// Opens the service over the DynamoDB that the options or the AWS settings name.
    pub(super) async fn open(&self) -> Outcome<Service> {
        if self.local {
            let missing = |error| {
                Failure::new(format!("{error}; if you have not started the local server here yet, run latchkey serve"))
            };
            let state = state(self.state.clone());
            let keyring = local::keyring(&state).map_err(missing)?;
            let db = dynamodb_at(&local::dynamodb_url(&state, dynamodb_port(self.dynamodb_port)?).map_err(missing)?);
            return Ok(Service { store: Store::new(db, local::tables()), keyring, settings: settings_from_env()? });
        }
        let config =
            Config::from_env().map_err(|error| Failure::new(format!("{error}; for the local server, add --local")))?;
        Ok(config.start(&of_any_place().await?).await?)
    }
}

/// The folder of the local server's state: as the option, the variable or the default names it. Not by clap, which reads
/// variables for every command, and asks for `--local` where a variable is set.
pub(super) fn state(option: Option<PathBuf>) -> PathBuf {
    let named = option.or_else(|| variable(settings::STATE.name).map(PathBuf::from));
    named.unwrap_or_else(|| STATE.into())
}

/// The port of the local server's engine, likewise.
pub(super) fn dynamodb_port(option: Option<u16>) -> Outcome<u16> {
    let setting = &settings::DYNAMODB_PORT;
    let port = |text: &str| setting.kind.number(text).and_then(|port| u16::try_from(port).ok());
    Ok(match option {
        Some(port) => port,
        None => Environment(variable).maybe(setting, port)?.unwrap_or(DYNAMODB_PORT),
    })
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
