//! Proves, before a command seals, that the keys here are those that sealed what is stored: a name alone says little, since
//! every deployment's first key may have the same one.

pub(in crate::cli) mod again;

use clap::Args;

use crate::cli::failure::{Failure, Outcome};
use latchkey::context::Service;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::provider::{Provider, sealed_for as sealed_for_provider};
use latchkey_oauth::secret::{Keyring, Sealed};
use latchkey_oauth::service::KeySet;
use latchkey_oauth::sign_in::factor::sealed_for as sealed_for_user;
use latchkey_oauth::user::User;

/// What does not count.
#[derive(Args, Clone, Default)]
pub(in crate::cli) struct SealingArgs {
    /// Name of a sealing key that is lost: secrets that it sealed do not count. May be repeated.
    #[arg(long = "lost-key", value_name = "NAME")]
    lost_keys: Vec<String>,
}

impl SealingArgs {
    /// An operator may name it as an item does, or as the settings do.
    pub(in crate::cli) fn is_lost(&self, key: &str) -> bool {
        let bare = key.split_once('/').map_or(key, |(_, name)| name);
        self.lost_keys.iter().any(|lost| lost == key || lost == bare)
    }

    /// The proof of the key that seals for the pages.
    pub(in crate::cli) fn of_pages<'a>(&self, service: &'a Service) -> Proof<'a> {
        let keyring = service.keyring(KeySet::Pages);
        Proof { keyring, is_lost: self.is_lost(keyring.sealing_key()), unopened: None }
    }

    /// Fails if the functions seem to have another key of the pages than the one that seals here: they could not open what it
    /// seals. A secret of a provider or a second factor of the institution's users that it sealed must open.
    pub(in crate::cli) async fn prove_pages(&self, service: &Service, institution_id: &str) -> Outcome {
        let (mut proof, mut usage) = (self.of_pages(service), Usage::default());
        if proof.is_lost {
            return Ok(());
        }
        let providers = service.store.providers(&mut usage).await;
        let providers = providers.map_err(|unavailable| Failure::database(unavailable, &usage))?;
        if providers.iter().any(|provider| proof.is_by_provider(provider)) {
            return Ok(());
        }
        let key = proof.keyring.sealing_key();
        let is_proof = |user: &User| proof.is_by_user(user);
        let found = service.store.any_second_factor(institution_id, key, is_proof, &mut usage).await;
        if found.map_err(|unavailable| Failure::database(unavailable, &usage))? { Ok(()) } else { proof.end() }
    }
}

/// What proves one key: a secret that a key of this name sealed, and that opens.
pub(in crate::cli) struct Proof<'a> {
    keyring: &'a Keyring,
    is_lost: bool,
    /// The first secret that a key of this name sealed and that does not open.
    unopened: Option<String>,
}

impl Proof<'_> {
    /// Whether the secret of a provider is a proof.
    pub(in crate::cli) fn is_by_provider(&mut self, provider: &Provider) -> bool {
        let id = &provider.institution_id;
        self.opens(&sealed_for_provider(id), provider.auth.sealed(), || {
            format!("that of the provider of institution {id}")
        })
    }

    /// Whether the second factor of a user is a proof.
    pub(in crate::cli) fn is_by_user(&mut self, user: &User) -> bool {
        let Some(sealed) = &user.second_factor else { return false };
        let User { institution_id, username, .. } = user;
        let told = || format!("the second factor of user {username} of institution {institution_id}");
        self.opens(&sealed_for_user((institution_id, username)), sealed, told)
    }

    fn opens(&mut self, what_for: &str, sealed: &Sealed, told: impl FnOnce() -> String) -> bool {
        if sealed.key != self.keyring.sealing_key() {
            return false;
        }
        let opens = self.keyring.open_bytes(what_for, sealed).is_ok();
        if !opens {
            self.unopened.get_or_insert_with(told);
        }
        opens
    }

    /// Fails if secrets were tried, of which none was a proof.
    pub(in crate::cli) fn end(self) -> Outcome {
        match self.unopened {
            Some(first) if !self.is_lost => Err(another(self.keyring.sealing_key(), &first)),
            _ => Ok(()),
        }
    }
}

/// What an operator does about a key that does not open what it sealed.
pub(in crate::cli) fn way_out(key: &str) -> String {
    format!(
        "use the keys that the functions have; if the key is lost, --lost-key {key} leaves its secrets out of account"
    )
}

/// None of what a key of this name sealed opens; `first` is one of them.
pub(in crate::cli) fn another(key: &str, first: &str) -> Failure {
    Failure::new(format!(
        "the key '{key}' here is another one than the key '{key}' that sealed the secrets there: none of them opens, not even \
         {first}; {}",
        way_out(key)
    ))
}
