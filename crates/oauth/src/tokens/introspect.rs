//! Introspection (RFC 7662): what the owner of an API may know of a token.

use crate::client::{ANY_SCOPE, Client};
use crate::error::Denial;
use crate::scope::Scope;
use crate::tokens::active::Active;

/// Refuses a client that is not registered to introspect anything.
pub fn check(client: &Client) -> Result<(), Denial> {
    if client.introspects.is_empty() { Err(Denial::IntrospectionNotAllowed) } else { Ok(()) }
}

/// What of the token's scope this client may see. `None` where that is nothing: then the token is none of its business
/// (RFC 7662 section 4), and looks to it as one that does not exist.
pub fn visible(client: &Client, active: &Active<'_>) -> Option<Scope> {
    let registered = |token: &str| client.introspects.iter().any(|known| known == ANY_SCOPE || known == token);
    let scope = active.scope.filtered(registered);
    scope.names_a_service().then_some(scope)
}
