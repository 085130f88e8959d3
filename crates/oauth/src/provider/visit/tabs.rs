//! The cookie of the tabs that are away: a secret for each, so that what one brings back counts in this browser, and once. A
//! second tab does not end the first.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::ZeroizeOnDrop;

use super::VISIT_SECONDS;
use crate::secret::sealed_text::{open_bytes, seal_bytes};
use crate::secret::{Keyring, NONCE_BYTES, SealError};

#[cfg(test)]
mod tests;

/// Of a tab's secret, bytes.
pub const TAB_BYTES: usize = 32;
/// The tabs that are kept. The one that left first is forgotten.
pub const MAX_TABS: usize = 5;

const END_BYTES: usize = 4;
const ENTRY_BYTES: usize = TAB_BYTES + END_BYTES;
/// What the content begins with, so that a version can tell its own.
const VERSION: u8 = 1;
/// What the cookie is sealed for. The blank keeps it apart from every client id.
const TABS: &str = "latchkey visits";

/// The secret of a tab. `nonce` and code verifier are made of it, and tell nothing of it or of each other.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct TabSecret([u8; TAB_BYTES]);

impl TabSecret {
    /// Of fresh random bytes.
    pub fn new(random: [u8; TAB_BYTES]) -> Self {
        Self(random)
    }

    /// `nonce` (OpenID Connect Core section 15.5.2).
    pub fn nonce(&self) -> String {
        self.derived("latchkey nonce")
    }

    /// `code_verifier` (RFC 7636 section 4.1): 43 characters of 32 bytes.
    pub fn verifier(&self) -> String {
        self.derived("latchkey verifier")
    }

    /// `code_challenge` by S256 (RFC 7636 section 4.2).
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier()))
    }

    /// What a visit knows the tab by.
    pub(super) fn hash(&self) -> String {
        super::hash("latchkey tab\n", &self.0)
    }

    fn derived(&self, label: &str) -> String {
        // HMAC takes a key of any length, so there is always one.
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).map(|mac| mac.chain_update(label).finalize().into_bytes());
        mac.map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_default()
    }
}

#[derive(Clone, PartialEq, Eq)]
struct Tab {
    secret: TabSecret,
    /// POSIX seconds. Until the year 2106 they have four bytes.
    ends_at: u32,
}

/// What the cookie holds: the last tab first.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tabs(Vec<Tab>);

impl Tabs {
    /// The same, with one that leaves now.
    pub fn with(&self, secret: TabSecret, now: u64) -> Self {
        let ends_at = u32::try_from(now.saturating_add(VISIT_SECONDS)).unwrap_or(u32::MAX);
        let others = self.0.iter().take(MAX_TABS - 1).cloned();
        Self([Tab { secret, ends_at }].into_iter().chain(others).collect())
    }

    /// The same, without one that came back.
    pub fn without(&self, secret: &TabSecret) -> Self {
        Self(self.0.iter().filter(|tab| tab.secret != *secret).cloned().collect())
    }

    /// Whether none is away.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn find(&self, hash: &str) -> Option<TabSecret> {
        self.0.iter().find(|tab| tab.secret.hash() == hash).map(|tab| tab.secret.clone())
    }

    /// The cookie's value.
    pub fn seal(&self, keyring: &Keyring, nonce: [u8; NONCE_BYTES]) -> Result<String, SealError> {
        let mut bytes = vec![VERSION];
        for Tab { secret, ends_at } in &self.0 {
            bytes.extend(secret.0);
            bytes.extend(ends_at.to_be_bytes());
        }
        seal_bytes(&bytes, TABS, keyring, nonce)
    }

    /// Reads a cookie's value, without the tabs that came too late; `None` where it is not ours.
    pub fn open(text: &str, keyring: &Keyring, now: u64) -> Option<Self> {
        let bytes = open_bytes(text, TABS, keyring)?;
        let (entries, rest) = bytes.strip_prefix(&[VERSION])?.as_chunks::<ENTRY_BYTES>();
        let tab = |bytes: &[u8; ENTRY_BYTES]| {
            let (secret, end) = bytes.split_first_chunk()?;
            Some(Tab { secret: TabSecret(*secret), ends_at: u32::from_be_bytes(end.try_into().ok()?) })
        };
        let tabs = entries.iter().filter_map(tab).filter(|tab| now < u64::from(tab.ends_at)).take(MAX_TABS);
        rest.is_empty().then(|| Self(tabs.collect()))
    }
}
