//! The command line and the local server.

pub mod cli;
pub mod gateway;
pub mod local;
