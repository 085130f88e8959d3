//! Private keys of clients: reads one, signs assertions with it, and looks whether a public key is one at all. What ring draws
//! for that is drawn here.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaEncoding,
};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use latchkey_oauth::jose::{Algorithm, PublicKey};
use zeroize::Zeroizing;

/// What signs an assertion.
pub(in crate::cli) enum Signing<'a> {
    /// The text of the client's secret.
    Secret(&'a str),
    /// A private key.
    Private(&'a PrivateKey),
}

/// A private key, and its public half.
pub(super) struct PrivateKey {
    pair: Pair,
    public: PublicKey,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// Whether a point of P-256 is on its curve: only with such a one can a key be agreed on.
pub(super) fn is_on_curve(point: &[u8]) -> bool {
    let own = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new());
    own.is_ok_and(|own| agree_ephemeral(own, &UnparsedPublicKey::new(&ECDH_P256, point), |_| ()).is_ok())
}

const KINDS: &str = "a JWK, or PEM with PRIVATE KEY (PKCS#8) or RSA PRIVATE KEY (PKCS#1)";

const SIZES: &str = "it must be a key of RSA with 2048, 3072 or 4096 bits, of P-256 or of Ed25519";

fn public_of(members: &Value) -> Result<PublicKey, String> {
    PublicKey::parse(&members.to_string()).map_err(|fault| fault.to_string())
}

impl PrivateKey {
    /// Reads a JWK or PEM. The error names the kinds that are read, and quotes nothing.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.trim_start().starts_with('{') { Self::of_jwk(text) } else { Self::of_pem(text) }
    }

    fn of_jwk(text: &str) -> Result<Self, String> {
        let members: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| format!("it is no private key; it must be {KINDS}"))?;
        let bytes = |name: &str| {
            let text = members.get(name).and_then(Value::as_str).ok_or(format!("its member {name:?} is missing"))?;
            let decoded = URL_SAFE_NO_PAD.decode(text);
            decoded.map(Zeroizing::new).map_err(|_| format!("its member {name:?} is not base64url"))
        };
        if members.contains_key("keys") {
            return Err("it is a JWK set; --private-key takes one key".to_owned());
        }
        let d = bytes("d").map_err(|reason| format!("it has no private part: {reason}"))?;
        // What the service would not take is named first: ring refuses it without a reason.
        let mut public = members.clone();
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "key_ops", "use"] {
            public.remove(private);
        }
        let public = public_of(&Value::Object(public))?;
        let odd = |_| "its private and its public part do not belong together".to_owned();
        let pair = match members.get("kty").and_then(Value::as_str) {
            Some("RSA") => {
                let public_key = PublicKeyComponents { n: bytes("n")?, e: bytes("e")? };
                let [p, q, dp, dq, qi] = ["p", "q", "dp", "dq", "qi"].map(bytes);
                let parts = KeyPairComponents { public_key, d, p: p?, q: q?, dP: dp?, dQ: dq?, qInv: qi? };
                Pair::Rsa(Box::new(RsaKeyPair::from_components(&parts).map_err(odd)?))
            }
            Some("EC") => {
                let point = [&[4][..], &bytes("x")?, &bytes("y")?].concat();
                let pair = EcdsaKeyPair::from_private_key_and_public_key(
                    &ECDSA_P256_SHA256_FIXED_SIGNING,
                    &d,
                    &point,
                    &SystemRandom::new(),
                );
                Pair::P256(pair.map_err(odd)?)
            }
            _ => Pair::Ed25519(Ed25519KeyPair::from_seed_and_public_key(&d, &bytes("x")?).map_err(odd)?),
        };
        Ok(Self { pair, public })
    }

    fn of_pem(text: &str) -> Result<Self, String> {
        let unread = || format!("it is no private key; it must be {KINDS}");
        // openssl ecparam -genkey writes the name of the curve before the key.
        let text = text.split_once("-----END EC PARAMETERS-----").map_or(text, |(_, rest)| rest);
        let (_, rest) = text.split_once("-----BEGIN ").ok_or_else(unread)?;
        let (label, rest) = rest.split_once("-----").ok_or_else(unread)?;
        let (body, _) = rest.split_once("-----END ").ok_or_else(unread)?;
        // OpenSSL's own kind of encryption stands in lines before the key (RFC 1421 section 4.6.1.1).
        if label == "ENCRYPTED PRIVATE KEY" || body.contains("Proc-Type: 4,ENCRYPTED") {
            return Err(format!(
                "it is encrypted ({label}), and must not be: openssl pkcs8 -topk8 -nocrypt -in FILE asks for the passphrase and \
                 writes the key without it"
            ));
        }
        let body: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
        let der = Zeroizing::new(STANDARD.decode(&*body).map_err(|_| unread())?);
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let rsa = |pair: RsaKeyPair| {
            let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(pair.public());
            Self::of_pair(Pair::Rsa(Box::new(pair)), &json!({ "kty": "RSA", "n": text(&n), "e": text(&e) }))
        };
        match label {
            "RSA PRIVATE KEY" => rsa(RsaKeyPair::from_der(&der).map_err(|_| SIZES)?),
            "PRIVATE KEY" => {
                if let Ok(pair) = RsaKeyPair::from_pkcs8(&der) {
                    return rsa(pair);
                }
                let ec = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &SystemRandom::new());
                if let Ok(pair) = ec {
                    let point = pair.public_key().as_ref();
                    let public =
                        json!({ "kty": "EC", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..]) });
                    return Self::of_pair(Pair::P256(pair), &public);
                }
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der);
                let pair = pair.map_err(|_| SIZES)?;
                let public = json!({ "kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref()) });
                Self::of_pair(Pair::Ed25519(pair), &public)
            }
            "EC PRIVATE KEY" => {
                Err(format!("it must be {KINDS}, and is {label}: openssl pkcs8 -topk8 -nocrypt -in FILE writes it so"))
            }
            _ => Err(unread()),
        }
    }

    fn of_pair(pair: Pair, public: &Value) -> Result<Self, String> {
        Ok(Self { pair, public: public_of(public)? })
    }

    fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let by: &dyn RsaEncoding =
                    if self.public.algorithm == Algorithm::Ps256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(by, &random, text, &mut signature).ok().map(|()| signature)
            }
            Pair::P256(pair) => pair.sign(&random, text).ok().map(|signature| signature.as_ref().to_vec()),
            Pair::Ed25519(pair) => Some(pair.sign(text).as_ref().to_vec()),
        }
    }
}

impl Signing<'_> {
    /// Signs claims, as a JWT in the compact form.
    pub(super) fn jwt(&self, claims: &Value) -> Option<String> {
        let header = match self {
            Self::Secret(_) => json!({ "alg": Algorithm::Hs256.as_str() }),
            // Without a kid, the service tries each key of the client's.
            Self::Private(PrivateKey { public, .. }) => match &public.kid {
                Some(kid) => json!({ "alg": public.algorithm.as_str(), "kid": kid }),
                None => json!({ "alg": public.algorithm.as_str() }),
            },
        };
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let signed = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let signature = match self {
            Self::Secret(secret) => {
                let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
                mac.chain_update(&signed).finalize().into_bytes().to_vec()
            }
            Self::Private(key) => key.sign(signed.as_bytes())?,
        };
        Some(format!("{signed}.{}", encode(&signature)))
    }
}
