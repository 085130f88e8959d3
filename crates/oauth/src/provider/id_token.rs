//! An ID token: who the user is, as the provider signs it (OpenID Connect Core sections 2 and 3.1.3.7).

use subtle::ConstantTimeEq;

use super::Provider;
use crate::error::IdTokenError;
use crate::grant::Principal;
use crate::jose::members::Members;
use crate::jose::{Algorithm, Jws, PublicKey, Typ, Unreadable};
use crate::text::{composed, is_whole};
use crate::user::is_seen;

#[cfg(test)]
mod tests;

/// The longest ID token, in bytes.
pub const MAX_ID_TOKEN: usize = 16 * 1024;
/// The longest name of a user, in bytes (OpenID Connect Core section 2 bounds `sub` so).
pub const MAX_SUBJECT: usize = 255;
/// The longest name that pages show, in bytes: the session's cookie holds it.
pub const MAX_SHOWN: usize = 100;
/// How long before the visit an ID token may say that it was made, in seconds. Microsoft Entra ID writes `iat` five minutes back.
/// That a token belongs to the visit, its nonce says.
pub const BACKDATED: u64 = 600;
/// How far a provider's clock may be off at least, in seconds: an operator may hold clients to less.
pub(super) const LEAST_SKEW: u64 = 60;
/// The claim that names a user where the operator chooses no other.
pub const SUBJECT: &str = "sub";
/// What pages call a user who is named by [`SUBJECT`], which few people know of themselves. Nothing else is decided by them.
const SHOWN: [&str; 3] = ["preferred_username", "name", "email"];

/// What an ID token must fit.
pub struct Expected<'a> {
    /// The provider that the user was sent to.
    pub provider: &'a Provider,
    /// What was sent as `nonce`.
    pub nonce: String,
    /// Whether the user had to authenticate anew (`prompt=login`).
    pub login: bool,
    /// How long ago the user may have authenticated when the visit began, seconds.
    pub max_age: Option<u64>,
    /// When the visit began, POSIX seconds.
    pub since: u64,
    /// Now, POSIX seconds.
    pub now: u64,
    /// How far the provider's clock may be off, seconds.
    pub skew: u64,
}

/// Who the user is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// By the claim that the operator chose, in the namespace of the institution's users.
    pub principal: Principal,
    /// What pages call the user. It names the user to the user only.
    pub shown: String,
    /// When the user authenticated, if the provider says it; never later than now.
    pub authenticated_at: Option<u64>,
}

/// Verifies an ID token. Where [`may_be_by_a_new_key`] says so, the caller may read the provider's key set once and verify again.
pub fn verify(text: &str, keys: &[PublicKey], expected: &Expected<'_>) -> Result<Identity, IdTokenError> {
    let provider = expected.provider;
    let jws = Jws::parse_within(text, MAX_ID_TOKEN).map_err(|fault| match fault {
        Unreadable::Algorithm => IdTokenError::AlgorithmWrong,
        _ => IdTokenError::Malformed,
    })?;
    // A token of another kind, such as an access token, may have the same claims and the same keys.
    if jws.typ != Typ::Jwt {
        return Err(IdTokenError::Malformed);
    }
    // The registration decides, and no header: HS256 would make a signature of what any client of the provider knows.
    if jws.algorithm != provider.algorithm {
        return Err(IdTokenError::AlgorithmWrong);
    }
    let key = named(jws.kid.as_deref(), keys, provider.algorithm)?;
    if !jws.is_by(key) {
        return Err(IdTokenError::SignatureWrong);
    }
    let claims = Claims(Members::parse_bytes(&jws.payload).map_err(|_| IdTokenError::Malformed)?);
    claims.check_parties(provider)?;
    claims.check_times(expected)?;
    let nonce = claims.0.text("nonce").ok().flatten().unwrap_or_default();
    if !bool::from(nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
        return Err(IdTokenError::NonceWrong);
    }
    let authenticated_at = claims.authenticated_at(expected)?;
    let (id, shown) = claims.user(&provider.claim)?;
    Ok(Identity { principal: Principal::new(&id, &provider.namespace), shown, authenticated_at })
}

/// Whether an ID token that is refused may be good by the keys that the provider has now. One that names no key does not tell a
/// forged signature from one by a key that took the place of the known one.
pub fn may_be_by_a_new_key(text: &str, refused: IdTokenError) -> bool {
    match refused {
        IdTokenError::KeyUnknown => true,
        IdTokenError::KeyUnnamed | IdTokenError::SignatureWrong => {
            Jws::parse_within(text, MAX_ID_TOKEN).is_ok_and(|jws| jws.kid.is_none())
        }
        _ => false,
    }
}

/// The one key of the algorithm that a header names, or that there is (OpenID Connect Core section 10.1).
fn named<'k>(kid: Option<&str>, keys: &'k [PublicKey], algorithm: Algorithm) -> Result<&'k PublicKey, IdTokenError> {
    let is_named = |key: &&PublicKey| kid.is_none_or(|kid| key.kid.as_deref() == Some(kid));
    let mut named = keys.iter().filter(|key| key.algorithm == algorithm).filter(is_named);
    match (named.next(), named.next()) {
        (None, _) => Err(IdTokenError::KeyUnknown),
        (Some(key), None) => Ok(key),
        (Some(_), Some(_)) => Err(IdTokenError::KeyUnnamed),
    }
}

/// A character of writing that has no dots: it leaves no mark.
const BLANK_BRAILLE: char = '\u{2800}';

/// Whether a text can name a user: 1 to 255 bytes, all of them seen, and in the one spelling that is kept. Two that are kept
/// alike or look alike could be two users. One that leaves no mark at all would be an empty name on the pages.
pub fn is_subject(text: &str) -> bool {
    let marks = |character: char| character != BLANK_BRAILLE && !character.is_whitespace();
    let is_kept = || composed(text) == text && text.trim() == text && is_whole(text);
    (1..=MAX_SUBJECT).contains(&text.len()) && is_seen(text) && is_kept() && text.chars().any(marks)
}

struct Claims<'a>(Members<'a>);

impl Claims<'_> {
    fn text(&self, name: &'static str) -> Result<String, IdTokenError> {
        self.0.text(name).ok().flatten().ok_or(IdTokenError::ClaimMalformed(name))
    }

    fn seconds(&self, name: &'static str) -> Result<Option<u64>, IdTokenError> {
        self.0.seconds(name).map_err(|_| IdTokenError::ClaimMalformed(name))
    }

    /// Points 2 to 5: by whom it is, and for whom.
    fn check_parties(&self, provider: &Provider) -> Result<(), IdTokenError> {
        if self.text("iss")? != provider.issuer {
            return Err(IdTokenError::IssuerDiffers);
        }
        let (listed, alone) = (self.0.texts("aud"), self.0.text("aud"));
        let audiences = match (listed, alone) {
            (Ok(Some(listed)), _) => listed,
            (_, Ok(Some(alone))) => vec![alone],
            _ => return Err(IdTokenError::ClaimMalformed("aud")),
        };
        // Another audience could use the token too, and nothing registers one that is trusted.
        if audiences.is_empty() || audiences.iter().any(|audience| *audience != provider.client_id) {
            return Err(IdTokenError::AudienceWrong);
        }
        let party = self.0.text("azp").map_err(|_| IdTokenError::ClaimMalformed("azp"))?;
        if party.is_some_and(|party| party != provider.client_id) { Err(IdTokenError::PartyWrong) } else { Ok(()) }
    }

    /// Points 9 and 10: when it is good, and that it was made for the visit.
    fn check_times(&self, expected: &Expected<'_>) -> Result<(), IdTokenError> {
        let required = |name| self.seconds(name)?.ok_or(IdTokenError::ClaimMalformed(name));
        let (ends, made, begins) = (required("exp")?, required("iat")?, self.seconds("nbf")?);
        let latest = expected.now.saturating_add(expected.skew);
        if ends.saturating_add(expected.skew) <= expected.now {
            return Err(IdTokenError::Expired);
        }
        if made > latest || begins.is_some_and(|begins| begins > latest) {
            return Err(IdTokenError::FromFuture);
        }
        let earliest = expected.since.saturating_sub(BACKDATED).saturating_sub(expected.skew);
        if made < earliest { Err(IdTokenError::TooOld) } else { Ok(()) }
    }

    /// Point 13: when the user authenticated, where that was asked for. A session at the provider was as old as it may be when
    /// the visit began, whatever time the user took since. What the browser was sent with, it may have left out.
    fn authenticated_at(&self, expected: &Expected<'_>) -> Result<Option<u64>, IdTokenError> {
        let most = if expected.login { Some(0) } else { expected.max_age };
        let Some(at) = self.seconds("auth_time")? else {
            return if most.is_some() { Err(IdTokenError::AuthTimeMissing) } else { Ok(None) };
        };
        if at > expected.now.saturating_add(expected.skew) {
            return Err(IdTokenError::FromFuture);
        }
        // An operator may allow signatures an hour. With that, a sign-in of the user before would count as a new one.
        let skew = expected.skew.min(LEAST_SKEW);
        let earliest = |most| expected.since.saturating_sub(most).saturating_sub(skew);
        if most.is_some_and(|most| at < earliest(most)) {
            return Err(IdTokenError::AuthTimeOld);
        }
        Ok(Some(at.min(expected.now)))
    }

    /// What names the user, and what pages call the user.
    fn user(&self, claim: &str) -> Result<(String, String), IdTokenError> {
        let subject = self.text(SUBJECT)?;
        let id = match claim {
            SUBJECT => subject.clone(),
            other => self.0.text(other).ok().flatten().ok_or(IdTokenError::UserUnnamed)?,
        };
        if !is_subject(&subject) || !is_subject(&id) {
            return Err(IdTokenError::SubjectUnusable);
        }
        let known = || SHOWN.iter().find_map(|name| self.0.text(name).ok().flatten().filter(|text| is_subject(text)));
        let shown = if claim == SUBJECT { known() } else { None };
        Ok((id.clone(), shortened(shown.unwrap_or(id))))
    }
}

/// A name that fits into a cookie.
fn shortened(mut name: String) -> String {
    if name.len() > MAX_SHOWN {
        // Of three bytes.
        let end = (0..=MAX_SHOWN.saturating_sub('…'.len_utf8())).rev().find(|at| name.is_char_boundary(*at));
        name.truncate(end.unwrap_or_default());
        name.push('…');
    }
    name
}
