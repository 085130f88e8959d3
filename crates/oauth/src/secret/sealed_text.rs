//! Sealed values as texts: what cookies, forms and addresses hold.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

use super::{Keyring, NONCE_BYTES, SealError, Sealed};

/// Seals a value for one use.
pub(crate) fn seal(
    value: &impl Serialize,
    what_for: &str,
    keyring: &Keyring,
    nonce: [u8; NONCE_BYTES],
) -> Result<String, SealError> {
    seal_bytes(&serde_json::to_vec(value).map_err(|_| SealError::Damaged)?, what_for, keyring, nonce)
}

/// Opens what was sealed for the same use.
pub(crate) fn open<T: DeserializeOwned>(text: &str, what_for: &str, keyring: &Keyring) -> Option<T> {
    serde_json::from_slice(&open_bytes(text, what_for, keyring)?).ok()
}

/// Seals bytes, as [`seal`] does.
pub(crate) fn seal_bytes(
    bytes: &[u8],
    what_for: &str,
    keyring: &Keyring,
    nonce: [u8; NONCE_BYTES],
) -> Result<String, SealError> {
    let sealed = keyring.seal_bytes(what_for, bytes, nonce)?;
    // The key's name has letters, digits, -, _ and / only.
    Ok(format!("{}.{}", sealed.key, URL_SAFE_NO_PAD.encode(sealed.bytes)))
}

/// Opens bytes, as [`open`] does.
pub(crate) fn open_bytes(text: &str, what_for: &str, keyring: &Keyring) -> Option<Vec<u8>> {
    let (key, bytes) = text.split_once('.')?;
    let sealed = Sealed { key: key.to_owned(), bytes: URL_SAFE_NO_PAD.decode(bytes).ok()? };
    keyring.open_bytes(what_for, &sealed).ok()
}
