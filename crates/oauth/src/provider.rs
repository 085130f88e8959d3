//! Sign-in by an institution's own provider (OpenID Connect Core 1.0): what is registered of it, and the rules of a visit there.
//!
//! | file | what is there |
//! |---|---|
//! | [`registration`], [`discovery`] | what an operator may register, and what the provider says of itself |
//! | [`visit`], [`authentication`] | a user's way there, and what the browser brings back |
//! | [`exchange`], [`answer`] | the code for the ID token |
//! | [`id_token`], [`keys`] | who the user is, and the keys that sign it |
//! | [`address`] | where the service may call at all |

pub mod address;
pub mod answer;
pub mod authentication;
pub mod discovery;
#[cfg(test)]
mod example;
pub mod exchange;
pub mod id_token;
pub mod keys;
pub mod registration;
pub mod visit;

use sha2::{Digest, Sha256};

use crate::jose::{Algorithm, PublicKey};
use crate::secret::{ClientSecret, Keyring, SealError, Sealed};

/// An institution's own provider, as an operator registered it.
#[derive(Clone)]
pub struct Provider {
    /// The institution whose users it knows.
    pub institution_id: String,
    /// Its issuer: what its discovery document and its ID tokens must say, character by character.
    pub issuer: String,
    /// What it calls this service.
    pub client_id: String,
    /// How this service authenticates there.
    pub auth: ProviderAuth,
    /// Where users are sent.
    pub authorization_endpoint: String,
    /// Where codes are redeemed.
    pub token_endpoint: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// Where users sign out there, if it says.
    pub end_session_endpoint: Option<String>,
    /// The one algorithm of its ID tokens.
    pub algorithm: Algorithm,
    /// Whether it says in each answer which issuer it is (RFC 9207).
    pub sends_iss: bool,
    /// Whether it takes `prompt=select_account`.
    pub selects_account: bool,
    /// The claim that names a user.
    pub claim: String,
    /// What is asked for.
    pub scope: String,
    /// The namespace of its users: their `principalIDNS`.
    pub namespace: String,
    /// The longest life of a refresh token of its users, seconds.
    pub refresh_seconds: Option<u64>,
    /// Whether the institution's users sign in by it alone.
    pub only: bool,
    /// Its keys of this algorithm.
    pub keys: Vec<PublicKey>,
    /// When they were read, POSIX seconds.
    pub keys_read_at: u64,
    /// When it was registered, POSIX seconds.
    pub created_at: u64,
    /// When it became the one that says who a user is, POSIX seconds: what began before has ended.
    pub sessions_from: u64,
    /// Counts the changes, so that two operators at once do not overwrite each other.
    pub revision: u64,
}

/// How this service authenticates at the token endpoint of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The secret in the header `Authorization` (RFC 6749 section 2.3.1).
    Basic,
    /// The secret in the form.
    Post,
}

impl Method {
    /// Both, the one that every provider must take first.
    pub const ALL: [Self; 2] = [Self::Basic, Self::Post];

    /// Its name (RFC 7591 section 2).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
        }
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }

    /// With this secret.
    pub fn with(self, secret: Sealed) -> ProviderAuth {
        match self {
            Self::Basic => ProviderAuth::Basic(secret),
            Self::Post => ProviderAuth::Post(secret),
        }
    }
}

/// The method, and its secret, sealed for the institution.
#[derive(Clone)]
pub enum ProviderAuth {
    /// [`Method::Basic`].
    Basic(Sealed),
    /// [`Method::Post`].
    Post(Sealed),
}

impl ProviderAuth {
    /// The method.
    pub fn method(&self) -> Method {
        match self {
            Self::Basic(_) => Method::Basic,
            Self::Post(_) => Method::Post,
        }
    }

    /// The secret as it is stored.
    pub fn sealed(&self) -> &Sealed {
        match self {
            Self::Basic(sealed) | Self::Post(sealed) => sealed,
        }
    }
}

/// What the secret of this institution's provider is sealed for: moved to another institution, it does not open. The blank keeps
/// it apart from every client id.
pub fn sealed_for(institution_id: &str) -> String {
    format!("latchkey provider\n{institution_id}")
}

impl Provider {
    /// Returns a stamp of what says who a user is, for sessions and visits: another provider, client, claim or namespace ends
    /// them, and so does a provider that was removed and registered again. What a change ended stays ended when the change is
    /// taken back. Other addresses or keys of the same provider end nothing.
    pub fn stamp(&self) -> u64 {
        let texts = [&self.institution_id, &self.issuer, &self.client_id, &self.claim, &self.namespace];
        let hash = texts.iter().fold(Sha256::new_with_prefix("latchkey provider\n"), |hash, text| {
            let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
            hash.chain_update(length.to_be_bytes()).chain_update(text)
        });
        let hash = hash.chain_update(self.sessions_from.to_be_bytes()).finalize();
        u64::from_be_bytes(std::array::from_fn(|at| hash[at]))
    }

    /// Takes the place of `before`: sessions go on, or begin anew where another provider, client, claim or namespace says who a
    /// user is.
    pub fn succeed(&mut self, before: &Self, now: u64) {
        self.sessions_from = before.sessions_from;
        if self.stamp() != before.stamp() {
            self.sessions_from = after(before.sessions_from, now);
        }
    }

    /// The secret of this service there.
    pub fn secret(&self, keyring: &Keyring) -> Result<ClientSecret, SealError> {
        keyring.open(&sealed_for(&self.institution_id), self.auth.sealed())
    }
}

/// When sessions begin anew, where those until now began at `before`: later than them, also within one second.
pub fn after(before: u64, now: u64) -> u64 {
    now.max(before.saturating_add(1))
}
