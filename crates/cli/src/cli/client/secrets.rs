//! Rotates and reveals the secrets of a client.

use serde::Serialize;

use crate::cli::actor::ChangeArgs;
use crate::cli::database;
use crate::cli::database::DatabaseArgs;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::output;
use crate::cli::sealing::SealingArgs;
use crate::cli::secrets_manager::{self, Kept, KeptView};
use crate::cli::shell::word;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::random;
use latchkey_oauth::client::{MAX_SECRETS, new_secret, registration};
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::time::instant;

/// A new secret: shown only once, or kept by Secrets Manager and not shown.
#[derive(Serialize)]
struct SecretView<'a> {
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    #[serde(flatten)]
    kept: Option<KeptView<'a>>,
    secret_name: &'a str,
}

/// Which secret of a client to make, and where to keep it.
pub(super) struct Rotation<'a> {
    pub(super) name: Option<String>,
    /// How long the old secret stays valid, in seconds.
    pub(super) overlap: u64,
    pub(super) retire: Option<&'a str>,
    pub(super) secret_to: Option<String>,
}

pub(super) async fn rotate(
    client_id: &str,
    Rotation { name, overlap, retire, secret_to }: Rotation<'_>,
    sealing: &SealingArgs,
    database: &ChangeArgs,
) -> Outcome {
    let (connection, service) = database.connect_with_keys("client rotate-secret", KeySet::Clients).await?;
    let mut client = database::find(&service.store, client_id).await?;
    if !client.needs_a_secret() {
        let what = match client.is_public() {
            true => "is a public one (none)",
            false => "authenticates by private_key_jwt only",
        };
        return Err(Failure::new(format!(
            "the client {what} and has no secret; to give it one, choose another method first: latchkey client update {} \
             --auth-method METHOD",
            word(client_id)
        )));
    }
    let now = now();
    let name = name.map(|name| registration::name(&name)).transpose();
    let name = name.map_err(|reason| Failure::new(format!("--name {reason}")))?;
    if retire.is_some_and(|retire| !client.secrets.iter().any(|secret| secret.name == retire)) {
        return Err(Failure::new(
            "no secret of the client has the name in --retire; latchkey client show lists the names",
        ));
    }
    client
        .secrets
        .retain(|secret| secret.expires_at.is_none_or(|end| now < end) && Some(secret.name.as_str()) != retire);
    let is_taken = |name: &str| client.secrets.iter().any(|secret| secret.name == name);
    // A client may get several secrets within one second. Those it has take all names but the last.
    let named =
        std::iter::once(instant(now)).chain((2..=MAX_SECRETS + 1).map(|count| format!("{} ({count})", instant(now))));
    let name = name.or_else(|| named.into_iter().find(|name| !is_taken(name))).unwrap_or_else(|| instant(now));
    let is_taken = is_taken(&name);
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
    let slot = match secret_to {
        Some(name) => Some(connection.slot(&name, client_id).await?),
        None => None,
    };
    let secret = new_secret(random()?);
    let named = sealing.seal(&service, (client_id, Some(&client)), &secret, name.clone(), now).await?;
    client.secrets.push(named);
    let add = async {
        let since = database::change(&service.store, client).await?;
        let is_kept = since
            .is_none_or(|since| since.live_secrets(now).any(|known| known.name == name && known.created_at == now));
        if is_kept {
            return Ok(());
        }
        Err(Failure::new(
            "the secret was added, and another operator has ended it since or disabled the client; look at the client",
        ))
    };
    let ((), kept) = secrets_manager::keep(slot, &secret, add).await?;
    reveal(database, client_id, &secret, &name, kept.as_ref())
}

pub(super) fn reveal(
    database: &DatabaseArgs,
    client_id: &str,
    secret: &ClientSecret,
    secret_name: &str,
    kept: Option<&Kept>,
) -> Outcome {
    let shown = kept.is_none().then(|| secret.expose());
    database.output.one(&SecretView { client_id, secret: shown, kept: kept.map(Kept::view), secret_name })?;
    match kept {
        _ if database.output.json => Ok(()),
        None => output::line("\nThe secret is shown only once. Store it where the application reads it."),
        Some(_) => output::line("\nSecrets Manager has the secret, as JSON with client_id and secret."),
    }
}
