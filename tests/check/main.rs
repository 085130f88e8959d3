//! The function `check`, as Lambda runs it: in front of the real functions, of a CodeDeploy and of a Secrets Manager that
//! answer as AWS documents them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod before_traffic;
mod cloud;
mod leaks;
mod outside;
mod start;
