//! The begin of a grant by consent (RFC 6749 sections 4.1 and 4.2): a user's yes makes a grant, with a code or with tokens.

use super::request::{ResponseType, check_challenged};
use crate::client::Client;
use crate::error::Denial;
use crate::grant::{Code, Grant, Institutions, Principal};
use crate::grant_type::GrantType;
use crate::grants::{Entropy, TokenResponse, check_grant_type, check_institutions, check_scope, mint};
use crate::scope::Scope;
use crate::settings::Settings;
use crate::token::{GrantId, Kind, Minted};

#[cfg(test)]
mod tests;

/// What a user consented to.
pub struct Consent {
    /// What the application gets.
    pub response_type: ResponseType,
    /// Where it is sent.
    pub redirect_uri: String,
    /// The institutions.
    pub institutions: Institutions,
    /// The user.
    pub principal: Option<Principal>,
    /// What is allowed.
    pub scope: Scope,
    /// The longest life of a refresh token, seconds, where the user's institution has one.
    pub refresh_seconds: Option<u64>,
    /// PKCE: the S256 challenge, where the client sent one.
    pub challenge: Option<String>,
    /// Until when the same form could be sent again, POSIX seconds: the grant's item is kept as long, since one form
    /// makes one grant.
    pub form_ends_at: u64,
}

/// What the application is given.
pub enum AuthorizationResponse {
    /// `response_type=code`.
    Code(Minted),
    /// `response_type=token`.
    Tokens(TokenResponse),
}

/// Makes the grant that a consent begins, and what is handed out with it.
pub fn authorize(
    client: &Client,
    consent: Consent,
    id: GrantId,
    entropy: &Entropy,
    settings: &Settings,
    now: u64,
) -> Result<(Grant, AuthorizationResponse), Denial> {
    let grant_type = consent.response_type.grant_type();
    check_grant_type(client, grant_type)?;
    check_institutions(client, &consent.institutions)?;
    check_scope(client, &consent.scope)?;
    if !client.redirects_to(&consent.redirect_uri) {
        return Err(Denial::RedirectUriUnregistered);
    }
    let mut grant = Grant {
        id,
        client_id: client.id.clone(),
        grant_type,
        institutions: consent.institutions,
        principal: consent.principal,
        scope: consent.scope,
        refresh_seconds: consent.refresh_seconds,
        created_at: now,
        code: None,
        device: None,
        access: None,
        access_revoked_at: None,
        refresh: None,
        revoked_at: None,
        expires_at: consent.form_ends_at,
    };
    if grant_type == GrantType::AuthorizationCode {
        check_challenged(client, consent.challenge.as_deref())?;
        let code = Minted::new(Kind::Code, id, None, &entropy.access);
        let expires_at = now.saturating_add(settings.code_seconds);
        grant.expires_at = grant.expires_at.max(expires_at);
        grant.code = Some(Code {
            hash: code.hash,
            expires_at,
            redirect_uri: consent.redirect_uri,
            challenge: consent.challenge,
            redeemed: None,
        });
        return Ok((grant, AuthorizationResponse::Code(code)));
    }
    // What keeps one form from making two grants is `form_ends_at`. The item is kept as long as a client's request is
    // remembered, too.
    let kept_until = settings.replay_guard(now);
    let first = mint(id, &grant.scope, (client, grant.refresh_seconds), settings, entropy, kept_until, now);
    grant.access = Some(first.access.stored());
    grant.refresh = first.refresh.as_ref().map(crate::grants::Expiring::stored);
    grant.expires_at = grant.expires_at.max(first.expires_at);
    let answer = TokenResponse {
        access: first.access,
        refresh: first.refresh,
        scope: grant.scope.clone(),
        institutions: grant.institutions.clone(),
        principal: grant.principal.clone(),
    };
    Ok((grant, AuthorizationResponse::Tokens(answer)))
}
