//! The end of the authorization-code grant (RFC 6749 section 4.1): a code is redeemed once.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::request::check_challenged;
use crate::client::Client;
use crate::client_auth::replay::Replay;
use crate::error::{Denial, VerifierError};
use crate::grant::{Code, Grant, Redeemed, Redemption};
use crate::grant_type::GrantType;
use crate::grants::institutions::NamedInstitutions;
use crate::grants::{Entropy, Expiring, TokenResponse, check_grant_type, check_institutions, mint, still_allowed};
use crate::settings::Settings;
use crate::token::{Kind, Unverified};

#[cfg(test)]
mod tests;

/// What the client presents.
pub struct RedemptionRequest<'a> {
    /// `code`, where it has the shape of one.
    pub code: Option<Unverified>,
    /// `redirect_uri`, if it is sent.
    pub redirect_uri: Option<&'a str>,
    /// The institution ids that are sent, as parameters or in the scope.
    pub institutions: NamedInstitutions,
    /// `code_verifier`.
    pub verifier: Option<&'a str>,
}

/// A refusal, and whether the grant must be revoked for it.
pub struct Denied {
    /// What the caller is told.
    pub denial: Denial,
    /// RFC 6749 section 4.1.2: a second use of a code revokes what the first produced.
    pub revoke: bool,
}

impl From<Denial> for Denied {
    fn from(denial: Denial) -> Self {
        Self { denial, revoke: false }
    }
}

/// Decides. Whatever is refused leaves the code as it was, except a second use.
pub fn redeem(
    client: &Client,
    grant: Option<&Grant>,
    asked: &RedemptionRequest<'_>,
    replay: &Replay,
    settings: &Settings,
    entropy: &Entropy,
    now: u64,
) -> Result<(Redemption, TokenResponse), Denied> {
    check_grant_type(client, GrantType::AuthorizationCode)?;
    let (grant, code) = presented(client, grant, asked.code).ok_or(Denial::CodeUnknown)?;
    check_unused(client, grant, replay, settings)?;
    if now >= code.expires_at.min(grant.expires_at) {
        return Err(Denial::CodeExpired.into());
    }
    check_redirect_uri(client, code, asked.redirect_uri)?;
    if !asked.institutions.fit(&grant.institutions) {
        return Err(Denial::InstitutionsDiffer.into());
    }
    check_institutions(client, &grant.institutions)?;
    if client.is_public() {
        // It may have become one since.
        check_challenged(client, code.challenge.as_deref())?;
    }
    check_verifier(code.challenge.as_deref(), asked.verifier)?;
    Ok(redemption(client, grant, replay, settings, entropy, now)?)
}

/// What ends a code or a device code before its time: its use, a revocation, and the time from which on grants are good.
pub fn check_unused(client: &Client, grant: &Grant, replay: &Replay, settings: &Settings) -> Result<(), Denied> {
    if let Some(redeemed) = grant.redeemed() {
        return Err(second_use(grant, &redeemed, replay));
    }
    if grant.revoked_at.is_some() {
        return Err(Denial::GrantRevoked.into());
    }
    if grant.is_before(client.good_from(settings.not_before)) {
        return Err(Denial::GrantTooOld.into());
    }
    Ok(())
}

/// What a code or a device code is redeemed for: what the registration still allows of its grant's scope.
pub fn redemption(
    client: &Client,
    grant: &Grant,
    replay: &Replay,
    settings: &Settings,
    entropy: &Entropy,
    now: u64,
) -> Result<(Redemption, TokenResponse), Denial> {
    let scope = still_allowed(client, &grant.scope)?;
    let first = mint(grant.id, &scope, (client, grant.refresh_seconds), settings, entropy, replay.until, now);
    let redemption = Redemption {
        id: grant.id,
        scope: scope.clone(),
        redeemed: Redeemed { at: now, by: replay.mark() },
        access: first.access.stored(),
        refresh: first.refresh.as_ref().map(Expiring::stored),
        // Not before the end of code and form, or of both codes of a device, so that a second use always finds the first.
        expires_at: first.expires_at.max(grant.expires_at),
    };
    let answer = TokenResponse {
        access: first.access,
        refresh: first.refresh,
        scope,
        institutions: grant.institutions.clone(),
        principal: grant.principal.clone(),
    };
    Ok((redemption, answer))
}

/// Returns the refusal of a second use. A copy of the signed request that redeemed the code is a harmless replay. Any other
/// request means that two parties have the code.
pub fn second_use(grant: &Grant, redeemed: &Redeemed, replay: &Replay) -> Denied {
    if redeemed.by.is_some() && redeemed.by == replay.mark() {
        return replay.refusal().into();
    }
    Denied { denial: Denial::CodeRedeemed, revoke: grant.revoked_at.is_none() }
}

/// The grant, if the presented code is its code and was made for this client.
fn presented<'a>(
    client: &Client,
    grant: Option<&'a Grant>,
    presented: Option<Unverified>,
) -> Option<(&'a Grant, &'a Code)> {
    let (grant, presented) = (grant?, presented?);
    let code = grant.code.as_ref()?;
    let theirs = presented.kind == Kind::Code && code.hash.matches(&presented.hash) && grant.client_id == client.id;
    theirs.then_some((grant, code))
}

/// RFC 6749 section 4.1.3. A client may leave the URI out where PKCE holds request and redemption together, as OAuth 2.1 has it,
/// and where it has only one (RFC 6749 section 3.1.2.3).
fn check_redirect_uri(client: &Client, code: &Code, sent: Option<&str>) -> Result<(), Denial> {
    let is_only = client.only_redirect_uri() == Some(&code.redirect_uri);
    match sent {
        None if code.challenge.is_none() && !is_only => Err(Denial::ParameterMissing("redirect_uri")),
        Some(sent) if sent != code.redirect_uri => Err(Denial::RedirectUriDiffers),
        // The client may have lost the URI since.
        _ if !client.redirects_to(&code.redirect_uri) => Err(Denial::RedirectUriDiffers),
        _ => Ok(()),
    }
}

/// RFC 7636 section 4.6, S256 only; a verifier without a challenge is refused (RFC 9700 section 4.8.2).
fn check_verifier(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), Denial> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Denial::Verifier(VerifierError::Unexpected)),
        (Some(_), None) => Err(Denial::Verifier(VerifierError::Missing)),
        (Some(_), Some(verifier)) if !is_verifier(verifier) => Err(Denial::Verifier(VerifierError::Malformed)),
        (Some(challenge), Some(verifier)) => {
            let expected = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
            let same: bool = expected.as_bytes().ct_eq(challenge.as_bytes()).into();
            if same { Ok(()) } else { Err(Denial::Verifier(VerifierError::Wrong)) }
        }
    }
}

/// RFC 7636 section 4.1: 43 to 128 unreserved characters. A shorter one can be guessed from its challenge.
fn is_verifier(verifier: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved)
}
