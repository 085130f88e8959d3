//! What a provider says: its documents are read or refused in words, and only what its key signs says who a user is.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use latchkey_oauth::error::{Denial, IdTokenError};
use latchkey_oauth::jose::{Algorithm, PublicKey};
use latchkey_oauth::provider::discovery::{self, Wanted};
use latchkey_oauth::provider::id_token::{Expected, MAX_ID_TOKEN, MAX_SHOWN, is_subject, verify};
use latchkey_oauth::provider::keys::{self, MAX_USABLE};
use latchkey_oauth::provider::{Method, Provider, answer, registration};
use latchkey_oauth::secret::Sealed;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::Value;

use crate::{parts, text};

const ISSUER: &str = "https://login.demo.example";
const NOW: u64 = 1_795_393_844;
const NONCE: &str = "n-0S6_WzA2Mj";

pub fn provider(data: &[u8]) {
    discovered(text(data));
    key_set(text(data));
    answered(data);
    let [header, claims, signature] = parts(data);
    signed_in(header, claims, signature);
    // Fuzzers find no header that is right.
    signed_in(br#"{"alg":"EdDSA"}"#, claims, signature);
    signed_in(br#"{"alg":"EdDSA"}"#, data, signature);
}

fn discovered(document: &str) {
    let wanted =
        Wanted { issuer: ISSUER, claim: "sub", scope: "openid", algorithm: None, method: None, loopback: false };
    let told = match discovery::read(document, &wanted) {
        Ok(read) => {
            let endpoints = [&read.authorization_endpoint, &read.token_endpoint, &read.jwks_uri];
            for endpoint in endpoints.into_iter().chain(&read.end_session_endpoint) {
                assert_eq!(registration::endpoint(endpoint, false), Ok(()));
                assert!(endpoint.starts_with("https:") || endpoint[..6].eq_ignore_ascii_case("https:"));
            }
            assert_ne!(read.algorithm, Algorithm::Hs256);
            read.findings
        }
        Err(faults) => {
            assert!(!faults.is_empty());
            faults
        }
    };
    for finding in told {
        let finding = finding.to_string();
        assert!(finding.len() < 3000 && !finding.chars().any(|letter| letter.is_control() || letter == '\u{202e}'));
    }
}

fn key_set(document: &str) {
    for algorithm in [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa] {
        match keys::read(document, algorithm) {
            Ok(keys) => {
                assert!((1..=MAX_USABLE).contains(&keys.len()));
                for (at, key) in keys.iter().enumerate() {
                    assert_eq!(key.algorithm, algorithm);
                    assert_eq!(PublicKey::parse(&key.written()).unwrap().algorithm, algorithm);
                    let same = |other: &PublicKey| other == key || (key.kid.is_some() && other.kid == key.kid);
                    assert!(!keys[at + 1..].iter().any(same), "one name is one key");
                }
            }
            Err(fault) => assert!(!fault.to_string().chars().any(char::is_control)),
        }
    }
}

fn answered(body: &[u8]) {
    for status in [200, 400, 401, 302, 503] {
        match answer::read(status, Some("application/json"), body) {
            Ok(token) => assert!(status == 200 && (1..=MAX_ID_TOKEN).contains(&token.len())),
            Err(error) => looks_right(error.into()),
        }
        assert!(answer::read(status, Some("text/html"), body).is_err());
    }
}

fn signed_in(header: &[u8], claims: &[u8], signature: &[u8]) {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let x = URL_SAFE_NO_PAD.encode(pair.public_key());
    let key = PublicKey::parse(&format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#)).unwrap();
    let provider = registered();
    let expected = Expected {
        provider: &provider,
        nonce: NONCE.into(),
        login: false,
        max_age: Some(60),
        since: NOW - 60,
        now: NOW,
        skew: 30,
    };
    let verified = |text: &str| verify(text, std::slice::from_ref(&key), &expected);
    let unsigned = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    // Nothing that is made up counts.
    for token in [text(claims).to_owned(), format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(signature))] {
        looks_right(verified(&token).expect_err("it is not signed").into());
    }
    let signature = pair.sign(unsigned.as_bytes());
    match verified(&format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(signature))) {
        Ok(identity) => {
            let said: Value = serde_json::from_slice(claims).unwrap();
            assert_eq!((said["iss"].as_str(), said["nonce"].as_str()), (Some(ISSUER), Some(NONCE)));
            assert_eq!(said["sub"].as_str(), Some(identity.principal.id.as_str()));
            assert!(is_subject(&identity.principal.id) && identity.principal.idns == provider.namespace);
            assert!(identity.shown.len() <= MAX_SHOWN && identity.authenticated_at.is_some_and(|at| at <= NOW));
        }
        Err(error) => {
            assert_ne!(error, IdTokenError::SignatureWrong);
            looks_right(error.into());
        }
    }
}

fn registered() -> Provider {
    Provider {
        institution_id: "128807".into(),
        issuer: ISSUER.into(),
        client_id: "latchkey".into(),
        auth: Method::Basic.with(Sealed { key: "k".into(), bytes: Vec::new() }),
        authorization_endpoint: String::new(),
        token_endpoint: String::new(),
        jwks_uri: String::new(),
        end_session_endpoint: None,
        algorithm: Algorithm::EdDsa,
        sends_iss: false,
        selects_account: false,
        claim: "sub".into(),
        scope: "openid".into(),
        namespace: ISSUER.into(),
        refresh_seconds: None,
        only: false,
        keys: Vec::new(),
        keys_read_at: 0,
        created_at: 0,
        sessions_from: 0,
        revision: 1,
    }
}

fn looks_right(denial: Denial) {
    let wire = denial.wire();
    assert!(denial.name().starts_with("provider_") || denial.name().starts_with("id_token_"), "{}", denial.name());
    assert_eq!((wire.status, wire.error), (403, "access_denied"));
}
