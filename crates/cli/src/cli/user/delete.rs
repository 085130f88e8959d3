//! Deletes a user with all that was allowed in the user's name.

use serde::Serialize;

use super::{UserArgs, disable};
use crate::cli::actor;
use crate::cli::actor::ChangeArgs;
use crate::cli::consent::{ConsentArgs, WaitArgs};
use crate::cli::failure::{Failure, Outcome, conflict, intact};
use crate::cli::revoking;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::registry::GrantFilter;
use latchkey_dynamodb::store::trail::Subject;

#[derive(Serialize)]
struct Deleted<'a> {
    institution_id: &'a str,
    username: &'a str,
    revoked: usize,
}

/// Disables the user, so that nothing new is allowed in the user's name; ends the grants, since an API that checks an access
/// token reads no user; and deletes the user last, so that a command that breaks off can be run again. Before the last look
/// at the grants it waits for requests that read the user before: afterwards there is no name to find their grants by.
pub(super) async fn delete(args: &UserArgs, consent: ConsentArgs, wait: WaitArgs, database: &ChangeArgs) -> Outcome {
    let store = database.open("user delete").await?;
    let mut user = args.find(&store).await?;
    let filter = revoking::of_user(&user, GrantFilter::default());
    let mut usage = Usage::default();
    eprintln!("latchkey: reading the whole table of tokens");
    let ids = revoking::unrevoked(&store, &filter, &mut usage).await?;
    consent.ask(&format!(
        "this deletes user {} of institution {}, ends the user's sessions on the pages, and ends {}",
        user.username,
        user.institution_id,
        revoking::counted_with_tokens(ids.len()),
    ))?;
    let subject = Subject::of_user(&user);
    actor::begin(&store, ids.len().saturating_add(1), &subject).await?;
    disable::mark(&store, args, &mut user).await?;
    wait.for_requests().await;
    // Once more: what was allowed while the operator read the question, and until now.
    let ids = revoking::unrevoked(&store, &filter, &mut usage).await?;
    let mut revoked = revoking::end(&store, &ids, &subject, now(), &mut usage).await?;
    // And what the user consented to in that moment. The whole table was read, so it does not matter if there is no index.
    disable::end_consents(&store, &user, (&subject, &mut revoked), &mut usage).await?;
    let deleted = store.delete_user(&user, &mut usage).await;
    if !deleted.map_err(|unavailable| Failure::database(unavailable, &usage))? {
        return Err(conflict());
    }
    actor::end(&store, revoked.saturating_add(1), &subject).await?;
    database.output.one(&Deleted { institution_id: &user.institution_id, username: &user.username, revoked })?;
    intact(&usage)
}
