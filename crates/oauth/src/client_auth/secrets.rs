//! The secrets of a client, opened and tried: at one cost for every client.

#[cfg(test)]
mod tests;

use crate::client::{Client, MAX_SECRETS};
use crate::client_auth::{Mismatch, Verdict};
use crate::secret::{ClientSecret, Keyring};

/// The secret that `fits`. An unknown client, a disabled one and a wrong secret cost the same: each opens and tries
/// [`MAX_SECRETS`] secrets, decoys where there are fewer. An attacker who measures the answer learns nothing.
pub(super) fn find<'a>(
    keyring: &Keyring,
    client_id: &str,
    client: Option<&'a Client>,
    now: u64,
    fits: impl Fn(&ClientSecret) -> bool,
) -> Verdict<'a> {
    let mut live = client.into_iter().flat_map(|client| client.live_secrets(now));
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
        (None, Some(_)) => Verdict::Refused(Mismatch::WrongCredentials),
    }
}
