//! A client assertion: a signed JWT that says which client a request comes from (RFC 7523, OpenID Connect Core section 9).
//!
//! ```text
//! client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=eyJ…
//! ```
//!
//! It covers no parameter of its request. So it lives for minutes, it names this service, and what it mints marks it: the same
//! assertion mints once by client credentials, and once with each grant.

pub mod error;
#[cfg(test)]
mod tests;

use crate::auth_method::AuthMethod;
use crate::client::{Client, is_client_id};
use crate::error::Denial;
use crate::form::Pairs;
use crate::jose::members::Members;
use crate::jose::{Algorithm, Jws, MAX_ASSERTION, Part, Typ, Unreadable};
use crate::replay::ReplayKey;
use crate::settings::Settings;

pub use error::Error;

/// The parameter that carries it. Only a form may have it (RFC 7521 section 4.2).
pub const CLIENT_ASSERTION: &str = "client_assertion";
/// The parameter that says what it is.
pub const CLIENT_ASSERTION_TYPE: &str = "client_assertion_type";
/// The one type (RFC 7523 section 2.2).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The longest `jti`, in bytes.
pub const MAX_JTI: usize = 256;
/// How far away the end of an assertion may be, in seconds, where the registration says nothing.
pub const ASSERTION_SECONDS: u64 = 300;
/// How far away a registration may let it be, in seconds.
pub const MAX_ASSERTION_SECONDS: u64 = 3600;
/// So much longer than the assertion is good, in seconds, what it mints is kept: a request may take that long.
const MARGIN: u64 = 60;

/// Where an assertion may be meant for.
pub struct Audiences {
    /// The issuer of the metadata document.
    pub issuer: String,
    /// The URLs of the endpoint that was called, its other paths too.
    pub endpoints: Vec<String>,
}

/// An assertion that can be read. Nothing of it is verified.
pub struct Assertion {
    jws: Jws,
    /// `iss` and `sub`.
    client_id: String,
    audience: String,
    jti: String,
    ends: u64,
    /// The latest of `iat` and `nbf`.
    begins: Option<u64>,
}

impl Assertion {
    /// Reads a form; `None` if it has none. An empty parameter counts as not given (RFC 6749 section 3.2).
    pub(super) fn of(form: &Pairs<'_>) -> Result<Option<Self>, Denial> {
        let one = |known: &'static str| {
            let mut values = form.iter().filter(|(name, _)| *name == known).map(|(_, value)| value);
            match (values.next(), values.next()) {
                (value, None) => Ok(value.filter(|value| !value.is_empty())),
                _ => Err(Denial::ParameterRepeated(known)),
            }
        };
        let (text, of_type) = match (one(CLIENT_ASSERTION)?, one(CLIENT_ASSERTION_TYPE)?) {
            (None, None) => return Ok(None),
            (None, Some(_)) => return Err(Denial::ParameterMissing(CLIENT_ASSERTION)),
            (Some(text), of_type) => (text, of_type),
        };
        if of_type != Some(JWT_BEARER) {
            return Err(Error::TypeUnknown.into());
        }
        Ok(Some(Self::parse(text)?))
    }

    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let jws = Jws::parse(text).map_err(Error::Unreadable)?;
        let claims = Members::parse_bytes(&jws.payload);
        let claims = claims.map_err(|fault| Error::Unreadable(fault.of(Part::Payload)))?;
        let text = |name: &'static str| match claims.text(name) {
            Ok(Some(text)) if !text.is_empty() => Ok(text),
            _ => Err(Error::Claim(name)),
        };
        let (issuer, subject) = (text("iss")?, text("sub")?);
        if issuer != subject || !is_client_id(&issuer) {
            return Err(Error::IssuerDiffers);
        }
        // One service, and no other that could use it here (RFC 7523 section 3; its successor wants it alone).
        let audience = match claims.texts("aud") {
            Ok(Some(mut listed)) if listed.len() == 1 => listed.pop().ok_or(Error::Claim("aud"))?,
            Ok(Some(_)) => return Err(Error::AudienceWrong),
            _ => text("aud")?,
        };
        let jti = text("jti")?;
        if jti.len() > MAX_JTI {
            return Err(Error::Claim("jti"));
        }
        let time = |name: &'static str| claims.seconds(name).map_err(|_| Error::Claim(name));
        let ends = time("exp")?.ok_or(Error::Claim("exp"))?;
        let begins = time("iat")?.max(time("nbf")?);
        Ok(Self { jws, client_id: issuer, audience, jti, ends, begins })
    }

    /// Whose it is said to be.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Checks what needs no record of the client: for whom it is, and when it is good.
    pub(super) fn check(&self, audiences: &Audiences, settings: &Settings, now: u64) -> Result<(), Error> {
        // An assertion of the type that has a draft of its own is for the issuer alone.
        let is_endpoint = self.jws.typ == Typ::Jwt && audiences.endpoints.contains(&self.audience);
        if self.audience != audiences.issuer && !is_endpoint {
            return Err(Error::AudienceWrong);
        }
        if self.ends <= now {
            return Err(Error::Expired { ends: self.ends, now });
        }
        let window = settings.clock_skew_seconds;
        match self.begins {
            Some(begins) if begins > now.saturating_add(window) => Err(Error::FromFuture { begins, now, window }),
            _ => self.check_life(MAX_ASSERTION_SECONDS, now),
        }
    }

    /// Whether its end is as near as the registration of its client wants it.
    pub(super) fn check_life(&self, most: u64, now: u64) -> Result<(), Error> {
        let left = self.ends.saturating_sub(now);
        if left > most { Err(Error::LivesTooLong { left, most, now }) } else { Ok(()) }
    }

    /// What two copies of it have in common.
    pub(super) fn replay_key(&self) -> ReplayKey {
        ReplayKey::of_assertion(&self.client_id, &self.jti)
    }

    /// Until when what it mints is kept.
    pub(super) fn until(&self) -> u64 {
        self.ends.saturating_add(MARGIN)
    }

    /// What it is signed with.
    pub(super) fn jws(&self) -> &Jws {
        &self.jws
    }
}

impl Client {
    /// How far away the end of its assertions may be, in seconds.
    pub fn longest_assertion(&self) -> u64 {
        self.assertion_seconds.unwrap_or(ASSERTION_SECONDS).min(MAX_ASSERTION_SECONDS)
    }

    /// Whether it may authenticate by assertions.
    pub fn asserts(&self) -> bool {
        [AuthMethod::SecretJwt, AuthMethod::PrivateKeyJwt].into_iter().any(|method| self.authenticates_by(method))
    }
}

/// What is wrong with an assertion that cannot be read.
fn words(fault: Unreadable) -> String {
    match fault {
        Unreadable::TooLong => format!("it is longer than {MAX_ASSERTION} bytes"),
        Unreadable::HeaderTooLong => format!("its header is longer than {} bytes", crate::jose::MAX_HEADER),
        Unreadable::Json => "it is JSON, which may have several signatures; it must be in the compact form".to_owned(),
        Unreadable::Parts => "it has not three parts with dots between them".to_owned(),
        Unreadable::NotBase64(part) => format!("its {} is not base64url without padding", part.as_str()),
        Unreadable::NotJson(part) => format!("its {} is not an object of JSON in UTF-8", part.as_str()),
        Unreadable::Repeated(part) => format!("its {} has a member twice", part.as_str()),
        Unreadable::HeaderMember(name) => format!("{name} in its header is not a text"),
        Unreadable::Critical => "its header has crit, and the service knows no extension".to_owned(),
        Unreadable::Type => "typ in its header must be JWT or client-authentication+jwt, where it has one".to_owned(),
        Unreadable::Algorithm => {
            format!("alg in its header must be one of {}", Algorithm::NAMES.join(", "))
        }
    }
}
