//! The begin of the authorization-code grant (RFC 6749 section 4.1): a user's consent makes a grant and its code.

use super::{check_grant_type, check_institutions};
use crate::client::Client;
use crate::denial::Denial;
use crate::grant::{Code, Grant, GrantType, Institutions, Principal};
use crate::scope::Scope;
use crate::settings::Settings;
use crate::token::{GrantId, Kind, Minted, SECRET_BYTES};

/// What a user consented to.
pub struct Consent {
    /// Where the code is sent.
    pub redirect_uri: String,
    /// The institutions.
    pub institutions: Institutions,
    /// The user.
    pub principal: Option<Principal>,
    /// What is allowed.
    pub scope: Scope,
    /// PKCE: the S256 challenge, where the client sent one.
    pub challenge: Option<String>,
}

/// Makes the grant that a consent begins, and the code that redeems it.
pub fn authorize(
    client: &Client,
    consent: Consent,
    id: GrantId,
    secret: &[u8; SECRET_BYTES],
    settings: &Settings,
    now: u64,
) -> Result<(Grant, Minted), Denial> {
    check_grant_type(client, GrantType::AuthorizationCode)?;
    check_institutions(client, &consent.institutions)?;
    if !consent.scope.names_a_service() {
        return Err(Denial::ScopeWithoutService);
    }
    if !consent.scope.tokens().all(|token| client.may_ask_for(token)) {
        return Err(Denial::ScopeNotAllowed);
    }
    if !client.redirect_uris.contains(&consent.redirect_uri) {
        return Err(Denial::RedirectUriDiffers);
    }
    let code = Minted::new(Kind::Code, id, None, secret);
    let expires_at = now + settings.code_seconds;
    let grant = Grant {
        id,
        client_id: client.id.clone(),
        grant_type: GrantType::AuthorizationCode,
        institutions: consent.institutions,
        principal: consent.principal,
        scope: consent.scope,
        created_at: now,
        code: Some(Code {
            hash: code.hash,
            expires_at,
            redirect_uri: consent.redirect_uri,
            challenge: consent.challenge,
            redeemed: None,
        }),
        access: None,
        refresh: None,
        revoked_at: None,
        expires_at,
    };
    Ok((grant, code))
}
