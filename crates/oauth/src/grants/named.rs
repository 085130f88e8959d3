//! The user that a client names in a client-credentials request: where, and whether it may.

use crate::client::Client;
use crate::error::{Denial, PrincipalError, Sent};
use crate::grant::Principal;

#[cfg(test)]
mod tests;

/// The user that a request names, by the place in the request.
#[derive(Default)]
pub struct Named {
    /// In parameters, which the signature covers.
    pub signed: Option<Principal>,
    /// In the header, where anyone between client and service can change the name.
    pub unsigned: Option<Principal>,
}

impl Named {
    /// The user on whose behalf the client may act, if it names one.
    pub(super) fn taken(self, client: &Client) -> Result<Option<Principal>, Denial> {
        let Self { signed, unsigned } = self;
        let from_header = signed.is_none();
        let differ = signed.is_some() && unsigned.is_some() && signed != unsigned;
        let principal = signed.or(unsigned);
        check_principal(client, principal.as_ref())?;
        if differ {
            return Err(PrincipalError::Differs.into());
        }
        if from_header && principal.is_some() && client.signed_principal_required {
            return Err(PrincipalError::Unsigned.into());
        }
        Ok(principal)
    }
}

/// Whether the registration lets the client name this user, now.
pub(super) fn check_principal(client: &Client, principal: Option<&Principal>) -> Result<(), Denial> {
    let Some(principal) = principal else { return Ok(()) };
    if !client.names_principal {
        return Err(PrincipalError::NotAllowed.into());
    }
    if client.knows_namespace_of(principal) {
        return Ok(());
    }
    Err(PrincipalError::NamespaceNotAllowed(Sent::of(&principal.idns)).into())
}
