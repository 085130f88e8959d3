//! Why a client is not authenticated, whichever way it used.

use crate::client_auth::{Way, wskey};
use crate::error::{Denial, Wire};

/// Why a client is not authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The request shows no credentials.
    Missing,
    /// A copy of a request that was accepted before and authenticated in this way.
    Replayed(Way),
    /// A signed request is not accepted.
    WsKey(wskey::Error),
}

impl From<Failure> for Denial {
    fn from(failure: Failure) -> Self {
        Self::ClientAuth(failure)
    }
}

impl Failure {
    /// The way that the request used; the default one where it used none.
    pub fn way(&self) -> Way {
        match self {
            Self::Missing => Way::default(),
            Self::Replayed(way) => *way,
            Self::WsKey(_) => Way::WsKey,
        }
    }

    /// Its name in the log.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Missing => "credentials_missing",
            Self::Replayed(_) => "replayed",
            Self::WsKey(error) => error.name(),
        }
    }

    /// Where the errors page explains it.
    pub(crate) fn anchor(&self) -> &'static str {
        match self {
            Self::Missing | Self::Replayed(_) => self.name(),
            Self::WsKey(error) => error.anchor(),
        }
    }

    /// What the client is told.
    pub(crate) fn wire(&self) -> Wire {
        match self {
            Self::Missing => wskey::error::missing(),
            Self::Replayed(Way::WsKey) => wskey::error::replayed(),
            Self::WsKey(error) => error.wire(),
        }
    }
}

/// Why a client's record does not bear a request out. Only the log sees it: to the client the three are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// No such client.
    UnknownClient,
    /// The client is disabled.
    DisabledClient,
    /// The credentials are none of this client's.
    WrongCredentials,
}

impl Mismatch {
    /// Its name in the log; what is wrong with credentials each way has its own name for.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::UnknownClient => Some("client_unknown"),
            Self::DisabledClient => Some("client_disabled"),
            Self::WrongCredentials => None,
        }
    }
}
