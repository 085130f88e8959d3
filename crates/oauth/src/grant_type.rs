//! The grant types: how a client asks for tokens. The one table: wire names, words, and who takes them.

#[cfg(test)]
mod tests;

/// How a client asks for tokens: `grant_type` of RFC 6749.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantType {
    /// A code that a user's consent produced (RFC 6749 section 4.1).
    AuthorizationCode,
    /// The client's own credentials (RFC 6749 section 4.4).
    ClientCredentials,
    /// A refresh token (RFC 6749 section 6).
    RefreshToken,
    /// A device code, which a user allows with another machine's browser (RFC 8628).
    DeviceCode,
    /// Tokens in a redirect (RFC 6749 section 4.2). No request to the token endpoint asks for it.
    Implicit,
}

impl GrantType {
    /// What the token endpoint takes.
    pub const ASKED_FOR: [Self; 4] =
        [Self::AuthorizationCode, Self::ClientCredentials, Self::RefreshToken, Self::DeviceCode];
    /// What a client can be registered for.
    pub const ALL: [Self; 5] =
        [Self::AuthorizationCode, Self::ClientCredentials, Self::RefreshToken, Self::Implicit, Self::DeviceCode];
    /// What a client must prove itself for, so that a public one cannot have it: nothing else says who asks.
    pub const PROVED: [Self; 3] = [Self::ClientCredentials, Self::RefreshToken, Self::DeviceCode];

    /// The wire form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken => "refresh_token",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::Implicit => "implicit",
        }
    }

    /// Whether a user consents to each grant of this type.
    pub const fn is_by_consent(self) -> bool {
        match self {
            Self::AuthorizationCode | Self::Implicit | Self::DeviceCode => true,
            Self::ClientCredentials | Self::RefreshToken => false,
        }
    }

    /// What a person must know beside the wire form; may be empty.
    pub const fn words(self) -> &'static str {
        match self {
            Self::AuthorizationCode | Self::ClientCredentials | Self::RefreshToken => "",
            Self::DeviceCode => "a device without a browser",
            Self::Implicit => "response_type=token",
        }
    }

    /// Reads the wire form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant_type| grant_type.as_str() == text)
    }

    /// Every one, with its words, as a sentence lists them.
    pub fn described() -> String {
        listed(
            Self::ALL.map(|grant_type| match grant_type.words() {
                "" => grant_type.as_str().to_owned(),
                words => format!("{} ({words})", grant_type.as_str()),
            }),
            "or",
        )
    }
}

/// `a, b and c`.
pub(crate) fn listed(names: impl IntoIterator<Item = impl AsRef<str>>, last: &str) -> String {
    let names: Vec<_> = names.into_iter().collect();
    let mut text = String::new();
    for (index, name) in names.iter().enumerate() {
        match index {
            0 => {}
            _ if index.saturating_add(1) == names.len() => text.push_str(&format!(" {last} ")),
            _ => text.push_str(", "),
        }
        text.push_str(name.as_ref());
    }
    text
}
