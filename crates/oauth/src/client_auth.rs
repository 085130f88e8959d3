//! Ways for a client to authenticate.

pub mod wskey;
