//! What a provider answers: its token endpoint (RFC 6749 section 5, OpenID Connect Core section 3.1.3.3), of which only the ID
//! token counts, and the address of its keys.

use super::id_token::MAX_ID_TOKEN;
use super::keys::{self, MAX_DOCUMENT};
use crate::error::{IdTokenError, ProviderError};
use crate::jose::members::Members;
use crate::jose::{Algorithm, PublicKey};

#[cfg(test)]
mod tests;

/// Whether a header `Content-Type` says JSON. A type of its own that ends in `+json` is one, too.
pub fn is_json(content_type: Option<&str>) -> bool {
    let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let lower = media_type.to_ascii_lowercase();
    lower == "application/json" || (lower.starts_with("application/") && lower.ends_with("+json"))
}

/// Whether the provider says that it cannot answer now. Any other status that refuses is a fault of its own.
fn is_away(status: u16) -> bool {
    status == 429 || (500..600).contains(&status)
}

/// The keys of this algorithm, as the provider publishes them now.
pub fn key_set(
    status: u16,
    content_type: Option<&str>,
    body: &[u8],
    algorithm: Algorithm,
) -> Result<Vec<PublicKey>, ProviderError> {
    if is_away(status) {
        return Err(ProviderError::Unreachable);
    }
    if status != 200 || !is_json(content_type) {
        return Err(ProviderError::AnswerMalformed);
    }
    let document = std::str::from_utf8(body).map_err(|_| ProviderError::AnswerMalformed)?;
    keys::read(document, algorithm).map_err(|_| ProviderError::AnswerMalformed)
}

/// The ID token of an answer. Nothing of it is verified.
pub fn read(status: u16, content_type: Option<&str>, body: &[u8]) -> Result<String, ProviderError> {
    if is_away(status) {
        return Err(ProviderError::Unreachable);
    }
    if body.len() > MAX_DOCUMENT || !is_json(content_type) {
        // However it is written, a 400 refuses what was sent.
        return Err(match status {
            400 => ProviderError::Refused,
            401 => ProviderError::ClientRefused,
            _ => ProviderError::AnswerMalformed,
        });
    }
    let members = Members::parse_bytes(body).map_err(|_| ProviderError::AnswerMalformed)?;
    let text = |name| members.text(name).map_err(|_| ProviderError::AnswerMalformed);
    if status != 200 {
        return Err(match (status, text("error")?.as_deref()) {
            (401, _) | (400..500, Some("invalid_client" | "unauthorized_client")) => ProviderError::ClientRefused,
            (400..500, Some("invalid_grant")) => ProviderError::CodeRefused,
            (400, None) | (400..500, Some(_)) => ProviderError::Refused,
            _ => ProviderError::AnswerMalformed,
        });
    }
    let of_type = text("token_type")?.ok_or(ProviderError::AnswerMalformed)?;
    if !of_type.eq_ignore_ascii_case("Bearer") {
        return Err(ProviderError::AnswerMalformed);
    }
    let token = text("id_token")?.filter(|token| !token.is_empty()).ok_or(ProviderError::AnswerMalformed)?;
    if token.len() > MAX_ID_TOKEN { Err(IdTokenError::Malformed.into()) } else { Ok(token) }
}
