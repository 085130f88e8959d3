//! The one table: functions, routes, settings, permissions, metrics. Only constants.
//!
//! Functions, local server, metadata document and command line read it. `stages/generate` writes both deployments,
//! `docs/configuration.md` and what the rehearsal asks for from it. Tests hold the OpenAPI document to it.

pub mod actions;
pub mod functions;
pub mod key_sets;
pub mod routes;
mod setting;
pub mod settings;
pub mod tables;
#[cfg(test)]
mod tests;

pub use functions::Function;
pub use key_sets::KeySet;
pub use routes::{
    APPLICATIONS, AUTHORIZE, AUTHORIZE_ALIAS, CALLBACK, DEVICE, DEVICE_AUTHORIZATION, INTROSPECT, METADATA, OPENID,
    PUSH, REFRESH, REVOKE, ROUTES, Route, SIGN_OUT, STYLE, TOKEN, is_at, paths_of_endpoint,
};
