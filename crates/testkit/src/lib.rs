//! What tests and benchmarks share.
//!
//! | room | what is there |
//! |---|---|
//! | `world` | a local server with a clock of its own, its clients, and raw requests |
//! | `assertion` | client assertions, good and bad |
//! | `signer` | a client's key, and how it signs |
//! | `registered` | providers of institutions as an operator registers them, and a client with every attribute |
//! | `reply` | an answer, and what a test asserts of it |
//! | `visitor` | a browser as far as HTTP goes |
//! | `credentials` | hashes of passwords that are made quickly, and the codes of a user's app |
//! | `device` | a device without a browser, and the user who allows it |
//! | `provider` | an institution's own provider, good and bad |
//! | `form` | a form of consent as far as its answer goes |
//! | `events` | events of API Gateway, for the functions and for the authorizer |
//! | `faults` | calls to the database that get lost, late and broken |
//! | `tape` | what a function's store sends to AWS |
//! | `requests` | every kind of request, ready to be sent again, with what must be so afterwards |
//! | `hunt` | secrets, and the search for them in any dress |
//! | `runtime_api` | functions as Lambda runs them |
//! | `tls` | the database engine behind TLS, with what each call cost |
//! | `bench` | what only benchmarks use: the shipped binaries, a process's figures |
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::Path;

pub mod assertion;
pub mod bench;
pub mod credentials;
pub mod device;
pub mod events;
pub mod faults;
pub mod form;
pub mod hunt;
pub mod provider;
pub mod registered;
pub mod reply;
pub mod requests;
pub mod runtime_api;
pub mod signer;
pub mod tape;
pub mod tls;
pub mod visitor;
pub mod world;

/// The folder of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}
