//! Refusals of a sign-in by an institution's own provider.

use super::wire::{START_AGAIN, of_provider};
use super::{Denial, IdTokenError, Wire};

/// Why a user is not signed in by an institution's provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderError {
    /// The provider did not answer, or not in time, or broke off, or says that it cannot now.
    Unreachable,
    /// Its host's name leads to no address.
    Unresolved,
    /// It opens no TLS connection that the service trusts.
    Untrusted,
    /// Its address is none of the public network.
    AddressRefused,
    /// Its answer is not one of the protocol, or too long.
    AnswerMalformed,
    /// It does not take the service's credentials.
    ClientRefused,
    /// It does not take the code.
    CodeRefused,
    /// It answered with another error.
    Refused,
    /// The user cancelled there, or the provider lets the user not in.
    Cancelled,
    /// What the browser brings back has neither a code nor an error.
    ResponseMalformed,
    /// The browser came back by the redirect URI of another institution, or of none (RFC 9700 section 4.4.2.2).
    InstitutionDiffers,
    /// What the browser brings back is of another issuer (RFC 9207).
    IssuerDiffers,
    /// It does not say of which issuer it is, and the provider said that it would (RFC 9207).
    IssuerMissing,
    /// The institution's provider was changed or removed since the user left.
    Changed,
    /// The institution's users sign in by its provider only.
    Required,
    /// The request is too long to be kept while the user is away.
    RequestTooLong,
    /// The `state` is not one of this service, or was changed.
    VisitUnknown,
    /// The user came back too late.
    VisitExpired,
    /// The browser has not left for this visit, or has come back from it before.
    VisitForeign,
    /// The ID token does not count.
    IdToken(IdTokenError),
}

impl From<ProviderError> for Denial {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

impl From<IdTokenError> for Denial {
    fn from(error: IdTokenError) -> Self {
        Self::Provider(ProviderError::IdToken(error))
    }
}

impl From<IdTokenError> for ProviderError {
    fn from(error: IdTokenError) -> Self {
        Self::IdToken(error)
    }
}

impl ProviderError {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "provider_unreachable",
            Self::Unresolved => "provider_unresolved",
            Self::Untrusted => "provider_untrusted",
            Self::AddressRefused => "provider_address_refused",
            Self::AnswerMalformed => "provider_answer_malformed",
            Self::ClientRefused => "provider_client_refused",
            Self::CodeRefused => "provider_code_refused",
            Self::Refused => "provider_error",
            Self::Cancelled => "provider_cancelled",
            Self::ResponseMalformed => "provider_response_malformed",
            Self::InstitutionDiffers => "provider_institution_differs",
            Self::IssuerDiffers => "provider_issuer_differs",
            Self::IssuerMissing => "provider_issuer_missing",
            Self::Changed => "provider_changed",
            Self::Required => "provider_required",
            Self::RequestTooLong => "visit_too_long",
            Self::VisitUnknown => "visit_unknown",
            Self::VisitExpired => "visit_expired",
            Self::VisitForeign => "visit_foreign",
            Self::IdToken(error) => error.name(),
        }
    }

    pub(super) fn wire(self) -> Wire {
        match self {
            Self::Unreachable => of_provider(
                "The institution's provider could not be reached, broke off, or said that it cannot answer now.",
            ),
            Self::Unresolved => of_provider("The name of the institution's provider leads to no address."),
            Self::Untrusted => of_provider("The service does not trust the TLS of the institution's provider."),
            Self::AddressRefused => of_provider("The address of the institution's provider is not a public one."),
            Self::AnswerMalformed => of_provider("The service cannot read the answer of the institution's provider."),
            Self::ClientRefused => {
                of_provider("The institution's provider does not take the credentials of this service.")
            }
            Self::CodeRefused => of_provider("The institution's provider does not take its own code."),
            Self::Refused => of_provider("The institution's provider answered with an error."),
            Self::Cancelled => Wire::access_denied(
                "The user cancelled the sign-in, or the institution's provider refused it.",
                START_AGAIN,
            ),
            Self::ResponseMalformed => Wire::invalid_request(
                "The answer that the browser brought has neither one code nor one error.",
                START_AGAIN,
            ),
            Self::InstitutionDiffers => {
                of_provider("The browser came back by a redirect URI that is not the one of the user's institution.")
            }
            Self::IssuerDiffers => {
                of_provider("The answer that the browser brought is of another provider (RFC 9207).")
            }
            Self::IssuerMissing => {
                of_provider("The answer that the browser brought does not say of which provider it is (RFC 9207).")
            }
            Self::Changed => {
                Wire::invalid_request("The institution's provider was changed or removed in the meantime.", START_AGAIN)
            }
            Self::Required => {
                Wire::access_denied("Users of this institution sign in by the institution's own provider.", START_AGAIN)
            }
            Self::RequestTooLong => Wire::invalid_request(
                "The request is too long to be kept while the user signs in at the institution.",
                "Send a shorter state, and register a shorter redirect_uri.",
            ),
            Self::VisitUnknown => Wire::invalid_request(
                "The state that the browser brought is not one that this service gave out.",
                START_AGAIN,
            ),
            Self::VisitExpired => Wire::invalid_request("The user came back too late.", START_AGAIN),
            Self::VisitForeign => Wire::invalid_request(
                "This browser has not begun this sign-in, or has finished it before.",
                START_AGAIN,
            ),
            Self::IdToken(error) => error.wire(),
        }
    }
}
