//! `latchkey institution idp`: the OpenID provider by which the users of an institution sign in.

mod namespace;
mod read;
mod refresh;
mod release;
mod remove;
mod reseal;
mod set;
mod test;
mod view;

use clap::Subcommand;

use crate::cli::actor::ChangeArgs;
use crate::cli::consent::ConsentArgs;
use crate::cli::database::{DatabaseArgs, made};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::sealing::SealingArgs;
use latchkey_dynamodb::store::{Registered, Store, Stored, Usage};
use latchkey_oauth::client::registration;
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::provider::Provider;

pub(in crate::cli) use namespace::Namespaces;
pub(in crate::cli) use reseal::say_what_needs_resealing;
pub(super) use view::{Providers, SignIn};

#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    /// Let the users of an institution sign in by its OpenID provider, or change how they do. The command reads the provider's
    /// documents first, and stores nothing if it finds a fault. What no option names stays as it is. With --secret it needs the
    /// sealing key.
    Set(Box<set::Set>),
    /// Read the provider's documents and keys again, and store the addresses and keys that they name now. Sessions go on.
    Refresh {
        #[command(flatten)]
        institution: InstitutionArg,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Read the provider's documents and keys, and say what is wrong, unwise or changed. The command stores nothing, and fails if
    /// something is wrong.
    Test {
        #[command(flatten)]
        institution: InstitutionArg,
        /// Issuer to test in the place of the one that is registered, before you register it.
        #[arg(long, value_name = "URL")]
        issuer: Option<String>,
        /// Base URL of the service, for the redirect URI. Default: LATCHKEY_ISSUER, else LATCHKEY_URL, else with --local that of
        /// the local server.
        #[arg(long)]
        url: Option<String>,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Show the provider of an institution, and its former namespaces that are kept from others. The secret is not shown.
    Show {
        #[command(flatten)]
        institution: InstitutionArg,
        /// Base URL of the service, for the redirect URI. Default: LATCHKEY_ISSUER, else LATCHKEY_URL, else with --local that of
        /// the local server.
        #[arg(long)]
        url: Option<String>,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Remove the provider of an institution, and end the sessions of its users on the pages. Their grants stay.
    Remove {
        #[command(flatten)]
        institution: InstitutionArg,
        #[command(flatten)]
        consent: ConsentArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Let others have a former namespace of the institution's providers. Until then no user with a password and no provider of
    /// another institution gets it, because its users may have grants.
    Release {
        #[command(flatten)]
        institution: InstitutionArg,
        /// Namespace (principalIDNS) that others may have.
        #[arg(long, value_name = "URN", value_parser = registration::namespace)]
        namespace: String,
        #[command(flatten)]
        consent: ConsentArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Seal the secrets of all providers under the first sealing key, so that the other keys can be removed. Sessions go on.
    /// Needs the sealing keys.
    Reseal {
        #[command(flatten)]
        sealing: SealingArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
}

/// One institution.
#[derive(clap::Args)]
pub(in crate::cli) struct InstitutionArg {
    /// Registry id of the institution.
    #[arg(value_name = "ID", value_parser = registration::institution_id)]
    id: String,
}

impl Command {
    pub(super) async fn run(self) -> Outcome {
        match self {
            Self::Set(set) => set.run().await,
            Self::Refresh { institution, database } => refresh::refresh(&institution.id, &database).await,
            Self::Test { institution, issuer, url, database } => {
                test::test(&institution.id, issuer, url.as_deref(), &database).await
            }
            Self::Show { institution, url, database } => view::show(&institution.id, url.as_deref(), &database).await,
            Self::Remove { institution, consent, database } => {
                remove::remove(&institution.id, consent, &database).await
            }
            Self::Release { institution, namespace, consent, database } => {
                release::release(&institution.id, &namespace, consent, &database).await
            }
            Self::Reseal { sealing, database } => reseal::reseal(&sealing, &database).await,
        }
    }
}

/// What is registered of an institution's provider.
async fn registered(store: &Store, id: &str) -> Outcome<Option<Registered>> {
    let mut usage = Usage::default();
    let found = store.registered_provider(id, &mut usage).await;
    found.map_err(|unavailable| unread(id, unavailable, &usage))
}

/// The namespaces that others may not have yet because users of the institution's former providers may have grants.
fn former(store: &Store, id: &str, registered: &Registered) -> Outcome<Vec<String>> {
    let mut usage = Usage::default();
    let former = match registered {
        Registered::Provider(provider) => store.former_namespaces(provider, &mut usage),
        Registered::Removed(removed) => store.former_namespaces(removed, &mut usage),
    };
    former.map_err(|unavailable| unread(id, unavailable, &usage))
}

fn unread(id: &str, unavailable: Unavailable, usage: &Usage) -> Failure {
    let Failure(reason) = Failure::database(unavailable, usage);
    Failure(match unavailable {
        Unavailable::ItemDamaged => format!("{reason}, or remove it: latchkey institution idp remove {id}"),
        _ => reason,
    })
}

/// The provider of an institution, if it has one.
async fn stored(store: &Store, id: &str) -> Outcome<Option<Stored<Provider>>> {
    Ok(registered(store, id).await?.and_then(Registered::provider))
}

/// The provider of an institution. Fails if it has none.
async fn find(store: &Store, id: &str) -> Outcome<Stored<Provider>> {
    stored(store, id).await?.ok_or_else(|| none(id))
}

fn none(id: &str) -> Failure {
    Failure::new(format!("institution {id} has no provider; latchkey institution idp set {id} registers one"))
}

/// Writes a provider in the place of what was read, under the condition that it is still so. Returns it as another operator has
/// changed it since, if so.
async fn put<T>(store: &Store, provider: Provider, read: &Stored<T>) -> Outcome<Option<Stored<Provider>>> {
    let mut usage = Usage::default();
    let changed = store.put_provider_after(provider, read, &mut usage).await;
    made(changed.map_err(|unavailable| Failure::database(unavailable, &usage))?)
}
