//! Why credentials do not fit the record of a client, whatever the method.

/// Why the credentials do not fit the record of the client. Only the log tells them apart; the client gets one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// The client is not registered.
    UnknownClient,
    /// The client is disabled.
    DisabledClient,
    /// The client is not registered for the method that the request used.
    MethodNotRegistered,
    /// The credentials are not those of this client.
    WrongCredentials,
}

impl Mismatch {
    /// The name in the log; `None` for wrong credentials, which each method names itself.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::UnknownClient => Some("client_unknown"),
            Self::DisabledClient => Some("client_disabled"),
            Self::MethodNotRegistered => Some("method_not_registered"),
            Self::WrongCredentials => None,
        }
    }
}
