//! How commands show providers: without their secrets.

use std::collections::HashMap;

use serde::Serialize;

use super::{former, none, registered};
use crate::cli::database::DatabaseArgs;
use crate::cli::failure::{Failure, Outcome, intact};
use crate::cli::http;
use crate::cli::output::line;
use latchkey_dynamodb::store::{Registered, Store, Usage};
use latchkey_oauth::jose::PublicKey;
use latchkey_oauth::provider::Provider;
use latchkey_oauth::provider::authentication::redirect_uri;
use latchkey_oauth::time::instant;

/// A provider.
#[derive(Serialize)]
pub(super) struct View {
    institution_id: String,
    issuer: String,
    client_id: String,
    auth_method: &'static str,
    /// The name of the key that sealed the secret.
    secret_sealed_by: String,
    scope: String,
    claim: String,
    namespace: String,
    /// Kept from others, because users of former providers may have grants. Only `show` says them, where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    former_namespaces: Vec<String>,
    algorithm: &'static str,
    /// The longest life of a refresh token of the provider's users; none where nothing but the clients' registrations bounds it.
    refresh_seconds: Option<u64>,
    /// The institution's users sign in by the provider only.
    only: bool,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    end_session_endpoint: Option<String>,
    sends_iss: bool,
    selects_account: bool,
    keys: Vec<String>,
    keys_read_at: String,
    created_at: String,
    /// Sessions and visits that began before do not count.
    sessions_from: String,
    /// What the provider's administrator enters; none if the command does not know the address of the service.
    redirect_uri: Option<String>,
}

impl View {
    pub(super) fn new(provider: &Provider, service: Option<&str>) -> Self {
        // By name: an attribute that is forgotten here does not compile.
        let Provider {
            institution_id,
            issuer,
            client_id,
            auth,
            authorization_endpoint,
            token_endpoint,
            jwks_uri,
            end_session_endpoint,
            algorithm,
            sends_iss,
            selects_account,
            claim,
            scope,
            namespace,
            refresh_seconds,
            only,
            keys,
            keys_read_at,
            created_at,
            sessions_from,
            // Only writes use it.
            revision: _,
        } = provider;
        Self {
            institution_id: institution_id.clone(),
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            auth_method: auth.method().as_str(),
            secret_sealed_by: auth.sealed().key.clone(),
            scope: scope.clone(),
            claim: claim.clone(),
            namespace: namespace.clone(),
            former_namespaces: Vec::new(),
            algorithm: algorithm.as_str(),
            refresh_seconds: *refresh_seconds,
            only: *only,
            authorization_endpoint: authorization_endpoint.clone(),
            token_endpoint: token_endpoint.clone(),
            jwks_uri: jwks_uri.clone(),
            end_session_endpoint: end_session_endpoint.clone(),
            sends_iss: *sends_iss,
            selects_account: *selects_account,
            keys: keys.iter().map(PublicKey::name).collect(),
            keys_read_at: instant(*keys_read_at),
            created_at: instant(*created_at),
            sessions_from: instant(*sessions_from),
            redirect_uri: service.map(|service| redirect_uri(service, institution_id)),
        }
    }

    fn print(&self, database: &DatabaseArgs) -> Outcome {
        database.output.one(self)?;
        if database.output.json { Ok(()) } else { say_redirect_uri(&self.institution_id, self.redirect_uri.as_deref()) }
    }
}

/// Prints a provider, and what its administrator enters there.
pub(super) fn print(provider: &Provider, service: Option<&str>, database: &DatabaseArgs) -> Outcome {
    View::new(provider, service).print(database)
}

/// Says what the provider's administrator enters there.
pub(super) fn say_redirect_uri(institution_id: &str, known: Option<&str>) -> Outcome {
    let uri = match known {
        Some(uri) => uri.to_owned(),
        None => format!("your service's address, then {}", redirect_uri("", institution_id)),
    };
    line(&format!("\nThe provider's administrator enters this redirect URI for the client, and no other: {uri}"))
}

pub(super) async fn show(id: &str, url: Option<&str>, database: &DatabaseArgs) -> Outcome {
    let service = http::service(url, database)?;
    let store = database.open().await?;
    let registered = registered(&store, id).await?.ok_or_else(|| none(id))?;
    let former = former(&store, id, &registered)?;
    let Registered::Provider(provider) = registered else {
        let Failure(reason) = none(id);
        return Err(Failure::new(match &former[..] {
            [] => reason,
            former => format!("{reason}; former namespaces that are kept from others: {}", former.join(", ")),
        }));
    };
    View { former_namespaces: former, ..View::new(&provider, service.as_deref()) }.print(database)
}

/// How the users of an institution sign in.
#[derive(Serialize)]
pub(in crate::cli::directory) struct SignIn {
    sign_in: &'static str,
    /// Issuer of the provider.
    provider: Option<String>,
}

/// The providers of all institutions, by institution.
pub(in crate::cli::directory) struct Providers {
    by_institution: HashMap<String, Provider>,
    usage: Usage,
}

impl Providers {
    pub(in crate::cli::directory) async fn read(store: &Store) -> Outcome<Self> {
        let mut usage = Usage::default();
        let found = store.providers(&mut usage).await;
        let found = found.map_err(|unavailable| Failure::database(unavailable, &usage))?;
        let named = found.into_iter().map(|provider| (provider.institution_id.clone(), provider.into_inner()));
        Ok(Self { by_institution: named.collect(), usage })
    }

    pub(in crate::cli::directory) fn of(&self, institution_id: &str) -> SignIn {
        let provider = self.by_institution.get(institution_id);
        SignIn {
            sign_in: match provider {
                None => "password",
                Some(provider) if provider.only => "provider",
                Some(_) => "provider or password",
            },
            provider: provider.map(|provider| provider.issuer.clone()),
        }
    }

    /// Fails if one of them cannot be read.
    pub(in crate::cli::directory) fn intact(&self) -> Outcome {
        intact(&self.usage)
    }
}
