//! The client that signs.

use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::random;
use latchkey_oauth::client::{is_client_id, new_secret};
use latchkey_oauth::client_auth::wskey::Signing;
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::settings::Authority;
use serde::Deserialize;

use crate::failure::Failure;

/// What a client without registration calls itself.
const UNREGISTERED: &str = "latchkey-check";

/// A client's credentials.
pub(crate) struct Client {
    pub(crate) id: String,
    secret: ClientSecret,
    authority: Authority,
    /// Whether it is registered.
    pub(crate) is_own: bool,
}

/// What `latchkey client create --secret-to` writes.
#[derive(Deserialize)]
struct Credentials {
    client_id: String,
    secret: String,
}

impl Client {
    /// One that no operator registered: its signature is of a secret that is drawn now.
    pub(crate) fn unregistered(authority: Authority) -> Result<Self, Failure> {
        Ok(Self { id: UNREGISTERED.to_owned(), secret: new_secret(random()?), authority, is_own: false })
    }

    /// The check's own, from a secret of Secrets Manager.
    pub(crate) fn parse(text: &str, authority: Authority) -> Result<Self, Failure> {
        let Credentials { client_id: id, secret } = serde_json::from_str(text).map_err(|_| Failure::SecretMalformed)?;
        let secret = ClientSecret::new(secret);
        if !is_client_id(&id) || secret.as_bytes().is_empty() {
            return Err(Failure::SecretMalformed);
        }
        Ok(Self { id, secret, authority, is_own: true })
    }

    /// The Authorization header of a POST: of a query, or of a form.
    pub(crate) fn sign(&self, query: &str, body: &str) -> Result<String, Failure> {
        let (timestamp, nonce) = (now().to_string(), format!("{:016x}", u64::from_be_bytes(random()?)));
        let signing = Signing {
            client_id: &self.id,
            secret: &self.secret,
            authority: &self.authority,
            timestamp: &timestamp,
            nonce: &nonce,
            principal: None,
            method: "POST",
            query,
            body: body.as_bytes(),
        };
        // Its own texts can always be signed.
        signing.sign().map(|signed| signed.authorization).map_err(|_| Failure::AnswerUnreadable)
    }
}
