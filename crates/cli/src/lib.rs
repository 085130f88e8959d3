//! The command line and the local server.
//!
//! | room | what is there |
//! |---|---|
//! | `cli` | a file a command |
//! | `local` | the local server: the functions over a DynamoDB engine in this process, with a demo client and user |
//! | `gateway` | what API Gateway does between HTTP and a function's event |

pub mod cli;
pub mod gateway;
pub mod local;
