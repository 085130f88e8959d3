//! Whether the client of a token still counts, in deployments that ask about it (`LATCHKEY_CHECK_TOKEN_CLIENT`).

use crate::error::TokenClientError;
use crate::grant::Grant;

#[cfg(test)]
mod tests;

/// What is read of a token's client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenClient {
    /// Whether an operator has disabled it.
    pub disabled: bool,
    /// Of what it was granted before this time nothing is good any more, POSIX seconds.
    pub not_before: Option<u64>,
}

/// Refuses a token that is good by itself, whose client is deleted or disabled, or has had everything of the grant's age ended.
pub fn check(grant: &Grant, client: Option<TokenClient>) -> Result<(), TokenClientError> {
    let client = client.ok_or(TokenClientError::Deleted)?;
    if client.disabled {
        return Err(TokenClientError::Disabled);
    }
    if grant.is_before(client.not_before.unwrap_or_default()) { Err(TokenClientError::Ended) } else { Ok(()) }
}
