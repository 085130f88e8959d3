//! A client assertion: what is read is one spelling of what was sent, and nothing that is made up verifies.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::{Client, MAX_CLIENT_ID, is_client_id};
use latchkey_oauth::client_auth::ClientAuth;
use latchkey_oauth::client_auth::assertion::{Assertion, Audiences, JWT_BEARER};
use latchkey_oauth::error::Denial;
use latchkey_oauth::form::{Pairs, encode};
use latchkey_oauth::jose::{Jws, MAX_ASSERTION, PublicKey};
use latchkey_oauth::secret::Keyring;
use latchkey_oauth::settings::Settings;

use crate::{parts, text};

/// The key of RFC 8037 appendix A.2.
const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const NOW: u64 = 1_795_393_844;

pub fn assertion(data: &[u8]) {
    let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let [header, claims, signature] = parts(data);
    // As the whole assertion, and as what its parts are made of.
    read(text(data));
    read(&format!("{}.{}.{}", encoded(header), encoded(claims), encoded(signature)));
}

fn read(sent: &str) {
    if let Ok(jws) = Jws::parse(sent) {
        let parts: Vec<_> = sent.split('.').collect();
        assert!(parts.len() == 3 && sent.len() <= MAX_ASSERTION);
        // Only one text says it: another one with the same meaning would be another mark of no assertion.
        for part in &parts {
            assert_eq!(URL_SAFE_NO_PAD.encode(URL_SAFE_NO_PAD.decode(part).unwrap()), *part);
        }
        assert_eq!(URL_SAFE_NO_PAD.encode(&jws.payload), parts[1]);
        let key = PublicKey::parse(KEY).unwrap();
        assert!(!jws.is_by(&key) || sent.starts_with("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."));
        assert!(!jws.is_by(&jws.decoy()));
    }
    let id = match Assertion::parse(sent) {
        Ok(assertion) => Some(assertion.client_id().to_owned()),
        Err(error) => {
            looks_right(&latchkey_oauth::client_auth::Failure::from(error).into());
            None
        }
    };
    assert!(id.as_deref().is_none_or(|id| is_client_id(id) && id.len() <= MAX_CLIENT_ID));
    let form = format!("client_assertion_type={}&client_assertion={}", encode(JWT_BEARER), encode(sent));
    let pairs = Pairs::parse(form.as_bytes()).unwrap();
    match ClientAuth::of(None, &Pairs::default(), &pairs) {
        Ok(auth) => {
            assert!(matches!(auth.method(), AuthMethod::SecretJwt | AuthMethod::PrivateKeyJwt));
            assert_eq!(Some(auth.client_id()), id.as_deref());
            let audiences = || Audiences { issuer: "https://auth.example".into(), endpoints: Vec::new() };
            if let Err(failure) = auth.check_assertion(audiences, &Settings::default(), NOW) {
                looks_right(&failure.into());
            }
            let keyring = Keyring::parse(&Keyring::line("k", &[7; 32])).unwrap();
            let mut client = Client::without_secret(auth.client_id().to_owned(), String::new(), NOW);
            client.auth_methods = vec![auth.method()];
            client.keys = vec![(&PublicKey::parse(KEY).unwrap()).into()];
            let refused = auth.verify(Some(client), &Pairs::default(), &keyring, &Settings::default(), NOW);
            looks_right(&refused.err().expect("nobody signed it"));
        }
        Err(denial) => assert!(id.is_none() || sent.is_empty(), "{}", denial.name()),
    }
}

fn looks_right(denial: &Denial) {
    let wire = denial.wire();
    assert!(denial.name().starts_with("assertion_"), "{}", denial.name());
    assert_eq!((wire.status, wire.error), (401, "invalid_client"));
    // RFC 6749 section 5.2
    let allowed = |byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    assert!(wire.description.bytes().all(allowed) && wire.details.is_ascii());
}
