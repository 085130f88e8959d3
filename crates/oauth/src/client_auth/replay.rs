//! What makes a copy of a request a copy, and how long the service remembers it.

#[cfg(test)]
mod tests;

use crate::auth_method::AuthMethod;
use crate::client::Client;
use crate::client_auth::Failure;
use crate::error::Denial;
use crate::replay::ReplayKey;
use crate::token::{GrantId, Selector};

/// One request, as far as the service must know it from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replay {
    /// What a copy of the request has too; random where no copy can be known.
    key: ReplayKey,
    is_marked: bool,
    /// Until when a copy could be accepted, POSIX seconds: what the request makes is kept as long.
    pub until: u64,
    method: AuthMethod,
    is_single_use: bool,
}

/// What marks a request that mints once at all, and until when the mark is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Once {
    /// What a copy has too.
    pub key: ReplayKey,
    /// POSIX seconds.
    pub until: u64,
}

impl Replay {
    /// A request whose copies have the same key.
    pub fn marked(method: AuthMethod, key: ReplayKey, until: u64) -> Self {
        Self { key, is_marked: true, until, method, is_single_use: false }
    }

    /// A request that nothing marks, as one with a password: no copy of it can be known, so what names its grant is random.
    pub fn unmarked(method: AuthMethod, random: [u8; 32], now: u64) -> Self {
        Self { key: ReplayKey(random), is_marked: false, until: now, method, is_single_use: false }
    }

    /// As the registration of its client wants it: an assertion may mint once at all.
    pub fn for_client(self, client: &Client) -> Self {
        let asserts = matches!(self.method, AuthMethod::SecretJwt | AuthMethod::PrivateKeyJwt);
        Self { is_single_use: asserts && client.single_use_assertions, ..self }
    }

    /// What marks it, if it mints once at all.
    pub fn once(&self) -> Option<Once> {
        (self.is_single_use && self.is_marked).then_some(Once { key: self.key, until: self.until })
    }

    /// The mark, if the request has one.
    pub fn mark(&self) -> Option<ReplayKey> {
        self.is_marked.then_some(self.key)
    }

    /// The id of the grant that the request makes.
    pub(crate) fn grant_id(&self) -> GrantId {
        if self.is_marked { GrantId::of_request(&self.key) } else { GrantId::random(self.key.first()) }
    }

    /// The name of the access token that the request makes by a refresh.
    pub(crate) fn selector(&self) -> Selector {
        Selector::of_request(&self.key)
    }

    /// The refusal of a copy.
    pub fn refusal(&self) -> Denial {
        Failure::Replayed(self.method).into()
    }
}
