//! Whether a token is good, here and now: the one rule behind authorizer, introspection and the guard of an API.

use crate::grant::{Grant, RefreshedToken, StoredToken};
use crate::scope::Scope;
use crate::token::{Kind, Unverified};

#[cfg(test)]
mod tests;

/// A token that is good.
pub struct Active<'a> {
    /// What it was made of.
    pub grant: &'a Grant,
    /// What it is for.
    pub kind: Kind,
    /// What it is good for: of a refreshed access token perhaps less than was granted.
    pub scope: &'a Scope,
    /// When it was made, POSIX seconds, where that is known.
    pub issued_at: Option<u64>,
    /// Its end, POSIX seconds.
    pub expires_at: u64,
}

/// The presented token, if it is one of what was found at the place that it names, and is neither expired nor revoked. A
/// token is good only while its grant is, and a grant only if it was not made before the time `not_before`.
pub fn active<'a>(
    presented: &Unverified,
    grant: Option<&'a Grant>,
    access: Option<&'a RefreshedToken>,
    not_before: u64,
    now: u64,
) -> Option<Active<'a>> {
    let grant = grant.filter(|grant| grant.revoked_at.is_none() && !grant.is_before(not_before))?;
    let begun_at = grant.redeemed().map_or(grant.created_at, |redeemed| redeemed.at);
    let (live, scope, issued_at) = stands_for(presented, grant, access, begun_at)?;
    // Its item may be collected from then on.
    let expires_at = live.expires_at.min(grant.expires_at);
    (now < expires_at).then_some(Active { grant, kind: presented.kind, scope, issued_at, expires_at })
}

fn stands_for<'a>(
    presented: &Unverified,
    grant: &'a Grant,
    access: Option<&'a RefreshedToken>,
    begun_at: u64,
) -> Option<(StoredToken, &'a Scope, Option<u64>)> {
    let (live, scope, issued_at) = match (presented.kind, presented.selector) {
        (Kind::Refresh, _) => (grant.refresh?, &grant.scope, Some(begun_at)),
        (Kind::Access, None) if grant.access_revoked_at.is_none() => (grant.access?, &grant.scope, Some(begun_at)),
        (Kind::Access, Some(_)) => {
            let access = access.filter(|access| access.revoked_at.is_none())?;
            (access.live, &access.scope, access.created_at)
        }
        _ => return None,
    };
    live.hash.matches(&presented.hash).then_some((live, scope, issued_at))
}

/// Whether the presented token is, or was, one of this grant's, expired or not: what its owner may revoke.
pub fn belongs(presented: &Unverified, grant: &Grant, access: Option<&RefreshedToken>) -> bool {
    let live = match (presented.kind, presented.selector) {
        (Kind::Refresh, _) => grant.refresh,
        (Kind::Access, None) => grant.access,
        (Kind::Access, Some(_)) => access.map(|access| access.live),
        (Kind::Code | Kind::Device, _) => None,
    };
    live.is_some_and(|live| live.hash.matches(&presented.hash))
}
