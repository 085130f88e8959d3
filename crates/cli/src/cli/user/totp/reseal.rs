//! `latchkey user totp reseal`: seals the secrets of second factors under the key that seals now.

use serde::Serialize;
use zeroize::Zeroizing;

use crate::cli::actor;
use crate::cli::actor::ChangeArgs;
use crate::cli::directory::say_what_needs_resealing;
use crate::cli::failure::{Failure, Outcome, intact};
use crate::cli::sealing::SealingArgs;
use crate::cli::user::{UserArgs, put};
use latchkey::context::Service;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::trail::Subject;
use latchkey_oauth::secret::SealError;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::sign_in::factor::sealed_for;
use latchkey_oauth::user::User;

#[derive(Serialize)]
struct Resealed {
    /// Users whose secret another key had sealed.
    resealed: usize,
    /// Users whose secret stays as it was.
    failed: usize,
}

pub(super) async fn reseal(sealing: &SealingArgs, database: &ChangeArgs) -> Outcome {
    let service = database.open_with_keys("user totp reseal", KeySet::Pages).await?;
    let mut usage = Usage::default();
    let users = service.store.all_users(&mut usage).await;
    let mut users = users.map_err(|unavailable| Failure::database(unavailable, &usage))?;
    let mut proof = sealing.of_pages(&service);
    if !users.iter().any(|user| proof.is_by_user(user)) {
        proof.end()?;
    }
    let current = service.keyring(KeySet::Pages).sealing_key();
    users.retain(|user| {
        user.second_factor.as_ref().is_some_and(|sealed| sealed.key != current && !sealing.is_lost(&sealed.key))
    });
    // Also of no items: the run before may have been cut off after its last.
    actor::begin(&service.store, users.len(), &Subject::default()).await?;
    let (mut resealed, mut failed) = (0_usize, 0_usize);
    for User { institution_id: institution, username, .. } in &users {
        match reseal_one(&service, &UserArgs { institution: institution.clone(), username: username.clone() }).await {
            Ok(()) => resealed = resealed.saturating_add(1),
            Err(Failure(reason)) => {
                eprintln!("latchkey: user {username} of institution {institution}: {reason}");
                failed = failed.saturating_add(1);
            }
        }
    }
    actor::end(&service.store, resealed, &Subject::default()).await?;
    database.output.one(&Resealed { resealed, failed })?;
    say_what_needs_resealing(&service.store, current).await?;
    if failed > 0 {
        return Err(Failure::new(format!(
            "{failed} of the secrets could not be sealed anew, the others are; run the command again, and give each user whose \
             secret does not open a new second factor (latchkey user totp remove, then enrol)"
        )));
    }
    intact(&usage)
}

async fn reseal_one(service: &Service, args: &UserArgs) -> Outcome {
    let mut user = args.find(&service.store).await?;
    let Some(sealed) = user.second_factor.as_ref() else { return Ok(()) };
    let what_for = sealed_for((&user.institution_id, &user.username));
    let failed = |error: SealError| Failure::new(error.to_string());
    let secret = Zeroizing::new(service.keyring(KeySet::Pages).open_bytes(&what_for, sealed).map_err(failed)?);
    user.second_factor =
        Some(service.keyring(KeySet::Pages).seal_bytes(&what_for, &secret, random()?).map_err(failed)?);
    put(&service.store, user).await.map(|_| ())
}
