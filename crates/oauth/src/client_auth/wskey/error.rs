//! What can be wrong with an Authorization header.

use std::fmt;

use super::SCHEME;

/// What is wrong with a header. Its `Display` says so without repeating any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// Longer than this, bytes.
    TooLong(usize),
    /// Another scheme: `Basic`, `Bearer`, or none at all.
    OtherScheme,
    /// Not text.
    NotText,
    /// Not the grammar of [`crate::client_auth::wskey::header`].
    Malformed,
    /// An attribute stands twice.
    Repeated(&'static str),
    /// A required attribute is missing or empty.
    Missing(&'static str),
    /// An attribute has a value that it cannot have.
    Invalid(&'static str),
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(limit) => write!(f, "the Authorization header is longer than {limit} bytes"),
            Self::OtherScheme => write!(f, "the Authorization header does not begin with {SCHEME}"),
            Self::NotText => write!(f, "the Authorization header is not UTF-8 text"),
            Self::Malformed => write!(f, "the Authorization header is not a list of name='value' with double quotes"),
            Self::Repeated(name) => write!(f, "the Authorization header has the attribute {name} twice"),
            Self::Missing(name) => write!(f, "the Authorization header lacks the attribute {name}"),
            Self::Invalid(name) => write!(f, "the Authorization header has an attribute {name} that cannot be one"),
        }
    }
}
