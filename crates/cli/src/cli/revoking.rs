//! Revokes many grants, for every command that does so.

use crate::cli::consent::counted;
use crate::cli::failure::{Failure, Outcome};
use latchkey_dynamodb::store::registry::GrantFilter;
use latchkey_dynamodb::store::trail::{Subject, TOGETHER};
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::token::GrantId;
use latchkey_oauth::user::User;

/// After so many grants the command says how far it is: a number of whole transactions.
const REPORTED: usize = 5 * TOGETHER;

/// The grants of a user.
pub(super) fn of_user(user: &User, filter: GrantFilter) -> GrantFilter {
    let (id, idns) = (user.principal.id.clone(), user.principal.idns.clone());
    GrantFilter { principal_id: Some(id), principal_idns: Some(idns), ..filter }
}

/// What ends, such as `1 grant with all its tokens`.
pub(super) fn counted_with_tokens(grants: usize) -> String {
    format!("{} with all {} tokens", counted(grants, "grant"), if grants == 1 { "its" } else { "their" })
}

/// The ids of the grants that match.
pub(super) async fn ids(store: &Store, filter: &GrantFilter, usage: &mut Usage) -> Outcome<Vec<GrantId>> {
    store.grant_ids(filter, usage).await.map_err(|unavailable| Failure::database(unavailable, usage))
}

/// The ids of those that are not revoked yet.
pub(super) async fn unrevoked(store: &Store, filter: &GrantFilter, usage: &mut Usage) -> Outcome<Vec<GrantId>> {
    ids(store, &GrantFilter { unrevoked: true, ..filter.clone() }, usage).await
}

/// Revokes grants, and says how many there were. `subject` is whose they are.
pub(super) async fn end(
    store: &Store,
    ids: &[GrantId],
    subject: &Subject,
    now: u64,
    usage: &mut Usage,
) -> Outcome<usize> {
    let (mut done, all) = (0, ids.len());
    let revoked = store.revoke_grants(ids, subject, now, usage, |now| {
        done = now;
        if done < all && done % REPORTED == 0 {
            eprintln!("latchkey: {done} of {all} grants are revoked");
        }
    });
    let revoked = revoked.await;
    revoked.map_err(|unavailable| {
        let Failure(reason) = Failure::database(unavailable, usage);
        Failure::new(format!("{reason}; {done} of {all} grants are revoked; run the command again for the others"))
    })
}
