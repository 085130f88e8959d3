//! The refresh grant (RFC 6749 section 6): a new access token for a refresh token, which stays as it is.

use crate::client::Client;
use crate::client_auth::replay::Replay;
use crate::error::{Denial, Sent};
use crate::grant::{Grant, RefreshedToken, StoredToken};
use crate::grant_type::GrantType;
use crate::grants::institutions::NamedInstitutions;
use crate::grants::named::check_principal;
use crate::grants::{Entropy, Expiring, TokenResponse, beyond, check_grant_type, check_institutions, still_allowed};
use crate::scope::Scope;
use crate::settings::Settings;
use crate::token::{Kind, Minted, Unverified};

#[cfg(test)]
mod tests;

/// What the client presents.
pub struct RefreshRequest<'a> {
    /// `refresh_token`, where it has the shape of one.
    pub token: Option<Unverified>,
    /// `scope`, to narrow.
    pub scope: Option<&'a str>,
    /// The institutions that the request names.
    pub institutions: NamedInstitutions,
}

/// Decides, and makes the access item to store and the answer to give once it is stored.
pub fn refresh(
    client: &Client,
    grant: Option<&Grant>,
    asked: &RefreshRequest<'_>,
    replay: &Replay,
    settings: &Settings,
    entropy: &Entropy,
    now: u64,
) -> Result<(RefreshedToken, TokenResponse), Denial> {
    check_grant_type(client, GrantType::RefreshToken)?;
    let (grant, live) = presented(client, grant, asked.token).ok_or(Denial::RefreshTokenUnknown)?;
    if grant.revoked_at.is_some() {
        return Err(Denial::GrantRevoked);
    }
    if grant.is_before(client.good_from(settings.not_before)) {
        return Err(Denial::GrantTooOld);
    }
    // The item may be collected from its own end on, and a token is good only while its grant is.
    if now >= live.expires_at.min(grant.expires_at) {
        return Err(Denial::RefreshTokenExpired);
    }
    if !asked.institutions.fit(&grant.institutions) {
        return Err(Denial::InstitutionsDiffer);
    }
    check_institutions(client, &grant.institutions)?;
    // Of a consent the principal is the user who gave it, and not one that the client named.
    if grant.grant_type == GrantType::ClientCredentials {
        check_principal(client, grant.principal.as_ref())?;
    }
    let scope = narrowed(still_allowed(client, &grant.scope)?, &grant.scope, asked.scope)?;
    let selector = replay.selector();
    // Not beyond the grant's item, which was made under the settings of its day.
    let access_ends = now.saturating_add(settings.access_token_seconds).min(grant.expires_at);
    let access = Expiring::new(Minted::new(Kind::Access, grant.id, Some(selector), &entropy.access), access_ends);
    let item = RefreshedToken {
        grant_id: grant.id,
        selector,
        live: access.stored(),
        scope: scope.clone(),
        created_at: Some(now),
        revoked_at: None,
        expires_at: access.expires_at.max(replay.until),
    };
    let answer = TokenResponse {
        access,
        // "You cannot get a new refresh token using a refresh token."
        refresh: None,
        scope,
        institutions: grant.institutions.clone(),
        principal: if client.principal_on_refresh { grant.principal.clone() } else { None },
    };
    Ok((item, answer))
}

/// The grant, if the presented token is its refresh token and was issued to this client.
fn presented<'a>(
    client: &Client,
    grant: Option<&'a Grant>,
    presented: Option<Unverified>,
) -> Option<(&'a Grant, &'a StoredToken)> {
    let (grant, presented) = (grant?, presented?);
    let live = grant.refresh.as_ref()?;
    let theirs = presented.kind == Kind::Refresh && live.hash.matches(&presented.hash) && grant.client_id == client.id;
    theirs.then_some((grant, live))
}

/// The scope asked for, within what is allowed now; beyond what was granted it is refused as such.
fn narrowed(allowed: Scope, granted: &Scope, asked: Option<&str>) -> Result<Scope, Denial> {
    let Some(asked) = asked else { return Ok(allowed) };
    let asked = Scope::parse(asked).ok_or_else(|| Denial::ScopeMalformed(Sent::of(asked)))?;
    if !asked.names_a_service() {
        return Err(Denial::ScopeWithoutService);
    }
    if let Some(wider) = beyond(&asked, |token| granted.contains(token)) {
        return Err(Denial::ScopeWidened(wider));
    }
    match beyond(&asked, |token| allowed.contains(token)) {
        Some(withdrawn) => Err(Denial::ScopeNotAllowed(withdrawn)),
        None => Ok(asked),
    }
}
