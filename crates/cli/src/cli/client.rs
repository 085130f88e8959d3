//! `latchkey client`: registers, lists, changes and deletes clients.

mod access_tokens;
mod delete;
mod guide;
mod import;
pub(super) mod keys;
mod list;
pub(super) mod register;
mod registration;
pub(super) mod replacement;
mod revoke_all;
pub(super) mod sealing;
mod secrets;
mod went;

use clap::Subcommand;

use crate::cli::actor::ChangeArgs;
use crate::cli::consent::{ConsentArgs, WaitArgs};
use crate::cli::database;
use crate::cli::database::DatabaseArgs;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::input;
use crate::cli::sealing::SealingArgs;
use crate::cli::secrets_manager::SecretToArgs;
use crate::cli::show::ClientView;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::random;
use latchkey_oauth::client::registration::YEAR;
use latchkey_oauth::client::{Client, new_client_id, new_secret};
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::settings;

use access_tokens::AccessTokens;
use register::New;
use registration::{Changes, Registration};
use secrets::Rotation;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Register a client, and show its secret once. A client that authenticates by private_key_jwt only has none, and a public
    /// one (--auth-method none) has none.
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
        kept: SecretToArgs,
        #[command(flatten)]
        sealing: SealingArgs,
        #[command(flatten)]
        database: ChangeArgs,
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
        /// Take the secret even if it is short or simple. Lists and the log mark it as weak.
        #[arg(long)]
        allow_weak_secret: bool,
        /// Name of the application. Users read it on the consent page.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        registration: Registration,
        #[command(flatten)]
        sealing: SealingArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// List all clients, by name. `latchkey client show` shows the rest.
    List {
        /// Open every secret too, and warn of those that are weak or do not open. Needs the sealing key.
        #[arg(long)]
        check_secrets: bool,
        /// List only clients that may name users of every namespace. `latchkey client update --namespace` closes one.
        #[arg(long)]
        open_namespaces: bool,
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
    /// Print the configuration of a client for an OAuth library, to paste. It has no secret.
    Guide(guide::GuideArgs),
    /// Change a registration. An option replaces the old values; --add-… and --remove-… change single ones. A client that becomes
    /// a public one (--auth-method none) loses its secrets, and the command asks first.
    Update {
        /// Client id.
        client_id: String,
        /// Name of the application. Users read it on the consent page.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        changes: Box<Changes>,
        #[command(flatten)]
        consent: ConsentArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Disable a client: the service refuses all its requests, at once. Its access tokens live to their end, unless
    /// LATCHKEY_CHECK_TOKEN_CLIENT is true; the command says until when.
    Disable {
        /// Client id.
        client_id: String,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Enable a disabled client.
    Enable {
        /// Client id.
        client_id: String,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// End everything that a client was granted before now, at once and without reading the grants. The client stays: it may ask
    /// for new tokens, and users may sign in again. Its access tokens live to their end, unless LATCHKEY_CHECK_TOKEN_CLIENT is
    /// true; the command says until when.
    RevokeAll {
        /// Client id.
        client_id: String,
        /// End only what was granted before this time, in UTC: 2026-11-26, or 2026-11-26T08:15:00Z. Default: now.
        #[arg(long, value_name = "TIME", value_parser = revoke_all::time)]
        before: Option<u64>,
        #[command(flatten)]
        consent: ConsentArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Delete a client: end its grants, then delete its registration and its secrets.
    Delete {
        /// Client id.
        client_id: String,
        #[command(flatten)]
        consent: ConsentArgs,
        #[command(flatten)]
        wait: WaitArgs,
        #[command(flatten)]
        database: ChangeArgs,
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
        kept: SecretToArgs,
        #[command(flatten)]
        sealing: SealingArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Seal every secret under the first sealing key. Run it after you put a new key first.
    Reseal {
        #[command(flatten)]
        sealing: SealingArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
}

impl Command {
    pub(super) async fn run(self) -> Outcome {
        match self {
            Self::Create { client_id, name, registration, kept, sealing, database } => {
                let client_id = match client_id {
                    Some(client_id) => client_id,
                    None => new_client_id(random()?),
                };
                let without = registration.without_secret();
                let new = New { client_id, name, registration, marked: None, secret_to: kept.secret_to };
                if let Some(method) = without {
                    let client = new.register_without_secret(method, &database, "client create").await?;
                    return database.output.one(&ClientView::new(&client));
                }
                let secret = new_secret(random()?);
                let (client, kept) = new.register(&secret, &sealing, (&database, "client create")).await?;
                secrets::reveal(&database, &client.id, &secret, &client.secrets[0].name, kept.as_ref())
            }
            Self::Import { client_id, secret, allow_weak_secret, name, registration, sealing, database } => {
                if let Some(method) = registration.without_secret() {
                    return Err(Failure::new(format!(
                        "a client that authenticates by {} only has no secret: latchkey client create --client-id registers it",
                        method.as_str()
                    )));
                }
                let marked = import::check_secret(&secret, &client_id, &registration, allow_weak_secret)?;
                let secret = ClientSecret::new(secret);
                let new = New { client_id, name, registration, marked, secret_to: None };
                let (client, _) = new.register(&secret, &sealing, (&database, "client import")).await?;
                import::warn_of_other_services(&client.id)?;
                database.output.one(&ClientView::new(&client))
            }
            Self::List { check_secrets, open_namespaces, database } => {
                list::list(check_secrets, open_namespaces, &database).await
            }
            Self::Show { client_id, database } => {
                let client = database::find(&database.open().await?, &client_id).await?;
                database.output.one(&ClientView::new(&client))
            }
            Self::Guide(guide) => guide.run().await,
            Self::Update { client_id, name, changes, consent, database } => {
                register::update(&client_id, name, *changes, consent, &database).await
            }
            Self::RevokeAll { client_id, before, consent, database } => {
                revoke_all::revoke_all(&client_id, before, consent, &database).await
            }
            Self::Delete { client_id, consent, wait, database } => {
                delete::delete(&client_id, consent, wait, &database).await
            }
            Self::Disable { client_id, database } => {
                let tokens = AccessTokens::read()?;
                change(&client_id, &database, "client disable", |client| client.disabled = true).await?;
                tokens.say(&client_id, None, now());
                Ok(())
            }
            Self::Enable { client_id, database } => {
                change(&client_id, &database, "client enable", |client| client.disabled = false).await
            }
            Self::Reseal { sealing, database } => sealing.reseal(&database).await,
            Self::RotateSecret { client_id, name, overlap, retire, kept, sealing, database } => {
                let rotation = Rotation { name, overlap, retire: retire.as_deref(), secret_to: kept.secret_to };
                secrets::rotate(&client_id, rotation, &sealing, &database).await
            }
        }
    }
}

async fn change(
    client_id: &str,
    database: &ChangeArgs,
    command: &'static str,
    edit: impl FnOnce(&mut Client),
) -> Outcome {
    let store = database.open(command).await?;
    let mut client = database::find(&store, client_id).await?;
    edit(&mut client);
    let changed = client.clone();
    // As another operator has changed it since, if so.
    let changed = database::change(&store, client).await?.unwrap_or(changed);
    database.output.one(&ClientView::new(&changed))
}
