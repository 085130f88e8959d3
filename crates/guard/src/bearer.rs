//! Checks bearer tokens (RFC 6750) with one read of the tokens table, and one of the clients table if the deployment asks for it.

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
use latchkey_oauth::tokens::token_client;

/// An active access token, as an API sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The client that the token was issued to.
    pub client_id: String,
    /// The user on whose behalf the client acts, if any. Only id and namespace together name one: see [`Bearer::subject`].
    pub principal: Option<Principal>,
    /// The institutions of the grant.
    pub institutions: Institutions,
    /// The scope of the token.
    pub scope: Scope,
    /// When the token expires, in POSIX seconds.
    pub expires_at: u64,
    /// The grant of the token. An operator can revoke it by this id.
    pub grant_id: GrantId,
}

impl Bearer {
    /// Whom the token is for, in one text: the user, or the client if it acts for itself. No two of them share a text, so it can
    /// be a key in the API's own database. With `LATCHKEY_SUBJECT=v2`, introspection calls it `sub`.
    pub fn subject(&self) -> String {
        self.principal.as_ref().map_or_else(|| self.client_id.clone(), Principal::subject)
    }
}

/// The most tokens in the cache. When it is full, it is cleared.
const REMEMBERED: usize = 10_000;

/// Checks access tokens. It reads the tokens table once for each token, and never writes.
pub struct Checker {
    store: Store,
    not_before: u64,
    checks_client: bool,
    cache_seconds: u64,
    cache: Mutex<HashMap<[u8; 32], (Bearer, u64)>>,
}

impl Checker {
    /// Creates a checker over the tokens table of `store`. With `cache_seconds` above 0, it caches an active token for that
    /// long, and at most until the token expires. A revoked token may pass for as long.
    pub fn new(store: Store, cache_seconds: u64) -> Self {
        Self { store, not_before: 0, checks_client: false, cache_seconds, cache: Mutex::default() }
    }

    /// The same, to which no token is good whose grant was made before this time, in POSIX seconds: `LATCHKEY_NOT_BEFORE` of the
    /// deployment.
    pub fn not_before(self, time: u64) -> Self {
        Self { not_before: time, ..self }
    }

    /// The same, which asks about the client of each good token too: `LATCHKEY_CHECK_TOKEN_CLIENT` of the deployment. A token
    /// is not good if its client is disabled or deleted, or if the client's `not_before` is later than the grant. It reads the
    /// clients table of the store once for each good token that it does not remember.
    pub fn checking_client(self, checks: bool) -> Self {
        Self { checks_client: checks, ..self }
    }

    /// Opens the connection to DynamoDB before the first request needs it.
    pub async fn warm_up(&self) {
        let _ = self.store.warm_up().await;
    }

    /// Checks the access token of an Authorization header, and that it has the scope `required`. Returns within nine
    /// seconds.
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
        let (grant, access) = (kept.grant(&token.grant_id)?, kept.access(token)?);
        let active = active(token, grant, access, self.not_before, now).ok_or(Denial::TokenInactive)?;
        if self.checks_client {
            let client = self.store.token_client(&active.grant.client_id, usage).await?;
            token_client::check(active.grant, client)?;
        }
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

/// Reads the token of the header (RFC 6750 section 2.1). The name of the scheme has no case (RFC 9110 section 11.1).
fn bearer_token(authorization: Option<&[u8]>) -> Result<&str, Denial> {
    let value = authorization.map(<[u8]>::trim_ascii).filter(|value| !value.is_empty()).ok_or(Denial::BearerMissing)?;
    let value = std::str::from_utf8(value).map_err(|_| Denial::TokenInactive)?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(Denial::BearerMissing);
    }
    Ok(token.trim())
}
