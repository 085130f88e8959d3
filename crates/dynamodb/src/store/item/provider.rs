//! The providers of institutions to items and back.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::store::item::user::{from_sealed, to_sealed};
use crate::store::item::{DAMAGED, Item, PROVIDER, REVISION, Read, Reading, Writing, number, text};
use latchkey_oauth::jose::{Algorithm, PublicKey};
use latchkey_oauth::provider::{Method, Provider};

/// The sort key of an institution's provider.
pub(in crate::store) fn provider_name(institution_id: &str) -> String {
    format!("{PROVIDER}{institution_id}")
}

/// The institution of which an item is the provider, if it is one.
pub(in crate::store) fn institution_of(item: &Item) -> Option<&str> {
    item.get("username")?.as_s().ok()?.strip_prefix(PROVIDER)
}

/// What a provider's item holds beside its key. It was read from `read`, which is empty for a new one.
pub(in crate::store) fn from_provider(provider: &Provider, read: &Item) -> Item {
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
        revision,
    } = provider;
    let mut item = Writing(read.clone());
    let yes = |flag: &bool| flag.then_some(AttributeValue::Bool(true));
    item.put("issuer", text(issuer));
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
    item.put("claim", text(claim));
    item.put("requested_scope", text(scope));
    item.put("namespace", text(namespace));
    item.maybe("refresh_seconds", refresh_seconds.map(number));
    item.maybe("only", yes(only));
    item.put("keys", AttributeValue::L(keys.iter().map(from_key).collect()));
    item.put("keys_read_at", number(*keys_read_at));
    item.put("created_at", number(*created_at));
    item.put(REVISION, number(*revision));
    item.0
}

pub(in crate::store) fn to_provider(item: &Item) -> Read<Provider> {
    let read = Reading(item);
    let owned = |name| read.text(name).map(str::to_owned);
    let secret = to_sealed(item.get("client_secret").ok_or(DAMAGED)?)?;
    let method = Method::parse(read.text("auth_method")?).ok_or(DAMAGED)?;
    // No key of a provider is a shared one.
    let algorithm = Algorithm::parse(read.text("algorithm")?).filter(|algorithm| *algorithm != Algorithm::Hs256);
    Ok(Provider {
        institution_id: institution_of(item).ok_or(DAMAGED)?.to_owned(),
        issuer: owned("issuer")?,
        client_id: owned("registered_client_id")?,
        auth: method.with(secret),
        authorization_endpoint: owned("authorization_endpoint")?,
        token_endpoint: owned("token_endpoint")?,
        jwks_uri: owned("jwks_uri")?,
        end_session_endpoint: read.maybe_text("end_session_endpoint")?.map(str::to_owned),
        algorithm: algorithm.ok_or(DAMAGED)?,
        sends_iss: read.flag("sends_iss")?,
        selects_account: read.flag("selects_account")?,
        claim: owned("claim")?,
        scope: owned("requested_scope")?,
        namespace: owned("namespace")?,
        refresh_seconds: read.maybe_number("refresh_seconds")?,
        only: read.flag("only")?,
        keys: read.items("keys")?.iter().map(to_key).collect::<Read<_>>()?,
        keys_read_at: read.number("keys_read_at")?,
        created_at: read.number("created_at")?,
        revision: read.number(REVISION)?,
    })
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
