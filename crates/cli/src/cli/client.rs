//! `latchkey client`: registers, lists and changes clients.

mod secrets;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::database;
use crate::cli::database::DatabaseArgs;
use crate::cli::failure::{Failure, Outcome, intact};
use crate::cli::input;
use crate::cli::show::ClientView;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::client::registration;
use latchkey_oauth::client::{Client, is_client_id, new_client_id, new_secret};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::settings;
use latchkey_oauth::text::{composed, is_name};
use latchkey_oauth::time::instant;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Register a client, and show its secret once.
    Create {
        /// Client id. Default: a random one.
        #[arg(long)]
        client_id: Option<String>,
        /// Name of the application. Users read it on the consent page.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        registration: Registration,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Register a client that already has a client id and a secret.
    Import {
        /// Client id.
        #[arg(long)]
        client_id: String,
        /// Secret of the client; - reads it from standard input. Or set it in the environment: other users of the machine can
        /// see an option.
        #[arg(long, env = settings::SECRET.name, hide_env_values = true, allow_hyphen_values = true, value_parser = input::secret)]
        secret: String,
        /// Name of the application. Users read it on the consent page.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        registration: Registration,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// List all clients.
    List {
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Show a client.
    Show {
        /// Client id.
        client_id: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Change a registration. Each option replaces the old value.
    Update {
        /// Client id.
        client_id: String,
        /// Name of the application. Users read it on the consent page.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        registration: Registration,
        /// Setting to set back to its default. May be repeated.
        #[arg(long, value_name = "SETTING")]
        clear: Vec<Clear>,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Disable a client: the service refuses everything that it signs, at once.
    Disable {
        /// Client id.
        client_id: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Enable a disabled client.
    Enable {
        /// Client id.
        client_id: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Add a secret and show it once. The old secret ends after --overlap.
    RotateSecret {
        /// Client id.
        client_id: String,
        /// Name of the new secret, for logs. Default: the current time.
        #[arg(long)]
        name: Option<String>,
        /// How long the old secret stays valid, in seconds.
        #[arg(long, value_name = "SECONDS", default_value_t = 7 * 24 * 60 * 60, value_parser = clap::value_parser!(u64).range(..=YEAR))]
        overlap: u64,
        /// Name of a secret to end at once. Required if the client has two valid secrets.
        #[arg(long, value_name = "NAME")]
        retire: Option<String>,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Seal every secret under the first sealing key. Run it after you put a new key first.
    Reseal {
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

/// A setting that has a default.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Clear {
    /// All redirect URIs.
    RedirectUri,
    /// The scopes that the client may introspect.
    Introspects,
    /// The life of the client's refresh tokens.
    RefreshTokenSeconds,
}

const YEAR: u64 = 366 * 24 * 60 * 60;

/// Returns the help of `--grant-type`.
fn grant_types() -> String {
    format!("Grant type that the client may use: {}. May be repeated", GrantType::described())
}

/// What a client may do.
#[derive(Args)]
pub(super) struct Registration {
    #[arg(long = "grant-type", value_name = "TYPE", value_parser = registration::grant_type, help = grant_types())]
    grant_types: Vec<GrantType>,
    /// Scope that the client may request. May be repeated.
    #[arg(long = "scope", value_name = "SCOPE", value_parser = registration::scope)]
    scopes: Vec<String>,
    /// Institution that the client may act for; `*` for every institution. May be repeated.
    #[arg(long = "institution", value_name = "ID", value_parser = registration::institution)]
    institutions: Vec<String>,
    /// Redirect URI of the client. May be repeated.
    #[arg(long = "redirect-uri", value_name = "URI", value_parser = registration::redirect_uri)]
    redirect_uris: Vec<String>,
    /// Scope whose tokens this client may introspect; `*` for every scope. May be repeated.
    #[arg(long = "introspects", value_name = "SCOPE", value_parser = registration::owned_scope)]
    introspects: Vec<String>,
    /// Whether an authorization request must have a PKCE challenge.
    #[arg(long, value_name = "BOOL")]
    pkce_required: Option<bool>,
    /// Whether the client may name a user in a client_credentials request.
    #[arg(long, value_name = "BOOL")]
    names_principal: Option<bool>,
    /// Whether expires_in is a string, as in the documentation of 2013.
    #[arg(long, value_name = "BOOL")]
    numbers_as_strings: Option<bool>,
    /// Whether a refresh response names the user. Old PHP and Python libraries fail on it.
    #[arg(long, value_name = "BOOL")]
    principal_on_refresh: Option<bool>,
    /// Life of the client's refresh tokens, in seconds.
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
        for warning in self.redirect_uris.iter().flat_map(|uri| registration::redirect_uri_warnings(uri)) {
            eprintln!("latchkey: warning: {warning}");
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
                    return Err(Failure::new("the secret must not be empty or have control characters"));
                }
                register(client_id, &ClientSecret::new(secret), name, registration, &database, false).await
            }
            Self::List { database } => {
                let mut usage = Usage::default();
                let clients = database.open().await?.clients(&mut usage).await;
                let clients = clients.map_err(|unavailable| Failure::database(unavailable, &usage))?;
                let views: Vec<_> = clients.iter().map(ClientView::new).collect();
                let columns = ["client_id", "name", "disabled", "grant_types", "scopes", "institutions", "warnings"];
                database.output.many(&views, &columns)?;
                intact(&usage)
            }
            Self::Show { client_id, database } => {
                let client = database::find(&database.open().await?, &client_id).await?;
                database.output.one(&ClientView::new(&client))
            }
            Self::Update { client_id, name, registration, clear, database } => {
                if name.as_deref().is_some_and(|name| !is_name(name)) {
                    return Err(Failure::new("--name must be one line of at most 200 bytes"));
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
                    client.name = name.as_deref().map_or_else(|| client.name.clone(), composed);
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
    let store = database.open().await?;
    let mut client = database::find(&store, client_id).await?;
    edit(&mut client);
    let view = ClientView::new(&client);
    database::change(&store, client).await?;
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
        return Err(Failure::new("--name must be one line of at most 200 bytes"));
    }
    if !is_client_id(&client_id) {
        return Err(Failure::new("--client-id must have 1 to 128 visible ASCII characters without a double quote"));
    }
    // A client of an API owner may only introspect.
    let owner = !registration.introspects.is_empty() && registration.grant_types.is_empty();
    for (missing, option) in [
        (registration.grant_types.is_empty(), "--grant-type"),
        (registration.scopes.is_empty(), "--scope"),
        (registration.institutions.is_empty(), "--institution"),
    ] {
        if missing && !owner {
            return Err(Failure::new(format!(
                "{option} is missing: without it, the client could not request any token"
            )));
        }
    }
    let service = database.open_with_keys().await?;
    let now = now();
    let first = secrets::seal(&service, &client_id, secret, instant(now), now).await?;
    let mut client = Client::new(client_id, composed(&name), first, now);
    registration.apply(&mut client);
    let mut usage = Usage::default();
    let created = service.store.create_client(&client, &mut usage).await;
    if !created.map_err(|unavailable| Failure::database(unavailable, &usage))? {
        return Err(Failure::new(format!(
            "a client with the id {} already exists; choose another --client-id",
            client.id
        )));
    }
    if show_secret {
        secrets::reveal(database, &client.id, secret, &client.secrets[0].name)
    } else {
        database.output.one(&ClientView::new(&client))
    }
}
