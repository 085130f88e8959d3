//! `latchkey grant index`: puts the grants from before the index into it.

use serde::Serialize;

use crate::cli::actor;
use crate::cli::actor::ChangeArgs;
use crate::cli::consent::counted;
use crate::cli::failure::{Failure, Outcome, intact};
use crate::cli::progress::Progress;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::store::holders::Lack;
use latchkey_dynamodb::store::trail::Subject;
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::grant::Principal;

/// So often the table is read, if grants come in that are not in the index.
const PASSES: usize = 4;

#[derive(Serialize)]
struct Indexed {
    indexed: usize,
}

/// Adds what is missing until there is nothing to add: functions of an earlier version may still run and make grants. Only
/// then the index is marked as filled.
pub(super) async fn index(database: &ChangeArgs) -> Outcome {
    let store = database.open("grant index").await?;
    let mut usage = Usage::default();
    if !has_index(&store, &mut usage).await? {
        return Err(Failure::new(Lack::Index.reason()));
    }
    eprintln!("latchkey: reading the whole table");
    let missing = store.unindexed(&mut usage).await;
    let missing = missing.map_err(|unavailable| Failure::database(unavailable, &usage))?;
    let subject = Subject::default();
    actor::begin(&store, missing, &subject).await?;
    let progress = Progress::new("grants", missing);
    let mut indexed = 0_usize;
    let mut is_filled = false;
    for _ in 0..PASSES {
        let before = indexed;
        let added = store.index_grants(&mut usage, |done| progress.at(before.saturating_add(done))).await;
        let added = added.map_err(|unavailable| {
            progress.end();
            let Failure(reason) = Failure::database(unavailable, &usage);
            Failure::new(format!("{reason}; run the command again: it passes over the grants that are in the index"))
        })?;
        indexed = indexed.saturating_add(added);
        is_filled = added == 0;
        // What cannot be read stays out of it. It is named below.
        if is_filled || !usage.damaged.is_empty() {
            break;
        }
    }
    progress.end();
    intact(&usage).map_err(|Failure(reason)| {
        let done = counted(indexed, "grant");
        Failure::new(format!(
            "{reason}; or revoke it (latchkey grant revoke); {done} indexed, and the index does not count as filled before \
             it has all of them"
        ))
    })?;
    if !is_filled {
        return Err(Failure::new(format!(
            "{} indexed, and more come in that are not in the index: functions of an earlier version still run; finish the \
             deployment, then run this command again",
            counted(indexed, "grant"),
        )));
    }
    let marked = store.mark_index_filled(now(), &mut usage).await;
    marked.map_err(|unavailable| Failure::database(unavailable, &usage))?;
    actor::end(&store, indexed, &subject).await?;
    database.output.one(&Indexed { indexed })
}

/// Whether the index can be asked. No user has this principal.
async fn has_index(store: &Store, usage: &mut Usage) -> Outcome<bool> {
    let asked = store.unrevoked_consents(&Principal::new("", ""), usage).await;
    Ok(asked.map_err(|unavailable| Failure::database(unavailable, usage))?.is_some())
}
