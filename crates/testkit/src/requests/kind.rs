//! What can be asked of the service.

/// What can be asked of the service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Issue,
    Redeem,
    /// Of a code that was redeemed: its grant is revoked.
    SecondUse,
    Refresh,
    RefreshAtIssue,
    Revoke,
    RevokeAccess,
    /// In one transaction.
    RevokeTwo,
    Introspect,
    /// Of a token that is revoked.
    IntrospectDead,
    Metadata,
    Ask,
    SignIn,
    WrongPassword,
    Allow,
    /// Tokens in the fragment.
    AllowTokens,
    Deny,
    SignOut,
    Authorizer,
    /// A token that is revoked.
    AuthorizerDead,
    Guard,
}

pub const KINDS: [Kind; 21] = [
    Kind::Issue,
    Kind::Redeem,
    Kind::SecondUse,
    Kind::Refresh,
    Kind::RefreshAtIssue,
    Kind::Revoke,
    Kind::RevokeAccess,
    Kind::RevokeTwo,
    Kind::Introspect,
    Kind::IntrospectDead,
    Kind::Metadata,
    Kind::Ask,
    Kind::SignIn,
    Kind::WrongPassword,
    Kind::Allow,
    Kind::AllowTokens,
    Kind::Deny,
    Kind::SignOut,
    Kind::Authorizer,
    Kind::AuthorizerDead,
    Kind::Guard,
];

impl Kind {
    /// The status of the right answer.
    pub(super) fn status(self) -> u16 {
        match self {
            Self::SignIn => 303,
            Self::SecondUse => 400,
            Self::AuthorizerDead => 401,
            Self::WrongPassword => 403,
            _ => 200,
        }
    }

    /// Whether it makes tokens, and so is answered once.
    pub fn mints(self) -> bool {
        [Self::Issue, Self::Redeem, Self::Refresh, Self::RefreshAtIssue, Self::AllowTokens].contains(&self)
    }

    /// Whether it writes.
    pub fn writes(self) -> bool {
        let revokes = [Self::SecondUse, Self::Revoke, Self::RevokeAccess, Self::RevokeTwo].contains(&self);
        self.mints() || revokes || [Self::Allow, Self::SignIn, Self::WrongPassword].contains(&self)
    }

    pub(super) fn refreshes(self) -> bool {
        [Self::Refresh, Self::RefreshAtIssue].contains(&self)
    }

    /// Whether it is asked of the authorizer, and no HTTP.
    pub fn authorizes(self) -> bool {
        [Self::Authorizer, Self::AuthorizerDead].contains(&self)
    }

    pub(super) fn is_signed_in(self) -> bool {
        [Self::Allow, Self::AllowTokens, Self::Deny, Self::SignOut].contains(&self)
    }

    pub(super) fn is_page(self) -> bool {
        self.is_signed_in() || [Self::Ask, Self::SignIn, Self::WrongPassword].contains(&self)
    }
}
