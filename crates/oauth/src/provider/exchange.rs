//! The request that redeems a provider's code (RFC 6749 section 4.1.3, RFC 7636 section 4.5).

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::visit::TabSecret;
use super::{Method, Provider};
use crate::form::encode;
use crate::secret::ClientSecret;

#[cfg(test)]
mod tests;

/// What is sent to the token endpoint, as `application/x-www-form-urlencoded`.
pub struct Exchange {
    /// The header `Authorization`, if there is one.
    pub authorization: Option<Zeroizing<String>>,
    /// The form.
    pub body: Zeroizing<String>,
}

/// Makes the request for a code that came to `redirect_uri`.
pub fn request(
    provider: &Provider,
    secret: &ClientSecret,
    code: &str,
    redirect_uri: &str,
    tab: &TabSecret,
) -> Exchange {
    let verifier = Zeroizing::new(tab.verifier());
    let mut pairs = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", &verifier),
    ];
    let authorization = match provider.auth.method() {
        Method::Basic => {
            // Both are form-encoded before they are joined (RFC 6749 section 2.3.1).
            let joined = format!("{}:{}", encode(&provider.client_id), encode(secret.expose()));
            Some(Zeroizing::new(format!("Basic {}", STANDARD.encode(Zeroizing::new(joined).as_bytes()))))
        }
        Method::Post => {
            pairs.extend([("client_id", provider.client_id.as_str()), ("client_secret", secret.expose())]);
            None
        }
    };
    let encoded: Vec<_> = pairs.into_iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    Exchange { authorization, body: Zeroizing::new(encoded.join("&")) }
}
