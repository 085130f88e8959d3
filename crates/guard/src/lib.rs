//! The check of access tokens that API owners put in front of an API.
//!
//! | room | what is there |
//! |---|---|
//! | `bearer` | the check: whose token it is, and whether it is good for what is asked |
//! | `layer` | the check as a tower layer |
//! | `config` | what the authorizer and the guard read of the environment |
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod bearer;
pub mod config;
#[cfg(feature = "layer")]
pub mod layer;

pub use bearer::{Bearer, Checker};
pub use config::AuthorizerConfig;
#[cfg(feature = "layer")]
pub use layer::Guard;
