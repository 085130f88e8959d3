//! Turns grants into items and back. Each attribute name is written once: here, in `change.rs`, `client.rs`, `provider.rs`,
//! `user.rs` or `record.rs`.

mod change;
mod client;
mod device;
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
use latchkey_oauth::grant::{Code, Grant, Institutions, Principal, RefreshedToken, StoredToken};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::scope::Scope;
use latchkey_oauth::service::tables::{HOLDERS, TTL_ATTRIBUTE};
use latchkey_oauth::token::{GrantId, Selector, TokenHash};

pub(super) use change::{CHANGE_BYTES, REVISION, changes, created_at, mark_change, revision, unchanged};
#[cfg(feature = "users")]
pub(super) use client::WITHOUT_SECRETS;
pub(super) use client::{from_client, to_client, to_token_client};
pub(super) use device::{ALLOWED_AT, DENIED_AT, POLL_INTERVAL, POLLED_AT};
pub(super) use holder::{Holder, holder, is_revoked, names_user};
#[cfg(feature = "users")]
pub(super) use holder::{is_over, names_client};
#[cfg(feature = "users")]
pub(super) use provider::{
    from_provider, institution_of, may_be_only, provider_name, remains, to_provider, to_removed,
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

/// The sort key of a refreshed access token.
pub(super) fn access_part(selector: &Selector) -> String {
    format!("{ACCESS}{selector}")
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

pub(super) fn from_grant(grant: &Grant) -> Item {
    // By name, here and below: an attribute that is forgotten does not compile. It would be lost at the next write.
    let Grant {
        id,
        client_id,
        grant_type,
        institutions: Institutions { authenticating, context },
        principal,
        scope,
        refresh_seconds,
        created_at,
        code,
        device,
        access,
        access_revoked_at,
        refresh,
        revoked_at,
        expires_at,
    } = grant;
    let mut item = Writing(Item::new());
    item.maybe(HOLDERS.partition, grant.consented_by().map(|principal| binary(&principal.holder())));
    item.put("grant_id", text(id));
    item.put("part", text(GRANT));
    item.put("client_id", text(client_id));
    item.put("grant_type", text(grant_type.as_str()));
    // A device's user may have to choose them.
    if device.is_none() || grant.institutions.are_chosen() {
        item.put("authenticating_institution_id", text(authenticating));
        item.put("context_institution_id", text(context));
    }
    if let Some(Principal { id, idns }) = principal {
        item.put("principal_id", text(id));
        item.put("principal_idns", text(idns));
    }
    item.put("scope", text(scope));
    item.maybe(REFRESH_SECONDS, refresh_seconds.map(number));
    item.put("created_at", number(*created_at));
    if let Some(Code { hash, expires_at, redirect_uri, challenge, redeemed }) = code {
        item.live("code", Some(&StoredToken { hash: *hash, expires_at: *expires_at }));
        item.put("redirect_uri", text(redirect_uri));
        item.maybe("code_challenge", challenge.as_ref().map(text));
        item.redeemed(redeemed.as_ref());
    }
    if let Some(device) = device {
        item.device(device);
    }
    item.live("access", access.as_ref());
    item.maybe("access_revoked_at", access_revoked_at.map(number));
    item.live("refresh", refresh.as_ref());
    item.maybe("revoked_at", revoked_at.map(number));
    item.put(TTL_ATTRIBUTE, number(*expires_at));
    item.0
}

pub(super) fn to_grant(item: &Item) -> Read<Grant> {
    let read = Reading(item);
    let principal = match (read.maybe_text("principal_id")?, read.maybe_text("principal_idns")?) {
        (Some(id), Some(idns)) => Some(Principal { id: id.to_owned(), idns: idns.to_owned() }),
        (None, None) => None,
        _ => return Err(DAMAGED),
    };
    let grant_type = GrantType::parse(read.text("grant_type")?).ok_or(DAMAGED)?;
    let device = if grant_type == GrantType::DeviceCode { Some(read.device()?) } else { None };
    let code = match read.live("code")? {
        None => None,
        Some(_) if device.is_some() => None,
        Some(live) => Some(Code {
            hash: live.hash,
            expires_at: live.expires_at,
            redirect_uri: read.text("redirect_uri")?.to_owned(),
            challenge: read.maybe_text("code_challenge")?.map(str::to_owned),
            redeemed: read.redeemed()?,
        }),
    };
    Ok(Grant {
        id: read.grant_id()?,
        client_id: read.text("client_id")?.to_owned(),
        grant_type,
        institutions: match &device {
            Some(device) if device.answer.is_none() => read.maybe_institutions()?.unwrap_or_default(),
            _ => read.maybe_institutions()?.ok_or(DAMAGED)?,
        },
        principal,
        scope: read.scope()?,
        refresh_seconds: read.maybe_number(REFRESH_SECONDS)?,
        created_at: read.number("created_at")?,
        code,
        device,
        access: read.live("access")?,
        access_revoked_at: read.maybe_number("access_revoked_at")?,
        refresh: read.live("refresh")?,
        revoked_at: read.maybe_number("revoked_at")?,
        expires_at: read.number(TTL_ATTRIBUTE)?,
    })
}

pub(super) fn from_refreshed_token(access: &RefreshedToken) -> Item {
    let RefreshedToken { grant_id, selector, live, scope, created_at, revoked_at, expires_at } = access;
    let mut item = Writing(Item::new());
    item.put("grant_id", text(grant_id));
    item.put("part", text(access_part(selector)));
    item.live("access", Some(live));
    item.put("scope", text(scope));
    item.maybe("created_at", created_at.map(number));
    item.maybe("revoked_at", revoked_at.map(number));
    item.put(TTL_ATTRIBUTE, number(*expires_at));
    item.0
}

pub(super) fn to_refreshed_token(item: &Item) -> Read<RefreshedToken> {
    let read = Reading(item);
    let selector = read.text("part")?.strip_prefix(ACCESS).and_then(Selector::parse).ok_or(DAMAGED)?;
    Ok(RefreshedToken {
        grant_id: read.grant_id()?,
        selector,
        live: read.live("access")?.ok_or(DAMAGED)?,
        scope: read.scope()?,
        created_at: read.maybe_number("created_at")?,
        revoked_at: read.maybe_number("revoked_at")?,
        expires_at: read.number(TTL_ATTRIBUTE)?,
    })
}

/// Whether an item of the tokens table is a grant; else it is a refreshed access token.
pub(super) fn is_grant(item: &Item) -> bool {
    Reading(item).maybe_text("part") == Ok(Some(GRANT))
}

/// The grant that an item of the tokens table belongs to.
pub(super) fn grant_id(item: &Item) -> Read<GrantId> {
    Reading(item).grant_id()
}

/// Whether what an item was made for has ended: it was revoked, or it has a code that expired unredeemed.
pub(super) fn has_ended(item: &Item, now: u64) -> Read<bool> {
    let read = Reading(item);
    let unused = read.maybe_bytes("access_hash", TokenHash::from_slice)?.is_none();
    let code_ended = read.maybe_number("code_expires_at")?.is_some_and(|end| end <= now);
    Ok(read.maybe_number("revoked_at")?.is_some() || unused && code_ended)
}

/// The hash of the newest token or code that an item holds: what tells our own write from another's.
pub(super) fn minted_hash(item: &Item) -> Read<Option<TokenHash>> {
    let read = Reading(item);
    let access = read.maybe_bytes("access_hash", TokenHash::from_slice)?;
    access.map_or_else(|| read.maybe_bytes("code_hash", TokenHash::from_slice), |hash| Ok(Some(hash)))
}
