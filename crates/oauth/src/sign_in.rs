//! How users sign in, and stay signed in.

pub mod attempts;
pub mod factor;
pub mod password;

use password::PasswordHash;

/// A way for a user to sign in, with what is stored for it. A further way is an arm here and a file beside `password`.
#[derive(Clone, PartialEq, Eq)]
pub enum SignIn {
    /// A password that this service checks.
    Password(PasswordHash),
}

impl SignIn {
    /// What is stored for it. A change of it ends the user's sessions.
    pub fn stored(&self) -> &str {
        match self {
            Self::Password(hash) => hash.as_str(),
        }
    }

    /// The hash to hold a password against, where the user signs in with one.
    pub fn password(&self) -> Option<&PasswordHash> {
        match self {
            Self::Password(hash) => Some(hash),
        }
    }
}
