//! `latchkey grant`: what clients were allowed.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::show::GrantView;
use super::{Failure, Outcome, Where};
use crate::app::now;
use crate::denial::Trouble;
use crate::endpoint::Latchkey;
use crate::grant::Grant;
use crate::store::Meter;
use crate::store::registry::GrantFilter;
use crate::token::{GrantId, Kind, TokenHash, Unverified};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List grants, newest first. It reads the whole table
    List {
        #[command(flatten)]
        whose: Whose,
        #[command(flatten)]
        place: Where,
    },
    /// Show a grant
    Show {
        /// The grant's id, or a token or code of it
        grant: String,
        #[command(flatten)]
        place: Where,
    },
    /// Revoke a grant with all its tokens, or every grant of a client or user
    Revoke {
        /// The grant's id, or a token or code of it
        #[arg(required_unless_present_any = ["client_id", "principal_id"], conflicts_with_all = ["client_id", "principal_id"])]
        grant: Option<String>,
        #[command(flatten)]
        whose: Whose,
        #[command(flatten)]
        place: Where,
    },
}

/// Which grants.
#[derive(Args, Clone)]
pub(super) struct Whose {
    /// Made for this client
    #[arg(long)]
    client_id: Option<String>,
    /// Standing for the user of this principalID
    #[arg(long)]
    principal_id: Option<String>,
    /// And of this principalIDNS: an id is one user's within it
    #[arg(long, requires = "principal_id")]
    principal_idns: Option<String>,
}

#[derive(Serialize)]
struct Revoked {
    revoked: usize,
}

impl Command {
    pub(super) async fn run(self) -> Outcome {
        let now = now();
        let mut meter = Meter::default();
        match self {
            Self::List { whose, place } => {
                eprintln!("latchkey: reading the whole table");
                let grants = place.open().await?.store.grants(&whose.filter(false), &mut meter).await;
                let grants = grants.map_err(|trouble| Failure::database(trouble, &meter))?;
                let views: Vec<_> = grants.iter().map(|grant| GrantView::new(grant, None, now)).collect();
                let columns =
                    ["grant_id", "state", "client_id", "principal_id", "scope", "created_at", "refresh_expires_at"];
                place.output.many(&views, &columns)
            }
            Self::Show { grant, place } => {
                let latchkey = place.open().await?;
                let id = named(&latchkey, &grant, &mut meter).await?;
                let found = show(&latchkey, &id, &mut meter).await;
                let found = found.map_err(|trouble| Failure::database(trouble, &meter))?;
                let (grant, refreshed) = found.ok_or_else(|| Failure::new("there is no such grant"))?;
                place.output.one(&GrantView::new(&grant, Some(refreshed), now))
            }
            Self::Revoke { grant, whose, place } => {
                let latchkey = place.open().await?;
                let ids = match &grant {
                    Some(grant) => vec![named(&latchkey, grant, &mut meter).await?],
                    None => {
                        eprintln!("latchkey: reading the whole table");
                        let mut ids = async |unrevoked| {
                            let ids = latchkey.store.grant_ids(&whose.filter(unrevoked), &mut meter).await;
                            ids.map_err(|trouble| Failure::database(trouble, &meter))
                        };
                        let unrevoked = ids(true).await?;
                        if unrevoked.is_empty() && ids(false).await?.is_empty() {
                            return Err(Failure::new("there is no such grant"));
                        }
                        unrevoked
                    }
                };
                let (mut revoked, all) = (0, ids.len());
                for (before, id) in ids.iter().enumerate() {
                    let done = latchkey.store.revoke_grant(id, now, &mut meter).await;
                    revoked += usize::from(done.map_err(|trouble| {
                        let Failure(reason) = Failure::database(trouble, &meter);
                        Failure::new(format!("{reason}; {before} of {all} grants are revoked, the others are not"))
                    })?);
                }
                if grant.is_some() && revoked == 0 {
                    return Err(Failure::new("there is no such grant"));
                }
                place.output.one(&Revoked { revoked })
            }
        }
    }
}

impl Whose {
    fn filter(&self, unrevoked: bool) -> GrantFilter {
        let Self { client_id, principal_id, principal_idns } = self.clone();
        GrantFilter { client_id, principal_id, principal_idns, unrevoked }
    }
}

async fn show(latchkey: &Latchkey, id: &GrantId, meter: &mut Meter) -> Result<Option<(Grant, usize)>, Trouble> {
    let Some(grant) = latchkey.store.grant(id, meter).await? else { return Ok(None) };
    let refreshed = latchkey.store.refreshed(id, meter).await?;
    Ok(Some((grant, refreshed)))
}

/// The grant that an id names, or a token or code. Whoever reports a leaked token must have it whole: its grant id alone
/// is no secret, and must not be enough to end somebody's grant.
async fn named(latchkey: &Latchkey, text: &str, meter: &mut Meter) -> Outcome<GrantId> {
    if let Some(id) = GrantId::parse(text) {
        return Ok(id);
    }
    let token =
        Unverified::parse(text).ok_or_else(|| Failure::new("this is neither a grant id nor a token or code"))?;
    let stored = stored_hash(latchkey, &token, meter).await;
    match stored.map_err(|trouble| Failure::database(trouble, meter))? {
        Some(stored) if stored.matches(&token.hash) => Ok(token.grant_id),
        _ => Err(Failure::new("there is no such token or code")),
    }
}

async fn stored_hash(latchkey: &Latchkey, token: &Unverified, meter: &mut Meter) -> Result<Option<TokenHash>, Trouble> {
    if let Some(selector) = &token.selector {
        return latchkey.store.access_hash(&token.grant_id, selector, meter).await;
    }
    let Some(grant) = latchkey.store.grant(&token.grant_id, meter).await? else { return Ok(None) };
    Ok(match token.kind {
        Kind::Access => grant.access.map(|live| live.hash),
        Kind::Refresh => grant.refresh.map(|live| live.hash),
        Kind::Code => grant.code.map(|code| code.hash),
    })
}
