//! The second factor: codes by time (TOTP, RFC 6238) of an app that has the secret, and recovery codes for a user who has lost
//! the app.

use sha2::{Digest, Sha256};

#[cfg(feature = "passwords")]
pub use checking::check;

#[cfg(all(test, feature = "passwords"))]
mod tests;

/// Of a secret, bytes: as long as the hash (RFC 4226 section 4, requirement 6).
pub const SECRET_BYTES: usize = 20;
/// A code is good for a step, seconds (RFC 6238 section 5.2).
pub const STEP: u64 = 30;
/// Of a code by time.
pub const DIGITS: usize = 6;
/// Of a recovery code, bytes: 120 bits, so that its hash needs no salt (NIST SP 800-63B-4 section 3.1.2.2).
pub const RECOVERY_BYTES: usize = 15;
/// So many recovery codes are made at a time.
pub const RECOVERY_CODES: usize = 10;
/// Of a recovery code, as it is typed without hyphens: five bits each.
const RECOVERY_LETTERS: usize = 24;

/// The secret of a user's app, sealed for the user.
pub type SealedSecret = crate::secret::Sealed;

/// The hash of a recovery code.
pub type RecoveryHash = [u8; 32];

/// What the secret of this institution's user is sealed for: moved to another user, it does not open. The blank keeps it apart
/// from every client id.
pub fn sealed_for((institution_id, username): (&str, &str)) -> String {
    format!("latchkey second factor\n{institution_id}\n{username}")
}

/// What a user typed as a code.
#[derive(Clone, PartialEq, Eq)]
pub enum Code {
    /// Six digits.
    Time([u8; DIGITS]),
    /// A recovery code, by its hash.
    Recovery(RecoveryHash),
    /// Something that is no code.
    Other,
}

impl Code {
    /// Reads what was typed; `None` where nothing was. Blanks and hyphens do not count, and neither does case.
    pub fn typed(text: &str, user: (&str, &str)) -> Option<Self> {
        let letters = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-');
        let letters: String = letters.flat_map(char::to_lowercase).collect();
        if letters.is_empty() {
            return None;
        }
        let digits = <[u8; DIGITS]>::try_from(letters.as_bytes()).ok();
        match digits.filter(|digits| digits.iter().all(u8::is_ascii_digit)) {
            Some(digits) => Some(Self::Time(digits)),
            None if letters.len() == RECOVERY_LETTERS => Some(Self::Recovery(recovery_hash(&letters, user))),
            None => Some(Self::Other),
        }
    }
}

/// The hash of a recovery code, without hyphens and in lower case.
pub fn recovery_hash(letters: &str, (institution_id, username): (&str, &str)) -> RecoveryHash {
    Sha256::digest(format!("latchkey recovery code\n{institution_id}\n{username}\n{letters}")).into()
}

/// What is stored of the codes of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codes {
    /// The step of the last code by time that was taken. No code of this step or an earlier one is taken again.
    pub last_step: Option<u64>,
    /// The recovery codes that were not taken yet.
    pub recovery: Vec<RecoveryHash>,
}

/// A code that is right, as far as was read: it must be taken by the transaction that counts the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Used {
    /// A code by time, of this step.
    Time(u64),
    /// A recovery code.
    Recovery(RecoveryHash),
}

/// What computes codes: API owners, who check none, build without it.
#[cfg(feature = "passwords")]
mod checking;
