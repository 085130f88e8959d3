//! What the command line does, run as an operator, a client developer and a newcomer run it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod audit;
mod checks;
mod clients;
mod containers;
mod crash;
mod credentials;
mod damage;
mod deletions;
mod dice;
mod example_api;
mod explain;
mod failures;
mod generated;
mod grants;
mod imports;
mod leaks;
mod local_page;
mod local_ports;
mod local_server;
mod local_settings;
mod login;
mod namespaces;
mod operators;
mod place;
mod proxies;
mod registrations;
mod running;
mod sealing;
mod sign;
mod state_folder;
mod streams;
mod terminal;
mod two_builds;
mod users;
