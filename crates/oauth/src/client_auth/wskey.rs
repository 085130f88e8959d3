//! WSKey: a client signs each request with its secret, and the Authorization header carries the signature.

pub mod encoding;
pub mod error;
pub mod header;
pub mod hint;
pub mod signature;
pub mod signed_text;
pub mod signing;
#[cfg(test)]
pub(crate) mod tests;
pub mod timestamp;

use bytes::Bytes;
use http::Request;
use http::header::AUTHORIZATION;

use crate::auth_method::AuthMethod;
use crate::client::{Client, NamedSecret};
use crate::client_auth::Verdict;
use crate::client_auth::secrets;
use crate::error::{Denial, PrincipalError, Unavailable, Wire};
use crate::form::Pairs;
use crate::grant::Principal;
use crate::replay::ReplayKey;
use crate::secret::Keyring;
use crate::settings::{Authority, Settings};
use header::Credentials;
use signed_text::{NormalisedQuery, SignedText};

pub use error::Error;
pub use header::{HeaderError, SCHEME};
pub use signature::{SIGNATURE_BYTES, body_hash, body_hash_matches, decode, sign, verify};
pub use signing::{Signed, Signing};

/// A request that is signed. Nothing of it is verified.
pub struct WsKey<'a> {
    credentials: Credentials<'a>,
    request: &'a Request<Bytes>,
}

impl<'a> WsKey<'a> {
    /// Reads the Authorization header; `None` where the request has none.
    pub(super) fn of(request: &'a Request<Bytes>) -> Result<Option<Self>, Error> {
        let mut values = request.headers().get_all(AUTHORIZATION).iter();
        let Some(value) = values.next() else { return Ok(None) };
        // A gateway joins repeated headers with a comma or keeps the first; where they arrive apart, none can be believed.
        if values.next().is_some() {
            return Err(HeaderError::Malformed.into());
        }
        Ok(Some(Self { credentials: Credentials::parse(value.as_bytes())?, request }))
    }

    /// `clientId`.
    pub(super) fn client_id(&self) -> &'a str {
        self.credentials.client_id
    }

    /// A copy of a signed request has its client, timestamp and nonce.
    pub(super) fn replay_key(&self) -> ReplayKey {
        let Credentials { client_id, timestamp, nonce, .. } = self.credentials;
        replay_key(client_id, timestamp, nonce)
    }

    /// Whether the request is recent, and its body is the one that was signed.
    pub(super) fn check(&self, settings: &Settings, now: u64) -> Result<(), Error> {
        check_time(self.credentials.timestamp, settings.clock_skew_seconds, now)?;
        check_body(self.credentials.body_hash, self.request.body())
    }

    /// The secret of the client's that signed.
    pub(super) fn verify<'c>(
        &self,
        client: Option<&'c Client>,
        query: &Pairs<'_>,
        keyring: &Keyring,
        authority: &Authority,
        now: u64,
    ) -> Result<&'c NamedSecret, Denial> {
        let normalised = query.normalised();
        let text = self.signed_text(authority, &normalised);
        match signer(keyring, client, &text, self.credentials.signature, now) {
            Verdict::Verified(secret) => Ok(secret),
            Verdict::Unopened => Err(Unavailable::SecretUnopened.into()),
            Verdict::Refused(cause) => {
                let raw = self.request.uri().query().unwrap_or_default();
                let (signed_text, hints) =
                    (text.redacted().to_string(), hint::hints(raw.as_bytes(), query, &text, now));
                Err(Error::SignatureMismatch { signed_text, hints, cause }.into())
            }
        }
    }

    fn signed_text<'b>(&'b self, authority: &'b Authority, query: &'b NormalisedQuery<'b>) -> SignedText<'b> {
        let Credentials { client_id, timestamp, nonce, body_hash, .. } = self.credentials;
        SignedText {
            client_id,
            timestamp,
            nonce,
            body_hash: body_hash.unwrap_or_default(),
            method: self.request.method().as_str(),
            authority,
            query,
        }
    }

    /// The user that the header names. The signature does not cover it.
    pub(super) fn principal(&self) -> Result<Option<Principal>, Denial> {
        Ok(PrincipalError::check(self.credentials.principal_id, self.credentials.principal_idns)?)
    }
}

/// What two copies of one signed request have in common: the three texts as the header holds them.
pub fn replay_key(client_id: &str, timestamp: &str, nonce: &str) -> ReplayKey {
    ReplayKey::of(&[client_id, timestamp, nonce])
}

/// Which of the client's secrets made the signature.
pub fn signer<'a>(
    keyring: &Keyring,
    client: Option<&'a Client>,
    text: &SignedText<'_>,
    signature: &str,
    now: u64,
) -> Verdict<'a> {
    let signature = decode(signature).unwrap_or_default();
    secrets::find(keyring, (text.client_id, client), AuthMethod::WsKey, now, |secret| verify(secret, text, &signature))
}

/// What the challenge of a 401 calls the way to sign. A scheme is a token (RFC 9110 section 11.1), and [`SCHEME`] is a URL:
/// clients that parse the challenge fail on it. The original service challenges with the same word.
pub const CHALLENGE: &str = "WSKeyV2";

/// A 401's challenge. `description` holds no quote and no backslash.
pub(super) fn challenge(Wire { error, description, .. }: &Wire) -> String {
    format!(r#"{CHALLENGE} error="{error}", error_description="{description}""#)
}

fn check_time(timestamp: &str, window: u64, now: u64) -> Result<(), Error> {
    let malformed = || Error::TimestampMalformed { form: timestamp::Form::of(timestamp), now };
    let timestamp = timestamp::seconds(timestamp).ok_or_else(malformed)?;
    if now.abs_diff(timestamp) > window { Err(Error::TimestampSkewed { timestamp, now, window }) } else { Ok(()) }
}

/// A body counts only under a body hash: without one its parameters would be unsigned.
fn check_body(hash: Option<&str>, body: &[u8]) -> Result<(), Error> {
    match hash {
        Some(hash) if !body_hash_matches(hash, body) => Err(Error::BodyHashMismatch),
        None if !body.is_empty() => Err(Error::BodyUnsigned),
        _ => Ok(()),
    }
}
