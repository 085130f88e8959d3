//! Secrets of clients: sealed at rest, opened only to verify a signature.
//!
//! HMAC needs the secret itself, so it cannot be hashed. It is sealed with AES-256-GCM under a key named in the item,
//! with the client id as associated data: a sealed secret moved to another client does not open.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, Key, KeyInit, Nonce};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

mod log_id;
pub(crate) mod sealed_text;
#[cfg(test)]
mod tests;

use log_id::LogKey;
pub use log_id::Logged;

/// AES-256.
pub const KEY_BYTES: usize = 32;
/// As long as most client ids. It cannot be a client id, because it has a blank.
const DECOY_CLIENT: &str = "no client has this id                                                           ";
/// The nonce of AES-GCM. With random 96 bits, two of 2^32 seals under one key have the same nonce with a chance of less than
/// 2^-32, which is the bound of NIST SP 800-38D section 8.3. The pages seal up to three times for an answer: the form, the
/// session, the known browser. [`SEALING_DAYS`] of a million answers a day are 2.2 thousand million seals, half of 2^32.
pub const NONCE_BYTES: usize = 12;
/// The tag of AES-GCM.
const TAG_BYTES: usize = 16;

/// What a sealing key is derived from, before the key's name. The name of a set's key has the set's name, so that one key in
/// KMS would still give each set its own keys (NIST SP 800-108). An old key's name is a bare one.
pub const DERIVED_FROM: &str = "latchkey sealing key ";

/// How long a key may seal: a name that is a date tells when it began. A million answers of the pages a day reach the bound
/// after 1431 days, so there is time to rotate.
pub const SEALING_DAYS: u64 = 730;

/// A client's secret: the text itself, never decoded, though it looks like base64.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct ClientSecret(String);

impl ClientSecret {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The key of the HMAC: the bytes of the text.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The text, to show once.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Whether `name` can be a sealing key's: 1 to 64 letters, digits, `-` and `_`. Other texts join it with a dot.
pub fn is_key_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Whether a key of this name can have sealed something: that of a set of functions, or an old one.
pub fn can_seal(name: &str) -> bool {
    is_key_name(name.split_once('/').map_or(name, |(set, name)| if is_key_name(set) { name } else { "" }))
}

/// A secret sealed under a named key.
#[derive(Clone)]
pub struct Sealed {
    /// Name of the sealing key.
    pub key: String,
    /// Nonce, ciphertext and tag.
    pub bytes: Vec<u8>,
}

impl Sealed {
    /// How long the secret is, in bytes: a cipher of this kind keeps lengths.
    pub fn secret_bytes(&self) -> usize {
        self.bytes.len().saturating_sub(NONCE_BYTES + TAG_BYTES)
    }
}

/// Why a secret cannot be sealed or opened. Only the operator sees it: a client sees that the service is unavailable.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The keyring has no key of the name in the item.
    #[error("no sealing key has the name of the key that sealed the secret")]
    KeyUnknown,
    /// The bytes were changed, belong to another client, or were sealed under another key of the same name.
    #[error("the sealed secret does not open: it was changed, moved, or sealed under another key")]
    Damaged,
    /// The key file or value is not `name:base64(32 bytes)`.
    #[error(
        "a sealing key must have the form name:base64, with a name of letters, digits, - and _, and a key of 32 bytes"
    )]
    KeyMalformed,
}

/// A sealing key and its name.
pub type NamedKey = (String, Zeroizing<[u8; KEY_BYTES]>);

/// Reads `name:base64(32 bytes)`, one a line, into names and keys. Blank lines and `#` comments are skipped.
pub fn keys(text: &str) -> Result<Vec<NamedKey>, SealError> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| key(line).ok_or(SealError::KeyMalformed)).collect()
}

fn key(line: &str) -> Option<NamedKey> {
    let (name, encoded) = line.split_once(':')?;
    let bytes = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
    let key = Zeroizing::new(<[u8; KEY_BYTES]>::try_from(&bytes[..]).ok()?);
    is_key_name(name.trim()).then(|| (name.trim().to_owned(), key))
}

/// The key of this name, as an HMAC_256 key in KMS would derive it. HMAC takes a key of any length, so there is always one.
pub fn derived(key: &[u8; KEY_BYTES], name: &str) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(DERIVED_FROM.as_bytes());
    mac.update(name.as_bytes());
    Some(Zeroizing::new(mac.finalize().into_bytes().into()))
}

/// The keys that open secrets; the first one seals new ones.
pub struct Keyring {
    keys: Vec<(String, Aes256Gcm, LogKey)>,
    decoy: Sealed,
}

impl Keyring {
    /// Makes a keyring of [`keys`], the sealing one first.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        Self::new(keys(text)?)
    }

    /// Makes a keyring of keys by their names, the sealing one first.
    pub fn new(keys: Vec<NamedKey>) -> Result<Self, SealError> {
        let keys = keys.into_iter().map(|(name, key)| {
            let cipher: &Key<Aes256Gcm> = (&*key).into();
            Some((name, Aes256Gcm::new(cipher), LogKey::of(&key[..])?))
        });
        let keys = keys.collect::<Option<Vec<_>>>().ok_or(SealError::KeyMalformed)?;
        let (name, cipher, _) = keys.first().ok_or(SealError::KeyMalformed)?;
        // It never leaves the process and holds nothing, so a constant nonce gives nothing away.
        // As long as a secret of ours: AES-GCM takes longer over a block that is not full.
        let decoy = seal(name, cipher, DECOY_CLIENT, &[b'0'; 32], [0; NONCE_BYTES])?;
        Ok(Self { keys, decoy })
    }

    /// A keyring that neither seals nor opens.
    pub(crate) fn empty() -> Self {
        Self { keys: Vec::new(), decoy: Sealed { key: String::new(), bytes: Vec::new() } }
    }

    /// The line that [`Self::parse`] reads, for a new key.
    pub fn line(name: &str, key: &[u8; KEY_BYTES]) -> Zeroizing<String> {
        Zeroizing::new(format!("{name}:{}\n", STANDARD.encode(key)))
    }

    /// The name of the key that seals.
    pub fn sealing_key(&self) -> &str {
        self.keys.first().map_or("", |(name, ..)| name)
    }

    /// Whether it holds the key of this name.
    pub fn has(&self, name: &str) -> bool {
        self.keys.iter().any(|(known, ..)| known == name)
    }

    /// Seals `secret` for `client_id`. The nonce must be fresh and random.
    pub fn seal(&self, client_id: &str, secret: &ClientSecret, nonce: [u8; NONCE_BYTES]) -> Result<Sealed, SealError> {
        self.seal_bytes(client_id, secret.as_bytes(), nonce)
    }

    /// Seals anything; it opens only for the same `what_for`. The nonce must be fresh and random.
    pub fn seal_bytes(&self, what_for: &str, bytes: &[u8], nonce: [u8; NONCE_BYTES]) -> Result<Sealed, SealError> {
        let (name, cipher, _) = self.keys.first().ok_or(SealError::KeyUnknown)?;
        seal(name, cipher, what_for, bytes, nonce)
    }

    /// Opens what [`Self::seal`] made for the same client.
    pub fn open(&self, client_id: &str, sealed: &Sealed) -> Result<ClientSecret, SealError> {
        let opened = self.open_bytes(client_id, sealed)?;
        String::from_utf8(opened).map(ClientSecret::new).map_err(|_| SealError::Damaged)
    }

    /// Opens what [`Self::seal_bytes`] made for the same `what_for`.
    pub fn open_bytes(&self, what_for: &str, sealed: &Sealed) -> Result<Vec<u8>, SealError> {
        let (_, cipher, _) = self.keys.iter().find(|(name, ..)| *name == sealed.key).ok_or(SealError::KeyUnknown)?;
        let (nonce, sealed) = sealed.bytes.split_first_chunk::<NONCE_BYTES>().ok_or(SealError::Damaged)?;
        let payload = Payload { msg: sealed, aad: what_for.as_bytes() };
        cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| SealError::Damaged)
    }

    /// Opens a secret that belongs to no client, at the same cost as a real one.
    pub fn open_decoy(&self) -> Result<ClientSecret, SealError> {
        self.open(DECOY_CLIENT, &self.decoy)
    }
}

fn seal(
    name: &str,
    cipher: &Aes256Gcm,
    what_for: &str,
    secret: &[u8],
    nonce: [u8; NONCE_BYTES],
) -> Result<Sealed, SealError> {
    let payload = Payload { msg: secret, aad: what_for.as_bytes() };
    let sealed = cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| SealError::Damaged)?;
    Ok(Sealed { key: name.to_owned(), bytes: [&nonce[..], &sealed].concat() })
}
