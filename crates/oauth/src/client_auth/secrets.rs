//! The secrets of a client, opened and tried: at one cost for every client.

#[cfg(test)]
mod tests;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::auth_method::AuthMethod;
use crate::client::{Client, MAX_SECRETS};
use crate::client_auth::{Mismatch, Verdict};
use crate::secret::{ClientSecret, Keyring};

/// The secret that `fits`. An unknown client, a disabled one, one that is not registered for the method and a wrong secret
/// cost the same: each opens and tries [`MAX_SECRETS`] secrets, decoys where there are fewer. An attacker who measures the
/// answer learns nothing.
pub(super) fn find<'a>(
    keyring: &Keyring,
    (client_id, client): (&str, Option<&'a Client>),
    method: AuthMethod,
    now: u64,
    fits: impl Fn(&ClientSecret) -> bool,
) -> Verdict<'a> {
    let able = client.filter(|client| client.authenticates_by(method));
    let mut live = able.into_iter().flat_map(|client| client.live_secrets(now));
    let (mut found, mut unopened) = (None, false);
    for _ in 0..MAX_SECRETS {
        let candidate = live.next();
        let opened = candidate.map(|named| keyring.open(client_id, &named.sealed));
        unopened |= matches!(opened, Some(Err(_)));
        let (candidate, secret) = match opened {
            Some(Ok(secret)) => (candidate, secret),
            // Never taken: where a decoy fits, there is no candidate.
            _ => match keyring.open_decoy() {
                Ok(secret) => (None, secret),
                Err(_) => return Verdict::Unopened,
            },
        };
        if fits(&secret) {
            found = found.or(candidate);
        }
    }
    match (found, client) {
        (Some(secret), _) => Verdict::Verified(secret),
        // With one secret closed to us, whether the request is the client's cannot be said; with the other's it can.
        (None, _) if unopened => Verdict::Unopened,
        (None, None) => Verdict::Refused(Mismatch::UnknownClient),
        (None, Some(client)) if client.disabled => Verdict::Refused(Mismatch::DisabledClient),
        (None, Some(_)) if able.is_none() => Verdict::Refused(Mismatch::MethodNotRegistered),
        (None, Some(_)) => Verdict::Refused(Mismatch::WrongCredentials),
    }
}

/// The secret that a request sent of a client. Its two readings are hashes: equal ones are compared in constant time, whatever
/// their lengths are.
pub(super) struct SentSecret {
    client_id: String,
    readings: [[u8; 32]; 2],
}

impl SentSecret {
    /// A secret as it came, and what it says if it is encoded. Both are hashed, also where they are the same.
    pub(super) fn of(client_id: String, raw: &[u8], decoded: &[u8]) -> Self {
        Self { client_id, readings: [raw, decoded].map(|reading| Sha256::digest(reading).into()) }
    }

    /// Whose it is said to be.
    pub(super) fn client_id(&self) -> &str {
        &self.client_id
    }

    fn is(&self, secret: &ClientSecret) -> bool {
        let hash: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        let [raw, decoded] = &self.readings;
        (hash.ct_eq(raw) | hash.ct_eq(decoded)).into()
    }

    /// Which secret of the client's was sent.
    pub(super) fn verify<'c>(
        &self,
        client: Option<&'c Client>,
        method: AuthMethod,
        keyring: &Keyring,
        now: u64,
    ) -> Verdict<'c> {
        find(keyring, (&self.client_id, client), method, now, |secret| self.is(secret))
    }
}
