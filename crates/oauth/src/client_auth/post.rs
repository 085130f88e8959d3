//! `client_secret_post`: the form has client id and secret (RFC 6749 section 2.3.1).

use crate::auth_method::AuthMethod;
use crate::client::{Client, NamedSecret};
use crate::client_auth::public::named;
use crate::client_auth::secrets::SentSecret;
use crate::client_auth::{CLIENT_SECRET, Challenge, Failure};
use crate::error::Denial;
use crate::form::Pairs;
use crate::secret::Keyring;

#[cfg(test)]
mod tests;

/// Client id and secret of a form. Nothing of them is verified.
pub struct Post {
    client_id: String,
    secret: SentSecret,
}

impl Post {
    /// Reads query and form; `None` if the form has no secret. An empty one counts as not given (RFC 6749 section 3.2).
    pub(super) fn of(query: &Pairs<'_>, form: &Pairs<'_>) -> Result<Option<Self>, Denial> {
        let mut secrets = form.iter().filter(|(name, _)| *name == CLIENT_SECRET).map(|(_, value)| value);
        let secret = match (secrets.next(), secrets.next()) {
            (None | Some(""), None) => return Ok(None),
            (Some(secret), None) => secret,
            _ => return Err(Denial::ParameterRepeated(CLIENT_SECRET)),
        };
        let client_id = named(query, form)?.ok_or(Failure::Missing)?.to_owned();
        Ok(Some(Self { client_id, secret: SentSecret::of(secret.as_bytes(), secret.as_bytes()) }))
    }

    /// `client_id`.
    pub(super) fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The secret of the client's that was sent.
    pub(super) fn verify<'c>(
        &self,
        client: Option<&'c Client>,
        keyring: &Keyring,
        now: u64,
    ) -> Result<&'c NamedSecret, Denial> {
        // The request used no scheme, so a refusal challenges as it does where nothing was used.
        self.secret.verify((&self.client_id, client), AuthMethod::Post, Challenge::default(), keyring, now)
    }
}
