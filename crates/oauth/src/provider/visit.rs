//! A visit to the provider: what `state` holds while the user is away. It is sealed, so nothing is kept on the server. It counts
//! in the browser that left with it, which gives it up when it comes back. A browser that keeps it may bring further codes, which
//! are counted.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Provider;
use super::id_token::{Expected, LEAST_SKEW};
use crate::client::Client;
use crate::error::{Denial, ProviderError, Unavailable};
use crate::grants::authorization_code::request::Request;
use crate::secret::sealed_text::{open, seal};
use crate::secret::{Keyring, NONCE_BYTES};
use crate::settings::Settings;

mod tabs;
#[cfg(test)]
mod tests;

pub use tabs::{MAX_TABS, TAB_BYTES, TabSecret, Tabs};

/// How long a user may be away, seconds.
pub const VISIT_SECONDS: u64 = 600;
/// The longest `state`, in bytes: some providers take no more.
pub const MAX_STATE: usize = 2048;

/// What it is sealed for. The blank keeps it apart from every client id.
const VISIT: &str = "latchkey visit";

/// Where the user is led once signed in.
// There is one at a time.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destination {
    /// To the question of this request, which may be a device's.
    #[serde(rename = "r")]
    Request(Request),
    /// To the applications that may use the account.
    #[serde(rename = "a")]
    Applications,
}

/// A visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The institution whose provider it leads to.
    #[serde(rename = "i")]
    pub institution_id: String,
    /// The provider's [`stamp`](Provider::stamp) then.
    #[serde(rename = "s")]
    stamp: u64,
    /// The tab's secret, by its hash.
    #[serde(rename = "t")]
    tab: String,
    /// When it ends, POSIX seconds.
    #[serde(rename = "e")]
    ends_at: u64,
    /// Whether the user must authenticate anew.
    #[serde(rename = "l", default, skip_serializing_if = "is_false")]
    pub login: bool,
    /// Whether the user wants another account.
    #[serde(rename = "o", default, skip_serializing_if = "is_false")]
    pub another: bool,
    /// How long ago the user may have authenticated, seconds.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
    /// Where it leads in the end.
    #[serde(rename = "d")]
    to: Destination,
    /// The language that the user chose where no application asks for one.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// The place of the redirect URI in the client's registration, and its hash, where the URI itself would make `state` too
    /// long.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    redirect: Option<(usize, String)>,
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(value: &bool) -> bool {
    !*value
}

/// SHA-256, cut to 16 bytes.
fn hash(prefix: &str, bytes: &[u8]) -> String {
    let hash = Sha256::new_with_prefix(prefix).chain_update(bytes).finalize();
    URL_SAFE_NO_PAD.encode(&hash[..16])
}

fn hash_of_uri(uri: &str) -> String {
    hash("latchkey redirect uri\n", uri.as_bytes())
}

impl Visit {
    /// Begins one from a tab. What the application wants the user to be asked, the provider has to ask.
    pub fn begin(provider: &Provider, tab: &TabSecret, to: Destination, another: bool, now: u64) -> Self {
        let prompt = match &to {
            Destination::Request(request) => request.prompt,
            Destination::Applications => Default::default(),
        };
        Self {
            institution_id: provider.institution_id.clone(),
            stamp: provider.stamp(),
            tab: tab.hash(),
            ends_at: now.saturating_add(VISIT_SECONDS),
            login: prompt.login,
            another,
            max_age: prompt.max_age,
            to,
            language: None,
            redirect: None,
        }
    }

    /// The same, of a user who chose a language.
    pub fn speaking(self, language: Option<String>) -> Self {
        Self { language, ..self }
    }

    /// The `prompt` that the provider is sent (OpenID Connect Core section 3.1.2.1).
    pub fn prompt(&self, provider: &Provider) -> Option<&'static str> {
        match (self.login, self.another) {
            (false, false) => None,
            (false, true) if provider.selects_account => Some("select_account"),
            _ => Some("login"),
        }
    }

    /// The value of `state`. Of a long request the redirect URI is named by its place in the registration.
    pub fn seal(&self, client: Option<&Client>, keyring: &Keyring, nonce: [u8; NONCE_BYTES]) -> Result<String, Denial> {
        let sealed = |visit: &Self| seal(visit, VISIT, keyring, nonce).map_err(|_| Unavailable::SecretUnopened);
        // Only one of the two leaves this function, so the nonce serves once.
        let state = sealed(self)?;
        if state.len() <= MAX_STATE {
            return Ok(state);
        }
        let shorter = self.shortened(client).ok_or(ProviderError::RequestTooLong)?;
        let state = sealed(&shorter)?;
        if state.len() <= MAX_STATE { Ok(state) } else { Err(ProviderError::RequestTooLong.into()) }
    }

    fn shortened(&self, client: Option<&Client>) -> Option<Self> {
        let Destination::Request(request) = &self.to else { return None };
        let place = client?.redirect_uris.iter().position(|known| *known == request.redirect_uri)?;
        let redirect = Some((place, hash_of_uri(&request.redirect_uri)));
        let to = Destination::Request(Request { redirect_uri: String::new(), ..request.clone() });
        Some(Self { to, redirect, ..self.clone() })
    }

    /// What a `state` holds, whether or not it counts: a page that refuses it may lead back to the begin of the request.
    pub fn peek(state: &str, keyring: &Keyring) -> Option<Self> {
        if state.len() > MAX_STATE { None } else { open(state, VISIT, keyring) }
    }

    /// Reads a `state` that a browser with these tabs brings back.
    pub fn open(state: &str, keyring: &Keyring, tabs: &Tabs, now: u64) -> Result<(Self, TabSecret), ProviderError> {
        let visit = Self::peek(state, keyring).ok_or(ProviderError::VisitUnknown)?;
        if now >= visit.ends_at {
            return Err(ProviderError::VisitExpired);
        }
        let tab = tabs.find(&visit.tab).ok_or(ProviderError::VisitForeign)?;
        Ok((visit, tab))
    }

    /// The provider, if it is still the one that the user was sent to.
    pub fn check<'p>(&self, provider: Option<&'p Provider>) -> Result<&'p Provider, ProviderError> {
        let is_same =
            |provider: &&Provider| provider.institution_id == self.institution_id && provider.stamp() == self.stamp;
        provider.filter(is_same).ok_or(ProviderError::Changed)
    }

    /// The languages that the application asks for, or the one that the user chose.
    pub fn ui_locales(&self) -> Option<&str> {
        match &self.to {
            Destination::Request(request) => request.ui_locales.as_deref(),
            Destination::Applications => self.language.as_deref(),
        }
    }

    /// The application whose request it keeps.
    pub fn client_id(&self) -> Option<&str> {
        match &self.to {
            Destination::Request(request) => Some(&request.client_id),
            Destination::Applications => None,
        }
    }

    /// Where it leads. The registration may have lost the redirect URI since.
    pub fn destination(&self, client: Option<&Client>) -> Result<Destination, Denial> {
        let (Destination::Request(request), Some((place, hash))) = (&self.to, &self.redirect) else {
            return Ok(self.to.clone());
        };
        let client = client.filter(|client| client.id == request.client_id).ok_or(Denial::ClientUnregistered)?;
        let uri = client.redirect_uris.get(*place).filter(|uri| hash_of_uri(uri) == *hash);
        let redirect_uri = uri.cloned().ok_or(Denial::RedirectUriUnregistered)?;
        Ok(Destination::Request(Request { redirect_uri, ..request.clone() }))
    }

    /// What the ID token of this visit must fit.
    pub fn expected<'p>(&self, provider: &'p Provider, tab: &TabSecret, settings: &Settings, now: u64) -> Expected<'p> {
        Expected {
            provider,
            nonce: tab.nonce(),
            login: self.login,
            max_age: self.max_age,
            since: self.ends_at.saturating_sub(VISIT_SECONDS),
            now,
            skew: settings.clock_skew_seconds.max(LEAST_SKEW),
        }
    }
}
