//! `latchkey grant`: what clients were allowed.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::show::GrantView;
use super::{Failure, Outcome, Where, admin};
use crate::denial::Trouble;
use crate::endpoint::Latchkey;
use crate::grant::Grant;
use crate::store::Meter;
use crate::store::registry::GrantFilter;
use crate::token::{GrantId, Unverified};

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
#[derive(Args)]
pub(super) struct Whose {
    /// Made for this client
    #[arg(long)]
    client_id: Option<String>,
    /// Standing for the user of this principalID
    #[arg(long)]
    principal_id: Option<String>,
}

#[derive(Serialize)]
struct Revoked {
    revoked: usize,
}

impl Command {
    pub(super) async fn run(self) -> Outcome {
        let now = admin::now();
        let mut meter = Meter::default();
        match self {
            Self::List { whose, place } => {
                eprintln!("latchkey: reading the whole table");
                let grants = list(&place.open().await?, whose, &mut meter).await;
                let grants = grants.map_err(|trouble| Failure::database(trouble, &meter))?;
                let views: Vec<_> = grants.iter().map(|grant| GrantView::new(grant, None, now)).collect();
                let columns =
                    ["grant_id", "state", "client_id", "principal_id", "scope", "created_at", "refresh_expires_at"];
                place.output.many(&views, &columns)
            }
            Self::Show { grant, place } => {
                let latchkey = place.open().await?;
                let id = named(&grant)?;
                let found = show(&latchkey, &id, &mut meter).await;
                let found = found.map_err(|trouble| Failure::database(trouble, &meter))?;
                let (grant, refreshed) = found.ok_or_else(|| Failure::new("there is no such grant"))?;
                place.output.one(&GrantView::new(&grant, Some(refreshed), now))
            }
            Self::Revoke { grant, whose, place } => {
                let latchkey = place.open().await?;
                let ids = match &grant {
                    Some(grant) => vec![named(grant)?],
                    None => {
                        eprintln!("latchkey: reading the whole table");
                        let grants = list(&latchkey, whose, &mut meter).await;
                        let grants = grants.map_err(|trouble| Failure::database(trouble, &meter))?;
                        grants.iter().filter(|grant| grant.revoked_at.is_none()).map(|grant| grant.id).collect()
                    }
                };
                let mut revoked = 0;
                for id in ids {
                    let done = latchkey.store.revoke_grant(&id, now, &mut meter).await;
                    revoked += usize::from(done.map_err(|trouble| Failure::database(trouble, &meter))?);
                }
                if grant.is_some() && revoked == 0 {
                    return Err(Failure::new("there is no such grant"));
                }
                place.output.one(&Revoked { revoked })
            }
        }
    }
}

async fn list(latchkey: &Latchkey, whose: Whose, meter: &mut Meter) -> Result<Vec<Grant>, Trouble> {
    let filter = GrantFilter { client_id: whose.client_id, principal_id: whose.principal_id };
    latchkey.store.grants(&filter, meter).await
}

async fn show(latchkey: &Latchkey, id: &GrantId, meter: &mut Meter) -> Result<Option<(Grant, usize)>, Trouble> {
    let Some(grant) = latchkey.store.grant(id, meter).await? else { return Ok(None) };
    let refreshed = latchkey.store.refreshed(id, meter).await?.len();
    Ok(Some((grant, refreshed)))
}

fn named(text: &str) -> Outcome<GrantId> {
    GrantId::parse(text)
        .or_else(|| Unverified::parse(text).map(|token| token.grant_id))
        .ok_or_else(|| Failure::new("this is neither a grant id nor a token or code"))
}
