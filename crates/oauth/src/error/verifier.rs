//! Refusals of a `code_verifier` (RFC 7636).

use crate::error::Wire;

/// Why PKCE fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifierError {
    /// The code has a challenge and no verifier came.
    Missing,
    /// What came cannot be a verifier.
    Malformed,
    /// The verifier is not the challenge's.
    Wrong,
    /// A verifier came for a code without a challenge.
    Unexpected,
}

impl VerifierError {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Missing => "verifier_missing",
            Self::Malformed => "verifier_malformed",
            Self::Wrong => "verifier_wrong",
            Self::Unexpected => "verifier_unexpected",
        }
    }

    pub(super) fn wire(self) -> Wire {
        match self {
            Self::Missing => Wire::invalid_grant(
                "The code_verifier is missing: the authorization request had a code_challenge.",
                "Send the code_verifier of that code_challenge (RFC 7636 section 4.5).",
            ),
            Self::Malformed => Wire::invalid_grant(
                "The code_verifier must have 43 to 128 letters, digits, hyphens, dots, underscores and tildes.",
                "Make one of random characters, for example as the base64url of 32 random bytes (RFC 7636 section 4.1).",
            ),
            Self::Wrong => Wire::invalid_grant(
                "The code_verifier does not match the code_challenge.",
                "The code_challenge is base64url(SHA-256(code_verifier)) without padding (RFC 7636 section 4.2).",
            ),
            Self::Unexpected => Wire::invalid_grant(
                "The request has a code_verifier, and the authorization request had no code_challenge.",
                "Send both or neither. If the client sent a code_challenge, an attacker may have removed it: start a new \
                 authorization request.",
            ),
        }
    }
}
