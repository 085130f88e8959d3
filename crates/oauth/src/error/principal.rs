//! Refusals of a user that a client names.

use crate::error::{Denial, Sent, Wire};
use crate::grant::Principal;
use crate::text::is_whole;

/// How a request names a user as it may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalError {
    /// A value has the character U+FFFD in the place of bytes that were lost.
    NotText(&'static str),
    /// Only one of `principalID` and `principalIDNS` is there.
    Incomplete,
    /// The client may not name a user.
    NotAllowed,
    /// The client may not name users of this namespace.
    NamespaceNotAllowed(Sent),
    /// The header names a user, and the client must name one where the signature covers it.
    Unsigned,
    /// The header names another user than the parameters.
    Differs,
}

impl From<PrincipalError> for Denial {
    fn from(error: PrincipalError) -> Self {
        Self::Principal(error)
    }
}

impl PrincipalError {
    /// Reads a user, who is named by both texts or by none.
    pub fn check(id: Option<&str>, idns: Option<&str>) -> Result<Option<Principal>, Self> {
        let both = [("principalID", id), ("principalIDNS", idns)];
        if let Some((name, _)) = both.into_iter().find(|(_, value)| !value.is_none_or(is_whole)) {
            return Err(Self::NotText(name));
        }
        match (id, idns) {
            (None, None) => Ok(None),
            (Some(id), Some(idns)) => Ok(Some(Principal::new(id, idns))),
            _ => Err(Self::Incomplete),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::NotText(_) => "principal_not_text",
            Self::Incomplete => "principal_incomplete",
            Self::NotAllowed => "principal_not_allowed",
            Self::NamespaceNotAllowed(_) => "namespace_not_allowed",
            Self::Unsigned => "principal_unsigned",
            Self::Differs => "principal_differs",
        }
    }

    pub(super) fn wire(&self) -> Wire {
        match self {
            Self::NotText(name) => Wire::invalid_request(
                format!(
                    "The parameter or attribute {name} has the character U+FFFD in the place of bytes that are not UTF-8."
                ),
                "Send the value in UTF-8. If you do, a gateway or a proxy changes the request.",
            ),
            Self::Incomplete => Wire::invalid_request(
                "The request has only one of principalID and principalIDNS.",
                "Send both or neither.",
            ),
            Self::NotAllowed => Wire::unauthorized_client(
                "The client is not registered to name a user (principalID and principalIDNS).",
                "Leave the user out, or ask the operator to register the client for it.",
            ),
            Self::NamespaceNotAllowed(sent) => Wire::unauthorized_client(
                format!("The client is not registered to name users of the namespace {sent}, the principalIDNS."),
                "Check the principalIDNS, or ask the operator to add the namespace to the registration.",
            ),
            Self::Unsigned => Wire::unauthorized_client(
                "The client is registered to name a user only where the signature covers it, and the user is in the \
                 Authorization header.",
                "Send principalID and principalIDNS as parameters of the request, and leave them out of the header. If the \
                 client cannot, ask the operator to take the header.",
            ),
            Self::Differs => Wire::invalid_request(
                "The Authorization header and the parameters name different users.",
                "Name the user only in the parameters principalID and principalIDNS. If you do, an attacker may have changed \
                 the header.",
            ),
        }
    }
}
