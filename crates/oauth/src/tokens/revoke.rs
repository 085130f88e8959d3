//! Revocation (RFC 7009): a refresh token is revoked with its whole grant, an access token only by itself.

use crate::client::Client;
use crate::error::Denial;
use crate::grant::{Grant, RefreshedToken};
use crate::token::{GrantId, Kind, Selector, Unverified};
use crate::tokens::active::belongs;

#[cfg(test)]
mod tests;

/// A token to revoke, and the items that it names.
pub struct Presented<'a> {
    /// The token.
    pub token: Unverified,
    /// Its grant.
    pub grant: Option<&'a Grant>,
    /// Its own item, where a refresh made it.
    pub access: Option<&'a RefreshedToken>,
}

/// What to revoke. It is empty if every token is unknown or expired (RFC 7009 section 2.2: that is not an error).
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Revocation {
    /// Whole grants.
    pub grants: Vec<GrantId>,
    /// Access tokens, of the grant itself or of a refresh. Their grants stay.
    pub accesses: Vec<(GrantId, Option<Selector>)>,
}

/// Decides what to revoke. If a token belongs to another client, the request is refused and nothing is revoked (RFC 7009
/// section 2.1). The client already has that token, so the refusal tells it nothing new.
pub fn revoke(client: &Client, presented: &[Presented<'_>]) -> Result<Revocation, Denial> {
    let mut revocation = Revocation::default();
    for Presented { token, grant, access } in presented {
        let Some(grant) = grant.filter(|grant| belongs(token, grant, *access)) else { continue };
        if grant.client_id != client.id {
            return Err(Denial::TokenForeign);
        }
        let ended = match token.selector {
            Some(_) => access.is_some_and(|access| access.revoked_at.is_some()),
            None => grant.access_revoked_at.is_some(),
        };
        match token.kind {
            _ if grant.revoked_at.is_some() => {}
            Kind::Refresh => revocation.grants.push(grant.id),
            _ if ended => {}
            _ => revocation.accesses.push((grant.id, token.selector)),
        }
    }
    revocation.grants.dedup();
    // A grant takes all that was minted with it along.
    let Revocation { grants, accesses } = &mut revocation;
    accesses.retain(|(grant, _)| !grants.contains(grant));
    accesses.dedup();
    Ok(revocation)
}
