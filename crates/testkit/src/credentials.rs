//! Hashes of passwords that are made quickly, and the codes of a user's app.

use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use latchkey_dynamodb::random;
use latchkey_oauth::sign_in::password::PasswordHash;
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};

/// A hash with the least parameters that there are. It names them, as every hash does.
pub fn quick_hash(password: &str) -> PasswordHash {
    let params = Params::new(Params::MIN_M_COST, Params::MIN_T_COST, Params::MIN_P_COST, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2.hash_password_with_salt(password.as_bytes(), &random::<16>().unwrap()).unwrap();
    PasswordHash::parse(&hash.to_string()).unwrap()
}

/// The code of a step of half a minute (RFC 6238, RFC 4226 section 5.3), by other libraries than the service's.
pub fn time_code(secret: &[u8], step: u64) -> String {
    let tag = sign(&Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret), &step.to_be_bytes());
    let at = usize::from(tag.as_ref()[19] & 15);
    let number = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}
