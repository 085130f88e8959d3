//! `latchkey institution idp reseal`: seals the secrets of providers under the key that seals now.

use serde::Serialize;
use zeroize::Zeroizing;

use super::{find, put};
use crate::cli::actor;
use crate::cli::actor::ChangeArgs;
use crate::cli::failure::{Failure, Outcome, intact};
use crate::cli::sealing::SealingArgs;
use latchkey::context::Service;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::trail::Subject;
use latchkey_dynamodb::store::{Store, Stored, Usage};
use latchkey_oauth::provider::{Provider, sealed_for};
use latchkey_oauth::secret::SealError;
use latchkey_oauth::service::KeySet;

#[derive(Serialize)]
struct Resealed {
    /// Providers whose secret another key had sealed.
    resealed: usize,
    /// Providers whose secret stays as it was.
    failed: usize,
}

async fn providers(store: &Store, usage: &mut Usage) -> Outcome<Vec<Stored<Provider>>> {
    let found = store.providers(usage).await;
    found.map_err(|unavailable| Failure::database(unavailable, usage))
}

/// The institutions whose provider's secret another key sealed than this one.
fn needs_resealing(providers: &[Stored<Provider>], current: &str) -> Vec<String> {
    let others = providers.iter().filter(|provider| provider.auth.sealed().key != current);
    others.map(|provider| provider.institution_id.clone()).collect()
}

/// Says which other secrets the keys of the set have sealed, after a command that seals some of them anew.
pub(in crate::cli) async fn say_what_needs_resealing(store: &Store, current: &str) -> Outcome {
    let mut usage = Usage::default();
    let left = needs_resealing(&providers(store, &mut usage).await?, current);
    if !left.is_empty() {
        eprintln!(
            "latchkey: warning: other keys sealed the secrets of the providers of institutions {}: run latchkey institution idp \
             reseal before you remove a key",
            left.join(", ")
        );
    }
    intact(&usage)
}

pub(super) async fn reseal(sealing: &SealingArgs, database: &ChangeArgs) -> Outcome {
    let service = database.open_with_keys("institution idp reseal", KeySet::Pages).await?;
    let mut usage = Usage::default();
    let mut providers = providers(&service.store, &mut usage).await?;
    let mut proof = sealing.of_pages(&service);
    if !providers.iter().any(|provider| proof.is_by_provider(provider)) {
        proof.end()?;
    }
    providers.retain(|provider| !sealing.is_lost(&provider.auth.sealed().key));
    let ids = needs_resealing(&providers, service.keyring(KeySet::Pages).sealing_key());
    // Also of no items: the run before may have been cut off after its last.
    actor::begin(&service.store, ids.len(), &Subject::default()).await?;
    let (mut resealed, mut failed) = (0_usize, 0_usize);
    for id in &ids {
        match reseal_one(&service, id).await {
            Ok(()) => resealed = resealed.saturating_add(1),
            Err(Failure(reason)) => {
                eprintln!("latchkey: provider of institution {id}: {reason}");
                failed = failed.saturating_add(1);
            }
        }
    }
    actor::end(&service.store, resealed, &Subject::default()).await?;
    database.output.one(&Resealed { resealed, failed })?;
    if failed > 0 {
        return Err(Failure::new(format!(
            "{failed} of the secrets could not be sealed anew, the others are; run the command again, and give each provider whose \
             secret does not open its secret again (latchkey institution idp set ID --secret -)"
        )));
    }
    intact(&usage)
}

async fn reseal_one(service: &Service, id: &str) -> Outcome {
    let read = find(&service.store, id).await?;
    let failed = |error: SealError| Failure::new(error.to_string());
    let keyring = service.keyring(KeySet::Pages);
    let what_for = sealed_for(id);
    let secret = Zeroizing::new(keyring.open_bytes(&what_for, read.auth.sealed()).map_err(failed)?);
    let sealed = keyring.seal_bytes(&what_for, &secret, random()?).map_err(failed)?;
    let provider = Provider { auth: read.auth.method().with(sealed), ..Provider::clone(&read) };
    put(&service.store, provider, &read).await.map(drop)
}
