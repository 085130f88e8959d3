//! Refusals of an ID token (OpenID Connect Core section 3.1.3.7): one for each check.

use super::Wire;
use super::wire::of_provider;

/// Why an ID token does not say who the user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdTokenError {
    /// It is no signed JWT in the compact form, or is too long, or repeats a member, or has an extension that counts.
    Malformed,
    /// `alg` is another one than the registered one.
    AlgorithmWrong,
    /// `kid` names no key that is known. The key set may have changed.
    KeyUnknown,
    /// It names no key, and the provider has several.
    KeyUnnamed,
    /// The signature is not by the provider's key.
    SignatureWrong,
    /// A claim is missing, or of another type.
    ClaimMalformed(&'static str),
    /// The claim that names the user is missing, or is no text.
    UserUnnamed,
    /// `iss` is another issuer.
    IssuerDiffers,
    /// `aud` has not this service, or not it alone.
    AudienceWrong,
    /// `azp` is another client.
    PartyWrong,
    /// `exp` has passed.
    Expired,
    /// `iat`, `nbf` or `auth_time` is in the future.
    FromFuture,
    /// `iat` is long before the time at which the user left for the provider.
    TooOld,
    /// `nonce` is missing, or of another visit.
    NonceWrong,
    /// `auth_time` is missing, and was asked for.
    AuthTimeMissing,
    /// The user authenticated longer ago than was asked for.
    AuthTimeOld,
    /// What names the user is empty, too long, or has characters that are not seen.
    SubjectUnusable,
}

impl IdTokenError {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Malformed => "id_token_malformed",
            Self::AlgorithmWrong => "id_token_algorithm_wrong",
            Self::KeyUnknown => "id_token_key_unknown",
            Self::KeyUnnamed => "id_token_key_unnamed",
            Self::SignatureWrong => "id_token_signature_wrong",
            Self::ClaimMalformed(_) => "id_token_claim_malformed",
            Self::UserUnnamed => "id_token_user_unnamed",
            Self::IssuerDiffers => "id_token_issuer_differs",
            Self::AudienceWrong => "id_token_audience_wrong",
            Self::PartyWrong => "id_token_party_wrong",
            Self::Expired => "id_token_expired",
            Self::FromFuture => "id_token_from_future",
            Self::TooOld => "id_token_too_old",
            Self::NonceWrong => "id_token_nonce_wrong",
            Self::AuthTimeMissing => "id_token_auth_time_missing",
            Self::AuthTimeOld => "id_token_auth_time_old",
            Self::SubjectUnusable => "id_token_subject_unusable",
        }
    }

    pub(super) fn wire(self) -> Wire {
        match self {
            Self::Malformed => of_provider("The provider's ID token is not a signed JWT that the service reads."),
            Self::AlgorithmWrong => {
                of_provider("The provider's ID token is signed by another algorithm than the registered one.")
            }
            Self::KeyUnknown => {
                of_provider("The provider's ID token names a key that is not in the provider's key set.")
            }
            Self::KeyUnnamed => of_provider("The provider's ID token names no key, and the provider has several."),
            Self::SignatureWrong => of_provider("The provider's ID token is not signed by the provider's key."),
            Self::ClaimMalformed(name) => {
                of_provider(format!("The provider's ID token has no claim {name} of the right type."))
            }
            Self::UserUnnamed => of_provider("The provider's ID token lacks the claim that names the user."),
            Self::IssuerDiffers => of_provider("The provider's ID token is of another issuer."),
            Self::AudienceWrong => of_provider("The provider's ID token is not for this service alone."),
            Self::PartyWrong => of_provider("The provider's ID token was given to another client."),
            Self::Expired => of_provider("The provider's ID token has expired."),
            Self::FromFuture => of_provider("The provider's ID token has a time in the future."),
            Self::TooOld => of_provider("The provider's ID token was made long before the user left for the provider."),
            Self::NonceWrong => of_provider("The provider's ID token does not belong to this sign-in."),
            Self::AuthTimeMissing => {
                of_provider("The provider does not say when the user authenticated, and the application wants to know.")
            }
            Self::AuthTimeOld => {
                of_provider("The user authenticated at the provider longer ago than the application allows.")
            }
            Self::SubjectUnusable => {
                of_provider("What the provider calls the user is empty, too long, or has characters that are not seen.")
            }
        }
    }
}
