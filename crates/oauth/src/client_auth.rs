//! How a client authenticates: the ways there are, and the questions that each answers.
//!
//! Each way is a file. To add one, write it and add an arm to [`Way`], [`ClientAuth`] and [`Failure`]: the compiler then asks
//! for everything else, except the lines in [`Way::ALL`] and [`ClientAuth::of`].

pub mod failure;
pub mod replay;
mod secrets;
#[cfg(test)]
mod tests;
pub mod wskey;

use bytes::Bytes;
use http::Request;

use crate::client::{Client, NamedSecret};
use crate::error::{Denial, Unavailable, Wire};
use crate::form::Pairs;
use crate::grant::Principal;
use crate::secret::Keyring;
use crate::settings::Settings;
use replay::Replay;
use wskey::WsKey;

pub use failure::{Failure, Mismatch};

/// A way to authenticate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// The client signs its requests. Existing clients know no other way, so a request that uses none is answered as if
    /// it had meant this one.
    #[default]
    WsKey,
}

impl Way {
    /// Every way, as the metadata document lists them.
    pub const ALL: [Self; 1] = [Self::WsKey];

    /// Its name among `token_endpoint_auth_methods_supported` (RFC 8414 section 2). No registry knows WSKey's.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WsKey => "wskey_hmac_sha256",
        }
    }

    /// The `WWW-Authenticate` of a refusal: a scheme for what the client used (RFC 6749 section 5.2), and why.
    pub fn challenge(self, wire: &Wire) -> String {
        match self {
            Self::WsKey => wskey::challenge(wire),
        }
    }
}

/// The credentials that a request shows. Nothing of them is verified.
pub enum ClientAuth<'a> {
    /// It is signed.
    WsKey(WsKey<'a>),
}

/// A client that a request proved to come from. Only [`ClientAuth::verify`] makes one.
#[non_exhaustive]
pub struct Verified {
    /// The client.
    pub client: Client,
    /// The name of the secret that proved it, for the log; none where the way needs no secret.
    pub secret: Option<String>,
}

/// What the secrets of a client say to a request.
pub enum Verdict<'a> {
    /// This secret made it.
    Verified(&'a NamedSecret),
    /// No live secret made it.
    Refused(Mismatch),
    /// No secret that opens made it, and one does not open: an operator must act.
    Unopened,
}

impl<'a> ClientAuth<'a> {
    /// Reads the credentials that a request shows.
    pub fn of(request: &'a Request<Bytes>) -> Result<Self, Failure> {
        // No other way uses the Authorization header.
        WsKey::of(request)?.map(Self::WsKey).ok_or(Failure::Missing)
    }

    /// Which way it is.
    pub fn way(&self) -> Way {
        match self {
            Self::WsKey(_) => Way::WsKey,
        }
    }

    /// Who the request says it is.
    pub fn client_id(&self) -> &str {
        match self {
            Self::WsKey(signed) => signed.client_id(),
        }
    }

    /// What a copy of the request is known by; `None` where the way marks no request.
    pub fn replay(&self, settings: &Settings, now: u64) -> Option<Replay> {
        match self {
            Self::WsKey(signed) => {
                Some(Replay { key: signed.replay_key(), until: settings.replay_guard(now), way: Way::WsKey })
            }
        }
    }

    /// The user that the credentials name, if any, where the signature does not cover it.
    pub fn principal(&self) -> Result<Option<Principal>, Denial> {
        match self {
            Self::WsKey(signed) => signed.principal(),
        }
    }

    /// Checks what needs no record of the client, and so no call to the database.
    pub fn check(&self, settings: &Settings, now: u64) -> Result<(), Failure> {
        match self {
            Self::WsKey(signed) => Ok(signed.check(settings, now)?),
        }
    }

    /// Checks the request, with its decoded query, against the record of the client that it names. Unknown client,
    /// disabled client and wrong credentials cost the same work and get the same answer.
    pub fn verify(
        &self,
        client: Option<Client>,
        query: &Pairs<'_>,
        keyring: &Keyring,
        settings: &Settings,
        now: u64,
    ) -> Result<Verified, Denial> {
        let secret = match self {
            Self::WsKey(signed) => {
                let secret = signed.verify(client.as_ref(), query, keyring, &settings.authority, now)?;
                Some(secret.name.clone())
            }
        };
        // A client that is not there has no secret, so no way verifies it.
        let client = client.ok_or(Unavailable::ItemDamaged)?;
        Ok(Verified { client, secret })
    }
}
