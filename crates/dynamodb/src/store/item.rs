//! Turns values into items and back. Each attribute name is written once: in the file of what has it, or here if several have it.

mod change;
mod client;
mod device;
mod grant;
mod holder;
#[cfg(feature = "users")]
mod provider;
mod record;
#[cfg(feature = "users")]
mod user;

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::{Institutions, StoredToken};
use latchkey_oauth::scope::Scope;
use latchkey_oauth::token::{GrantId, TokenHash};

pub(super) use change::{CHANGE_BYTES, REVISION, changes, created_at, mark_change, revision, unchanged};
#[cfg(feature = "users")]
pub(super) use client::WITHOUT_SECRETS;
pub(super) use client::{from_client, to_client, to_token_client};
pub(super) use device::{ALLOWED_AT, DENIED_AT, POLL_INTERVAL, POLLED_AT};
pub(super) use grant::{
    access_part, from_grant, from_refreshed_token, grant_id, has_ended, is_grant, minted_hash, to_grant,
    to_refreshed_token,
};
pub(super) use holder::{Holder, holder, is_revoked, names_user};
#[cfg(feature = "users")]
pub(super) use holder::{is_over, names_client};
#[cfg(feature = "users")]
pub use provider::RemovedProvider;
#[cfg(feature = "users")]
pub(super) use provider::{
    former_namespaces, from_provider, institution_of, may_be_only, namespaces_so_far, provider_name, released, remains,
    to_provider, to_removed,
};
pub(super) use record::{from_record, to_record};
#[cfg(feature = "users")]
pub(super) use user::{
    LAST_STEP, RECOVERY, from_attempts, from_directory, from_user, hashes, minute, to_account, to_attempts, to_codes,
    to_directory, to_recent, to_user,
};

/// An item of any table.
pub(super) type Item = HashMap<String, AttributeValue>;

/// The partition of what belongs to the whole table of users: no institution has this id.
pub(super) const NO_INSTITUTION: &str = "#";
/// What the sort key of a provider begins with, before the institution's id.
pub(super) const PROVIDER: &str = "provider#";
/// The sort key of a grant.
pub(super) const GRANT: &str = "grant";
/// The longest life of a refresh token of a grant, where the user's institution has one.
pub(super) const REFRESH_SECONDS: &str = "refresh_seconds";
/// What the sort key of a refreshed access token begins with.
pub(super) const ACCESS: &str = "access#";

/// Whether an item has this key.
pub(super) fn is_at(item: &Item, key: &Item) -> bool {
    key.iter().all(|(name, value)| item.get(name) == Some(value))
}

pub(super) fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

pub(super) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn list(texts: &[String]) -> AttributeValue {
    AttributeValue::L(texts.iter().map(text).collect())
}

pub(super) fn binary(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

/// Sets attributes and removes those that have no value. Those that it does not name stay: another version wrote them.
struct Writing(Item);

impl Writing {
    fn put(&mut self, name: &str, value: AttributeValue) {
        self.0.insert(name.to_owned(), value);
    }

    fn maybe(&mut self, name: &str, value: Option<AttributeValue>) {
        match value {
            Some(value) => self.put(name, value),
            None => drop(self.0.remove(name)),
        }
    }

    fn live(&mut self, name: &str, live: Option<&StoredToken>) {
        if let Some(StoredToken { hash, expires_at }) = live {
            self.put(&format!("{name}_hash"), binary(hash.as_slice()));
            self.put(&format!("{name}_expires_at"), number(*expires_at));
        }
    }
}

/// The map of a list that `is` picks, as it was read; an empty one where there is none.
fn entry(read: &Item, list: &str, is: impl Fn(Reading<'_>) -> bool) -> Writing {
    let maps = Reading(read).items(list).unwrap_or_default().iter().filter_map(|value| value.as_m().ok());
    Writing(maps.into_iter().find(|map| is(Reading(map))).cloned().unwrap_or_default())
}

/// Reads attributes; a missing or mistyped one means that something else wrote to the table.
#[derive(Clone, Copy)]
struct Reading<'a>(&'a Item);

type Read<T> = Result<T, Unavailable>;

/// No number of ours gets there, and two that do not can be added.
const BEYOND: u64 = 1 << 60;

const DAMAGED: Unavailable = Unavailable::ItemDamaged;

impl<'a> Reading<'a> {
    fn text(self, name: &str) -> Read<&'a str> {
        self.maybe_text(name)?.ok_or(DAMAGED)
    }

    fn maybe_text(self, name: &str) -> Read<Option<&'a str>> {
        self.0.get(name).map(|value| value.as_s().map(String::as_str).map_err(|_| DAMAGED)).transpose()
    }

    fn number(self, name: &str) -> Read<u64> {
        self.maybe_number(name)?.ok_or(DAMAGED)
    }

    fn maybe_number(self, name: &str) -> Read<Option<u64>> {
        let parse = |value: &AttributeValue| value.as_n().ok()?.parse().ok().filter(|number| *number < BEYOND);
        self.0.get(name).map(|value| parse(value).ok_or(DAMAGED)).transpose()
    }

    fn maybe_bytes<T>(self, name: &str, from: fn(&[u8]) -> Option<T>) -> Read<Option<T>> {
        let parse = |value: &AttributeValue| value.as_b().ok().and_then(|blob| from(blob.as_ref())).ok_or(DAMAGED);
        self.0.get(name).map(parse).transpose()
    }

    fn flag(self, name: &str) -> Read<bool> {
        self.0.get(name).map_or(Ok(false), |value| value.as_bool().copied().map_err(|_| DAMAGED))
    }

    fn items(self, name: &str) -> Read<&'a [AttributeValue]> {
        self.0.get(name).map_or(Ok(&[]), |value| value.as_l().map(Vec::as_slice).map_err(|_| DAMAGED))
    }

    fn texts(self, name: &str) -> Read<Vec<String>> {
        self.items(name)?.iter().map(|value| value.as_s().cloned().map_err(|_| DAMAGED)).collect()
    }

    /// A list whose absence is not an empty one.
    fn maybe_texts(self, name: &str) -> Read<Option<Vec<String>>> {
        if self.0.contains_key(name) { self.texts(name).map(Some) } else { Ok(None) }
    }

    fn live(self, name: &str) -> Read<Option<StoredToken>> {
        let Some(hash) = self.maybe_bytes(&format!("{name}_hash"), TokenHash::from_slice)? else { return Ok(None) };
        Ok(Some(StoredToken { hash, expires_at: self.number(&format!("{name}_expires_at"))? }))
    }

    fn maybe_institutions(self) -> Read<Option<Institutions>> {
        let text = |name| self.maybe_text(name).map(|text| text.map(str::to_owned));
        match (text("authenticating_institution_id")?, text("context_institution_id")?) {
            (Some(authenticating), Some(context)) => Ok(Some(Institutions { authenticating, context })),
            (None, None) => Ok(None),
            _ => Err(DAMAGED),
        }
    }

    fn grant_id(self) -> Read<GrantId> {
        GrantId::parse(self.text("grant_id")?).ok_or(DAMAGED)
    }

    fn scope(self) -> Read<Scope> {
        Scope::parse(self.text("scope")?).ok_or(DAMAGED)
    }
}
