//! What an operator registers: providers of institutions, and a client with every attribute.

use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::{Client, NamedSecret};
use latchkey_oauth::grant::namespace_of_provider;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::jose::{Algorithm, PublicKey};
use latchkey_oauth::provider::{Method, Provider, sealed_for};
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::KeySet;

use crate::assertion::Key;
use crate::world::World;

/// The secret that the provider of tests gave to the service.
pub const PROVIDER_SECRET: &str = "what the provider of tests gave out";

/// A client none of whose attributes is absent, empty or false. By name: a new attribute is asked for here.
pub fn client_with_every_attribute(id: &str, secret: NamedSecret) -> Client {
    let texts = |text: &str| vec![text.to_owned()];
    Client {
        id: id.to_owned(),
        name: "A client with every attribute".to_owned(),
        publisher: Some("Consortium".to_owned()),
        help_url: Some("mailto:help@app.example".to_owned()),
        disabled: true,
        created_at: secret.created_at,
        secrets: vec![secret],
        keys: vec![Key::EdDsa.registered()],
        auth_methods: vec![AuthMethod::default()],
        grant_types: vec![GrantType::ClientCredentials],
        scopes: texts("WMS_NCIP"),
        institutions: texts("128807"),
        redirect_uris: texts("https://app.example/callback"),
        origins: texts("https://app.example"),
        introspects: texts("WMS_ACQ"),
        pkce_required: true,
        require_pushed_requests: true,
        names_principal: true,
        namespaces: Some(texts("urn:latchkey:128807")),
        signed_principal_required: true,
        numbers_as_strings: true,
        principal_on_refresh: true,
        refresh_token_seconds: Some(60),
        assertion_seconds: Some(60),
        single_use_assertions: true,
        not_before: Some(1),
        revision: 0,
    }
}

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
