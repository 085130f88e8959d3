//! Opens the tables for an operator's command.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use clap::Args;
use clap::builder::FalseyValueParser;

use crate::cli::failure::{Failure, Outcome, conflict};
use crate::cli::output::OutputArgs;
use crate::local::{self, DYNAMODB_PORT, EngineError, STATE};
use latchkey::config::{Config, settings_from_env, tables_from_env};
use latchkey::context::{Service, open};
use latchkey_dynamodb::aws::{SdkConfig, dynamodb, dynamodb_at, of_operator};
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::environment::{ConfigError, Environment, variable};
use latchkey_dynamodb::store::{Change, Store, Stored, Tables, Usage};
use latchkey_oauth::client::Client;
use latchkey_oauth::secret::SEALING_DAYS;
use latchkey_oauth::service::{KeySet, settings};
use latchkey_oauth::time::span;

/// Which DynamoDB a command uses.
#[derive(Args, Clone)]
pub(super) struct DatabaseArgs {
    /// Use the DynamoDB engine and the sealing key of the local server.
    #[arg(long, env = settings::LOCAL.name, value_parser = FalseyValueParser::new())]
    local: bool,
    /// Folder of the local server's keys [env: LATCHKEY_STATE] [default: .latchkey].
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Port of the local server's DynamoDB engine [env: LATCHKEY_DYNAMODB_PORT] [default: 8000].
    #[arg(long, value_name = "PORT")]
    dynamodb_port: Option<u16>,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// The tables of a deployment or of the local server, and the way to what else belongs to it.
pub(super) struct Connection {
    pub(super) store: Store,
    origin: Origin,
}

enum Origin {
    /// The local server with this folder.
    Local(PathBuf),
    Aws(Box<SdkConfig>),
}

impl Connection {
    /// Gets the keys of a set.
    pub(super) async fn with_keys(&self, set: KeySet) -> Outcome<Service> {
        match &self.origin {
            Origin::Local(state) => {
                let keyrings = local::keyrings(state).map_err(not_here)?;
                warn_of_age(keyrings.of(set).sealing_key());
                Ok(Service { store: self.store.clone(), keyrings, settings: settings_from_env()? })
            }
            Origin::Aws(sdk) => {
                let (service, without_old, _) = with_all_keys()?.start(sdk, &[set], open).await?;
                if let Some(reason) = without_old {
                    eprintln!("latchkey: warning: what the old keys sealed does not open: {reason}");
                }
                warn_of_age(service.keyring(set).sealing_key());
                // This one leaves records.
                Ok(Service { store: self.store.clone(), ..service })
            }
        }
    }

    /// The AWS settings; none of the local server.
    pub(super) fn aws(&self) -> Option<&SdkConfig> {
        match &self.origin {
            Origin::Local(_) => None,
            Origin::Aws(sdk) => Some(sdk),
        }
    }
}

impl DatabaseArgs {
    /// Opens the tables that the options or the AWS settings name. A command that neither seals nor opens a secret needs no
    /// sealing key.
    pub(super) async fn open(&self) -> Outcome<Store> {
        Ok(self.connect().await?.store)
    }

    /// Opens the tables, and names the one of the records.
    pub(super) async fn open_trail(&self) -> Outcome<(Store, String)> {
        if self.is_local()? {
            return Ok((self.local_store().await?, local::AUDIT_TABLE.to_owned()));
        }
        let table = variable(settings::AUDIT_TABLE.name).ok_or_else(|| {
            Failure::new(format!(
                "{} is not set: no records are kept; set it to the output AuditTableName (audit_table); for the local \
                 server, add --local",
                settings::AUDIT_TABLE.name
            ))
        })?;
        Ok((Store::new(dynamodb(&of_operator().await?), Tables::default()), table))
    }

    /// Opens the tables, and gets the keys of a set.
    pub(super) async fn open_with_keys(&self, set: KeySet) -> Outcome<Service> {
        if !self.is_local()? {
            // Before credentials are looked for, which may take a sign-in.
            with_all_keys()?;
        }
        self.connect().await?.with_keys(set).await
    }

    /// Opens the tables, for a command that may need more of the deployment.
    pub(super) async fn connect(&self) -> Outcome<Connection> {
        if self.is_local()? {
            let store = self.local_store().await?;
            return Ok(Connection { store, origin: Origin::Local(state(self.state.clone())) });
        }
        let tables = tables_from_env().map_err(elsewhere)?;
        let sdk = of_operator().await?;
        Ok(Connection { store: Store::new(dynamodb(&sdk), tables), origin: Origin::Aws(Box::new(sdk)) })
    }

    /// Whether an option names a part of the local server.
    pub(super) fn names_a_part(&self) -> bool {
        self.state.is_some() || self.dynamodb_port.is_some()
    }

    /// Whether the command uses the local server. Without it, its options would be ignored, and the command would go to
    /// whatever database the environment names.
    pub(super) fn is_local(&self) -> Outcome<bool> {
        match (self.local, &self.state, self.dynamodb_port) {
            (false, None, None) => Ok(false),
            (false, ..) => Err(Failure::new(
                "--state and --dynamodb-port are options of the local server; add --local to use its tables",
            )),
            _ => Ok(true),
        }
    }

    /// Opens the local server's tables, if it runs.
    pub(super) async fn local_store(&self) -> Outcome<Store> {
        let port = dynamodb_port(self.dynamodb_port)?;
        if tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
            return Err(Failure::new(format!(
                "no local server: nothing listens on 127.0.0.1:{port}; start it first (run latchkey serve), or name the port \
                 of its DynamoDB engine with --dynamodb-port"
            )));
        }
        let url = local::dynamodb_url(&state(self.state.clone()), port).map_err(not_here)?;
        Ok(Store::new(dynamodb_at(&url), local::tables()))
    }
}

/// Warns if the name of the key that seals is a date from which it may have sealed too often.
fn warn_of_age(name: &str) {
    const DAY: u64 = 24 * 60 * 60;
    let began = name.rsplit('/').next().and_then(span).map(|(first, _)| first);
    if began.is_some_and(|began| now().saturating_sub(began) >= SEALING_DAYS.saturating_mul(DAY)) {
        eprintln!(
            "latchkey: warning: the key '{name}' seals since the day in its name, {SEALING_DAYS} days or longer; rotate the sealing \
             keys (infra/README.md, Keys to rotate)"
        );
    }
}

/// The settings of a deployment, each of whose sets has a key. A deployment from before there were sets has one key, and its
/// functions could not open what a set's key seals.
pub(super) fn with_all_keys() -> Outcome<Config> {
    let config = Config::from_env().map_err(elsewhere)?;
    config.sealing.has(KeySet::ALL.iter().copied()).map_err(elsewhere)?;
    Ok(config)
}

/// A command that lacks a setting may have been meant for the local server.
pub(super) fn elsewhere(error: ConfigError) -> Failure {
    Failure::new(format!("{error}; for the local server, add --local"))
}

/// A server runs, and not over this folder.
fn not_here(error: EngineError) -> Failure {
    Failure::new(format!("{error}; --state must name the folder of the server that runs"))
}

/// The folder of the local server's state: as the option, the variable or the default names it. Not by clap: a variable
/// that is set does not make a command one of the local server.
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
pub(super) async fn find(store: &Store, client_id: &str) -> Outcome<Stored<Client>> {
    let mut usage = Usage::default();
    let found = store.client(client_id, &mut usage).await;
    found
        .map_err(|unavailable| Failure::database(unavailable, &usage))?
        .ok_or_else(|| Failure::new(format!("no client has the id {client_id}")))
}

/// Writes a client that was read before. Returns it as it is now, if another operator has changed it since.
pub(super) async fn change(store: &Store, client: Stored<Client>) -> Outcome<Option<Stored<Client>>> {
    let mut usage = Usage::default();
    let changed = store.change_client(client, &mut usage).await;
    made(changed.map_err(|unavailable| Failure::database(unavailable, &usage))?)
}

/// Fails unless a change was made. Returns the value as it is now, if another operator has changed it since.
pub(super) fn made<T>(change: Change<T>) -> Outcome<Option<T>> {
    match change {
        Change::Made => Ok(None),
        Change::Since(now) => Ok(Some(*now)),
        Change::Taken => Err(conflict()),
        Change::Unknown => Err(Failure::new(
            "DynamoDB's reply was lost, and other operators have made changes since, so it is not known whether this change \
             was made; look at it, and repeat the command if it was not",
        )),
    }
}
