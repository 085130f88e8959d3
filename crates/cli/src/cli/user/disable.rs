//! Disables a user, and ends the grants that the user consented to.

use std::time::Duration;

use serde::Serialize;

use super::view::UserView;
use super::{UserArgs, put};
use crate::cli::actor;
use crate::cli::actor::ChangeArgs;
use crate::cli::consent::counted;
use crate::cli::failure::{Failure, Outcome, conflict, intact};
use crate::cli::shell::word;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::store::holders::Lack;
use latchkey_dynamodb::store::trail::Subject;
use latchkey_dynamodb::store::{Store, Stored, Usage};
use latchkey_oauth::user::User;

/// The index follows a write after a moment: so long after it had nothing, it is asked once more.
const AGAIN: Duration = Duration::from_secs(1);

#[derive(Serialize)]
struct Disabled {
    #[serde(flatten)]
    user: UserView,
    revoked: usize,
}

/// Disables the user and marks that the grants are being ended, before the first of them ends. The mark goes after the last,
/// so a run that is cut off is seen, and another one does the rest.
pub(super) async fn disable(args: &UserArgs, keep_grants: bool, database: &ChangeArgs) -> Outcome {
    let store = database.open("user disable").await?;
    let mut user = args.find(&store).await?;
    if keep_grants {
        (user.disabled, user.ending) = (true, false);
        super::change(&store, user, database).await?;
        eprintln!("latchkey: {}", left(args, "the user's grants stay"));
        return Ok(());
    }
    let mut usage = Usage::default();
    let subject = Subject::of_user(&user);
    // It only says how much there is to do: whatever becomes of it, the user is disabled.
    let found = store.unrevoked_consents(&user.principal, &mut Usage::default()).await;
    let found = found.ok().flatten().map_or(0, |ids| ids.len());
    actor::begin(&store, found.saturating_add(1), &subject).await?;
    mark(&store, args, &mut user).await?;
    let mut revoked = 0;
    let ended = end_and_unmark(&store, args, &user, (&subject, &mut revoked), &mut usage).await;
    let user = ended.map_err(|Failure(reason)| {
        Failure::new(format!(
            "user {} of institution {} is disabled, {} ended so far, and the user stays marked as ending: {reason}; run the \
             command again for the rest",
            user.username,
            user.institution_id,
            counted(revoked, "grant"),
        ))
    })?;
    actor::end(&store, revoked.saturating_add(1), &subject).await?;
    database.output.one(&Disabled { user: UserView::new(&user), revoked })?;
    eprintln!(
        "latchkey: grants that a client made by client credentials in the user's name are not among them; to end these too: \
         latchkey grant revoke --user {} --institution {}",
        word(&user.username),
        user.institution_id
    );
    intact(&usage)
}

/// Disables the user, with the mark.
pub(super) async fn mark(store: &Store, args: &UserArgs, user: &mut Stored<User>) -> Outcome {
    if !(user.disabled && user.ending) {
        (user.disabled, user.ending) = (true, true);
        put(store, user.clone()).await?;
        let now = args.find(store).await?;
        // Another operator has enabled the user, or made another one of this name.
        if !(now.disabled && now.ending && now.principal == user.principal) {
            return Err(conflict());
        }
        *user = now;
    }
    Ok(())
}

async fn end_and_unmark(
    store: &Store,
    args: &UserArgs,
    user: &User,
    (subject, revoked): (&Subject, &mut usize),
    usage: &mut Usage,
) -> Outcome<Stored<User>> {
    if !end_consents(store, user, (subject, revoked), usage).await? {
        return Err(Failure::new(format!("{} before", Lack::Index.reason())));
    }
    let filled = store.is_index_filled(usage).await;
    if !filled.map_err(|unavailable| Failure::database(unavailable, usage))? {
        return Err(Failure::new(
            "these may not be all, since grants from before the index may not be in it: run latchkey grant index before",
        ));
    }
    let mut now = args.find(store).await?;
    // Another operator's run may have been faster.
    if now.ending {
        now.ending = false;
        let put = put(store, now).await;
        put.map_err(|Failure(reason)| Failure::new(format!("the mark could not be taken away: {reason}")))?;
        now = args.find(store).await?;
    }
    Ok(now)
}

/// Ends the grants that the index has of a user, until it has none twice. `false` if there is no index.
pub(super) async fn end_consents(
    store: &Store,
    user: &User,
    (subject, revoked): (&Subject, &mut usize),
    usage: &mut Usage,
) -> Outcome<bool> {
    let mut nothing = 0_u32;
    while nothing < 2 {
        if nothing > 0 {
            tokio::time::sleep(AGAIN).await;
        }
        let found = store.unrevoked_consents(&user.principal, usage).await;
        let Some(ids) = found.map_err(|unavailable| Failure::database(unavailable, usage))? else { return Ok(false) };
        nothing = if ids.is_empty() { nothing.saturating_add(1) } else { 0 };
        let before = *revoked;
        let ended =
            store.revoke_grants(&ids, subject, now(), usage, |done| *revoked = before.saturating_add(done)).await;
        *revoked = before.saturating_add(ended.map_err(|unavailable| Failure::database(unavailable, usage))?);
    }
    Ok(true)
}

/// What a change leaves, with the command that ends it.
pub(super) fn left(args: &UserArgs, what: &str) -> String {
    format!(
        "{what}: latchkey user disable ends those that the user consented to, latchkey grant revoke --user {} --institution {} \
         ends all",
        word(&args.username),
        args.institution
    )
}
