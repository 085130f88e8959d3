//! Why a client is not authenticated, in each way to authenticate.

use crate::client_auth::{Way, wskey};
use crate::error::{Denial, Wire};

/// Why a client is not authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The request has no credentials.
    Missing,
    /// The service accepted the same request before. It was authenticated in this way.
    Replayed(Way),
    /// The service does not accept the signed request.
    WsKey(wskey::Error),
}

impl From<Failure> for Denial {
    fn from(failure: Failure) -> Self {
        Self::ClientAuth(failure)
    }
}

impl Failure {
    /// The way that the request used, or the default way if it used none.
    pub fn way(&self) -> Way {
        match self {
            Self::Missing => Way::default(),
            Self::Replayed(way) => *way,
            Self::WsKey(_) => Way::WsKey,
        }
    }

    /// The name of the failure in the log.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Missing => "credentials_missing",
            Self::Replayed(_) => "replayed",
            Self::WsKey(error) => error.name(),
        }
    }

    /// The place on the errors page that explains the failure.
    pub(crate) fn anchor(&self) -> &'static str {
        match self {
            Self::Missing | Self::Replayed(_) => self.name(),
            Self::WsKey(error) => error.anchor(),
        }
    }

    /// Turns the failure into status, code and text.
    pub(crate) fn wire(&self) -> Wire {
        match self {
            Self::Missing => wskey::error::missing(),
            Self::Replayed(Way::WsKey) => wskey::error::replayed(),
            Self::WsKey(error) => error.wire(),
        }
    }
}

/// Why the credentials do not fit the record of the client. Only the log tells the three apart; the client gets one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// The client is not registered.
    UnknownClient,
    /// The client is disabled.
    DisabledClient,
    /// The credentials are not those of this client.
    WrongCredentials,
}

impl Mismatch {
    /// The name in the log; `None` for wrong credentials, which each way names itself.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::UnknownClient => Some("client_unknown"),
            Self::DisabledClient => Some("client_disabled"),
            Self::WrongCredentials => None,
        }
    }
}
