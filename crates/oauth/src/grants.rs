//! The grants as rules: pure, with the clock and the randomness as arguments.

pub mod applications;
pub mod authorization_code;
pub mod client_credentials;
pub mod device_code;
pub mod institutions;
pub mod named;
pub mod refresh_token;
#[cfg(test)]
mod tests;

use crate::client::Client;
use crate::error::{Denial, Sent};
use crate::grant::{Institutions, Principal, StoredToken};
use crate::grant_type::GrantType;
use crate::scope::Scope;
use crate::settings::Settings;
use crate::token::{GrantId, Kind, Minted, SECRET_BYTES};

/// The random bytes of one request: the secret parts of what it may mint.
pub struct Entropy {
    /// Of an access token.
    pub access: [u8; SECRET_BYTES],
    /// Of a refresh token.
    pub refresh: [u8; SECRET_BYTES],
}

/// A token and when it expires, POSIX seconds.
pub struct Expiring {
    /// The token.
    pub token: Minted,
    /// Its end.
    pub expires_at: u64,
}

impl Expiring {
    fn new(token: Minted, expires_at: u64) -> Self {
        Self { token, expires_at }
    }

    /// What is stored of it.
    pub fn stored(&self) -> StoredToken {
        StoredToken { hash: self.token.hash, expires_at: self.expires_at }
    }
}

/// What a token response says.
pub struct TokenResponse {
    /// The access token.
    pub access: Expiring,
    /// The refresh token, where one was asked for and allowed; never after a refresh.
    pub refresh: Option<Expiring>,
    /// What the access token is good for.
    pub scope: Scope,
    /// The institutions it holds for.
    pub institutions: Institutions,
    /// The user on whose behalf the client acts, if the response names one.
    pub principal: Option<Principal>,
}

/// The tokens that begin a grant, and when its item may be collected.
struct First {
    access: Expiring,
    refresh: Option<Expiring>,
    expires_at: u64,
}

/// How long a client may work with what a user allows it, seconds. `most` is the longest life of a refresh token at the user's
/// institution, if it has one.
pub fn longest(client: &Client, scope: &Scope, settings: &Settings, most: Option<u64>) -> u64 {
    // An access token refreshed in the last second outlives the refresh token.
    let refresh = if scope.wants_refresh_token() { refresh_life(client, settings, most) } else { 0 };
    refresh.saturating_add(settings.access_token_seconds)
}

/// That of the client's registration or the deployment, and no longer than the user's institution lets it be.
fn refresh_life(client: &Client, settings: &Settings, most: Option<u64>) -> u64 {
    let life = client.refresh_token_seconds.unwrap_or(settings.refresh_token_seconds);
    most.map_or(life, |most| life.min(most))
}

/// Mints an access token and, where the scope asks for one, a refresh token. The scope has been checked against the
/// client's registration before. `most` is the longest life of a refresh token of the grant. The grant's item is kept until
/// `kept_until` at least.
fn mint(
    grant: GrantId,
    scope: &Scope,
    (client, most): (&Client, Option<u64>),
    settings: &Settings,
    entropy: &Entropy,
    kept_until: u64,
    now: u64,
) -> First {
    let access_ends = now.saturating_add(settings.access_token_seconds);
    let access = Expiring::new(Minted::new(Kind::Access, grant, None, &entropy.access), access_ends);
    let refresh = scope.wants_refresh_token().then(|| {
        let ends = now.saturating_add(refresh_life(client, settings, most));
        Expiring::new(Minted::new(Kind::Refresh, grant, None, &entropy.refresh), ends)
    });
    // An access token refreshed in the last second of the refresh token's life lives by this item too.
    let last = refresh
        .as_ref()
        .map_or(access_ends, |refresh| refresh.expires_at.saturating_add(settings.access_token_seconds));
    First { access, refresh, expires_at: last.max(kept_until) }
}

fn check_grant_type(client: &Client, grant_type: GrantType) -> Result<(), Denial> {
    if client.may_use(grant_type) { Ok(()) } else { Err(Denial::GrantTypeNotAllowed(grant_type)) }
}

fn check_institutions(client: &Client, institutions: &Institutions) -> Result<(), Denial> {
    let both = [
        ("authenticatingInstitutionId", &institutions.authenticating),
        ("contextInstitutionId", &institutions.context),
    ];
    let refused = both.into_iter().find(|(_, id)| !client.may_act_for_one(id));
    refused.map_or(Ok(()), |(name, id)| Err(Denial::InstitutionNotAllowed(name, Sent::of(id))))
}

fn check_scope(client: &Client, scope: &Scope) -> Result<(), Denial> {
    if !scope.names_a_service() {
        return Err(Denial::ScopeWithoutService);
    }
    beyond(scope, |token| client.may_ask_for(token)).map_or(Ok(()), |beyond| Err(Denial::ScopeNotAllowed(beyond)))
}

/// What is left of a granted scope after the client's registration has changed.
fn still_allowed(client: &Client, granted: &Scope) -> Result<Scope, Denial> {
    let scope = granted.filtered(|token| client.may_ask_for(token));
    if scope.names_a_service() { Ok(scope) } else { Err(Denial::ScopeNotAllowed(Sent::of(&granted.to_string()))) }
}

/// The tokens of a scope that are not `allowed`, for the error that names them.
fn beyond(scope: &Scope, allowed: impl Fn(&str) -> bool) -> Option<Sent> {
    let beyond: Vec<_> = scope.tokens().filter(|token| !allowed(token)).collect();
    (!beyond.is_empty()).then(|| Sent::of(&beyond.join(" ")))
}
