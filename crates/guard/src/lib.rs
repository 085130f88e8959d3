//! The check of access tokens that API owners put in front of an API.

pub mod bearer;
pub mod config;
#[cfg(feature = "layer")]
pub mod layer;

pub use bearer::{Bearer, Checker};
pub use config::AuthorizerConfig;
#[cfg(feature = "layer")]
pub use layer::Guard;
