//! `client_secret_jwt`: an assertion that is signed with the client's secret, by HS256 (OpenID Connect Core section 9).

use std::cell::Cell;

use crate::auth_method::AuthMethod;
use crate::client::{Client, NamedSecret};
use crate::client_auth::assertion::{Assertion, Error};
use crate::client_auth::{Verdict, secrets};
use crate::error::{Denial, Unavailable};
use crate::jose::LEAST_SHARED;
use crate::secret::Keyring;

/// An assertion that says HS256. Nothing of it is verified.
pub struct SecretJwt(pub(super) Assertion);

impl SecretJwt {
    /// The secret of the client's that signed. The key is its text, as with WSKey.
    pub(super) fn verify<'c>(
        &self,
        client: Option<&'c Client>,
        keyring: &Keyring,
        now: u64,
    ) -> Result<&'c NamedSecret, Denial> {
        let Self(assertion) = self;
        let is_short = Cell::new(false);
        let found = secrets::find(keyring, (assertion.client_id(), client), AuthMethod::SecretJwt, now, |secret| {
            let (fits, short) =
                (assertion.jws().is_by_shared(secret.as_bytes()), secret.as_bytes().len() < LEAST_SHARED);
            // Who made it knows the secret, and learns nothing else.
            is_short.set(is_short.get() | (fits & short));
            fits
        });
        match found {
            Verdict::Verified(_) if is_short.get() => Err(Error::SecretShort.into()),
            Verdict::Verified(secret) => {
                assertion.check_life(client.map_or(0, Client::longest_assertion), now)?;
                Ok(secret)
            }
            Verdict::Unopened => Err(Unavailable::SecretUnopened.into()),
            Verdict::Refused(cause) => Err(Error::Wrong(cause).into()),
        }
    }
}
