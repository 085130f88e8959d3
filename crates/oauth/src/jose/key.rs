//! A public key as JSON (RFC 7517, RFC 7518 section 6, RFC 8037 section 2), and signatures by it.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use sha2::{Digest, Sha256};

use super::Algorithm;
use super::members::{Fault, Members};

/// The sizes of RSA keys, in bytes. A signature is as long as its key.
const RSA_BYTES: [usize; 3] = [256, 384, 512];
/// The exponent of RSA keys: 65537.
const EXPONENT: [u8; 3] = [1, 0, 1];
/// The longest `kid`, in characters.
pub const MAX_KID: usize = 128;

/// The base point of P-256 (SEC 2 section 2.4.2), as a decoy: any point costs the same.
const POINT: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03,
    0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe,
    0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce,
    0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];
/// The base point of Ed25519 (RFC 8032 section 5.1), likewise: its last coordinate is four fifths.
const EDWARDS: [u8; 32] = {
    let mut point = [0x66; 32];
    point[0] = 0x58;
    point
};

/// Every encoding of a point of Ed25519 of small order, without the sign of its x. Such an order is 8 at most, and by a key of
/// order n, one message in n has a signature that anyone can compute. The first five are y = 0, 1 and -1, then 0 and 1 with p
/// added.
const SMALL_ORDER: [[u8; 32]; 7] = [
    encoded(0x00, 0x00, 0x00),
    encoded(0x01, 0x00, 0x00),
    encoded(0xec, 0xff, 0x7f),
    encoded(0xed, 0xff, 0x7f),
    encoded(0xee, 0xff, 0x7f),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

const fn encoded(first: u8, between: u8, last: u8) -> [u8; 32] {
    let mut point = [between; 32];
    (point[0], point[31]) = (first, last);
    point
}

/// A public key, with the one algorithm that it is used by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// By what it signs: what the key says, and never what a header says.
    pub algorithm: Algorithm,
    /// `kid`, if it has one.
    pub kid: Option<String>,
    numbers: Numbers,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Numbers {
    /// The modulus.
    Rsa(Vec<u8>),
    /// The point, uncompressed.
    P256([u8; 65]),
    Ed25519([u8; 32]),
}

/// Why a key is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyFault {
    /// It is not an object of JSON.
    NotJson,
    /// It has a member twice.
    Repeated(String),
    /// It has a part that only its owner may have.
    Private(&'static str),
    /// It is a shared secret.
    Shared,
    /// A member is missing.
    Missing(&'static str),
    /// A member is not what it must be.
    Malformed(&'static str),
    /// It is of a kind that the service does not verify by.
    Kind,
    /// It is of another curve.
    Curve,
    /// It is a point by which anyone can sign.
    SmallOrder,
    /// It is an RSA key of another size.
    Size(usize),
    /// It is an RSA key with another exponent.
    Exponent,
    /// It is not for signatures.
    Use,
    /// Its `alg` does not belong to its kind.
    Algorithm,
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson => write!(f, "it is not an object of JSON, as a JWK is (RFC 7517)"),
            Self::Repeated(name) => write!(f, "it has the member {name:?} twice"),
            Self::Private(name) => write!(
                f,
                "it has the private part {name:?}: register the public key only, and make a new pair if this file went to anyone"
            ),
            Self::Shared => write!(
                f,
                "it is a shared secret (kty oct): a client with one authenticates by client_secret_jwt, and no file has it"
            ),
            Self::Missing(name) => write!(f, "its member {name:?} is missing"),
            Self::Malformed(name) if *name == "kid" => {
                write!(f, "its kid must have 1 to {MAX_KID} visible ASCII characters without a double quote")
            }
            Self::Malformed(name) => write!(f, "its member {name:?} is not base64url of the length that its kind has"),
            Self::Kind => write!(f, "its kty must be RSA, EC or OKP"),
            Self::Curve => write!(f, "its crv must be P-256 (kty EC) or Ed25519 (kty OKP)"),
            Self::SmallOrder => {
                write!(
                    f,
                    "its x is a point of small order, by which anyone can sign: make a new pair (RFC 8725 section 3.4)"
                )
            }
            Self::Size(bits) => write!(f, "it is an RSA key of {bits} bits; it must have 2048, 3072 or 4096"),
            Self::Exponent => write!(f, "its exponent must be 65537 (\"e\": \"AQAB\")"),
            Self::Use => write!(f, "its use must be sig and its key_ops must have verify, where it has them"),
            Self::Algorithm => {
                write!(f, "its alg must be RS256 or PS256 (kty RSA), ES256 (kty EC), EdDSA or Ed25519 (kty OKP)")
            }
        }
    }
}

impl From<Fault> for KeyFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotAnObject => Self::NotJson,
            Fault::Repeated(name) => Self::Repeated(name),
        }
    }
}

/// The members that only a key's owner may have (RFC 7518 section 6.3.2, RFC 8037 section 2).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

impl PublicKey {
    /// Reads a JWK. Members that say nothing of the key are not looked at.
    pub fn parse(text: &str) -> Result<Self, KeyFault> {
        let members = Members::parse(text)?;
        let text = |name: &'static str| members.text(name).map_err(|_| KeyFault::Malformed(name));
        let kty = text("kty")?.ok_or(KeyFault::Missing("kty"))?;
        if kty == "oct" || members.has("k") {
            return Err(KeyFault::Shared);
        }
        if let Some(name) = PRIVATE.into_iter().find(|name| members.has(name)) {
            return Err(KeyFault::Private(name));
        }
        let operations = members.texts("key_ops").map_err(|_| KeyFault::Use)?;
        let verifies = operations.is_none_or(|names| names.iter().any(|name| name == "verify"));
        if !verifies || text("use")?.is_some_and(|what_for| what_for != "sig") {
            return Err(KeyFault::Use);
        }
        let kid = text("kid")?;
        if kid.as_deref().is_some_and(|kid| !is_kid(kid)) {
            return Err(KeyFault::Malformed("kid"));
        }
        let bytes = |name: &'static str| {
            let text = text(name)?.ok_or(KeyFault::Missing(name))?;
            URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyFault::Malformed(name))
        };
        let curve = || text("crv")?.ok_or(KeyFault::Missing("crv"));
        let (numbers, may) = match kty.as_str() {
            "RSA" => (rsa(bytes("n")?, &bytes("e")?)?, &[Algorithm::Rs256, Algorithm::Ps256][..]),
            "EC" if curve()? == "P-256" => (p256(&bytes("x")?, &bytes("y")?)?, &[Algorithm::Es256][..]),
            "OKP" if curve()? == "Ed25519" => (ed25519(bytes("x")?)?, &[Algorithm::EdDsa][..]),
            "EC" | "OKP" => return Err(KeyFault::Curve),
            _ => return Err(KeyFault::Kind),
        };
        let algorithm = match text("alg")? {
            None => may.first().copied(),
            Some(name) => Algorithm::parse(&name).filter(|algorithm| may.contains(algorithm)),
        };
        Ok(Self { algorithm: algorithm.ok_or(KeyFault::Algorithm)?, kid, numbers })
    }

    /// The same key, used by this algorithm; `None` where its kind does not belong to it.
    pub fn used_by(self, algorithm: Algorithm) -> Option<Self> {
        let may = match &self.numbers {
            Numbers::Rsa(_) => matches!(algorithm, Algorithm::Rs256 | Algorithm::Ps256),
            Numbers::P256(_) => algorithm == Algorithm::Es256,
            Numbers::Ed25519(_) => algorithm == Algorithm::EdDsa,
        };
        may.then_some(Self { algorithm, ..self })
    }

    /// The members that name the key, in the order of RFC 7638 section 3.2.
    fn named(&self) -> String {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.numbers {
            Numbers::Rsa(n) => format!(r#""e":"{}","kty":"RSA","n":"{}""#, text(&EXPONENT), text(n)),
            Numbers::P256(point) => {
                format!(r#""crv":"P-256","kty":"EC","x":"{}","y":"{}""#, text(&point[1..33]), text(&point[33..]))
            }
            Numbers::Ed25519(point) => format!(r#""crv":"Ed25519","kty":"OKP","x":"{}""#, text(point)),
        }
    }

    /// SHA-256 of the key, in base64url (RFC 7638).
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{{{}}}", self.named())))
    }

    /// What it is called: by its `kid`, or by its thumbprint.
    pub fn name(&self) -> String {
        self.kid.clone().unwrap_or_else(|| self.thumbprint())
    }

    /// As it is stored, in one spelling: the members that name it, its algorithm and its name.
    pub fn written(&self) -> String {
        // A kid has no character that JSON escapes but the backslash.
        let kid = self.name().replace('\\', r"\\");
        format!(r#"{{{},"alg":"{}","kid":"{kid}"}}"#, self.named(), self.algorithm.as_str())
    }

    /// The point of a key of P-256, uncompressed. No rule here can tell whether it is on the curve; every verification does.
    pub fn p256_point(&self) -> Option<&[u8]> {
        if let Numbers::P256(point) = &self.numbers { Some(point) } else { None }
    }

    /// Whether it made a signature of `signed`.
    pub(super) fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        let of = |n: &[u8], by| RsaPublicKeyComponents { n, e: &EXPONENT }.verify(by, signed, signature).is_ok();
        match (&self.numbers, self.algorithm) {
            (Numbers::Rsa(n), Algorithm::Ps256) => of(n, &RSA_PSS_2048_8192_SHA256),
            (Numbers::Rsa(n), _) => of(n, &RSA_PKCS1_2048_8192_SHA256),
            (Numbers::P256(point), _) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).is_ok()
            }
            (Numbers::Ed25519(point), _) => UnparsedPublicKey::new(&ED25519, point).verify(signed, signature).is_ok(),
        }
    }

    /// Whether it may have made a signature, by what costs nothing to tell. An RSA signature is a number below the modulus. ring
    /// looks at its length and size before it computes, so without this rule time would tell whether a client has a key of a
    /// size.
    pub(super) fn may_have_made(&self, signature: &[u8]) -> bool {
        let is_below = match &self.numbers {
            Numbers::Rsa(n) => signature < n.as_slice(),
            Numbers::P256(_) | Numbers::Ed25519(_) => true,
        };
        signature.len() == self.signature_bytes() && is_below
    }

    /// How long its signatures are.
    pub(super) fn signature_bytes(&self) -> usize {
        if let Numbers::Rsa(n) = &self.numbers { n.len() } else { 64 }
    }

    /// A key of this algorithm that is nobody's.
    pub(super) fn decoy(algorithm: Algorithm, signature_bytes: usize) -> Self {
        let rsa = || {
            let size = RSA_BYTES.into_iter().find(|size| *size == signature_bytes).unwrap_or(RSA_BYTES[0]);
            // ring looks at size and oddness only. No modulus of this size is larger, so no signature that a key may have made
            // costs less here.
            Numbers::Rsa(vec![0xff; size])
        };
        let numbers = match algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => rsa(),
            Algorithm::EdDsa => Numbers::Ed25519(EDWARDS),
            Algorithm::Es256 | Algorithm::Hs256 => Numbers::P256(POINT),
        };
        Self { algorithm, kid: Some(String::new()), numbers }
    }
}

/// Whether a text can be a key's name: visible ASCII without a quote. Lists and log lines have it.
pub fn is_kid(text: &str) -> bool {
    (1..=MAX_KID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"')
}

fn rsa(n: Vec<u8>, e: &[u8]) -> Result<Numbers, KeyFault> {
    // Some writers put a zero before the first bit, against RFC 7518 section 6.3.1.1. The number is the same.
    let n = n.strip_prefix(&[0]).map(<[u8]>::to_vec).unwrap_or(n);
    let bits = n.len().saturating_mul(8).saturating_sub(n.first().map_or(0, |byte| byte.leading_zeros() as usize));
    if !RSA_BYTES.contains(&n.len()) || bits != n.len().saturating_mul(8) {
        return Err(KeyFault::Size(bits));
    }
    if e != EXPONENT {
        return Err(KeyFault::Exponent);
    }
    // The product of two odd numbers is odd.
    if n.last().is_some_and(|byte| byte % 2 == 1) { Ok(Numbers::Rsa(n)) } else { Err(KeyFault::Malformed("n")) }
}

fn p256(x: &[u8], y: &[u8]) -> Result<Numbers, KeyFault> {
    for (name, part) in [("x", x), ("y", y)] {
        if part.len() != 32 {
            return Err(KeyFault::Malformed(name));
        }
    }
    // 4 says that the point is not compressed (SEC 1 section 2.3.3).
    let point = [&[4][..], x, y].concat().try_into().map_err(|_| KeyFault::Malformed("x"))?;
    Ok(Numbers::P256(point))
}

fn ed25519(x: Vec<u8>) -> Result<Numbers, KeyFault> {
    let point: [u8; 32] = x.try_into().map_err(|_| KeyFault::Malformed("x"))?;
    let mut without_sign = point;
    without_sign[31] &= 0x7f;
    if SMALL_ORDER.contains(&without_sign) { Err(KeyFault::SmallOrder) } else { Ok(Numbers::Ed25519(point)) }
}
