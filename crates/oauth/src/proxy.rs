//! What a proxy in front of the gateway, such as a CDN, sends to show that a request came through it.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

#[cfg(test)]
mod tests;

/// The header that the proxy writes into each request.
pub const HEADER: &str = "x-latchkey-proxy";

/// The secrets of which each request through the proxy has one: two while they are rotated. Only their hashes are kept.
#[derive(Clone)]
pub struct ProxySecrets(Vec<[u8; 32]>);

impl ProxySecrets {
    /// Reads one or two secrets with a blank between them. `None` where they are none, or too short to be no guess. A blank
    /// may follow the last. Deployments write it, so that an empty secret is no empty setting, which counts as none.
    pub fn parse(text: &str) -> Option<Self> {
        let secrets: Vec<_> = text.strip_suffix(' ').unwrap_or(text).split(' ').collect();
        let fits = |secret: &&str| {
            (32..=128).contains(&secret.len())
                && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        ((1..=2).contains(&secrets.len()) && secrets.iter().all(fits))
            .then(|| Self(secrets.into_iter().map(|secret| Sha256::digest(secret).into()).collect()))
    }

    /// Whether a request has one of them. Each is compared, in constant time.
    pub fn has(&self, sent: Option<&[u8]>) -> bool {
        let sent: [u8; 32] = Sha256::digest(sent.unwrap_or_default()).into();
        self.0.iter().fold(false, |found, secret| found | bool::from(secret.ct_eq(&sent)))
    }
}

impl fmt::Debug for ProxySecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxySecrets({})", self.0.len())
    }
}
