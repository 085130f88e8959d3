//! How users sign in, and stay signed in.

pub mod attempts;
#[cfg(feature = "passwords")]
pub mod password;
pub mod session;
