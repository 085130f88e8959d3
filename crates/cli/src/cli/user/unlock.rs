//! Ends the count of an account's wrong passwords.

use serde::Serialize;

use super::UserArgs;
use crate::cli::actor::ChangeArgs;
use crate::cli::failure::{Failure, Outcome};
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::sign_in::attempts::ACCOUNT_FAILURES;

#[derive(Serialize)]
struct Unlocked<'a> {
    institution_id: &'a str,
    username: &'a str,
    /// Since the last right one.
    wrong_passwords: u64,
    /// Whether the account took a password only from browsers that have signed in to it before.
    was_locked: bool,
}

pub(super) async fn unlock(args: &UserArgs, database: &ChangeArgs) -> Outcome {
    let store = database.open("user unlock").await?;
    let user = args.find(&store).await?;
    let mut usage = Usage::default();
    let counted = store.wrong_passwords(&user, now(), &mut usage).await;
    let wrong_passwords = counted.map_err(|unavailable| Failure::database(unavailable, &usage))?;
    let unlocked = store.unlock_user(&user, &mut usage).await;
    unlocked.map_err(|unavailable| Failure::database(unavailable, &usage))?;
    database.output.one(&Unlocked {
        institution_id: &user.institution_id,
        username: &user.username,
        wrong_passwords,
        was_locked: wrong_passwords >= ACCOUNT_FAILURES,
    })
}
