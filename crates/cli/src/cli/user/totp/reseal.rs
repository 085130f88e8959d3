//! `latchkey user totp reseal`: seals the secrets of second factors under the key that seals now.

use crate::cli::actor::ChangeArgs;
use crate::cli::directory::say_what_needs_resealing;
use crate::cli::failure::{Failure, Outcome, intact};
use crate::cli::sealing::SealingArgs;
use crate::cli::sealing::again::{all_sealed, reseal_each, sealed_anew};
use crate::cli::user::{UserArgs, put};
use latchkey::context::Service;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::sign_in::factor::sealed_for;
use latchkey_oauth::user::User;

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
    let named =
        |User { institution_id, username, .. }: &User| format!("user {username} of institution {institution_id}");
    let failed = reseal_each(&users, &service, database, named, async |user| reseal_one(&service, user).await).await?;
    say_what_needs_resealing(&service.store, current).await?;
    all_sealed(failed, "user whose secret does not open a new second factor (latchkey user totp remove, then enrol)")?;
    intact(&usage)
}

async fn reseal_one(service: &Service, User { institution_id, username, .. }: &User) -> Outcome {
    let named = UserArgs { institution: institution_id.clone(), username: username.clone() };
    let mut user = named.find(&service.store).await?;
    let Some(sealed) = user.second_factor.as_ref() else { return Ok(()) };
    user.second_factor = Some(sealed_anew(service, &sealed_for((institution_id, username)), sealed)?);
    put(&service.store, user).await.map(|_| ())
}
