//! The methods by which a client authenticates: names in registrations, and in the metadata document.

#[cfg(test)]
mod tests;

use crate::grant_type::listed;

/// A method by which a client authenticates. A registration names those that a client may use; a request never chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthMethod {
    /// The client signs its requests. Existing clients know no other method, so a request that uses none is answered as if
    /// it had meant this one.
    #[default]
    WsKey,
    /// The client sends its secret in the header `Authorization: Basic` (RFC 6749 section 2.3.1).
    Basic,
    /// The client sends its secret in the form (RFC 6749 section 2.3.1).
    Post,
    /// The client signs an assertion with its secret (OpenID Connect Core section 9).
    SecretJwt,
    /// The client signs an assertion with a private key, whose public half is registered (OpenID Connect Core section 9).
    PrivateKeyJwt,
    /// The client has no secret and says who it is: a public client (RFC 6749 section 2.1).
    None,
}

impl AuthMethod {
    /// Every method, as the metadata document lists those of token and revocation endpoint.
    pub const ALL: [Self; 6] = [Self::WsKey, Self::Basic, Self::Post, Self::SecretJwt, Self::PrivateKeyJwt, Self::None];

    /// Those that prove something: what introspection takes (RFC 7662 section 2.1).
    pub const PROVING: [Self; 5] = [Self::WsKey, Self::Basic, Self::Post, Self::SecretJwt, Self::PrivateKeyJwt];

    /// Its name in a registration and in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WsKey => "wskey",
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
            Self::SecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::None => "none",
        }
    }

    /// Its name among `token_endpoint_auth_methods_supported` (RFC 8414 section 2). No registry knows WSKey's.
    pub const fn in_metadata(self) -> &'static str {
        match self {
            Self::WsKey => "wskey_hmac_sha256",
            method => method.as_str(),
        }
    }

    /// What a person must know beside the name.
    pub const fn words(self) -> &'static str {
        match self {
            Self::WsKey => "signs each request",
            Self::Basic => "the secret in the header Authorization: Basic",
            Self::Post => "the secret in the form",
            Self::SecretJwt => "an assertion signed with the secret, HS256",
            Self::PrivateKeyJwt => "an assertion signed with a private key, whose public key --jwks registers",
            Self::None => "a public client without a secret, such as an application in a browser",
        }
    }

    /// Whether it needs a secret that the service knows.
    pub const fn needs_a_secret(self) -> bool {
        !matches!(self, Self::PrivateKeyJwt | Self::None)
    }

    /// Reads the name that a registration has.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }

    /// Every one, with its words, as a sentence lists them.
    pub fn described() -> String {
        listed(Self::ALL.map(|method| format!("{} ({})", method.as_str(), method.words())), "or")
    }
}
