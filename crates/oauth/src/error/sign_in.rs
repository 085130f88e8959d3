//! Refusals of a user who signs in.

use crate::error::Wire;

/// Why a user is not signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInError {
    /// No such user, a disabled one or a wrong password: one answer for the three.
    Failed,
    /// Too many failures of late.
    Slowed {
        /// How long to wait.
        seconds: u64,
    },
    /// Too many failures without a right password: the account takes one only from browsers that signed in to it before.
    Locked,
}

impl SignInError {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Failed => "sign_in_failed",
            Self::Slowed { .. } => "sign_in_slowed",
            Self::Locked => "sign_in_locked",
        }
    }

    pub(super) fn wire(self) -> Wire {
        match self {
            Self::Failed => Wire::access_denied("The username or the password is wrong.", ""),
            Self::Slowed { seconds } => Wire {
                status: 429,
                ..Wire::access_denied(format!("There were too many attempts to sign in; wait {seconds} seconds."), "")
            },
            Self::Locked => Wire::access_denied(
                "There were too many wrong passwords for this account.",
                "The account takes a password only from a browser that has signed in to it before.",
            ),
        }
    }
}
