//! Users: who may sign in, at which institution, and what failed attempts have cost.

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::grant::Principal;
use crate::sign_in::SignIn;
use crate::sign_in::factor::SealedSecret;
use crate::text::{acts, is_ignorable, is_whole, order};

#[cfg(all(test, feature = "passwords"))]
mod tests;

/// Bounds of a username, bytes.
const MAX_USERNAME: usize = 128;

/// A user of one institution.
#[derive(Clone)]
pub struct User {
    /// The institution that knows the user.
    pub institution_id: String,
    /// As [`username`] normalises it.
    pub username: String,
    /// What tokens say of the user.
    pub principal: Principal,
    /// How the user signs in; `None` where no way is set up yet.
    pub sign_in: Option<SignIn>,
    /// The secret of the user's second factor, if the user has one.
    pub second_factor: Option<SealedSecret>,
    /// Signs in nowhere while set.
    pub disabled: bool,
    /// The user's grants are being ended. It is set before the first of them ends and taken away after the last.
    pub ending: bool,
    /// POSIX seconds.
    pub created_at: u64,
    /// Counts the changes, so that two operators at once do not overwrite each other.
    pub revision: u64,
}

impl User {
    /// Returns a stamp of the user's state, for sessions. The revision is not enough: it repeats after a table is restored.
    pub fn stamp(&self) -> u64 {
        let sign_in = self.sign_in.as_ref().map_or("", SignIn::stored);
        let hash = Sha256::digest(format!("{}\n{sign_in}", self.revision));
        u64::from_be_bytes(std::array::from_fn(|at| hash[at]))
    }
}

/// An institution that users can sign in at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Institution {
    /// Its registry id.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// A scope, in words that a user understands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedScope {
    /// The scope token.
    pub scope: String,
    /// What it lets an application do.
    pub name: String,
}

/// What the pages know of the world: one item, read with every page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// By name.
    pub institutions: Vec<Institution>,
    /// By scope.
    pub services: Vec<DescribedScope>,
    /// Counts the changes; 0 where nothing was ever written.
    pub revision: u64,
}

impl Directory {
    /// The institution of this id.
    pub fn institution(&self, id: &str) -> Option<&Institution> {
        self.institutions.iter().find(|institution| institution.id == id)
    }

    /// The institutions in the order that readers expect: accents and case count last, and numbers by their value.
    pub fn by_name(&self) -> Vec<&Institution> {
        let mut institutions: Vec<_> = self.institutions.iter().collect();
        institutions.sort_by_cached_key(|institution| (order(&institution.name), &institution.name));
        institutions
    }

    /// Returns the description of a scope, or the scope itself if it has none.
    pub fn service<'a>(&'a self, scope: &'a str) -> &'a str {
        self.services.iter().find(|service| service.scope == scope).map_or(scope, |service| &service.name)
    }
}

/// Whether a username is all that it looks like: with a character that is not seen, or that turns writing around, it could look
/// like another one (RFC 8264 section 9.13). A new user's must be; users of earlier versions may have others.
pub fn is_seen(username: &str) -> bool {
    !username.chars().any(|character| acts(character) || is_ignorable(character))
}

/// What a username counts as: without blanks around it, composed (NFC), in lower case. `None` where it cannot be one.
pub fn username(text: &str) -> Option<String> {
    // A final sigma is the other one's lower case too; lowering may decompose, so it is composed once more.
    let lower =
        text.trim().nfc().flat_map(char::to_lowercase).map(|character| if character == 'ς' { 'σ' } else { character });
    let name: String = lower.nfc().collect();
    let fits = !name.is_empty() && name.len() <= MAX_USERNAME && !name.chars().any(char::is_control) && is_whole(&name);
    fits.then_some(name)
}
