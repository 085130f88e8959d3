//! The conversations: load, ask the rules, write, reply. One file an endpoint.

pub mod authorize;
pub mod client;
pub mod device;
pub mod introspect;
pub mod issue;
pub mod metadata;
pub mod parameters;
pub mod push;
pub mod redeem;
pub mod refresh;
pub mod revoke;

use latchkey_dynamodb::random;
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grants::Entropy;

/// The random bytes of one request.
fn entropy() -> Result<Entropy, Unavailable> {
    Ok(Entropy { access: random()?, refresh: random()? })
}
