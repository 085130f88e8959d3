//! The client-credentials grant (RFC 6749 section 4.4): a client asks on its own account, or for a user it names.

use super::{Answer, Entropy, check_grant_type, check_institutions, check_principal, check_scope, mint};
use crate::client::Client;
use crate::denial::Denial;
use crate::grant::{Grant, GrantType, Institutions, Principal};
use crate::scope::Scope;
use crate::settings::Settings;
use crate::token::{Fingerprint, GrantId};

/// What the client asks for.
pub struct Asked<'a> {
    /// `scope`.
    pub scope: &'a str,
    /// Both institution ids.
    pub institutions: Institutions,
    /// The user, from the header.
    pub principal: Option<Principal>,
}

/// Decides, and makes the grant to store and the answer to give once it is stored.
pub fn issue(
    client: &Client,
    asked: Asked<'_>,
    fingerprint: &Fingerprint,
    settings: &Settings,
    entropy: &Entropy,
    now: u64,
) -> Result<(Grant, Answer), Denial> {
    check_grant_type(client, GrantType::ClientCredentials)?;
    let scope = Scope::parse(asked.scope).ok_or(Denial::ScopeMalformed)?;
    check_scope(client, &scope)?;
    check_institutions(client, &asked.institutions)?;
    check_principal(client, asked.principal.as_ref())?;
    let id = GrantId::of_request(fingerprint);
    let first = mint(id, &scope, client, settings, entropy, now);
    let grant = Grant {
        id,
        client_id: client.id.clone(),
        grant_type: GrantType::ClientCredentials,
        institutions: asked.institutions.clone(),
        principal: asked.principal.clone(),
        scope: scope.clone(),
        created_at: now,
        code: None,
        access: Some(first.access.live()),
        access_revoked_at: None,
        refresh: first.refresh.as_ref().map(super::Expiring::live),
        revoked_at: None,
        expires_at: first.expires_at,
    };
    let answer = Answer {
        access: first.access,
        refresh: first.refresh,
        scope,
        institutions: asked.institutions,
        principal: asked.principal,
    };
    Ok((grant, answer))
}
