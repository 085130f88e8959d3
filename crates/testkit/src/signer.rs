//! A client's key, and how it signs.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use latchkey_oauth::client_auth::wskey::Signing;
use latchkey_oauth::form::encode;
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::settings::Authority;

static NONCES: AtomicU64 = AtomicU64::new(0);

/// A client that signs.
pub struct Signer {
    pub id: String,
    pub secret: ClientSecret,
}

impl Signer {
    /// Signs a POST of `query`, with a nonce never used before.
    pub fn sign(&self, query: &str, timestamp: u64) -> String {
        self.sign_as(query, timestamp, None, &[])
    }

    /// Sends the secret in place of a signature: the texts as they are, or form-encoded (RFC 6749 section 2.3.1).
    pub fn basic(&self, encoded: bool) -> String {
        let [id, secret] = [self.id.as_str(), self.secret.expose()];
        let credentials = if encoded { format!("{}:{}", encode(id), encode(secret)) } else { format!("{id}:{secret}") };
        format!("Basic {}", STANDARD.encode(credentials))
    }

    pub fn sign_as(&self, query: &str, timestamp: u64, principal: Option<(&str, &str)>, body: &[u8]) -> String {
        self.sign_whole("POST", query, timestamp, principal, body)
    }

    pub fn sign_method(&self, method: &str, query: &str, timestamp: u64) -> String {
        self.sign_whole(method, query, timestamp, None, &[])
    }

    fn sign_whole(
        &self,
        method: &str,
        query: &str,
        timestamp: u64,
        principal: Option<(&str, &str)>,
        body: &[u8],
    ) -> String {
        let nonce = format!("{:x}", NONCES.fetch_add(1, SeqCst) + 0x5368_c00b);
        let signing = Signing {
            client_id: &self.id,
            secret: &self.secret,
            authority: &Authority::default(),
            timestamp: &timestamp.to_string(),
            nonce: &nonce,
            principal,
            method,
            query,
            body,
        };
        signing.sign().unwrap().authorization
    }
}
