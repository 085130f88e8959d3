//! `none`: the request says which client it comes from, and nothing proves it (RFC 6749 section 2.1).

use crate::auth_method::AuthMethod;
use crate::client::{Client, is_client_id};
use crate::client_auth::{Failure, Mismatch};
use crate::error::{Denial, Sent};
use crate::form::Pairs;

#[cfg(test)]
mod tests;

const CLIENT_ID: &str = "client_id";

/// The client id that a request names.
pub struct Public(String);

impl Public {
    /// Reads query and form. A request that names no client shows no credentials.
    pub(super) fn of(query: &Pairs<'_>, form: &Pairs<'_>) -> Result<Self, Denial> {
        let named = named(query, form)?.ok_or(Failure::Missing)?;
        Ok(Self(named.to_owned()))
    }

    /// `client_id`.
    pub(super) fn client_id(&self) -> &str {
        &self.0
    }

    /// Whether the client may do without a secret. Any other is told that it showed no credentials.
    pub(super) fn verify(&self, client: Option<&Client>) -> Result<(), Failure> {
        match client {
            None => Err(Failure::Public(Mismatch::UnknownClient)),
            Some(client) if client.disabled => Err(Failure::Public(Mismatch::DisabledClient)),
            Some(client) if !client.authenticates_by(AuthMethod::None) => {
                Err(Failure::Public(Mismatch::MethodNotRegistered))
            }
            Some(_) => Ok(()),
        }
    }
}

/// `client_id`, if the request has it, once. An empty one counts as not given.
pub(super) fn named<'p>(query: &'p Pairs<'_>, form: &'p Pairs<'_>) -> Result<Option<&'p str>, Denial> {
    let mut values = query.iter().chain(form.iter()).filter(|(name, _)| *name == CLIENT_ID).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (None | Some(""), None) => Ok(None),
        (Some(id), None) if is_client_id(id) => Ok(Some(id)),
        (Some(id), None) => Err(Denial::ParameterInvalid(CLIENT_ID, Sent::value(CLIENT_ID, id))),
        _ => Err(Denial::ParameterRepeated(CLIENT_ID)),
    }
}
