//! Passwords: hashed with Argon2id, and compared at the same price whether there is a user or not.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// Of a salt, bytes (RFC 9106 section 3.1).
pub const SALT_BYTES: usize = 16;
/// The longest password that is looked at, bytes.
pub const MAX_PASSWORD: usize = 1024;

/// OWASP's second recommendation for Argon2id, "m=19456 (19 MiB), t=2, p=1" (Password Storage Cheat Sheet). One lane, since a
/// Lambda function has one processor at the most; 19 MiB, because they count against the function's memory.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Of no password, with the parameters above: it costs what a user's costs.
pub const DECOY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password cannot be hashed.
#[derive(Debug, thiserror::Error)]
#[error("the password cannot be hashed: {0}")]
pub struct HashError(String);

/// The hash in PHC string format; `salt` must be fresh and random.
pub fn hash(password: &str, salt: &[u8; SALT_BYTES]) -> Result<String, HashError> {
    let failed = |error: &dyn std::fmt::Display| HashError(error.to_string());
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| failed(&error))?;
    let hashed: Result<PasswordHash, _> =
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_with_salt(password.as_bytes(), salt);
    hashed.map(|hash| hash.to_string()).map_err(|error| failed(&error))
}

/// Whether it is a hash that a password can be held against.
pub fn is_hash(text: &str) -> bool {
    PasswordHash::new(text).is_ok()
}

/// Whether `password` is the one that was hashed. Without a hash it is not, after the same work.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(DECOY)) else { return false };
    // With the parameters that the hash names, so that old ones go on working.
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && hash.is_some()
}
