//! `latchkey institution idp reseal`: seals the secrets of providers under the key that seals now.

use super::{find, put};
use crate::cli::actor::ChangeArgs;
use crate::cli::failure::{Failure, Outcome, intact};
use crate::cli::sealing::SealingArgs;
use crate::cli::sealing::again::{all_sealed, reseal_each, sealed_anew};
use latchkey::context::Service;
use latchkey_dynamodb::store::{Store, Stored, Usage};
use latchkey_oauth::provider::{Provider, sealed_for};
use latchkey_oauth::service::KeySet;

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
    let named = |id: &String| format!("provider of institution {id}");
    let failed = reseal_each(&ids, &service, database, named, async |id| reseal_one(&service, id).await).await?;
    all_sealed(
        failed,
        "provider whose secret does not open its secret again (latchkey institution idp set ID --secret -)",
    )?;
    intact(&usage)
}

async fn reseal_one(service: &Service, id: &str) -> Outcome {
    let read = find(&service.store, id).await?;
    let sealed = sealed_anew(service, &sealed_for(id), read.auth.sealed())?;
    let provider = Provider { auth: read.auth.method().with(sealed), ..Provider::clone(&read) };
    put(&service.store, provider, &read).await.map(drop)
}
