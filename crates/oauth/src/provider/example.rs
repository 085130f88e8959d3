//! A provider, its keys, what it signs, and a request whose user visits it.

#![allow(clippy::unwrap_used)]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::{Method, Provider, sealed_for};
use crate::grant::Institutions;
use crate::grants::authorization_code::prompt::Prompt;
use crate::grants::authorization_code::request::{Request, ResponseType};
use crate::jose::{Algorithm, PublicKey};
use crate::scope::Scope;
use crate::secret::{ClientSecret, Keyring};

pub const ISSUER: &str = "https://login.demo.example";
pub const CLIENT_ID: &str = "latchkey";
pub const SECRET: &str = "a secret of two and thirty bytes";
pub const NAMESPACE: &str = "https://login.demo.example";

pub fn keyring() -> Keyring {
    keyring_of(7)
}

/// Of another key of the same name.
pub fn keyring_of(byte: u8) -> Keyring {
    Keyring::new(vec![("pages/2026-11-27".into(), zeroize::Zeroizing::new([byte; 32]))]).unwrap()
}

/// Of institution 128807, with the key of seed 1.
pub fn provider() -> Provider {
    let secret = keyring().seal(&sealed_for("128807"), &ClientSecret::new(SECRET.into()), [1; 12]).unwrap();
    Provider {
        institution_id: "128807".into(),
        issuer: ISSUER.into(),
        client_id: CLIENT_ID.into(),
        auth: Method::Basic.with(secret),
        authorization_endpoint: format!("{ISSUER}/authorize"),
        token_endpoint: format!("{ISSUER}/token"),
        jwks_uri: format!("{ISSUER}/keys"),
        end_session_endpoint: None,
        algorithm: Algorithm::EdDsa,
        sends_iss: true,
        selects_account: true,
        claim: "sub".into(),
        scope: "openid profile".into(),
        namespace: NAMESPACE.into(),
        refresh_seconds: Some(28_800),
        only: false,
        keys: vec![key(1, Some("one"))],
        keys_read_at: 1,
        created_at: 1_700_000_000,
        sessions_from: 1_700_000_000,
        revision: 1,
    }
}

pub fn provider_with(edit: impl FnOnce(&mut Provider)) -> Provider {
    let mut provider = provider();
    edit(&mut provider);
    provider
}

pub fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

/// A key as a key set has it.
pub fn jwk(seed: u8, kid: Option<&str>) -> Value {
    let mut jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(pair(seed).public_key()) });
    if let Some(kid) = kid {
        jwk["kid"] = json!(kid);
    }
    jwk
}

pub fn key(seed: u8, kid: Option<&str>) -> PublicKey {
    PublicKey::parse(&jwk(seed, kid).to_string()).unwrap()
}

/// A token of any header and payload, signed anyhow.
pub fn signed(header: &str, claims: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(sign(text.as_bytes())))
}

/// The same, by the key of a seed.
pub fn by_key(header: &str, claims: &str, seed: u8) -> String {
    signed(header, claims, |text| pair(seed).sign(text).as_ref().to_vec())
}

/// A request that a visit keeps.
pub fn request() -> Request {
    Request {
        client_id: "WSKEY".into(),
        redirect_uri: "https://app.example/done".into(),
        response_type: ResponseType::Code,
        scope: Scope::parse("A B refresh_token").unwrap(),
        institutions: Some(Institutions { authenticating: "128807".into(), context: "91475".into() }),
        picked: false,
        state: Some("a state".into()),
        challenge: Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into()),
        prompt: Prompt::default(),
        ui_locales: None,
        device: None,
        pushed: false,
    }
}
