//! Latchkey: a serverless OAuth 2.0 token service.
//!
//! Registered clients sign their requests with HMAC and get short-lived access tokens and longer-lived refresh tokens;
//! with a refresh token an application gets new access tokens without asking its user to sign in again.
//!
//! # The map
//!
//! | room | what stands there |
//! |---|---|
//! | vocabulary, pure | [`client`], [`grant`], [`token`], [`scope`], [`secret`], [`settings`], [`denial`] |
//! | protocol, pure | [`signature`] (header, canonical text, hints), [`flow`] (one rule a file) |
//! | memory | [`store`], one concrete type over DynamoDB |
//! | conversation | [`endpoint`] (load, ask, write, reply), [`reply`], [`record`] |
//! | doors | [`app`] (configuration), [`lambda`], `local`, `cli` |
//! | `src/bin/` | a few lines for each function, and the command line |
//!
//! ```text
//! bin ─► lambda │ local │ cli │ app ─► endpoint ─► { flow, signature (pure) │ store } ─► vocabulary (pure)
//! ```
//!
//! Arrows point one way. `flow` and `store` never see each other. Nothing pure is async, reads the clock or the
//! environment, or names an AWS type. A test reads the sources and holds that law. Asked "where is X?", the answer is
//! the word in the URL: `endpoint/refresh.rs` holds the conversation, `flow/refresh.rs` the rule, `tests/it/refresh.rs`
//! stands beside them.

pub mod app;
#[cfg(feature = "cli")]
pub mod cli;
pub mod client;
pub mod denial;
pub mod endpoint;
pub mod flow;
pub mod grant;
#[cfg(feature = "guard")]
pub mod guard;
#[cfg(feature = "lambda")]
pub mod lambda;
#[cfg(feature = "cli")]
pub mod local;
pub mod page;
pub mod password;
pub mod record;
pub mod reply;
pub mod scope;
pub mod secret;
pub mod session;
pub mod settings;
pub mod signature;
pub mod store;
pub mod token;
pub mod user;
