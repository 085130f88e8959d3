//! Seals secrets of the pages anew, one item at a time, under the key that seals now.

use serde::Serialize;
use zeroize::Zeroizing;

use crate::cli::actor;
use crate::cli::actor::ChangeArgs;
use crate::cli::failure::{Failure, Outcome};
use latchkey::context::Service;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::trail::Subject;
use latchkey_oauth::secret::{SealError, Sealed};
use latchkey_oauth::service::KeySet;

#[derive(Serialize)]
struct Resealed {
    /// Items whose secret another key had sealed.
    resealed: usize,
    /// Items whose secret stays as it was.
    failed: usize,
}

/// Seals the secret of each item by `one`, says on standard error which ones stay as they were, by `name`, and prints both
/// counts. Gives how many stay.
pub(in crate::cli) async fn reseal_each<T>(
    items: &[T],
    service: &Service,
    database: &ChangeArgs,
    name: impl Fn(&T) -> String,
    one: impl AsyncFn(&T) -> Outcome,
) -> Outcome<usize> {
    // Also of no items: the run before may have been cut off after its last.
    actor::begin(&service.store, items.len(), &Subject::default()).await?;
    let (mut resealed, mut failed) = (0_usize, 0_usize);
    for item in items {
        match one(item).await {
            Ok(()) => resealed = resealed.saturating_add(1),
            Err(Failure(reason)) => {
                eprintln!("latchkey: {}: {reason}", name(item));
                failed = failed.saturating_add(1);
            }
        }
    }
    actor::end(&service.store, resealed, &Subject::default()).await?;
    database.output.one(&Resealed { resealed, failed })?;
    Ok(failed)
}

/// The same secret, under the key that seals now.
pub(in crate::cli) fn sealed_anew(service: &Service, what_for: &str, sealed: &Sealed) -> Outcome<Sealed> {
    let keyring = service.keyring(KeySet::Pages);
    let failed = |error: SealError| Failure::new(error.to_string());
    let secret = Zeroizing::new(keyring.open_bytes(what_for, sealed).map_err(failed)?);
    keyring.seal_bytes(what_for, &secret, random()?).map_err(failed)
}

/// Fails where secrets stay as they were; `remedy` says what gives such an item another secret.
pub(in crate::cli) fn all_sealed(failed: usize, remedy: &str) -> Outcome {
    if failed == 0 {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{failed} of the secrets could not be sealed anew, the others are; run the command again, and give each {remedy}"
    )))
}
