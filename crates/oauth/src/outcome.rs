//! The outcomes that log lines name and metrics count.

use serde::{Serialize, Serializer};

/// How a request ended, or what a start has to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// The client got what it asked for.
    #[default]
    Granted,
    /// The request was refused.
    Denied,
    /// The service cannot decide now.
    Unavailable,
    /// A page or a document was shown.
    Shown,
    /// An authorization request was pushed.
    Pushed,
    /// A user signed in.
    SignedIn,
    /// A user left for the provider of an institution.
    ToProvider,
    /// A user signed out.
    SignedOut,
    /// A user saw the applications that may use the account.
    Listed,
    /// A user ended what an application may do.
    Ended,
    /// The table of tokens has no index of users' grants yet. A user's applications cannot be listed, or the pages start without
    /// it.
    IndexMissing,
    /// Introspection: the token is active.
    Active,
    /// Introspection: the token is not active, or not this client's to see.
    Inactive,
    /// Revocation: something was revoked.
    Revoked,
    /// Revocation: there was nothing to revoke.
    Unchanged,
    /// The function does not start.
    NotStarted,
    /// The function starts without the old keys, which it may not use.
    StartedWithoutOldKeys,
    /// The pages start, and the index may lack grants of earlier versions.
    IndexUnfilled,
    /// The program failed in a way that it does not foresee.
    Panicked,
}

impl Outcome {
    /// Its name, as the log has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Denied => "denied",
            Self::Unavailable => "unavailable",
            Self::Shown => "shown",
            Self::Pushed => "pushed",
            Self::SignedIn => "signed_in",
            Self::ToProvider => "to_provider",
            Self::SignedOut => "signed_out",
            Self::Listed => "listed",
            Self::Ended => "ended",
            Self::IndexMissing => "index_missing",
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Revoked => "revoked",
            Self::Unchanged => "unchanged",
            Self::NotStarted => "not_started",
            Self::StartedWithoutOldKeys => "started_without_old_keys",
            Self::IndexUnfilled => "index_unfilled",
            Self::Panicked => "panicked",
        }
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
