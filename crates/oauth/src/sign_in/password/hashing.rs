//! Argon2id: how passwords are hashed and compared.

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc};
use argon2::{Algorithm, Argon2, Params, Version};

use super::{DECOY, MAX_PASSWORD, PasswordHash, SALT_BYTES};
use crate::text::{composed, opaque};

/// OWASP's second recommendation for Argon2id, "m=19456 (19 MiB), t=2, p=1" (Password Storage Cheat Sheet). One lane, since a
/// Lambda function has one processor at the most; 19 MiB, because they count against the function's memory.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Why a password cannot be hashed.
#[derive(Debug, thiserror::Error)]
#[error("the password cannot be hashed: {0}")]
pub struct HashError(String);

/// Hashes a password, as [`opaque`] maps it; `salt` must be fresh and random.
pub fn hash(password: &str, salt: &[u8; SALT_BYTES]) -> Result<PasswordHash, HashError> {
    let password = opaque(password);
    let failed = |error: &dyn std::fmt::Display| HashError(error.to_string());
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| failed(&error))?;
    let hashed: Result<phc::PasswordHash, _> =
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_with_salt(password.as_bytes(), salt);
    hashed.map(|hash| PasswordHash(hash.to_string())).map_err(|error| failed(&error))
}

impl PasswordHash {
    /// Reads what was stored. `None` where no password can be held against it.
    pub fn parse(text: &str) -> Option<Self> {
        phc::PasswordHash::new(text).is_ok().then(|| Self(text.to_owned()))
    }
}

/// Whether `typed` is the password that was hashed. Without a hash it is not, after the same work: how often the password is
/// hashed depends only on what was typed, and never on the user or on the first comparison.
pub fn verify(typed: &str, hash: Option<&PasswordHash>) -> bool {
    let Ok(parsed) = phc::PasswordHash::new(hash.map_or(DECOY, PasswordHash::as_str)) else { return false };
    let mut fits = false;
    for form in forms(typed) {
        // With the parameters that the hash names, so that old ones go on working.
        let same = Argon2::default().verify_password(form.as_bytes(), &parsed).is_ok();
        fits |= same && form.len() <= MAX_PASSWORD;
    }
    fits && hash.is_some()
}

/// The forms of a password that may have been hashed: the one that [`hash`] takes, and, where it differs, the one that it took
/// before blanks were mapped.
pub(super) fn forms(typed: &str) -> Vec<String> {
    let mut forms = vec![opaque(typed), composed(typed)];
    forms.dedup();
    forms
}
