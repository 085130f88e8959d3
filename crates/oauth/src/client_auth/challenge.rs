//! How the 401 of a client that is not authenticated challenges.

use bytes::Bytes;
use http::Request;
use http::header::ORIGIN;

/// Which scheme a 401 names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Challenge {
    /// The one of signed requests: for them, and where a request used no scheme.
    #[default]
    WsKey,
    /// `Basic`, where a request used it.
    Basic,
}

impl Challenge {
    /// That of a request with the scheme `Basic`. To a request of a browser's script it is never `Basic`: the browser would ask
    /// its user for a password.
    pub(super) fn of(request: &Request<Bytes>) -> Self {
        if request.headers().contains_key(ORIGIN) { Self::WsKey } else { Self::Basic }
    }
}
