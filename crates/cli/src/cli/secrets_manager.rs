//! AWS Secrets Manager: keeps a client's new secret where the application reads it, so that no terminal and no log has it.
//!
//! The secret is written there before the client has it: a command that breaks off loses no secret. If a secret of the client
//! is there already, the new one waits as `AWSPENDING` until the client has it, as AWS's own rotations do.

use std::future::Future;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use clap::Args;
use latchkey_dynamodb::advice::{is_denied, on_credentials};
use serde::{Deserialize, Serialize};

use crate::cli::database::Connection;
use crate::cli::failure::{Failure, Outcome};
use latchkey_oauth::secret::ClientSecret;

#[cfg(test)]
mod tests;

/// The longest name, in characters.
const LONGEST: usize = 512;
const CURRENT: &str = "AWSCURRENT";
const PENDING: &str = "AWSPENDING";

/// Where to keep a new secret.
#[derive(Args)]
pub(super) struct SecretToArgs {
    /// Write the secret to the AWS Secrets Manager secret of this name, and do not show it. The command creates that secret if
    /// it does not exist.
    #[arg(long, value_name = "NAME", value_parser = secret_name)]
    pub(super) secret_to: Option<String>,
}

/// Reads the name of a secret of Secrets Manager.
pub(super) fn secret_name(text: &str) -> Result<String, &'static str> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
    if (1..=LONGEST).contains(&text.len()) && text.bytes().all(fits) {
        Ok(text.to_owned())
    } else {
        Err(
            "it must be the name of an AWS Secrets Manager secret: 1 to 512 letters, digits and / _ + = . @ -, and no ARN",
        )
    }
}

/// Secrets Manager of one account and region.
pub(super) struct SecretsManager(Client);

/// A secret of Secrets Manager that may take a client's secret.
pub(super) struct Slot {
    manager: Client,
    name: String,
    client_id: String,
    /// The version that has the client's secret of now, if there is one.
    current: Option<String>,
}

/// A client's secret in Secrets Manager.
pub(super) struct Kept {
    manager: Client,
    name: String,
    version: String,
    /// The version that this one replaces once the client has it.
    replaces: Option<String>,
}

/// How a command prints where a secret is.
#[derive(Serialize)]
pub(super) struct KeptView<'a> {
    secret_to: &'a str,
    secret_version: &'a str,
}

/// The value of a secret that Latchkey writes.
#[derive(Serialize, Deserialize)]
struct Value {
    client_id: String,
    secret: String,
}

impl Connection {
    /// Secrets Manager of the deployment's account and region. The local server has none.
    pub(super) fn secrets_manager(&self) -> Option<SecretsManager> {
        self.aws().map(|sdk| SecretsManager(Client::new(sdk)))
    }

    /// Looks for the secret of this name, before anything is made.
    pub(super) async fn slot(&self, name: &str, client_id: &str) -> Outcome<Slot> {
        let manager = self.secrets_manager().ok_or_else(|| {
            Failure::new(
                "--secret-to writes to AWS Secrets Manager, and the local server has none: leave the option out, and the \
                 command shows the secret",
            )
        })?;
        manager.slot(name, client_id).await
    }
}

impl SecretsManager {
    /// Looks for the secret of this name. Fails if it has something that is not this client's secret.
    pub(super) async fn slot(&self, name: &str, client_id: &str) -> Outcome<Slot> {
        let slot =
            |current| Slot { manager: self.0.clone(), name: name.to_owned(), client_id: client_id.to_owned(), current };
        let found = match self.0.get_secret_value().secret_id(name).version_stage(CURRENT).send().await {
            Ok(found) => found,
            // There is none, or it has no value yet.
            Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(slot(None)),
            Err(error) => return Err(refused("GetSecretValue", name, &error)),
        };
        let value = found.secret_string().and_then(|text| serde_json::from_str::<Value>(text).ok());
        match value {
            Some(value) if value.client_id == client_id => Ok(slot(found.version_id().map(str::to_owned))),
            _ => Err(Failure::new(format!(
                "the secret {name} of Secrets Manager has something else than the secret of client {client_id}; choose another \
                 name, or delete that secret first"
            ))),
        }
    }
}

impl Slot {
    /// Writes a client's new secret.
    async fn put(self, secret: &ClientSecret) -> Outcome<Kept> {
        let Self { manager, name, client_id, mut current } = self;
        let description = format!("client_id and secret of the Latchkey client {client_id}");
        let value = Value { client_id: client_id.clone(), secret: secret.expose().to_owned() };
        let value = serde_json::to_string(&value).map_err(|error| Failure::new(error.to_string()))?;
        if current.is_none() {
            let created =
                manager.create_secret().name(&name).description(description).secret_string(&value).send().await;
            match created {
                Ok(created) => {
                    let version = created.version_id().unwrap_or_default().to_owned();
                    return Ok(Kept { manager, name, version, replaces: None });
                }
                // It has no value yet, or another operator was faster: what it has now decides.
                Err(error) if error.code() == Some("ResourceExistsException") => {
                    current = SecretsManager(manager.clone()).slot(&name, &client_id).await?.current;
                }
                Err(error) => return Err(refused("CreateSecret", &name, &error)),
            }
        }
        // The first value is the current one.
        let stage = if current.is_some() { PENDING } else { CURRENT };
        let put = manager.put_secret_value().secret_id(&name).secret_string(&value).version_stages(stage).send().await;
        let put = put.map_err(|error| refused("PutSecretValue", &name, &error))?;
        let version = put.version_id().unwrap_or_default().to_owned();
        Ok(Kept { manager, name, version, replaces: current })
    }
}

impl Kept {
    /// How it is printed.
    pub(super) fn view(&self) -> KeptView<'_> {
        KeptView { secret_to: &self.name, secret_version: &self.version }
    }

    /// The secret's name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Makes the version the one that applications read.
    async fn make_current(&self) -> Outcome {
        let Some(replaced) = &self.replaces else { return Ok(()) };
        let staged = self
            .manager
            .update_secret_version_stage()
            .secret_id(&self.name)
            .version_stage(CURRENT)
            .move_to_version_id(&self.version)
            .remove_from_version_id(replaced)
            .send()
            .await;
        staged.map(drop).map_err(|error| {
            let Failure(reason) = refused("UpdateSecretVersionStage", &self.name, &error);
            let Self { name, version, .. } = self;
            Failure::new(format!(
                "the client has its new secret, and the secret {name} of Secrets Manager has it as the version {version} with \
                 the stage {PENDING}. Applications still read the old one: {reason}. Then run aws secretsmanager \
                 update-secret-version-stage --secret-id {name} --version-stage {CURRENT} --move-to-version-id {version} \
                 --remove-from-version-id {replaced}"
            ))
        })
    }

    /// The client did not get the secret.
    fn unused(&self, Failure(reason): Failure) -> Failure {
        let Self { name, version, .. } = self;
        let stage = if self.replaces.is_some() { PENDING } else { CURRENT };
        Failure::new(format!(
            "{reason}; the secret {name} of Secrets Manager has the secret that was made for it, as the version {version} with \
             the stage {stage}"
        ))
    }
}

/// Keeps a new secret in Secrets Manager, has `give` write it to the client, and then makes it the one that applications read.
/// Without a slot, only `give` runs.
pub(super) async fn keep<T>(
    slot: Option<Slot>,
    secret: &ClientSecret,
    give: impl Future<Output = Outcome<T>>,
) -> Outcome<(T, Option<Kept>)> {
    let Some(slot) = slot else { return Ok((give.await?, None)) };
    let kept = slot.put(secret).await?;
    let given = give.await.map_err(|failure| kept.unused(failure))?;
    kept.make_current().await?;
    Ok((given, Some(kept)))
}

/// Only the code of an error is shown: a message may quote what was sent.
fn refused<E: ProvideErrorMetadata>(action: &str, name: &str, error: &SdkError<E>) -> Failure {
    let advice = match error.code() {
        None => "check region, endpoint, network and proxy (HTTPS_PROXY, NO_PROXY)".to_owned(),
        Some(code) if is_denied(code) => format!(
            "the AWS credentials lack secretsmanager:{action} on the secret {name}, or the use of its KMS key; \
             infra/README.md lists what each command needs"
        ),
        Some("InvalidRequestException") => format!(
            "the secret {name} may be scheduled for deletion: restore it (aws secretsmanager restore-secret), or choose another \
             name"
        ),
        Some(code) => on_credentials(code).unwrap_or("check the name, region, credentials and permission").to_owned(),
    };
    let code = error.code().unwrap_or("no answer");
    Failure::new(format!("Secrets Manager does not do {action} on the secret {name}: {code}; {advice}"))
}
