//! The store of Latchkey: clients, grants and users in DynamoDB; and what is not pure below it: the AWS client, the clock,
//! the environment, randomness.
//!
//! | room | what is there |
//! |---|---|
//! | `store` | the four tables: what is read and written, and how an item looks |
//! | `aws` | the AWS client, set for a function that a person waits for |
//! | `advice` | what an operator does about an error code of AWS |
//! | `roots` | whose certificates are trusted |
//! | `direct` | a client and a store over an engine in the same process |
//! | `clock`, `environment`, `random` | the one place each that reads the clock, the environment, randomness |
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod advice;
pub mod aws;
pub mod clock;
mod conflicts;
#[cfg(feature = "engine")]
pub mod direct;
mod documents;
pub mod environment;
pub mod random;
pub mod roots;
pub mod store;

pub use random::random;
