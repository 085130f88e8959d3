//! The behaviour of Latchkey: one test binary, a file a behaviour, tests named as sentences.
//!
//! Behaviour is tested over HTTP, against the local server and a real DynamoDB engine. With
//! `LATCHKEY_TEST_DYNAMODB_URL` set, the same tests run against the engine at that address instead of the embedded one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod answers;
mod authorize;
mod authorizer;
mod caller;
mod canonical;
mod command_line;
mod configuration;
mod cost;
mod crash;
mod events;
mod faults;
mod functions;
mod fuzz;
mod header;
mod infrastructure;
mod introspect;
mod issue;
mod kinds;
mod kms;
mod laws;
mod leaks;
mod local_server;
mod metadata;
mod model;
mod others;
mod people_commands;
mod races;
mod redeem;
mod refresh;
mod revoke;
mod runtime_api;
mod sealing;
mod sign_in;
#[path = "../../benches/shared/tls.rs"]
#[allow(dead_code)]
mod tls;
mod vectors;
mod visitor;
mod wire;
mod world;
