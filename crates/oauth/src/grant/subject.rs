//! The subject: one text for one user. It names the user alone, where `principalID` needs its namespace beside it.
//!
//! ```text
//! urn:latchkey:user:urn:latchkey:128807/alice
//! ```
//!
//! After the prefix come namespace and id, percent-encoded except unreserved characters (RFC 3986 section 2.3) and colons. So
//! the one slash ends the namespace, and every user has one text. No client id begins with the prefix: a subject is also the
//! client id of an application that acts for itself.

#[cfg(test)]
mod tests;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::grant::Principal;

const OF_USERS: &str = "urn:latchkey:user:";

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// Whether a text begins as a user's subject does. Case does not matter: two texts that differ only in it look the same.
pub fn is_of_users(text: &str) -> bool {
    text.get(..OF_USERS.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(OF_USERS))
}

impl Principal {
    /// The user's subject. A grant of an early version holds the names as they came, and they are composed here.
    pub fn subject(&self) -> String {
        let Self { id, idns } = Self::new(&self.id, &self.idns);
        format!("{OF_USERS}{}/{}", utf8_percent_encode(&idns, ENCODED), utf8_percent_encode(&id, ENCODED))
    }

    /// The user whose subject a text is. `None` if it is no user's.
    pub fn of_subject(text: &str) -> Option<Self> {
        let (idns, id) = text.strip_prefix(OF_USERS)?.split_once('/')?;
        let decoded = |part| percent_decode_str(part).decode_utf8().ok();
        let principal = Self::new(&decoded(id)?, &decoded(idns)?);
        // Of several spellings, one is the subject.
        (principal.subject() == text).then_some(principal)
    }
}
