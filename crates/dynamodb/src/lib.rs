//! The store of Latchkey: clients, grants and users in DynamoDB; and what is not pure below it: the AWS client, the clock,
//! the environment, randomness.

pub mod aws;
pub mod clock;
mod conflicts;
#[cfg(feature = "engine")]
pub mod direct;
pub mod environment;
pub mod random;
pub mod roots;
pub mod store;

pub use random::random;
