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
    /// An authorization request is pushed.
    Push,
    /// A user comes with its reference.
    AskPushed,
    Ask,
    SignIn,
    WrongPassword,
    Allow,
    /// Tokens in the fragment.
    AllowTokens,
    Deny,
    SignOut,
    DeviceBegin,
    /// Nobody has answered, and the poll is noted.
    DevicePoll,
    /// A user has allowed it.
    DeviceRedeem,
    TypeCode,
    AllowDevice,
    DenyDevice,
    /// A user sees the applications that may use the account.
    Applications,
    /// And ends one.
    EndApplication,
    Authorizer,
    /// A token that is revoked.
    AuthorizerDead,
    Guard,
}

pub const KINDS: [Kind; 31] = [
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
    Kind::Push,
    Kind::AskPushed,
    Kind::Ask,
    Kind::SignIn,
    Kind::WrongPassword,
    Kind::Allow,
    Kind::AllowTokens,
    Kind::Deny,
    Kind::SignOut,
    Kind::DeviceBegin,
    Kind::DevicePoll,
    Kind::DeviceRedeem,
    Kind::TypeCode,
    Kind::AllowDevice,
    Kind::DenyDevice,
    Kind::Applications,
    Kind::EndApplication,
    Kind::Authorizer,
    Kind::AuthorizerDead,
    Kind::Guard,
];

impl Kind {
    /// The status of the right answer.
    pub(super) fn status(self) -> u16 {
        match self {
            Self::Push => 201,
            Self::SignIn | Self::TypeCode => 303,
            Self::SecondUse | Self::DevicePoll => 400,
            Self::AuthorizerDead => 401,
            Self::WrongPassword => 403,
            _ => 200,
        }
    }

    /// Whether it makes tokens, and so is answered once.
    pub fn mints(self) -> bool {
        [Self::Issue, Self::Redeem, Self::Refresh, Self::RefreshAtIssue, Self::AllowTokens, Self::DeviceRedeem]
            .contains(&self)
    }

    /// Whether it writes.
    pub fn writes(self) -> bool {
        let revokes =
            [Self::SecondUse, Self::Revoke, Self::RevokeAccess, Self::RevokeTwo, Self::EndApplication].contains(&self);
        let notes = [Self::SignIn, Self::WrongPassword, Self::DevicePoll, Self::TypeCode].contains(&self);
        revokes || notes || self.is_looked_for()
    }

    /// Whether a write of it is looked for where its replies are lost.
    pub fn is_looked_for(self) -> bool {
        let answers = [Self::Allow, Self::DeviceBegin, Self::AllowDevice, Self::DenyDevice];
        self.mints() || answers.contains(&self)
    }

    pub(super) fn refreshes(self) -> bool {
        [Self::Refresh, Self::RefreshAtIssue].contains(&self)
    }

    /// Whether it is asked of the authorizer, and no HTTP.
    pub fn authorizes(self) -> bool {
        [Self::Authorizer, Self::AuthorizerDead].contains(&self)
    }

    pub(super) fn is_signed_in(self) -> bool {
        let answers = [Self::Allow, Self::AllowTokens, Self::Deny, Self::SignOut, Self::AllowDevice, Self::DenyDevice];
        answers.contains(&self) || [Self::Applications, Self::EndApplication].contains(&self)
    }

    pub(super) fn is_page(self) -> bool {
        self.is_signed_in()
            || [Self::Ask, Self::AskPushed, Self::SignIn, Self::WrongPassword, Self::TypeCode].contains(&self)
    }
}
