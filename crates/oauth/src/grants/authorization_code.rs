//! The authorization-code grant (RFC 6749 section 4.1): a request, a consent, a redemption.

pub mod consent;
pub mod prompt;
pub mod pushed;
pub mod redeem;
pub mod request;
