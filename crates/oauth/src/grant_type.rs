//! Grant types: how a client asks for tokens.

/// How a client asks for tokens: `grant_type` of RFC 6749.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantType {
    /// A code that a user's consent produced (RFC 6749 section 4.1).
    AuthorizationCode,
    /// The client's own credentials (RFC 6749 section 4.4).
    ClientCredentials,
    /// A refresh token (RFC 6749 section 6).
    RefreshToken,
    /// Tokens in a redirect (RFC 6749 section 4.2). No request to the token endpoint asks for it.
    Implicit,
}

impl GrantType {
    /// What the token endpoint takes.
    pub const ASKED_FOR: [Self; 3] = [Self::AuthorizationCode, Self::ClientCredentials, Self::RefreshToken];
    const ALL: [Self; 4] = [Self::AuthorizationCode, Self::ClientCredentials, Self::RefreshToken, Self::Implicit];

    /// The wire form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken => "refresh_token",
            Self::Implicit => "implicit",
        }
    }

    /// Reads the wire form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant_type| grant_type.as_str() == text)
    }
}
