//! `latchkey grant`: lists, shows and revokes grants.

mod index;

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::cli::actor;
use crate::cli::actor::ChangeArgs;
use crate::cli::consent::ConsentArgs;
use crate::cli::database::DatabaseArgs;
use crate::cli::failure::{Failure, Outcome, intact};
use crate::cli::input;
use crate::cli::output::{text, whole};
use crate::cli::revoking;
use crate::cli::shell::word;
use crate::cli::show::{GrantRow, GrantView};
use crate::cli::user::UserArgs;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::store::registry::GrantFilter;
use latchkey_dynamodb::store::trail::Subject;
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::client::registration;
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::{Grant, Principal};
use latchkey_oauth::token::{GrantId, Kind, TokenHash, Unverified};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List grants, newest first. The grants that a user consented to are found by an index (--user, --subject, or
    /// --principal-id with --principal-idns); for others the command reads the whole table.
    List {
        #[command(flatten)]
        filter: GrantFilterArgs,
        /// Read the whole table for a user's grants too: then the list has those that a client made by client credentials in
        /// the user's name.
        #[arg(long)]
        whole_table: bool,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Show a grant.
    Show {
        /// Grant id, or a token or code of the grant; - reads it from standard input.
        #[arg(value_parser = input::secret)]
        grant: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Put the grants of earlier versions into the index, by which user disable and grant list find a user's grants. Run it once
    /// after the update that brings the index, and once after a first deployment. It can be run again at any time.
    Index {
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Revoke a grant with all its tokens, or every grant of a user, a client or an institution.
    Revoke {
        /// Grant id, or a token or code of the grant; - reads it from standard input.
        #[arg(
            value_parser = input::secret,
            required_unless_present_any = ["client_id", "principal_id", "institution", "subject"],
            conflicts_with_all = ["client_id", "principal_id", "institution", "subject"],
        )]
        grant: Option<String>,
        #[command(flatten)]
        filter: GrantFilterArgs,
        #[command(flatten)]
        consent: ConsentArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
}

/// Which grants.
#[derive(Args, Clone)]
pub(super) struct GrantFilterArgs {
    /// Only grants of this client.
    #[arg(long)]
    client_id: Option<String>,
    /// Only grants of the user who signs in with this username at --institution.
    #[arg(long, value_name = "USERNAME", requires = "institution", conflicts_with = "principal_id")]
    user: Option<String>,
    /// Only grants of this institution: where a user signed in, or whose data are used. With --user, where the user signs in.
    #[arg(long, value_name = "ID", value_parser = registration::institution_id)]
    institution: Option<String>,
    /// Only grants with this principalID. Without --principal-idns, those of every namespace, so of several users.
    #[arg(long)]
    principal_id: Option<String>,
    /// Only grants of the user with this principalIDNS, the namespace of the principalID.
    #[arg(long, requires = "principal_id")]
    principal_idns: Option<String>,
    /// Only grants of the user whom APIs know by this subject (sub): urn:latchkey:user:…
    #[arg(long, value_parser = subject, conflicts_with_all = ["user", "principal_id"])]
    subject: Option<Principal>,
}

/// Reads the subject of a user.
fn subject(text: &str) -> Result<Principal, &'static str> {
    Principal::of_subject(text).ok_or(
        "it is no user's subject; a client that acts for itself is --client-id, and an older sub is --principal-id",
    )
}

#[derive(Serialize)]
struct Revoked {
    revoked: usize,
}

impl Command {
    pub(super) async fn run(self) -> Outcome {
        let now = now();
        let mut usage = Usage::default();
        match self {
            Self::List { filter, whole_table, database } => {
                let store = database.open().await?;
                let filter = filter.filter(&store).await?;
                let grants = list(&store, &filter, whole_table, &mut usage).await;
                let grants = grants.map_err(|unavailable| Failure::database(unavailable, &usage))?;
                let views: Vec<_> = grants.iter().map(|grant| GrantView::new(grant, None, now)).collect();
                let rows: Vec<_> = views.iter().map(GrantRow::new).collect();
                let columns =
                    [whole("created_at"), text("client_id"), text("principal_id"), text("state"), whole("grant_id")];
                database.output.many_as(&views, &rows, &columns)?;
                intact(&usage)
            }
            Self::Show { grant, database } => {
                let store = database.open().await?;
                let id = named(&store, &grant, &mut usage).await?;
                let found = show(&store, &id, &mut usage).await;
                let found = found.map_err(|unavailable| Failure::database(unavailable, &usage))?;
                let (grant, refreshed) =
                    found.ok_or_else(|| Failure::new("no grant matches; latchkey grant list shows all grants"))?;
                database.output.one(&GrantView::new(&grant, Some(refreshed), now))
            }
            Self::Index { database } => index::index(&database).await,
            Self::Revoke { grant: Some(grant), database, .. } => {
                let store = database.open("grant revoke").await?;
                let id = named(&store, &grant, &mut usage).await?;
                let subject = match store.grant(&id, &mut usage).await {
                    Ok(grant) => grant.as_ref().map(Subject::of).unwrap_or_default(),
                    // It can be revoked; its record names the grant alone.
                    Err(Unavailable::ItemDamaged) => Subject::default(),
                    Err(unavailable) => return Err(Failure::database(unavailable, &usage)),
                };
                match revoking::end(&store, &[id], &subject, now, &mut usage).await? {
                    0 => Err(Failure::new("no grant matches; latchkey grant list shows all grants")),
                    revoked => database.output.one(&Revoked { revoked }),
                }
            }
            Self::Revoke { grant: None, filter, consent, database } => {
                let store = database.open("grant revoke").await?;
                let matching = filter.filter(&store).await?;
                eprintln!("latchkey: reading the whole table");
                let ids = revoking::unrevoked(&store, &matching, &mut usage).await?;
                if ids.is_empty() && revoking::ids(&store, &matching, &mut usage).await?.is_empty() {
                    intact(&usage)?;
                    return Err(Failure::new("no grant matches; latchkey grant list shows all grants"));
                }
                if !ids.is_empty() {
                    consent.ask(&format!("this ends {}", revoking::counted_with_tokens(ids.len())))?;
                }
                let subject = filter.subject(&matching);
                // Also of no items: the run before may have been cut off after its last.
                actor::begin(&store, ids.len(), &subject).await?;
                let revoked = revoking::end(&store, &ids, &subject, now, &mut usage).await?;
                actor::end(&store, revoked, &subject).await?;
                database.output.one(&Revoked { revoked })?;
                intact(&usage)
            }
        }
    }
}

impl GrantFilterArgs {
    /// Whom the records name: what the options name, and the principal that a username stands for.
    fn subject(&self, filter: &GrantFilter) -> Subject {
        Subject {
            client_id: self.client_id.clone(),
            institution_id: self.institution.clone(),
            username: self.user.clone(),
            principal_id: filter.principal_id.clone(),
            principal_idns: filter.principal_idns.clone(),
            ..Subject::default()
        }
    }

    /// Returns the filter. A username stands for the user's principal.
    async fn filter(&self, store: &Store) -> Outcome<GrantFilter> {
        let Self { client_id, user, institution, principal_id, principal_idns, subject } = self.clone();
        let (principal_id, principal_idns) = match subject {
            Some(Principal { id, idns }) => (Some(id), Some(idns)),
            None => (principal_id, principal_idns),
        };
        let filter = GrantFilter { client_id, principal_id, principal_idns, ..GrantFilter::default() };
        Ok(match (user, institution) {
            (Some(username), Some(institution)) => {
                let named = UserArgs { institution, username };
                let user = named.look(store).await?;
                let Some(user) = user else { return Err(no_user(store, &named.institution).await) };
                revoking::of_user(&user, filter)
            }
            (_, institution_id) => GrantFilter { institution_id, ..filter },
        })
    }
}

/// A user of the institution's provider has no entry to be found by.
async fn no_user(store: &Store, id: &str) -> Failure {
    // A provider that cannot be read changes no answer.
    let provider = store.provider(id, &mut Usage::default()).await.ok().flatten();
    Failure::new(match provider {
        Some(provider) => format!(
            "institution {id} has no such user; a user of its provider has no entry here: use --principal-id ID --principal-idns {}",
            word(&provider.namespace)
        ),
        None => format!("institution {id} has no such user"),
    })
}

/// The grants that match: by the index if it has all that a user consented to, else from the whole table.
async fn list(
    store: &Store,
    filter: &GrantFilter,
    whole_table: bool,
    usage: &mut Usage,
) -> Result<Vec<Grant>, Unavailable> {
    if let Some(principal) = filter.principal().filter(|_| !whole_table)
        && store.is_index_filled(usage).await?
        && let Some(mut grants) = store.consented_grants(&principal, usage).await?
    {
        eprintln!(
            "latchkey: grants that a client made by client credentials in the user's name are not listed; --whole-table lists \
             them too"
        );
        grants.retain(|grant| filter.takes(grant));
        return Ok(grants);
    }
    eprintln!("latchkey: reading the whole table");
    store.grants(filter, usage).await
}

async fn show(store: &Store, id: &GrantId, usage: &mut Usage) -> Result<Option<(Grant, usize)>, Unavailable> {
    let Some(grant) = store.grant(id, usage).await? else { return Ok(None) };
    let refreshed = store.refreshed(id, usage).await?;
    Ok(Some((grant, refreshed)))
}

/// Returns the grant that an id, a token or a code names. A token or code must match the stored hash as a whole: its grant
/// id is not a secret, and a report with only that part must not end a user's grant.
async fn named(store: &Store, text: &str, usage: &mut Usage) -> Outcome<GrantId> {
    if let Some(id) = GrantId::parse(text) {
        return Ok(id);
    }
    let token = Unverified::parse(text).ok_or_else(|| Failure::new("this is not a grant id, a token or a code"))?;
    let stored = stored_hash(store, &token, usage).await;
    match stored.map_err(|unavailable| Failure::database(unavailable, usage))? {
        Some(stored) if stored.matches(&token.hash) => Ok(token.grant_id),
        _ => Err(Failure::new("the service has no such token or code")),
    }
}

async fn stored_hash(store: &Store, token: &Unverified, usage: &mut Usage) -> Result<Option<TokenHash>, Unavailable> {
    if let Some(selector) = &token.selector {
        return store.access_hash(&token.grant_id, selector, usage).await;
    }
    let Some(grant) = store.grant(&token.grant_id, usage).await? else { return Ok(None) };
    Ok(match token.kind {
        Kind::Access => grant.access.map(|live| live.hash),
        Kind::Refresh => grant.refresh.map(|live| live.hash),
        Kind::Code => grant.code.map(|code| code.hash),
        Kind::Device => grant.device.map(|device| device.hash),
    })
}
