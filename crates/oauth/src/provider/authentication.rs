//! The authentication request that a browser takes to the provider (OpenID Connect Core section 3.1.2.1), and the answer that it
//! brings back. Each institution has a redirect URI of its own, so an answer says by where it comes whose it is (RFC 9700 section
//! 4.4.2.2).

use super::Provider;
use super::visit::{TabSecret, Visit};
use crate::error::ProviderError;
use crate::form::{Pairs, encode};
use crate::service::CALLBACK;

#[cfg(test)]
mod tests;

/// The parameter of a redirect URI that names the institution.
const INSTITUTION: &str = "institution";

/// Where the provider of an institution sends its users back to: what its administrator enters. `service` is the service's own
/// URL.
pub fn redirect_uri(service: &str, institution_id: &str) -> String {
    format!("{service}{CALLBACK}?{INSTITUTION}={}", encode(institution_id))
}

/// The parameters that the service adds to the address of a provider.
pub const ADDED: [&str; 10] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
];

/// Where a user is sent. `state` is the sealed visit.
pub fn url(provider: &Provider, visit: &Visit, tab: &TabSecret, redirect_uri: &str, state: &str) -> String {
    let (nonce, challenge) = (tab.nonce(), tab.challenge());
    // A provider need not say when the user authenticated unless it gets a max_age.
    let max_age = visit.max_age.or(visit.login.then_some(0)).map(|seconds| seconds.to_string());
    let values = [
        Some("code"),
        Some(provider.client_id.as_str()),
        Some(redirect_uri),
        Some(provider.scope.as_str()),
        Some(state),
        Some(&nonce),
        Some(&challenge),
        Some("S256"),
        visit.prompt(provider),
        max_age.as_deref(),
    ];
    let pairs = ADDED.iter().zip(values).filter_map(|(name, value)| Some(format!("{name}={}", encode(value?))));
    let joint = if provider.authorization_endpoint.contains('?') { '&' } else { '?' };
    format!("{}{joint}{}", provider.authorization_endpoint, pairs.collect::<Vec<_>>().join("&"))
}

/// The parameters of an answer that are read. Providers add others, which are not looked at.
pub const READ: [&str; 5] = ["state", "code", "error", "iss", INSTITUTION];

/// What a browser brings back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Callback<'a> {
    /// `state`: the visit, sealed.
    pub state: &'a str,
    /// Of which institution the redirect URI is that it came by.
    institution: Option<&'a str>,
    /// `iss`: who answers (RFC 9207).
    iss: Option<&'a str>,
    outcome: Result<&'a str, ProviderError>,
}

impl<'a> Callback<'a> {
    /// Reads the query. Parameters that say nothing to this service are not looked at.
    pub fn read(pairs: &'a Pairs<'_>) -> Result<Self, ProviderError> {
        let one = |known: &str| {
            let mut values = pairs.iter().filter(|(name, _)| *name == known).map(|(_, value)| value);
            match (values.next(), values.next()) {
                (value, None) => Ok(value.filter(|value| !value.is_empty())),
                _ => Err(ProviderError::ResponseMalformed),
            }
        };
        let state = one("state")?.ok_or(ProviderError::VisitUnknown)?;
        let outcome = match (one("code")?, one("error")?) {
            (Some(code), None) => Ok(code),
            (None, Some(error)) => Err(of_error(error)),
            _ => return Err(ProviderError::ResponseMalformed),
        };
        Ok(Self { state, institution: one(INSTITUTION)?, iss: one("iss")?, outcome })
    }

    /// The code, if the answer is this provider's and is one. A provider that does not send `iss` is known by its redirect URI
    /// alone.
    pub fn code(&self, provider: &Provider) -> Result<&'a str, ProviderError> {
        if self.institution != Some(&*provider.institution_id) {
            return Err(ProviderError::InstitutionDiffers);
        }
        check_iss(provider, self.iss)?;
        self.outcome
    }
}

/// An error of the authorization endpoint (RFC 6749 section 4.1.2.1, OpenID Connect Core section 3.1.2.6). No word of it is
/// repeated: it may be anyone's.
fn of_error(error: &str) -> ProviderError {
    match error {
        "access_denied" => ProviderError::Cancelled,
        "unauthorized_client" | "invalid_client" => ProviderError::ClientRefused,
        "temporarily_unavailable" => ProviderError::Unreachable,
        _ => ProviderError::Refused,
    }
}

/// Whether an answer is this provider's. What another one sends never counts; what says nothing counts where the provider did not
/// announce that it would (RFC 9207 section 2.4).
pub fn check_iss(provider: &Provider, iss: Option<&str>) -> Result<(), ProviderError> {
    match iss {
        Some(iss) if iss == provider.issuer => Ok(()),
        Some(_) => Err(ProviderError::IssuerDiffers),
        None if provider.sends_iss => Err(ProviderError::IssuerMissing),
        None => Ok(()),
    }
}
