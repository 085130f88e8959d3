//! Passwords: hashed with Argon2id, and compared at the same price whether there is a user or not.

#[cfg(feature = "passwords")]
pub use hashing::{HashError, hash, verify};

#[cfg(all(test, feature = "passwords"))]
mod tests;

/// Of a salt, bytes (RFC 9106 section 3.1).
pub const SALT_BYTES: usize = 16;
/// The longest password that is looked at, bytes.
pub const MAX_PASSWORD: usize = 1024;

/// Of no password, with the parameters above: it costs what a user's costs.
pub const DECOY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The Argon2id hash of a password, in PHC string format. Only hashing and reading make one.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The text, to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What costs Argon2: API owners, who check no password, build without it.
#[cfg(feature = "passwords")]
mod hashing;
