//! Client assertions of tests, good and bad, with keys that everybody knows (`tests/jose`).

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use latchkey_oauth::client::ClientKey;
use latchkey_oauth::client_auth::assertion::JWT_BEARER;
use latchkey_oauth::form::encode;
use latchkey_oauth::jose::PublicKey;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair as RsaKeyPair, PublicKeyComponents};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
};
use serde_json::{Value, json};

use crate::signer::Signer;
use crate::world::World;

static JTIS: AtomicU64 = AtomicU64::new(1);

/// What signs.
#[derive(Clone, Debug)]
pub enum Key {
    Secret(String),
    Rs256,
    Ps256,
    Es256,
    EdDsa,
    /// Another one of Ed25519, by its seed.
    Seed(u8),
}

/// Every kind of key pair.
pub const PAIRS: [Key; 4] = [Key::Rs256, Key::Ps256, Key::Es256, Key::EdDsa];

/// The private key of a file in PEM.
fn der(file: &str) -> Vec<u8> {
    let text = std::fs::read_to_string(crate::root().join("tests/jose").join(file)).unwrap();
    STANDARD.decode(text.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap()
}

fn rsa() -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(&der("rsa-of-tests.pem")).unwrap()
}

fn p256() -> EcdsaKeyPair {
    let der = der("p256-of-tests.pem");
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &SystemRandom::new()).unwrap()
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Key {
    fn ed25519(&self) -> Ed25519KeyPair {
        match self {
            Self::Seed(seed) => Ed25519KeyPair::from_seed_unchecked(&[*seed; 32]).unwrap(),
            _ => Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der("ed25519-of-tests.pem")).unwrap(),
        }
    }

    /// Its name in a header.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Secret(_) => "HS256",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa | Self::Seed(_) => "EdDSA",
        }
    }

    /// Its public half. It has no `kid`.
    pub fn jwk(&self) -> Value {
        match self {
            Self::Secret(_) => panic!("a secret has no public half"),
            Self::Rs256 | Self::Ps256 => {
                let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(rsa().public());
                json!({ "kty": "RSA", "n": text(&n), "e": text(&e), "alg": self.algorithm() })
            }
            Self::Es256 => {
                let pair = p256();
                let point = pair.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..]) })
            }
            Self::EdDsa | Self::Seed(_) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": text(self.ed25519().public_key().as_ref()) })
            }
        }
    }

    /// As a registration has it.
    pub fn registered(&self) -> ClientKey {
        (&PublicKey::parse(&self.jwk().to_string()).unwrap()).into()
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let rsa = |by| {
            let pair = rsa();
            let mut signature = vec![0; pair.public().modulus_len()];
            pair.sign(by, &random, message, &mut signature).unwrap();
            signature
        };
        match self {
            Self::Secret(secret) => {
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message).as_ref().to_vec()
            }
            Self::Rs256 => rsa(&RSA_PKCS1_SHA256),
            Self::Ps256 => rsa(&RSA_PSS_SHA256),
            Self::Es256 => p256().sign(&random, message).unwrap().as_ref().to_vec(),
            Self::EdDsa | Self::Seed(_) => self.ed25519().sign(message).as_ref().to_vec(),
        }
    }

    /// A JWT of these texts, whatever they are.
    pub fn jwt(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", text(header.as_bytes()), text(claims.as_bytes()));
        format!("{signed}.{}", text(&self.sign(signed.as_bytes())))
    }

    /// A JWT with these claims.
    pub fn assert(&self, claims: &Value) -> String {
        self.jwt(&json!({ "alg": self.algorithm() }).to_string(), &claims.to_string())
    }
}

/// The parameters of an assertion.
pub fn parameters(assertion: &str) -> String {
    format!("client_assertion_type={}&client_assertion={}", encode(JWT_BEARER), encode(assertion))
}

impl World {
    /// The issuer of the service.
    pub fn issuer(&self) -> String {
        self.service.settings.issuer.clone().unwrap_or_else(|| self.url.clone())
    }

    /// The claims of a good assertion, with a `jti` never used before.
    pub fn claims(&self, client_id: &str) -> Value {
        let jti = format!("jti-{}", JTIS.fetch_add(1, SeqCst));
        json!({ "iss": client_id, "sub": client_id, "aud": self.issuer(), "jti": jti, "exp": self.now() + 60 })
    }

    /// A form with a good assertion.
    pub fn asserted(&self, key: &Key, client: &Signer, form: &str) -> String {
        format!("{form}&{}", parameters(&key.assert(&self.claims(&client.id))))
    }
}

impl Signer {
    /// What signs `client_secret_jwt`.
    pub fn shared_key(&self) -> Key {
        Key::Secret(self.secret.expose().to_owned())
    }
}
