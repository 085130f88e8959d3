//! Seals the secrets of clients. Before, it proves that the keys here are those that sealed the secrets there.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::cli::actor;
use crate::cli::actor::ChangeArgs;
use crate::cli::database;
use crate::cli::failure::{Failure, Outcome, intact};
use crate::cli::sealing::{SealingArgs, another, way_out};
use latchkey::context::Service;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::trail::Subject;
use latchkey_dynamodb::store::{Stored, Usage};
use latchkey_oauth::client::{Client, NamedSecret};
use latchkey_oauth::secret::{ClientSecret, Keyring};
use latchkey_oauth::service::KeySet;
use latchkey_oauth::service::settings::SEALING_KEY_NAMES;

/// A secret that works, and the client that it belongs to.
type Sealed<'a> = (&'a str, &'a NamedSecret);

fn working(client: &Client, now: u64) -> impl Iterator<Item = Sealed<'_>> {
    let works = move |secret: &&NamedSecret| secret.expires_at.is_none_or(|end| now < end);
    client.secrets.iter().filter(works).map(|secret| (client.id.as_str(), secret))
}

impl SealingArgs {
    /// Fails unless, of the secrets that each of the keys sealed, one opens under the key of this name here.
    fn prove(&self, keyring: &Keyring, secrets: &[Sealed<'_>], keys: impl Iterator<Item = String>) -> Outcome {
        for key in keys.filter(|key| !self.is_lost(key)) {
            let mut sealed = secrets.iter().filter(|(_, secret)| secret.sealed.key == key);
            let Some((client_id, first)) = sealed.clone().next() else { continue };
            if !keyring.has(&key) {
                return Err(Failure::new(format!(
                    "secrets are sealed under the key '{key}', which is not in {} or in the key file; {}",
                    SEALING_KEY_NAMES.name,
                    way_out(&key),
                )));
            }
            if !sealed.any(|(client_id, secret)| keyring.open(client_id, &secret.sealed).is_ok()) {
                return Err(another(&key, &format!("secret '{}' of client {client_id}", first.name)));
            }
        }
        Ok(())
    }

    /// Seals a new secret. Fails if the functions seem to have other keys than those here: they could not open it.
    ///
    /// `kept` is the client as it will be, if it is registered already: secrets of it that end now do not count, and its own
    /// are tried first.
    pub(super) async fn seal(
        &self,
        service: &Service,
        (client_id, kept): (&str, Option<&Client>),
        secret: &ClientSecret,
        name: String,
        now: u64,
    ) -> Outcome<NamedSecret> {
        self.prove_keys(service, (client_id, kept), now).await?;
        sealed(service, client_id, secret, name, now)
    }

    /// Fails if the functions seem to have other keys than those here, by the secrets of every client.
    pub(in crate::cli) async fn prove_keys(
        &self,
        service: &Service,
        (client_id, kept): (&str, Option<&Client>),
        now: u64,
    ) -> Outcome {
        let mut usage = Usage::default();
        let clients =
            service.store.clients(&mut usage).await.map_err(|unavailable| Failure::database(unavailable, &usage))?;
        let others = clients.iter().map(|client| &**client).filter(|client| client.id != client_id);
        let secrets: Vec<_> = kept.into_iter().chain(others).flat_map(|client| working(client, now)).collect();
        let keys: BTreeSet<_> = secrets.iter().map(|(_, secret)| secret.sealed.key.clone()).collect();
        self.prove(service.keyring(KeySet::Clients), &secrets, keys.into_iter())
    }

    /// Seals every secret under the first sealing key. Then the other keys can be removed.
    ///
    /// A secret that cannot be sealed anew is reported, and the others are sealed.
    pub(super) async fn reseal(&self, database: &ChangeArgs) -> Outcome {
        let (service, now) = (database.open_with_keys("client reseal", KeySet::Clients).await?, now());
        let mut usage = Usage::default();
        let clients = service.store.clients(&mut usage).await;
        let clients = clients.map_err(|unavailable| Failure::database(unavailable, &usage))?;
        let secrets: Vec<_> = clients.iter().flat_map(|client| working(client, now)).collect();
        let current = service.keyring(KeySet::Clients).sealing_key().to_owned();
        self.prove(service.keyring(KeySet::Clients), &secrets, std::iter::once(current.clone()))?;
        let (mut resealed, mut failed) = (0_usize, 0_usize);
        let mut report = |reason: String| {
            eprintln!("latchkey: {reason}");
            failed = failed.saturating_add(1);
        };
        let others = |client: &&Stored<Client>| {
            let works_elsewhere =
                |(_, secret): Sealed<'_>| secret.sealed.key != current && !self.is_lost(&secret.sealed.key);
            working(client, now).any(works_elsewhere)
        };
        let all = clients.iter().filter(others).count();
        // Also of no items: the run before may have been cut off after its last.
        actor::begin(&service.store, all, &Subject::default()).await?;
        for client in clients {
            let client_id = client.id.clone();
            match self.resealed(&service, client, now, &mut report)? {
                None => {}
                Some(client) => match database::change(&service.store, client).await {
                    Ok(_) => resealed = resealed.saturating_add(1),
                    Err(Failure(reason)) => report(format!("client {client_id}: {reason}")),
                },
            }
        }
        actor::end(&service.store, resealed, &Subject::default()).await?;
        database.output.one(&Resealed { resealed, failed })?;
        if failed > 0 {
            return Err(Failure::new(format!(
                "{failed} of the secrets could not be sealed anew, the others are; give each such client a new secret \
                 (latchkey client rotate-secret --overlap 0), or leave out a key's secrets with --lost-key"
            )));
        }
        intact(&usage)
    }

    /// The client with its secrets sealed anew; none if nothing changes.
    fn resealed(
        &self,
        service: &Service,
        mut client: Stored<Client>,
        now: u64,
        report: &mut impl FnMut(String),
    ) -> Outcome<Option<Stored<Client>>> {
        let current = service.keyring(KeySet::Clients).sealing_key();
        let client_id = client.id.clone();
        let mut changed = false;
        let works = |secret: &&mut NamedSecret| secret.expires_at.is_none_or(|end| now < end);
        for secret in client.secrets.iter_mut().filter(works) {
            if self.is_lost(&secret.sealed.key) {
                continue;
            }
            match service.keyring(KeySet::Clients).open(&client_id, &secret.sealed) {
                Err(error) => report(format!(
                    "client {client_id}, secret '{}', sealed under the key '{}': {error}",
                    secret.name, secret.sealed.key
                )),
                Ok(_) if secret.sealed.key == current => {}
                Ok(opened) => {
                    let sealed = service.keyring(KeySet::Clients).seal(&client_id, &opened, random()?);
                    secret.sealed = sealed.map_err(|error| Failure::new(error.to_string()))?;
                    changed = true;
                }
            }
        }
        Ok(changed.then_some(client))
    }
}

/// Seals a new secret. The keys are proven before.
pub(in crate::cli) fn sealed(
    service: &Service,
    client_id: &str,
    secret: &ClientSecret,
    name: String,
    now: u64,
) -> Outcome<NamedSecret> {
    let sealed = service.keyring(KeySet::Clients).seal(client_id, secret, random()?);
    let sealed = sealed.map_err(|error| Failure::new(error.to_string()))?;
    Ok(NamedSecret { name, sealed, created_at: now, expires_at: None })
}

#[derive(Serialize)]
struct Resealed {
    /// Clients whose secrets another key had sealed.
    resealed: usize,
    /// Secrets and clients that stay as they were.
    failed: usize,
}
