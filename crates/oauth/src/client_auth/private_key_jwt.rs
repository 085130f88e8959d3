//! `private_key_jwt`: an assertion that is signed with a private key, whose public half is registered (OpenID Connect Core
//! section 9). The service holds nothing by which it could sign as the client.

use crate::auth_method::AuthMethod;
use crate::client::{Client, ClientKey};
use crate::client_auth::Mismatch;
use crate::client_auth::assertion::{Assertion, Error};
use crate::jose::PublicKey;
use crate::jose::key_set::MAX_KEYS;

/// An assertion that says another algorithm than HS256. Nothing of it is verified.
pub struct PrivateKeyJwt(pub(super) Assertion);

impl PrivateKeyJwt {
    /// The key of the client's that signed. With a `kid`, one key is tried, else every key. A key is tried only if the header
    /// names its algorithm, and where there is none to try, a decoy is: an unknown client, a disabled one, one that is not
    /// registered for the method and a wrong key cost the same.
    pub(super) fn verify<'c>(&self, client: Option<&'c Client>, now: u64) -> Result<&'c ClientKey, Error> {
        let Self(assertion) = self;
        let jws = assertion.jws();
        let able = client.filter(|client| !client.disabled && client.authenticates_by(AuthMethod::PrivateKeyJwt));
        let named = |key: &ClientKey| jws.kid.as_ref().is_none_or(|kid| *kid == key.kid);
        let keys = able.into_iter().flat_map(|client| &client.keys).filter(|key| named(key));
        let mut keys = keys.filter_map(|key| {
            let public = PublicKey::parse(&key.jwk).ok()?;
            (public.algorithm == jws.algorithm && jws.may_be_by(&public)).then_some((key, public))
        });
        let mut found = None;
        for _ in 0..if jws.kid.is_some() { 1 } else { MAX_KEYS } {
            let (key, public) = match keys.next() {
                Some((key, public)) => (Some(key), public),
                // Never taken: where a decoy fits, there is no key.
                None => (None, jws.decoy()),
            };
            if jws.is_by(&public) {
                found = found.or(key);
            }
        }
        let cause = match (found, client) {
            (Some(key), Some(client)) => {
                assertion.check_life(client.longest_assertion(), now)?;
                return Ok(key);
            }
            (_, None) => Mismatch::UnknownClient,
            (_, Some(client)) if client.disabled => Mismatch::DisabledClient,
            (_, Some(_)) if able.is_none() => Mismatch::MethodNotRegistered,
            (None, Some(_)) => Mismatch::WrongCredentials,
        };
        Err(Error::Wrong(cause))
    }
}
