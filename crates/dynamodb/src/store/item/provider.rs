//! The providers of institutions to items and back.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::store::item::user::{from_sealed, to_sealed};
use crate::store::item::{DAMAGED, Item, PROVIDER, REVISION, Read, Reading, Writing, list, number, text};
use latchkey_oauth::jose::{Algorithm, PublicKey};
use latchkey_oauth::provider::discovery::ALGORITHMS;
use latchkey_oauth::provider::{Method, Provider};

const CREATED_AT: &str = "created_at";
/// Absent where sessions count from the registration on.
const SESSIONS_FROM: &str = "sessions_from";
/// Only what a provider leaves behind has it.
const REMOVED_AT: &str = "removed_at";
/// The namespaces that the institution's providers had before, whose users may have grants.
const FORMER_NAMESPACES: &str = "former_namespaces";
/// Others may have the namespace of a provider that was removed.
const NAMESPACE_RELEASED: &str = "namespace_released";
/// What it leaves behind: what says who its users were.
const REMAINS: [&str; 5] = ["institution_id", "username", ISSUER, CLAIM, NAMESPACE];
const ISSUER: &str = "issuer";
const CLAIM: &str = "claim";
const NAMESPACE: &str = "namespace";
/// Absent where users may sign in by a password, too.
const ONLY: &str = "only";

/// The sort key of an institution's provider.
pub(in crate::store) fn provider_name(institution_id: &str) -> String {
    format!("{PROVIDER}{institution_id}")
}

/// The institution of which an item is the provider, if it is one.
pub(in crate::store) fn institution_of(item: &Item) -> Option<&str> {
    item.get("username")?.as_s().ok()?.strip_prefix(PROVIDER)
}

/// What a provider's item holds beside its key. It was read from `read`, which is empty for a new one. `so_far` has the
/// namespaces that the institution's providers had until now.
pub(in crate::store) fn from_provider(provider: &Provider, read: &Item, mut so_far: Vec<String>) -> Item {
    // By name: an attribute that is forgotten does not compile.
    let Provider {
        // The key.
        institution_id: _,
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
        revision,
    } = provider;
    let mut item = Writing(read.clone());
    let yes = |flag: &bool| flag.then_some(AttributeValue::Bool(true));
    item.put(ISSUER, text(issuer));
    // Not client_id: that is the name of a client's key.
    item.put("registered_client_id", text(client_id));
    item.put("auth_method", text(auth.method().as_str()));
    item.put("client_secret", from_sealed(auth.sealed()));
    item.put("authorization_endpoint", text(authorization_endpoint));
    item.put("token_endpoint", text(token_endpoint));
    item.put("jwks_uri", text(jwks_uri));
    item.maybe("end_session_endpoint", end_session_endpoint.as_ref().map(text));
    item.put("algorithm", text(algorithm.as_str()));
    item.maybe("sends_iss", yes(sends_iss));
    item.maybe("selects_account", yes(selects_account));
    item.put(CLAIM, text(claim));
    item.put("requested_scope", text(scope));
    item.put(NAMESPACE, text(namespace));
    so_far.retain(|known| known != namespace);
    so_far.sort();
    so_far.dedup();
    item.maybe(FORMER_NAMESPACES, some(&so_far));
    item.maybe("refresh_seconds", refresh_seconds.map(number));
    item.maybe(ONLY, yes(only));
    item.put("keys", AttributeValue::L(keys.iter().map(from_key).collect()));
    item.put("keys_read_at", number(*keys_read_at));
    item.put(CREATED_AT, number(*created_at));
    item.maybe(SESSIONS_FROM, (sessions_from != created_at).then(|| number(*sessions_from)));
    item.put(REVISION, number(*revision));
    item.0
}

/// A provider; none where it was removed.
pub(in crate::store) fn to_provider(item: &Item) -> Read<Option<Provider>> {
    if item.contains_key(REMOVED_AT) {
        return Ok(None);
    }
    let read = Reading(item);
    let owned = |name| read.text(name).map(str::to_owned);
    let secret = to_sealed(item.get("client_secret").ok_or(DAMAGED)?)?;
    let method = Method::parse(read.text("auth_method")?).ok_or(DAMAGED)?;
    // No key of a provider is a shared one.
    let algorithm = Algorithm::parse(read.text("algorithm")?).filter(|algorithm| ALGORITHMS.contains(algorithm));
    let created_at = read.number(CREATED_AT)?;
    Ok(Some(Provider {
        institution_id: institution_of(item).ok_or(DAMAGED)?.to_owned(),
        issuer: owned(ISSUER)?,
        client_id: owned("registered_client_id")?,
        auth: method.with(secret),
        authorization_endpoint: owned("authorization_endpoint")?,
        token_endpoint: owned("token_endpoint")?,
        jwks_uri: owned("jwks_uri")?,
        end_session_endpoint: read.maybe_text("end_session_endpoint")?.map(str::to_owned),
        algorithm: algorithm.ok_or(DAMAGED)?,
        sends_iss: read.flag("sends_iss")?,
        selects_account: read.flag("selects_account")?,
        claim: owned(CLAIM)?,
        scope: owned("requested_scope")?,
        namespace: owned(NAMESPACE)?,
        refresh_seconds: read.maybe_number("refresh_seconds")?,
        only: read.flag(ONLY)?,
        keys: read.items("keys")?.iter().map(to_key).collect::<Read<_>>()?,
        keys_read_at: read.number("keys_read_at")?,
        created_at,
        sessions_from: read.maybe_number(SESSIONS_FROM)?.unwrap_or(created_at),
        revision: read.number(REVISION)?,
    }))
}

/// Whether an item that cannot be read may be that of a provider by which alone users sign in.
pub(in crate::store) fn may_be_only(item: &Item) -> bool {
    item.contains_key(ONLY)
}

/// What stays of the item of a provider that is removed, also of one that is damaged. The secret goes.
pub(in crate::store) fn remains(read: &Item, now: u64) -> Item {
    let number_of = |name| Reading(read).number(name).unwrap_or_default();
    let kept = read.iter().filter(|(name, value)| REMAINS.contains(&name.as_str()) && value.is_s());
    let mut item = Writing(kept.map(|(name, value)| (name.clone(), value.clone())).collect());
    item.maybe(CREATED_AT, read.get(CREATED_AT).cloned());
    // Those that can be read, beside others that cannot.
    let former = read.get(FORMER_NAMESPACES).and_then(|value| value.as_l().ok()).into_iter().flatten();
    let former: Vec<_> = former.filter_map(|value| value.as_s().ok().cloned()).collect();
    item.maybe(FORMER_NAMESPACES, some(&former));
    // No session from before counts for the next provider.
    let until = number_of(SESSIONS_FROM).max(number_of(CREATED_AT));
    item.put(REMOVED_AT, number(now.max(until)));
    item.put(REVISION, number(number_of(REVISION).saturating_add(1)));
    item.0
}

/// What a provider that was removed leaves behind: who its users were, for the next one. Of a damaged item it is what could be
/// read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovedProvider {
    /// Its issuer.
    pub issuer: Option<String>,
    /// The claim that named a user.
    pub claim: Option<String>,
    /// The namespace of its users, whose grants may be there.
    pub namespace: Option<String>,
    /// No session counts that began until then, POSIX seconds.
    pub removed_at: u64,
}

/// A provider that was removed; none where the item is another.
pub(in crate::store) fn to_removed(item: &Item) -> Option<RemovedProvider> {
    let read = Reading(item);
    let owned = |name| read.maybe_text(name).ok().flatten().map(str::to_owned);
    item.contains_key(REMOVED_AT).then(|| RemovedProvider {
        issuer: owned(ISSUER),
        claim: owned(CLAIM),
        namespace: owned(NAMESPACE),
        removed_at: read.number(REMOVED_AT).unwrap_or_default(),
    })
}

/// A list, unless it is empty.
fn some(texts: &[String]) -> Option<AttributeValue> {
    (!texts.is_empty()).then(|| list(texts))
}

/// The namespaces that others may not have though no provider has them now: users of former providers may have grants.
pub(in crate::store) fn former_namespaces(item: &Item) -> Read<Vec<String>> {
    let read = Reading(item);
    let mut former = read.texts(FORMER_NAMESPACES)?;
    if item.contains_key(REMOVED_AT) && !read.flag(NAMESPACE_RELEASED)? {
        former.extend(read.maybe_text(NAMESPACE)?.map(str::to_owned));
    }
    Ok(former)
}

/// The same, with the one that the provider has now.
pub(in crate::store) fn namespaces_so_far(item: &Item) -> Read<Vec<String>> {
    let mut namespaces = former_namespaces(item)?;
    if !item.contains_key(REMOVED_AT) {
        namespaces.extend(Reading(item).maybe_text(NAMESPACE)?.map(str::to_owned));
    }
    Ok(namespaces)
}

/// An item after a former namespace was given to others.
pub(in crate::store) fn released(read: &Item, namespace: &str) -> Read<Item> {
    let is_left = read.contains_key(REMOVED_AT) && Reading(read).maybe_text(NAMESPACE)? == Some(namespace);
    let mut former = Reading(read).texts(FORMER_NAMESPACES)?;
    former.retain(|known| known != namespace);
    let mut item = Writing(read.clone());
    item.maybe(FORMER_NAMESPACES, some(&former));
    if is_left {
        item.put(NAMESPACE_RELEASED, AttributeValue::Bool(true));
    }
    item.put(REVISION, number(Reading(read).number(REVISION)?.saturating_add(1)));
    Ok(item.0)
}

/// A key, and the name that the provider gives it, if it gives one: as it is written, a key without a name has its thumbprint.
fn from_key(key: &PublicKey) -> AttributeValue {
    let mut map = Writing(Item::new());
    map.maybe("kid", key.kid.as_ref().map(text));
    map.put("jwk", text(key.written()));
    AttributeValue::M(map.0)
}

fn to_key(value: &AttributeValue) -> Read<PublicKey> {
    let read = Reading(value.as_m().map_err(|_| DAMAGED)?);
    let mut key = PublicKey::parse(read.text("jwk")?).map_err(|_| DAMAGED)?;
    let kid = read.maybe_text("kid")?;
    if kid.is_some() && kid != key.kid.as_deref() {
        return Err(DAMAGED);
    }
    key.kid = kid.map(str::to_owned);
    Ok(key)
}
