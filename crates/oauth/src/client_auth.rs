//! How a client authenticates: the credentials that a request shows, and the questions that each kind answers.
//!
//! Each method is a file. To add one, write it and add an arm to [`AuthMethod`], [`ClientAuth`] and [`Failure`]: the compiler
//! then asks for everything else, except the lines in [`AuthMethod::ALL`], [`ClientAuth::in_header`] and [`ClientAuth::of`].

pub mod assertion;
pub mod basic;
mod challenge;
pub mod failure;
mod mismatch;
pub mod post;
pub mod private_key_jwt;
pub mod public;
pub mod replay;
pub mod secret_jwt;
mod secrets;
#[cfg(test)]
mod tests;
pub mod wskey;

use bytes::Bytes;
use http::Request;
use http::header::AUTHORIZATION;

use crate::auth_method::AuthMethod;
use crate::client::{Client, NamedSecret};
use crate::error::{Denial, Unavailable, Wire};
use crate::form::Pairs;
use crate::grant::Principal;
use crate::jose::Algorithm;
use crate::secret::Keyring;
use crate::settings::Settings;
use assertion::{Assertion, Audiences, CLIENT_ASSERTION};
use basic::Basic;
use post::Post;
use private_key_jwt::PrivateKeyJwt;
use public::Public;
use replay::Replay;
use secret_jwt::SecretJwt;
use wskey::WsKey;

pub use challenge::Challenge;
pub use failure::Failure;
pub use mismatch::Mismatch;

/// The parameter that carries a secret. Only a form may have it.
pub const CLIENT_SECRET: &str = "client_secret";

/// Whether parameters have a secret.
pub fn has_secret(pairs: &Pairs<'_>) -> bool {
    pairs.iter().any(|(name, value)| name == CLIENT_SECRET && !value.is_empty())
}

/// The credentials that a request shows. Nothing of them is verified.
pub enum ClientAuth<'a> {
    /// It is signed.
    WsKey(WsKey<'a>),
    /// The header has the secret.
    Basic(Basic),
    /// The form has the secret.
    Post(Post),
    /// The form has an assertion that the secret signed.
    SecretJwt(SecretJwt),
    /// The form has an assertion that a private key signed.
    PrivateKeyJwt(PrivateKeyJwt),
    /// It names a client and proves nothing.
    Public(Public),
}

/// A client that a request proved to come from. Only [`ClientAuth::verify`] makes one.
#[non_exhaustive]
pub struct Verified {
    /// The client.
    pub client: Client,
    /// The name of the secret or of the key that proved it, for the log; none where the method needs neither.
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

impl<'a> Verdict<'a> {
    /// The client's secret that the request sent in clear. A refusal challenges by `challenge`.
    fn secret(self, challenge: Challenge) -> Result<&'a NamedSecret, Denial> {
        match self {
            Self::Verified(secret) => Ok(secret),
            Self::Unopened => Err(Unavailable::SecretUnopened.into()),
            Self::Refused(cause) => Err(Failure::Secret { challenge, cause }.into()),
        }
    }
}

impl<'a> ClientAuth<'a> {
    /// Reads the credentials that the Authorization header shows; `None` if the request has no such header.
    pub fn in_header(request: &'a Request<Bytes>) -> Result<Option<Self>, Failure> {
        let mut values = request.headers().get_all(AUTHORIZATION).iter();
        Ok(match (values.next(), values.next()) {
            (Some(value), None) if basic::is_basic(value.as_bytes()) => {
                Some(Self::Basic(Basic::parse(value.as_bytes(), Challenge::of(request))?))
            }
            _ => WsKey::of(request)?.map(Self::WsKey),
        })
    }

    /// The one way in which a request authenticates, if it is one: what the header showed, or what query and form show (RFC
    /// 6749 section 2.3).
    pub fn of(in_header: Option<Self>, query: &Pairs<'_>, form: &Pairs<'_>) -> Result<Self, Denial> {
        // What a URL holds reaches logs (RFC 6749 section 2.3.1).
        let has = |pairs: &Pairs<'_>, what| pairs.iter().any(|(name, value)| name == what && !value.is_empty());
        if has_secret(query) {
            return Err(Failure::SecretInUrl.into());
        }
        if has(query, CLIENT_ASSERTION) {
            return Err(assertion::Error::InUrl.into());
        }
        let shown = [in_header.is_some(), has_secret(form), has(form, CLIENT_ASSERTION)];
        if shown.into_iter().filter(|shown| *shown).count() > 1 {
            return Err(Failure::MethodsMixed.into());
        }
        if let Some(shown) = in_header {
            return Ok(shown);
        }
        if let Some(assertion) = Assertion::of(form)? {
            // Which of the two methods it is, its algorithm says; whether the client may use it, its registration.
            return Ok(match assertion.jws().algorithm {
                Algorithm::Hs256 => Self::SecretJwt(SecretJwt(assertion)),
                _ => Self::PrivateKeyJwt(PrivateKeyJwt(assertion)),
            });
        }
        match Post::of(query, form)? {
            Some(post) => Ok(Self::Post(post)),
            None => Ok(Self::Public(Public::of(query, form)?)),
        }
    }

    /// Which method it is.
    pub fn method(&self) -> AuthMethod {
        match self {
            Self::WsKey(_) => AuthMethod::WsKey,
            Self::Basic(_) => AuthMethod::Basic,
            Self::Post(_) => AuthMethod::Post,
            Self::SecretJwt(_) => AuthMethod::SecretJwt,
            Self::PrivateKeyJwt(_) => AuthMethod::PrivateKeyJwt,
            Self::Public(_) => AuthMethod::None,
        }
    }

    /// Who the request says it is.
    pub fn client_id(&self) -> &str {
        match self {
            Self::WsKey(signed) => signed.client_id(),
            Self::Basic(basic) => basic.sent.client_id(),
            Self::Post(Post(sent)) => sent.client_id(),
            Self::SecretJwt(SecretJwt(assertion)) | Self::PrivateKeyJwt(PrivateKeyJwt(assertion)) => {
                assertion.client_id()
            }
            Self::Public(public) => public.client_id(),
        }
    }

    /// What a copy of the request is known by; `None` where the method marks no request.
    pub fn replay(&self, settings: &Settings, now: u64) -> Option<Replay> {
        match self {
            Self::WsKey(signed) => {
                Some(Replay::marked(AuthMethod::WsKey, signed.replay_key(), settings.replay_guard(now)))
            }
            Self::SecretJwt(SecretJwt(assertion)) | Self::PrivateKeyJwt(PrivateKeyJwt(assertion)) => {
                Some(Replay::marked(self.method(), assertion.replay_key(), assertion.until()))
            }
            // A password says nothing of the request.
            Self::Basic(_) | Self::Post(_) | Self::Public(_) => None,
        }
    }

    /// The user that the credentials name, if any, where the signature does not cover it.
    pub fn principal(&self) -> Result<Option<Principal>, Denial> {
        match self {
            Self::WsKey(signed) => signed.principal(),
            Self::Basic(_) | Self::Post(_) | Self::SecretJwt(_) | Self::PrivateKeyJwt(_) | Self::Public(_) => Ok(None),
        }
    }

    /// Checks what needs no record of the client, and so no call to the database.
    pub fn check(&self, settings: &Settings, now: u64) -> Result<(), Failure> {
        match self {
            Self::WsKey(signed) => Ok(signed.check(settings, now)?),
            Self::Basic(_) | Self::Post(_) | Self::SecretJwt(_) | Self::PrivateKeyJwt(_) | Self::Public(_) => Ok(()),
        }
    }

    /// Checks for whom an assertion is meant, and when it is good. That needs no record either.
    pub fn check_assertion(
        &self,
        audiences: impl FnOnce() -> Audiences,
        settings: &Settings,
        now: u64,
    ) -> Result<(), Failure> {
        match self {
            Self::SecretJwt(SecretJwt(assertion)) | Self::PrivateKeyJwt(PrivateKeyJwt(assertion)) => {
                Ok(assertion.check(&audiences(), settings, now)?)
            }
            Self::WsKey(_) | Self::Basic(_) | Self::Post(_) | Self::Public(_) => Ok(()),
        }
    }

    /// Checks the request, with its decoded query, against the record of the client that it names. Unknown client,
    /// disabled client, wrong credentials and a method that the client is not registered for cost the same work and get the
    /// same answer.
    pub fn verify(
        &self,
        client: Option<Client>,
        query: &Pairs<'_>,
        keyring: &Keyring,
        settings: &Settings,
        now: u64,
    ) -> Result<Verified, Denial> {
        let named = |secret: &NamedSecret| Some(secret.name.clone());
        let secret = match self {
            Self::WsKey(signed) => named(signed.verify(client.as_ref(), query, keyring, &settings.authority, now)?),
            Self::Basic(Basic { sent, challenge }) => {
                named(sent.verify(client.as_ref(), AuthMethod::Basic, keyring, now).secret(*challenge)?)
            }
            // The request used no scheme, so a refusal challenges as it does where nothing was used.
            Self::Post(Post(sent)) => {
                named(sent.verify(client.as_ref(), AuthMethod::Post, keyring, now).secret(Challenge::default())?)
            }
            Self::SecretJwt(asserted) => named(asserted.verify(client.as_ref(), keyring, now)?),
            Self::PrivateKeyJwt(asserted) => Some(asserted.verify(client.as_ref(), now)?.kid.clone()),
            Self::Public(public) => {
                public.verify(client.as_ref())?;
                None
            }
        };
        // A client that is not there has neither secret nor key, so no method verifies it.
        let client = client.ok_or(Unavailable::ItemDamaged)?;
        Ok(Verified { client, secret })
    }
}

/// The `WWW-Authenticate` of a refusal: a scheme for what the request used (RFC 6749 section 5.2), and why. It says nothing of
/// a registration.
pub fn challenge(challenge: Challenge, wire: &Wire) -> String {
    match challenge {
        Challenge::WsKey => wskey::challenge(wire),
        Challenge::Basic => basic::CHALLENGE.to_owned(),
    }
}
