//! Latchkey, as it is deployed: the functions behind API Gateway.

pub mod config;
pub mod context;
pub mod endpoint;
pub mod lambda;
pub mod log;
pub mod page;
