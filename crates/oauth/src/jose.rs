//! JSON Object Signing: what verifies the signature of an assertion (RFC 7515, 7517, 7518, 7638 and 8037).
//!
//! It reads the compact form of a signature and public keys, strictly. The primitives are those of ring and of the crates `hmac`
//! and `sha2`.

pub mod key;
pub mod key_set;
pub mod members;
#[cfg(test)]
mod tests;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use members::{Fault, Members};

pub use key::{KeyFault, PublicKey};

/// The longest assertion, in bytes. With an RSA key of 4096 bits, one has some 1,200.
pub const MAX_ASSERTION: usize = 4096;
/// The longest header, in bytes of its base64url.
pub const MAX_HEADER: usize = 1024;
/// The fewest bytes of a key of HS256 (RFC 7518 section 3.2).
pub const LEAST_SHARED: usize = 32;

/// An algorithm that signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256 and a shared secret.
    Hs256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    const ALL: [Self; 5] = [Self::Hs256, Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    /// Every name that a header may have. EdDSA has two: RFC 9864 calls it by its curve.
    pub const NAMES: [&str; 6] = ["HS256", "RS256", "PS256", "ES256", "EdDSA", "Ed25519"];

    /// Its name in a header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Reads `alg`. Names have case (RFC 7515 section 4.1.1).
    pub fn parse(text: &str) -> Option<Self> {
        let named = Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text);
        named.or_else(|| (text == "Ed25519").then_some(Self::EdDsa))
    }
}

/// What a JWT says it is (`typ`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typ {
    /// It says nothing, or that it is a JWT.
    Jwt,
    /// It says that it authenticates a client: the successor of RFC 7523 has a type for that.
    ClientAuthentication,
}

impl Typ {
    /// Reads `typ`: a media type, which has no case, with or without `application/` (RFC 7515 section 4.1.9).
    fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        match lower.strip_prefix("application/").unwrap_or(&lower) {
            "jwt" => Some(Self::Jwt),
            "client-authentication+jwt" => Some(Self::ClientAuthentication),
            _ => None,
        }
    }
}

/// A signature in the compact form (RFC 7515 section 7.1). Nothing of it is verified.
pub struct Jws {
    /// `alg`: which key it may fit. No key is tried by another algorithm than its own.
    pub algorithm: Algorithm,
    /// `kid`, if it has one.
    pub kid: Option<String>,
    /// `typ`.
    pub typ: Typ,
    /// What is signed, decoded.
    pub payload: Vec<u8>,
    /// What is signed, as it came.
    signed: String,
    signature: Vec<u8>,
}

/// Why a signature cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is longer than it may be: an assertion than [`MAX_ASSERTION`].
    TooLong,
    /// Its header is longer than [`MAX_HEADER`].
    HeaderTooLong,
    /// It is JSON, which may have several signatures.
    Json,
    /// It has not three parts.
    Parts,
    /// A part is not base64url without padding.
    NotBase64(Part),
    /// A part is not an object of JSON in UTF-8.
    NotJson(Part),
    /// A part has a member twice.
    Repeated(Part),
    /// A member of the header is of another type.
    HeaderMember(&'static str),
    /// The header has `crit`.
    Critical,
    /// `typ` is of something else.
    Type,
    /// `alg` is missing or none that the service verifies.
    Algorithm,
}

/// A part of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The first.
    Header,
    /// The second.
    Payload,
    /// The third.
    Signature,
}

impl Part {
    /// What it is called.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        }
    }
}

impl Fault {
    /// The fault of a part.
    pub fn of(self, part: Part) -> Unreadable {
        match self {
            Self::NotAnObject => Unreadable::NotJson(part),
            Self::Repeated(_) => Unreadable::Repeated(part),
        }
    }
}

impl Jws {
    /// Reads an assertion.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        Self::parse_within(text, MAX_ASSERTION)
    }

    /// Reads one of at most so many bytes.
    pub fn parse_within(text: &str, most: usize) -> Result<Self, Unreadable> {
        if text.len() > most {
            return Err(Unreadable::TooLong);
        }
        if text.trim_start().starts_with('{') {
            return Err(Unreadable::Json);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Unreadable::Parts)?;
        let (header, payload) = signed.split_once('.').ok_or(Unreadable::Parts)?;
        if payload.contains('.') {
            return Err(Unreadable::Parts);
        }
        if header.len() > MAX_HEADER {
            return Err(Unreadable::HeaderTooLong);
        }
        let decode = |text: &str, part| URL_SAFE_NO_PAD.decode(text).map_err(|_| Unreadable::NotBase64(part));
        let header = decode(header, Part::Header)?;
        let header = Members::parse_bytes(&header).map_err(|fault| fault.of(Part::Header))?;
        let text = |name| header.text(name).map_err(|_| Unreadable::HeaderMember(name));
        // No extension is understood, so none may be critical (RFC 7515 section 4.1.11).
        if header.has("crit") {
            return Err(Unreadable::Critical);
        }
        let algorithm = text("alg")?.and_then(|name| Algorithm::parse(&name)).ok_or(Unreadable::Algorithm)?;
        let typ = text("typ")?.map_or(Some(Typ::Jwt), |typ| Typ::parse(&typ)).ok_or(Unreadable::Type)?;
        let kid = text("kid")?;
        let payload = decode(payload, Part::Payload)?;
        let signature = decode(signature, Part::Signature)?;
        Ok(Self { algorithm, kid, typ, payload, signed: signed.to_owned(), signature })
    }

    /// Whether this key made it.
    pub fn is_by(&self, key: &PublicKey) -> bool {
        key.verifies(self.signed.as_bytes(), &self.signature)
    }

    /// Whether this shared secret made it. It is compared in constant time.
    pub fn is_by_shared(&self, secret: &[u8]) -> bool {
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
        mac.chain_update(&self.signed).verify_slice(&self.signature).is_ok()
    }

    /// A key that costs as much as one that fits would: of the same algorithm, of the size that the signature has, and read as
    /// it is stored.
    pub fn decoy(&self) -> PublicKey {
        let decoy = PublicKey::decoy(self.algorithm, self.signature.len());
        PublicKey::parse(&decoy.written()).unwrap_or(decoy)
    }

    /// Whether this key may have made it. One that cannot counts as none: to try it would take less time.
    pub fn may_be_by(&self, key: &PublicKey) -> bool {
        key.may_have_made(&self.signature)
    }
}
