//! `client_secret_post`: the form has client id and secret (RFC 6749 section 2.3.1).

use crate::client_auth::public::named;
use crate::client_auth::secrets::SentSecret;
use crate::client_auth::{CLIENT_SECRET, Failure};
use crate::error::Denial;
use crate::form::Pairs;

#[cfg(test)]
mod tests;

/// Client id and secret of a form. Nothing of them is verified.
pub struct Post(pub(super) SentSecret);

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
        Ok(Some(Self(SentSecret::of(client_id, secret.as_bytes(), secret.as_bytes()))))
    }
}
