//! Bearer tokens (RFC 6750): from an Authorization header to who may pass, in one read.

use std::collections::HashMap;
use std::sync::Mutex;

use sha2::{Digest, Sha256};

use latchkey_dynamodb::aws::DEADLINE;
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::error::{Denial, Unavailable};
use latchkey_oauth::grant::{Institutions, Principal};
use latchkey_oauth::scope::Scope;
use latchkey_oauth::token::{GrantId, Kind, Unverified};
use latchkey_oauth::tokens::active::active;

/// Who may pass: what an API is told of a good access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The client it was issued to.
    pub client_id: String,
    /// The user it stands for.
    pub principal: Option<Principal>,
    /// The institutions it holds for.
    pub institutions: Institutions,
    /// What it is good for.
    pub scope: Scope,
    /// Its end, POSIX seconds.
    pub expires_at: u64,
    /// The grant it was minted with; an operator revokes by it.
    pub grant_id: GrantId,
}

/// So many tokens are remembered at the most; then all are forgotten.
const REMEMBERED: usize = 10_000;

/// Checks access tokens. One table, one read a token, no write.
pub struct Checker {
    store: Store,
    cache_seconds: u64,
    cache: Mutex<HashMap<[u8; 32], (Bearer, u64)>>,
}

impl Checker {
    /// Over the tokens table of `store`. With `cache_seconds` above 0 a good token is remembered that long, never beyond
    /// its own end; so long a revoked one may live on here.
    pub fn new(store: Store, cache_seconds: u64) -> Self {
        Self { store, cache_seconds, cache: Mutex::default() }
    }

    /// Opens the connection to DynamoDB before the first request has to.
    pub async fn warm_up(&self) {
        let _ = self.store.warm_up().await;
    }

    /// Whether whoever sent this Authorization header may pass where `required` is asked for. The answer comes within nine
    /// seconds, as that of any request.
    pub async fn check(
        &self,
        authorization: Option<&[u8]>,
        required: Option<&Scope>,
        now: u64,
        usage: &mut Usage,
    ) -> Result<Bearer, Denial> {
        let text = bearer_token(authorization)?;
        let token = Unverified::parse(text).filter(|token| token.kind == Kind::Access).ok_or(Denial::TokenInactive)?;
        let found = tokio::time::timeout(DEADLINE, self.bearer(text, &token, now, usage)).await;
        let bearer = found.unwrap_or(Err(Unavailable::DatabaseUnreachable.into()))?;
        if required.is_none_or(|required| required.is_within(&bearer.scope)) {
            Ok(bearer)
        } else {
            Err(Denial::ScopeInsufficient)
        }
    }

    async fn bearer(&self, text: &str, token: &Unverified, now: u64, usage: &mut Usage) -> Result<Bearer, Denial> {
        let key: [u8; 32] = Sha256::digest(text).into();
        if let Some(bearer) = self.remembered(&key, now) {
            return Ok(bearer);
        }
        let kept = self.store.token(token, usage).await?;
        let active =
            active(token, kept.grant(&token.grant_id), kept.access(token), now).ok_or(Denial::TokenInactive)?;
        let bearer = Bearer {
            client_id: active.grant.client_id.clone(),
            principal: active.grant.principal.clone(),
            institutions: active.grant.institutions.clone(),
            scope: active.scope.clone(),
            expires_at: active.expires_at,
            grant_id: active.grant.id,
        };
        if self.cache_seconds > 0
            && let Ok(mut cache) = self.cache.lock()
        {
            if cache.len() >= REMEMBERED {
                cache.clear();
            }
            cache.insert(key, (bearer.clone(), bearer.expires_at.min(now.saturating_add(self.cache_seconds))));
        }
        Ok(bearer)
    }

    fn remembered(&self, key: &[u8; 32], now: u64) -> Option<Bearer> {
        if self.cache_seconds == 0 {
            return None;
        }
        let cache = self.cache.lock().ok()?;
        cache.get(key).filter(|(_, until)| now < *until).map(|(bearer, _)| bearer.clone())
    }
}

/// RFC 6750 section 2.1. The scheme's name is read without case (RFC 9110 section 11.1).
fn bearer_token(authorization: Option<&[u8]>) -> Result<&str, Denial> {
    let value = authorization.map(<[u8]>::trim_ascii).filter(|value| !value.is_empty()).ok_or(Denial::BearerMissing)?;
    let value = std::str::from_utf8(value).map_err(|_| Denial::TokenInactive)?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(Denial::BearerMissing);
    }
    Ok(token.trim())
}
