//! What a provider says of itself: its discovery document and its keys, read by the rules of the service.

use crate::cli::failure::{Failure, Outcome};
use crate::cli::http::{Document, document};
use latchkey_oauth::jose::PublicKey;
use latchkey_oauth::provider::Provider;
use latchkey_oauth::provider::address::is_loopback_text;
use latchkey_oauth::provider::discovery::{self, Discovered, Wanted};
use latchkey_oauth::provider::{keys, registration};

const DISCOVERY: Document = Document { name: "discovery document", types: &["application/json"] };
const KEYS: Document = Document { name: "key set", types: &["application/json", "application/jwk-set+json"] };

/// What a provider says.
pub(super) struct Said {
    pub(super) discovered: Discovered,
    pub(super) keys: Vec<PublicKey>,
}

/// Whether a provider may be on this machine: only beside a service that is.
pub(super) fn may_be_here(service: Option<&str>) -> bool {
    service.is_some_and(is_loopback_text)
}

/// What a registered provider is expected to say.
pub(super) fn wanted<'a>(provider: &'a Provider, service: Option<&str>) -> Wanted<'a> {
    Wanted {
        issuer: &provider.issuer,
        claim: &provider.claim,
        scope: &provider.scope,
        algorithm: Some(provider.algorithm),
        method: Some(provider.auth.method()),
        loopback: may_be_here(service),
    }
}

impl Said {
    /// Asks a provider. Fails with everything that is wrong, a sentence each.
    pub(super) async fn read(wanted: &Wanted<'_>) -> Result<Self, Vec<String>> {
        let one = |failure: Failure| vec![failure.0];
        registration::issuer(wanted.issuer, wanted.loopback)
            .map_err(|reason| vec![format!("the issuer {}: {reason}", wanted.issuer)])?;
        let is_here = |url: &str| wanted.loopback && is_loopback_text(wanted.issuer) && is_loopback_text(url);
        let url = discovery::document_url(wanted.issuer);
        let text = document(DISCOVERY, &url, is_here(&url)).await.map_err(one)?;
        let discovered = discovery::read(&text, wanted);
        let discovered = discovered.map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        let text = document(KEYS, &discovered.jwks_uri, is_here(&discovered.jwks_uri)).await.map_err(one)?;
        let keys = keys::read(&text, discovered.algorithm).map_err(|fault| vec![fault.to_string()])?;
        Ok(Self { discovered, keys })
    }

    /// Gives a provider what it says of itself now.
    pub(super) fn apply(self, provider: &mut Provider, now: u64) {
        // By name: a member that is forgotten here does not compile.
        let Discovered {
            authorization_endpoint,
            token_endpoint,
            jwks_uri,
            end_session_endpoint,
            algorithm,
            // The secret goes with it.
            method: _,
            sends_iss,
            selects_account,
            findings: _,
        } = self.discovered;
        provider.authorization_endpoint = authorization_endpoint;
        provider.token_endpoint = token_endpoint;
        provider.jwks_uri = jwks_uri;
        provider.end_session_endpoint = end_session_endpoint;
        provider.algorithm = algorithm;
        provider.sends_iss = sends_iss;
        provider.selects_account = selects_account;
        provider.keys = self.keys;
        provider.keys_read_at = now;
    }

    /// What it says now, where that is not what is registered. With the first of the two, users cannot sign in, or soon cannot.
    pub(super) fn differences(&self, provider: &Provider) -> (Vec<String>, Vec<String>) {
        let Discovered {
            authorization_endpoint,
            token_endpoint,
            jwks_uri,
            end_session_endpoint,
            sends_iss,
            selects_account,
            ..
        } = &self.discovered;
        let or_none = |url: &Option<String>| url.clone().unwrap_or_else(|| "none".to_owned());
        let differs = |(name, now, before): (&str, String, String)| {
            (now != before).then(|| format!("{name} is {now} now, and {before} before"))
        };
        let iss = differs(("sends_iss", sends_iss.to_string(), provider.sends_iss.to_string()));
        // An answer without what is registered is refused.
        let (missing, new) = if *sends_iss { (None, iss) } else { (iss, None) };
        let addresses = [
            ("authorization_endpoint", authorization_endpoint.clone(), provider.authorization_endpoint.clone()),
            ("token_endpoint", token_endpoint.clone(), provider.token_endpoint.clone()),
            ("jwks_uri", jwks_uri.clone(), provider.jwks_uri.clone()),
        ];
        let others = [
            ("end_session_endpoint", or_none(end_session_endpoint), or_none(&provider.end_session_endpoint)),
            ("selects_account", selects_account.to_string(), provider.selects_account.to_string()),
        ];
        (
            addresses.into_iter().filter_map(differs).chain(missing).collect(),
            others.into_iter().filter_map(differs).chain(new).collect(),
        )
    }

    /// The names of stored keys that name other keys now.
    pub(super) fn replaced_keys(&self, provider: &Provider) -> Vec<String> {
        let is_replaced = |key: &&PublicKey| {
            key.kid.is_some() && !self.keys.contains(key) && self.keys.iter().any(|now| now.kid == key.kid)
        };
        provider.keys.iter().filter(is_replaced).map(|key| key.name().to_string()).collect()
    }

    /// The same of its keys.
    pub(super) fn key_difference(&self, provider: &Provider) -> Option<String> {
        // In any order.
        if self.keys.len() == provider.keys.len() && self.keys.iter().all(|key| provider.keys.contains(key)) {
            return None;
        }
        let names = |keys: &[PublicKey]| keys.iter().map(PublicKey::name).collect::<Vec<_>>().join(", ");
        Some(format!("the keys are {} now, and {} before", names(&self.keys), names(&provider.keys)))
    }
}

/// Says on standard error what is unwise.
pub(super) fn warn(discovered: &Discovered) {
    for finding in &discovered.findings {
        eprintln!("latchkey: warning: {}", crate::cli::output::shown_in_line(&finding.to_string()));
    }
}

/// Says everything that is wrong with a provider. Nothing of it is stored.
pub(super) fn refused<T>(read: Result<T, Vec<String>>) -> Outcome<T> {
    read.map_err(|faults| match &faults[..] {
        [fault] => Failure::new(format!("{fault}; nothing is stored")),
        faults => {
            for fault in faults {
                eprintln!("latchkey: {}", crate::cli::output::shown_in_line(fault));
            }
            Failure::new(format!("{} faults of the provider; nothing is stored", faults.len()))
        }
    })
}
