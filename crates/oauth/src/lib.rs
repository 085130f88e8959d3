//! The rules of Latchkey: the WSKey signature, the grants, the token model.
//!
//! Everything here is pure. The clock, the randomness and what the database holds are arguments; the list of dependencies
//! shows that nothing else can be reached.
//!
//! | room | what is there |
//! |---|---|
//! | [`service`], [`metrics`], [`outcome`] | the one table: functions, routes, settings, permissions; what is counted of the log |
//! | [`auth_method`], [`client`], [`grant`], [`grant_type`], [`keyrings`], [`scope`], [`secret`], [`settings`], [`token`], [`user`] | what the service knows |
//! | [`client_auth`], [`jose`], [`replay`] | ways for a client to authenticate; signed assertions and the keys that verify them; what makes a copy of a request a copy |
//! | [`grants`] | a file a grant |
//! | [`tokens`] | whether a token is good, and who may see and end it |
//! | [`sign_in`], [`session`] | ways for a user to sign in, and attempts; what a browser keeps |
//! | [`provider`] | sign-in by an institution's own provider |
//! | [`error`], [`response`], [`redirect`] | what a caller is told |
//! | [`form`], [`forwarded`], [`links`], [`proxy`], [`text`], [`time`] | how it is written, and by which proxy it came |
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod auth_method;
pub mod client;
// It counts places in a text. Its one question of time is how far two times are apart.
#[allow(clippy::arithmetic_side_effects)]
pub mod client_auth;
pub mod error;
#[cfg(test)]
mod example;
pub mod form;
pub mod forwarded;
pub mod grant;
pub mod grant_type;
pub mod grants;
pub mod jose;
pub mod keyrings;
pub mod links;
pub mod metrics;
pub mod outcome;
pub mod provider;
pub mod proxy;
pub mod redirect;
pub mod replay;
pub mod response;
pub mod scope;
pub mod secret;
pub mod service;
pub mod session;
pub mod settings;
pub mod sign_in;
pub mod text;
pub mod time;
pub mod token;
pub mod tokens;
pub mod user;
