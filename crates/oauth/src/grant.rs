//! Grants: what a client was allowed, by whom, for which institution, to what scope, until when.
//!
//! A grant is one item and carries the hash of everything minted with it. A later refresh adds one [`RefreshedToken`] item
//! beside it. A token is good only while its grant is. All times are POSIX seconds.

use serde::{Deserialize, Serialize};

use crate::grant::device::Device;
use crate::grant_type::GrantType;
use crate::replay::ReplayKey;
use crate::scope::Scope;
use crate::text::composed;
use crate::token::{GrantId, Selector, TokenHash};

pub mod device;
mod holder;
pub mod subject;
#[cfg(test)]
mod tests;

pub use holder::HOLDER_BYTES;

/// The two institutions of a grant, by their registry ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Institutions {
    /// Where the user signs in: `authenticatingInstitutionId`.
    pub authenticating: String,
    /// Whose data is used: `contextInstitutionId`.
    pub context: String,
}

impl Institutions {
    /// Whether there are any. A device that names none leaves the choice to the user: until then its grant has empty ones.
    pub fn are_chosen(&self) -> bool {
        !self.authenticating.is_empty() && !self.context.is_empty()
    }
}

/// Whether `id` can be an institution's: 1 to 64 letters, digits, `-`, `_` or `.`.
pub fn is_institution_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// A user, as the institution's directory names one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// `principalID`.
    pub id: String,
    /// `principalIDNS`, the namespace that the id is unique in.
    pub idns: String,
}

impl Principal {
    /// The user of these two texts, composed (NFC): two spellings of one name are one user.
    pub fn new(id: &str, idns: &str) -> Self {
        Self { id: composed(id), idns: composed(idns) }
    }
}

/// The most bytes of a `principalID`, and of a `principalIDNS`, that a client names.
pub const MAX_PRINCIPAL: usize = 256;

/// What begins the namespaces that the service gives.
const NAMESPACES: &str = "urn:latchkey:";

/// The namespace of an institution's own users.
pub fn namespace_of(institution_id: &str) -> String {
    format!("{NAMESPACES}{institution_id}")
}

/// The namespace of the users whom an institution's provider names, unless the operator names another. No user with a password
/// may have it: an institution's id has no colon.
pub fn namespace_of_provider(institution_id: &str) -> String {
    format!("{NAMESPACES}{institution_id}:provider")
}

/// Whether a user of this institution may have this namespace: its own, or one that the service gives no institution. With
/// another institution's, two users could have one principal, and be one user to every API.
pub fn may_have_namespace(institution_id: &str, idns: &str) -> bool {
    !idns.starts_with(NAMESPACES) || idns == namespace_of(institution_id)
}

/// A code that a grant began with.
#[derive(Clone)]
pub struct Code {
    /// Hash of the code's secret part.
    pub hash: TokenHash,
    /// When it can no longer be redeemed.
    pub expires_at: u64,
    /// The redirect URI that it was sent to; redemption must repeat it.
    pub redirect_uri: String,
    /// PKCE: `BASE64URL(SHA256(code_verifier))` (RFC 7636), where the client sent a challenge.
    pub challenge: Option<String>,
    /// When and by which request it was redeemed.
    pub redeemed: Option<Redeemed>,
}

/// The one redemption of a code.
#[derive(Clone, Copy)]
pub struct Redeemed {
    /// When.
    pub at: u64,
    /// The request, so that a copy of it is known from a second use; none where nothing marks it.
    pub by: Option<ReplayKey>,
}

/// The hash of a token and when it expires.
#[derive(Clone, Copy)]
pub struct StoredToken {
    /// Hash of the token's secret part.
    pub hash: TokenHash,
    /// When the token is no longer good.
    pub expires_at: u64,
}

/// What a client was allowed, and the hashes of what was minted with it.
#[derive(Clone)]
pub struct Grant {
    /// Its key.
    pub id: GrantId,
    /// The client it was made for.
    pub client_id: String,
    /// How it began.
    pub grant_type: GrantType,
    /// The institutions it holds for.
    pub institutions: Institutions,
    /// The user on whose behalf the client acts, if any.
    pub principal: Option<Principal>,
    /// What was consented to.
    pub scope: Scope,
    /// The longest life of a refresh token of it, seconds, where the user's institution has one.
    pub refresh_seconds: Option<u64>,
    /// When it was made.
    pub created_at: u64,
    /// The code, where it began with one.
    pub code: Option<Code>,
    /// The codes of a device and what was said to them, where a device began it.
    pub device: Option<Device>,
    /// The access token minted with it.
    pub access: Option<StoredToken>,
    /// When the access token was revoked without its grant.
    pub access_revoked_at: Option<u64>,
    /// The refresh token minted with it.
    pub refresh: Option<StoredToken>,
    /// When it was revoked; nothing of it is good from then on.
    pub revoked_at: Option<u64>,
    /// When the item may be collected: later than the end of everything minted with it. The table's TTL attribute.
    pub expires_at: u64,
}

impl Grant {
    /// The user who consented to it. `None` if the client got it by its own credentials, in a user's name or not.
    pub fn consented_by(&self) -> Option<&Principal> {
        self.principal.as_ref().filter(|_| self.grant_type.is_by_consent())
    }

    /// The one redemption of its code or device code.
    pub fn redeemed(&self) -> Option<Redeemed> {
        let of_device = || self.device.as_ref().and_then(|device| device.redeemed);
        self.code.as_ref().and_then(|code| code.redeemed).or_else(of_device)
    }

    /// Whether it was made before a time from which on grants are good, POSIX seconds. Its code and its tokens end with it,
    /// however late they were made: who could get at the grant could get at them.
    pub fn is_before(&self, not_before: u64) -> bool {
        self.created_at < not_before
    }
}

/// An access token that a refresh made: a small item beside its grant.
#[derive(Clone)]
pub struct RefreshedToken {
    /// The grant it lives by.
    pub grant_id: GrantId,
    /// Its name within the grant.
    pub selector: Selector,
    /// Hash and end.
    pub live: StoredToken,
    /// What it is good for: the grant's scope, or less.
    pub scope: Scope,
    /// When it was made; older items do not say.
    pub created_at: Option<u64>,
    /// When the token was revoked without its grant. The item stays, so that a copy of the request that created it cannot
    /// create it again.
    pub revoked_at: Option<u64>,
    /// When the item may be collected. The table's TTL attribute.
    pub expires_at: u64,
}

/// What the store writes, under the condition that the code is not redeemed and the grant not revoked.
pub struct Redemption {
    /// The grant.
    pub id: GrantId,
    /// What it is good for from now on: what was consented to, or less.
    pub scope: Scope,
    /// When and by which request.
    pub redeemed: Redeemed,
    /// The access token.
    pub access: StoredToken,
    /// The refresh token.
    pub refresh: Option<StoredToken>,
    /// When the item may now be collected.
    pub expires_at: u64,
}
