//! Why a client is not authenticated, by each method.

use crate::auth_method::AuthMethod;
use crate::client_auth::{Challenge, Mismatch, assertion, basic, wskey};
use crate::error::{Denial, Wire};

/// Why a client is not authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The request has no credentials.
    Missing,
    /// The service accepted the same request before. It was authenticated by this method.
    Replayed(AuthMethod),
    /// The request authenticates by two methods (RFC 6749 section 2.3).
    MethodsMixed,
    /// The query has a secret (RFC 6749 section 2.3.1).
    SecretInUrl,
    /// The service does not accept the signed request.
    WsKey(wskey::Error),
    /// The service cannot read the header `Authorization: Basic`.
    Basic(basic::Error),
    /// The secret that was sent is none of the client's.
    Secret {
        /// How the refusal challenges.
        challenge: Challenge,
        /// Why. Only the log has it.
        cause: Mismatch,
    },
    /// The service does not accept the client assertion.
    Assertion(assertion::Error),
    /// The client must show credentials. Only the log knows why.
    Public(Mismatch),
}

impl From<wskey::Error> for Failure {
    fn from(error: wskey::Error) -> Self {
        Self::WsKey(error)
    }
}

impl From<basic::Error> for Failure {
    fn from(error: basic::Error) -> Self {
        Self::Basic(error)
    }
}

impl From<assertion::Error> for Failure {
    fn from(error: assertion::Error) -> Self {
        Self::Assertion(error)
    }
}

impl From<Failure> for Denial {
    fn from(failure: Failure) -> Self {
        Self::ClientAuth(failure)
    }
}

impl From<wskey::Error> for Denial {
    fn from(error: wskey::Error) -> Self {
        Failure::from(error).into()
    }
}

impl From<assertion::Error> for Denial {
    fn from(error: assertion::Error) -> Self {
        Failure::from(error).into()
    }
}

impl Failure {
    /// How the refusal challenges, if it is a 401: by the scheme that the request used.
    pub fn challenge(&self) -> Challenge {
        match self {
            Self::Basic(error) => error.challenge,
            Self::Secret { challenge, .. } => *challenge,
            Self::Missing
            | Self::Replayed(_)
            | Self::MethodsMixed
            | Self::SecretInUrl
            | Self::WsKey(_)
            | Self::Assertion(_)
            | Self::Public(_) => Challenge::default(),
        }
    }

    /// The name of the failure in the log.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Missing => "credentials_missing",
            Self::Replayed(_) => "replayed",
            Self::MethodsMixed => "methods_mixed",
            Self::SecretInUrl => "secret_in_url",
            Self::WsKey(error) => error.name(),
            Self::Basic(error) => error.name(),
            Self::Secret { cause, .. } => cause.name().unwrap_or("secret_wrong"),
            Self::Assertion(error) => error.name(),
            Self::Public(cause) => cause.name().unwrap_or(Self::Missing.name()),
        }
    }

    /// The place on the errors page that explains the failure. What has one answer has one place.
    pub(crate) fn anchor(&self) -> &'static str {
        match self {
            Self::WsKey(error) => error.anchor(),
            Self::Secret { challenge, .. } => {
                Self::Secret { challenge: *challenge, cause: Mismatch::WrongCredentials }.name()
            }
            Self::Assertion(error) => error.anchor(),
            Self::Public(_) => Self::Missing.name(),
            failure => failure.name(),
        }
    }

    /// Turns the failure into status, code and text.
    pub(crate) fn wire(&self) -> Wire {
        match self {
            Self::Missing | Self::Public(_) => wskey::error::missing(),
            Self::Replayed(AuthMethod::WsKey) => wskey::error::replayed(),
            Self::Replayed(AuthMethod::SecretJwt | AuthMethod::PrivateKeyJwt) => Wire::invalid_client(
                "The service accepted this client_assertion before.",
                "Make a new assertion, with a new jti, for each request.",
            ),
            Self::Replayed(_) => {
                Wire::invalid_client("The service accepted this request before.", "Make a new request.")
            }
            Self::MethodsMixed => Wire::invalid_request(
                "The request authenticates by more than one method.",
                "Send a signature, or Basic credentials, or a client_secret or a client_assertion in the form, and only one of them \
                 (RFC 6749 section 2.3).",
            ),
            Self::SecretInUrl => Wire::invalid_request(
                "The query has a client_secret. A URL must not have a secret.",
                "Servers and proxies write URLs into logs: ask the operator for a new secret. Send it in the form or in the \
                 header Authorization: Basic (RFC 6749 section 2.3.1).",
            ),
            Self::WsKey(error) => error.wire(),
            Self::Basic(error) => error.wire(),
            Self::Assertion(error) => error.wire(),
            Self::Secret { .. } => Wire::invalid_client(
                "The client is unknown or disabled, is not registered for this method, or the secret is wrong.",
                "Check client id and secret for a blank or a line feed at their ends. Ask the operator by which methods the \
                 client is registered to authenticate: a client sends its client_secret by client_secret_basic (header \
                 Authorization: Basic) or client_secret_post (form). Most clients are registered to sign their requests \
                 (wskey_hmac_sha256), and never send it. The service accepts no Bearer credentials. The metadata document \
                 (/.well-known/oauth-authorization-server) lists the methods.",
            ),
        }
    }
}
