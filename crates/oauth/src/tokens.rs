//! Tokens that were handed out: whether they are good, and who may see and end them.

pub mod active;
pub mod introspect;
pub mod revoke;
pub mod token_client;
