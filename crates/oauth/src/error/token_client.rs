//! Refusals of a good token because of its client.

use crate::error::{Denial, Wire};

/// Why a token that is good by itself is refused because of its client. The requester is not told which: each is answered as
/// [`Denial::TokenInactive`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenClientError {
    /// No client of this id is registered any more.
    Deleted,
    /// An operator has disabled the client.
    Disabled,
    /// An operator has ended everything of the grant's age.
    Ended,
}

impl TokenClientError {
    /// The refusal's name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deleted => "token_client_deleted",
            Self::Disabled => "token_client_disabled",
            Self::Ended => "token_client_ended",
        }
    }

    pub(super) fn anchor(self) -> &'static str {
        Denial::TokenInactive.anchor()
    }

    pub(super) fn wire(self) -> Wire {
        Denial::TokenInactive.wire()
    }
}

impl From<TokenClientError> for Denial {
    fn from(error: TokenClientError) -> Self {
        Self::TokenClient(error)
    }
}
