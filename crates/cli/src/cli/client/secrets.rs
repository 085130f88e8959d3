//! Rotates, seals and reveals the secrets of a client.

use serde::Serialize;

use crate::cli::database;
use crate::cli::database::DatabaseArgs;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::output;
use latchkey::context::Service;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::client::{MAX_SECRETS, NamedSecret, new_secret};
use latchkey_oauth::secret::{ClientSecret, SealError};
use latchkey_oauth::service::settings::SEALING_KEY_NAMES;
use latchkey_oauth::time::instant;

/// A new secret. It is shown only once.
#[derive(Serialize)]
struct SecretView<'a> {
    client_id: &'a str,
    secret: &'a str,
    secret_name: &'a str,
}

pub(super) async fn rotate(
    client_id: &str,
    name: Option<String>,
    overlap: u64,
    retire: Option<&str>,
    database: &DatabaseArgs,
) -> Outcome {
    let service = database.open_with_keys().await?;
    let mut client = database::find(&service.store, client_id).await?;
    let now = now();
    let name = name.unwrap_or_else(|| instant(now));
    if retire.is_some_and(|retire| !client.secrets.iter().any(|secret| secret.name == retire)) {
        return Err(Failure::new(
            "no secret of the client has the name in --retire; latchkey client show lists the names",
        ));
    }
    client
        .secrets
        .retain(|secret| secret.expires_at.is_none_or(|end| now < end) && Some(secret.name.as_str()) != retire);
    let is_taken = client.secrets.iter().any(|secret| secret.name == name);
    // "At once" must not depend on the clock of this machine.
    if overlap == 0 {
        client.secrets.clear();
    }
    if client.secrets.len() >= MAX_SECRETS {
        let names: Vec<_> = client.secrets.iter().map(|secret| format!("'{}'", secret.name)).collect();
        let names = names.join(" and ");
        return Err(Failure::new(format!("the client has the secrets {names}; end one of them with --retire NAME")));
    }
    if is_taken {
        return Err(Failure::new("the client already has a secret of this name; choose another --name"));
    }
    for old in &mut client.secrets {
        let end = now.saturating_add(overlap);
        old.expires_at = Some(old.expires_at.map_or(end, |known| known.min(end)));
    }
    let secret = new_secret(random()?);
    client.secrets.push(seal(&service, client_id, &secret, name.clone(), now).await?);
    database::change(&service.store, client).await?;
    reveal(database, client_id, &secret, &name)
}

/// Seals a new secret. Fails if another secret is sealed under a key that this keyring does not have: then the functions
/// have that key, and may not have the key that would seal here.
pub(super) async fn seal(
    service: &Service,
    client_id: &str,
    secret: &ClientSecret,
    name: String,
    now: u64,
) -> Outcome<NamedSecret> {
    let mut usage = Usage::default();
    let clients =
        service.store.clients(&mut usage).await.map_err(|unavailable| Failure::database(unavailable, &usage))?;
    let mut names = clients.iter().flat_map(|client| &client.secrets).map(|secret| &secret.sealed.key);
    if let Some(unknown) = names.find(|name| !service.keyring.has(name)) {
        return Err(Failure::new(format!(
            "secrets are sealed under the key '{unknown}', which is not in {} or in the key file; \
             use the keys that the functions have",
            SEALING_KEY_NAMES.name,
        )));
    }
    let sealed = service.keyring.seal(client_id, secret, random()?);
    let sealed = sealed.map_err(|error| Failure::new(error.to_string()))?;
    Ok(NamedSecret { name, sealed, created_at: now, expires_at: None })
}

pub(super) fn reveal(database: &DatabaseArgs, client_id: &str, secret: &ClientSecret, secret_name: &str) -> Outcome {
    database.output.one(&SecretView { client_id, secret: secret.expose(), secret_name })?;
    if database.output.json {
        Ok(())
    } else {
        output::line("\nThe secret is shown only once. Store it where the application reads it.")
    }
}

#[derive(Serialize)]
struct Resealed {
    resealed: usize,
}

/// Seals every secret under the first sealing key. Then the other keys can be removed.
pub(super) async fn reseal(database: &DatabaseArgs) -> Outcome {
    let service = database.open_with_keys().await?;
    let mut usage = Usage::default();
    let clients = service.store.clients(&mut usage).await;
    let mut resealed = 0;
    for mut client in clients.map_err(|unavailable| Failure::database(unavailable, &usage))? {
        let current = service.keyring.sealing_key();
        if client.secrets.iter().all(|secret| secret.sealed.key == current) {
            continue;
        }
        for secret in &mut client.secrets {
            let failed =
                |error: SealError| Failure::new(format!("client {}, secret {}: {error}", client.id, secret.name));
            let opened = service.keyring.open(&client.id, &secret.sealed).map_err(failed)?;
            secret.sealed = service.keyring.seal(&client.id, &opened, random()?).map_err(failed)?;
        }
        database::change(&service.store, client).await?;
        resealed += 1;
    }
    database.output.one(&Resealed { resealed })
}
