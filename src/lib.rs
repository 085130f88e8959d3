//! Latchkey, as it is deployed: the functions behind API Gateway.
//!
//! A function is a program in `src/bin`. `lambda` turns its event into a request, `endpoint` has the conversation, and the
//! rules and the store are in crates of their own. This is the map; every arrow points down it.
//!
//! | here | what is there |
//! |---|---|
//! | `lambda` | the door: events of API Gateway in, answers out; and the authorizer's |
//! | `config` | what a function reads of its environment, and the sealing keys |
//! | `endpoint` | a file an endpoint: what is asked of the store, what of the rules, in which order |
//! | `context` | the service, and one request on its way through it |
//! | `outbound` | the calls to the providers of institutions |
//! | `page` | what a user is shown, in the user's language |
//! | `log` | the one line that a request leaves behind |
//!
//! | below | what is there |
//! |---|---|
//! | `crates/guard` | the check of access tokens, which API owners depend on |
//! | `crates/dynamodb` | the store; the AWS client, the clock, the environment, randomness |
//! | `crates/connector` | the HTTP client, for AWS's services and for the providers of institutions |
//! | `crates/oauth` | the rules: pure |
//!
//! | beside | what is there |
//! |---|---|
//! | `crates/check` | the function `check`: asks a new version before it gets traffic, and the service from outside |
//! | `crates/cli` | the command line and the local server |
//! | `crates/testkit`, `crates/properties`, `crates/counted` | what tests, benchmarks and fuzzers share |
//! | `tests/service.rs`, `tests/cli/main.rs` | the tests: of the service by URL, of the command line by command |
//! | `crates/generate` | what writes the one table into deployments and documents |
//! | `crates/scale` | what requests and scans cost, and what gives way first under more load |
//! | `infra/template.yaml`, `infra/terraform` | the two deployments |
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod config;
pub mod context;
pub mod endpoint;
pub mod lambda;
pub mod log;
pub mod outbound;
// It counts places in a text.
#[allow(clippy::arithmetic_side_effects)]
pub mod page;
