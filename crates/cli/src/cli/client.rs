//! `latchkey client`: the register of clients.

mod secrets;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::database;
use crate::cli::database::DatabaseArgs;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::show::ClientView;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::client::registration;
use latchkey_oauth::client::{Client, is_client_id, new_client_id, new_secret};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::settings;
use latchkey_oauth::text::is_name;
use latchkey_oauth::time::instant;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Register a client; its secret is shown once
    Create {
        /// The client id; a random one unless given
        #[arg(long)]
        client_id: Option<String>,
        /// What people call the application
        #[arg(long)]
        name: String,
        #[command(flatten)]
        registration: Registration,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Register a client whose key and secret exist already
    Import {
        /// The client id
        #[arg(long)]
        client_id: String,
        /// The secret. Better given in the environment, where other users of the machine do not see it
        #[arg(long, env = settings::SECRET.name, hide_env_values = true)]
        secret: String,
        /// What people call the application
        #[arg(long)]
        name: String,
        #[command(flatten)]
        registration: Registration,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// List all clients
    List {
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Show a client
    Show {
        /// The client id
        client_id: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Change a registration: what is given replaces what was
    Update {
        /// The client id
        client_id: String,
        /// What people call the application
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        registration: Registration,
        /// Take a setting back to what it is when none is given; may repeat
        #[arg(long, value_name = "SETTING")]
        clear: Vec<Clear>,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Refuse everything that the client signs, at once
    Disable {
        /// The client id
        client_id: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Take what the client signs again
    Enable {
        /// The client id
        client_id: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Add a secret, shown once, and set an end to the one before
    RotateSecret {
        /// The client id
        client_id: String,
        /// The new secret's name in logs; the time unless given
        #[arg(long)]
        name: Option<String>,
        /// How long the old secret goes on working, seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 7 * 24 * 60 * 60, value_parser = clap::value_parser!(u64).range(..=YEAR))]
        overlap: u64,
        /// Of two secrets that are alive, end this one at once to make room
        #[arg(long, value_name = "NAME")]
        retire: Option<String>,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Seal all secrets under the first sealing key, after a new one was put before the old one
    Reseal {
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

/// A setting of a client that may be without a value.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Clear {
    /// All redirect URIs
    RedirectUri,
    /// The scopes that it may introspect
    Introspects,
    /// The life of its refresh tokens
    RefreshTokenSeconds,
}

const YEAR: u64 = 366 * 24 * 60 * 60;

/// The help of `--grant-type`.
fn grant_types() -> String {
    format!("Grant type that it may use: {}; may repeat", GrantType::described())
}

/// What a client may do.
#[derive(Args)]
pub(super) struct Registration {
    #[arg(long = "grant-type", value_name = "TYPE", value_parser = registration::grant_type, help = grant_types())]
    grant_types: Vec<GrantType>,
    /// A service that it may ask for; may repeat
    #[arg(long = "scope", value_name = "SCOPE", value_parser = registration::scope)]
    scopes: Vec<String>,
    /// An institution that it may act for, or * for all; may repeat
    #[arg(long = "institution", value_name = "ID", value_parser = registration::institution)]
    institutions: Vec<String>,
    /// A URI that codes may be sent to; may repeat
    #[arg(long = "redirect-uri", value_name = "URI", value_parser = registration::redirect_uri)]
    redirect_uris: Vec<String>,
    /// A scope of an API that it owns: tokens with it it may introspect; * for all; may repeat
    #[arg(long = "introspects", value_name = "SCOPE", value_parser = registration::owned_scope)]
    introspects: Vec<String>,
    /// Whether its authorization requests must have a PKCE challenge
    #[arg(long, value_name = "BOOL")]
    pkce_required: Option<bool>,
    /// Whether it may name a user in a client_credentials request
    #[arg(long, value_name = "BOOL")]
    names_principal: Option<bool>,
    /// Whether expires_in is printed as a string, as the 2013 documentation has it
    #[arg(long, value_name = "BOOL")]
    numbers_as_strings: Option<bool>,
    /// Whether a refresh response names the user; old php and python libraries fail on it
    #[arg(long, value_name = "BOOL")]
    principal_on_refresh: Option<bool>,
    /// Life of its refresh tokens, seconds
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=YEAR))]
    refresh_token_seconds: Option<u64>,
}

impl Registration {
    fn apply(self, client: &mut Client) {
        fn replace<T>(old: &mut Vec<T>, new: Vec<T>) {
            if !new.is_empty() {
                *old = new;
            }
        }
        for uri in self.redirect_uris.iter().filter(|uri| uri.contains(['?', '+', '%', '*'])) {
            eprintln!("latchkey: warning: {uri}: client libraries sign ? + % * each in their own way");
        }
        replace(&mut client.grant_types, self.grant_types);
        replace(&mut client.scopes, self.scopes);
        replace(&mut client.institutions, self.institutions);
        replace(&mut client.introspects, self.introspects);
        replace(&mut client.redirect_uris, self.redirect_uris);
        client.pkce_required = self.pkce_required.unwrap_or(client.pkce_required);
        client.names_principal = self.names_principal.unwrap_or(client.names_principal);
        client.numbers_as_strings = self.numbers_as_strings.unwrap_or(client.numbers_as_strings);
        client.principal_on_refresh = self.principal_on_refresh.unwrap_or(client.principal_on_refresh);
        client.refresh_token_seconds = self.refresh_token_seconds.or(client.refresh_token_seconds);
    }
}

impl Command {
    pub(super) async fn run(self) -> Outcome {
        match self {
            Self::Create { client_id, name, registration, database } => {
                let client_id = match client_id {
                    Some(client_id) => client_id,
                    None => new_client_id(random()?),
                };
                let secret = new_secret(random()?);
                register(client_id, &secret, name, registration, &database, true).await
            }
            Self::Import { client_id, secret, name, registration, database } => {
                if secret.is_empty() || secret.chars().any(char::is_control) {
                    return Err(Failure::new("the secret is empty or holds control characters"));
                }
                register(client_id, &ClientSecret::new(secret), name, registration, &database, false).await
            }
            Self::List { database } => {
                let mut usage = Usage::default();
                let clients = database.open().await?.store.clients(&mut usage).await;
                let clients = clients.map_err(|unavailable| Failure::database(unavailable, &usage))?;
                let views: Vec<_> = clients.iter().map(ClientView::new).collect();
                database
                    .output
                    .many(&views, &["client_id", "name", "disabled", "grant_types", "scopes", "institutions"])
            }
            Self::Show { client_id, database } => {
                let client = database::find(&database.open().await?, &client_id).await?;
                database.output.one(&ClientView::new(&client))
            }
            Self::Update { client_id, name, registration, clear, database } => {
                if name.as_deref().is_some_and(|name| !is_name(name)) {
                    return Err(Failure::new("a name is one line of at most 200 bytes"));
                }
                change(&client_id, &database, |client| {
                    for setting in clear {
                        match setting {
                            Clear::RedirectUri => client.redirect_uris.clear(),
                            Clear::Introspects => client.introspects.clear(),
                            Clear::RefreshTokenSeconds => client.refresh_token_seconds = None,
                        }
                    }
                    registration.apply(client);
                    client.name = name.unwrap_or_else(|| client.name.clone());
                })
                .await
            }
            Self::Disable { client_id, database } => {
                change(&client_id, &database, |client| client.disabled = true).await
            }
            Self::Enable { client_id, database } => {
                change(&client_id, &database, |client| client.disabled = false).await
            }
            Self::Reseal { database } => secrets::reseal(&database).await,
            Self::RotateSecret { client_id, name, overlap, retire, database } => {
                secrets::rotate(&client_id, name, overlap, retire.as_deref(), &database).await
            }
        }
    }
}

async fn change(client_id: &str, database: &DatabaseArgs, edit: impl FnOnce(&mut Client)) -> Outcome {
    let service = database.open().await?;
    let mut client = database::find(&service, client_id).await?;
    edit(&mut client);
    let view = ClientView::new(&client);
    database::change(&service, client).await?;
    database.output.one(&view)
}

async fn register(
    client_id: String,
    secret: &ClientSecret,
    name: String,
    registration: Registration,
    database: &DatabaseArgs,
    show_secret: bool,
) -> Outcome {
    if !is_name(&name) {
        return Err(Failure::new("a name is one line of at most 200 bytes: users read it on the consent page"));
    }
    if !is_client_id(&client_id) {
        return Err(Failure::new("a client id is 1 to 128 visible ASCII characters without a double quote"));
    }
    // An API's owner may do nothing but introspect.
    let owner = !registration.introspects.is_empty() && registration.grant_types.is_empty();
    for (missing, option) in [
        (registration.grant_types.is_empty(), "--grant-type"),
        (registration.scopes.is_empty(), "--scope"),
        (registration.institutions.is_empty(), "--institution"),
    ] {
        if missing && !owner {
            return Err(Failure::new(format!("{option} is missing: the client could ask for nothing")));
        }
    }
    let service = database.open().await?;
    let now = now();
    let first = secrets::seal(&service, &client_id, secret, instant(now), now).await?;
    let mut client = Client::new(client_id, name, first, now);
    registration.apply(&mut client);
    let mut usage = Usage::default();
    let created = service.store.create_client(&client, &mut usage).await;
    if !created.map_err(|unavailable| Failure::database(unavailable, &usage))? {
        return Err(Failure::new(format!("the client id {} is taken", client.id)));
    }
    if show_secret {
        secrets::reveal(database, &client.id, secret, &client.secrets[0].name)
    } else {
        database.output.one(&ClientView::new(&client))
    }
}
