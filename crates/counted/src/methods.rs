//! A refresh by each method of clients, from the request's header and form to the answer.

use std::hint::black_box;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, Response};
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::ClientKey;
use latchkey_oauth::client_auth::ClientAuth;
use latchkey_oauth::client_auth::assertion::{Audiences, JWT_BEARER};
use latchkey_oauth::client_auth::replay::Replay;
use latchkey_oauth::form::{Pairs, encode};
use latchkey_oauth::grants::institutions::NamedInstitutions;
use latchkey_oauth::grants::refresh_token;
use latchkey_oauth::jose::PublicKey;
use latchkey_oauth::response::{self, Form};
use latchkey_oauth::service::KeySet;
use latchkey_oauth::token::Unverified;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair as RsaKeyPair, PublicKeyComponents};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256};
use serde_json::{Value, json};

use crate::{ENTROPY, Refresh};

const ISSUER: &str = "https://auth.example";

/// What a client authenticates by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    WsKey,
    Basic,
    Hs256,
    /// With 2048 bits.
    Rs256,
    Es256,
    EdDsa,
}

impl By {
    pub const ALL: [Self; 6] = [Self::WsKey, Self::Basic, Self::Hs256, Self::Rs256, Self::Es256, Self::EdDsa];

    pub fn name(self) -> &'static str {
        match self {
            Self::WsKey => "wskey",
            Self::Basic => "client_secret_basic",
            Self::Hs256 => "client_secret_jwt, HS256",
            Self::Rs256 => "private_key_jwt, RS256 of 2048 bits",
            Self::Es256 => "private_key_jwt, ES256",
            Self::EdDsa => "private_key_jwt, EdDSA",
        }
    }

    fn method(self) -> AuthMethod {
        match self {
            Self::WsKey => AuthMethod::WsKey,
            Self::Basic => AuthMethod::Basic,
            Self::Hs256 => AuthMethod::SecretJwt,
            Self::Rs256 | Self::Es256 | Self::EdDsa => AuthMethod::PrivateKeyJwt,
        }
    }

    fn algorithm(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::WsKey | Self::Basic | Self::Hs256 => "HS256",
        }
    }

    /// The public key, if there is one, and the signature.
    fn sign(self, message: &[u8], secret: &[u8]) -> (Option<Value>, Vec<u8>) {
        let random = SystemRandom::new();
        match self {
            Self::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(&der("rsa-of-tests.pem")).unwrap();
                let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(pair.public());
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                (Some(json!({ "kty": "RSA", "n": text(&n), "e": text(&e) })), signature)
            }
            Self::Es256 => {
                let der = der("p256-of-tests.pem");
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &random).unwrap();
                let point = pair.public_key().as_ref();
                let jwk = json!({ "kty": "EC", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..]) });
                (Some(jwk), pair.sign(&random, message).unwrap().as_ref().to_vec())
            }
            Self::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der("ed25519-of-tests.pem")).unwrap();
                let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref()) });
                (Some(jwk), pair.sign(message).as_ref().to_vec())
            }
            Self::WsKey | Self::Basic | Self::Hs256 => {
                (None, hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec())
            }
        }
    }
}

/// A private key of the tests, which is public.
fn der(name: &str) -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/jose").join(name);
    let text = std::fs::read_to_string(file).unwrap();
    STANDARD.decode(text.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap()
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A refresh by one method.
pub struct Authenticated {
    refresh: Refresh,
    request: Request<Bytes>,
    signs: bool,
}

impl Authenticated {
    pub fn ready(by: By) -> Self {
        let mut refresh = Refresh::ready();
        refresh.client.auth_methods = vec![by.method()];
        let request = match by {
            By::WsKey => Request::post(format!("/?{}", refresh.query))
                .header("authorization", &refresh.authorization)
                .body(Bytes::new()),
            By::Basic => {
                let pair = [refresh.client.id.as_bytes(), b":", refresh.secret.as_bytes()].concat();
                Request::post("/")
                    .header("authorization", format!("Basic {}", STANDARD.encode(pair)))
                    .body(refresh.query.clone().into())
            }
            By::Hs256 | By::Rs256 | By::Es256 | By::EdDsa => Request::post("/").body(refresh.asserted(by).into()),
        };
        Self { refresh, request: request.unwrap(), signs: by == By::WsKey }
    }

    pub fn once(&self) -> Response<Bytes> {
        let Refresh { service, client, now, grant, .. } = &self.refresh;
        let (settings, request) = (&service.settings, black_box(&self.request));
        let query = Pairs::parse(request.uri().query().unwrap_or_default().as_bytes()).unwrap();
        let form = Pairs::parse(request.body()).unwrap();
        let Ok(shown) = ClientAuth::in_header(request) else { panic!() };
        let Ok(auth) = ClientAuth::of(shown, &query, &form) else { panic!() };
        let audiences = || Audiences { issuer: ISSUER.to_owned(), endpoints: Vec::new() };
        assert!(auth.check(settings, *now).is_ok() && auth.check_assertion(audiences, settings, *now).is_ok());
        let keyring = service.keyring(KeySet::Clients);
        let Ok(verified) = auth.verify(Some(client.clone()), &query, keyring, settings, *now) else { panic!() };
        let replay = auth.replay(settings, *now);
        let replay = replay.unwrap_or_else(|| Replay::unmarked(auth.method(), [6; 32], *now));
        let parameters = if self.signs { &query } else { &form };
        let refresh_token = parameters.iter().find(|(name, _)| *name == "refresh_token").unwrap().1;
        let asked = refresh_token::RefreshRequest {
            token: Unverified::parse(refresh_token),
            scope: None,
            institutions: NamedInstitutions::default(),
        };
        let client = &verified.client;
        let decided = refresh_token::refresh(client, Some(grant), &asked, &replay, settings, &ENTROPY, *now);
        let Ok((_, answer)) = decided else { panic!() };
        let plain = Form::Plain { refresh_token: Some(refresh_token), context: None };
        response::tokens(client, &answer, if self.signs { Form::Oclc } else { plain }, *now)
    }
}

impl Refresh {
    /// The form of a client that asserts, whose key is registered then.
    fn asserted(&mut self, by: By) -> String {
        let (id, now) = (&self.client.id, self.now);
        let claims =
            json!({ "iss": id, "sub": id, "aud": ISSUER, "jti": "5368c00b5368c00b", "iat": now, "exp": now + 60 });
        let header = match by.method() {
            AuthMethod::PrivateKeyJwt => json!({ "alg": by.algorithm(), "kid": "k" }),
            _ => json!({ "alg": by.algorithm() }),
        };
        let message = format!("{}.{}", text(header.to_string().as_bytes()), text(claims.to_string().as_bytes()));
        let (jwk, signature) = by.sign(message.as_bytes(), self.secret.as_bytes());
        self.client.keys.extend(jwk.map(|mut jwk| {
            jwk["kid"] = json!("k");
            let key = PublicKey::parse(&jwk.to_string()).unwrap();
            ClientKey { kid: key.name(), jwk: key.written() }
        }));
        format!(
            "{}&client_assertion_type={}&client_assertion={message}.{}",
            self.query,
            encode(JWT_BEARER),
            text(&signature)
        )
    }
}
