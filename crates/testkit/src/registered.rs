//! Providers of institutions, as an operator registers them.

use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::grant::namespace_of_provider;
use latchkey_oauth::jose::{Algorithm, PublicKey};
use latchkey_oauth::provider::{Method, Provider, sealed_for};
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::KeySet;

use crate::assertion::Key;
use crate::world::World;

/// The secret that the provider of tests gave to the service.
pub const PROVIDER_SECRET: &str = "what the provider of tests gave out";

impl World {
    /// A provider of the demo institution at an address. It is not registered yet.
    pub fn provider(&self, issuer: &str) -> Provider {
        self.provider_of("128807", issuer)
    }

    /// A provider of an institution at an address. It is not registered yet.
    pub fn provider_of(&self, id: &str, issuer: &str) -> Provider {
        let secret = ClientSecret::new(PROVIDER_SECRET.to_owned());
        let sealed = self.service.keyring(KeySet::Pages).seal(&sealed_for(id), &secret, random().unwrap()).unwrap();
        let mut key = PublicKey::parse(&Key::Rs256.jwk().to_string()).unwrap();
        key.kid = Some("first".to_owned());
        Provider {
            institution_id: id.to_owned(),
            issuer: issuer.to_owned(),
            client_id: "latchkey".to_owned(),
            auth: Method::Basic.with(sealed),
            authorization_endpoint: format!("{issuer}/authorize"),
            token_endpoint: format!("{issuer}/token"),
            jwks_uri: format!("{issuer}/keys"),
            end_session_endpoint: Some(format!("{issuer}/logout")),
            algorithm: Algorithm::Rs256,
            sends_iss: true,
            selects_account: true,
            claim: "sub".to_owned(),
            scope: "openid".to_owned(),
            namespace: namespace_of_provider(id),
            refresh_seconds: None,
            only: false,
            keys: vec![key],
            keys_read_at: self.now(),
            created_at: self.now(),
            sessions_from: self.now(),
            revision: 0,
        }
    }

    /// Registers one.
    pub async fn register(&self, provider: Provider) {
        let put = self.service.store.put_provider(provider, None, &mut Usage::default()).await;
        assert!(put.unwrap().is_made());
    }
}
