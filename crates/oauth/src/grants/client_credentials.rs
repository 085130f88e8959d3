//! The client-credentials grant (RFC 6749 section 4.4): a client asks on its own account, or for a user it names.

use crate::client::Client;
use crate::client_auth::replay::Replay;
use crate::error::{Denial, Sent};
use crate::grant::{Grant, Institutions};
use crate::grant_type::GrantType;
use crate::grants::named::Named;
use crate::grants::{Entropy, TokenResponse, check_grant_type, check_institutions, check_scope, mint};
use crate::scope::Scope;
use crate::settings::Settings;

#[cfg(test)]
mod tests;

/// What the client asks for.
pub struct ClientCredentialsRequest<'a> {
    /// `scope`.
    pub scope: &'a str,
    /// Both institution ids.
    pub institutions: Institutions,
    /// The user.
    pub named: Named,
}

/// Decides, and makes the grant to store and the answer to give once it is stored.
pub fn client_credentials(
    client: &Client,
    asked: ClientCredentialsRequest<'_>,
    replay: &Replay,
    settings: &Settings,
    entropy: &Entropy,
    now: u64,
) -> Result<(Grant, TokenResponse), Denial> {
    check_grant_type(client, GrantType::ClientCredentials)?;
    let scope = Scope::parse(asked.scope).ok_or_else(|| Denial::ScopeMalformed(Sent::of(asked.scope)))?;
    check_scope(client, &scope)?;
    check_institutions(client, &asked.institutions)?;
    let principal = asked.named.taken(client)?;
    let id = replay.grant_id();
    let first = mint(id, &scope, (client, None), settings, entropy, replay.until, now);
    let grant = Grant {
        id,
        client_id: client.id.clone(),
        grant_type: GrantType::ClientCredentials,
        institutions: asked.institutions.clone(),
        principal: principal.clone(),
        scope: scope.clone(),
        refresh_seconds: None,
        created_at: now,
        code: None,
        device: None,
        access: Some(first.access.stored()),
        access_revoked_at: None,
        refresh: first.refresh.as_ref().map(crate::grants::Expiring::stored),
        revoked_at: None,
        expires_at: first.expires_at,
    };
    let answer = TokenResponse {
        access: first.access,
        refresh: first.refresh,
        scope,
        institutions: asked.institutions,
        principal,
    };
    Ok((grant, answer))
}
