//! Turns grants and refreshed access tokens into items and back.

use super::{ACCESS, DAMAGED, GRANT, Item, REFRESH_SECONDS, Read, Reading, Writing, binary, number, text};
use latchkey_oauth::grant::{Code, Grant, Institutions, Principal, RefreshedToken, StoredToken};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::service::tables::{HOLDERS, TTL_ATTRIBUTE};
use latchkey_oauth::token::{GrantId, Selector, TokenHash};

/// The sort key of a refreshed access token.
pub(in crate::store) fn access_part(selector: &Selector) -> String {
    format!("{ACCESS}{selector}")
}

pub(in crate::store) fn from_grant(grant: &Grant) -> Item {
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

pub(in crate::store) fn to_grant(item: &Item) -> Read<Grant> {
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

pub(in crate::store) fn from_refreshed_token(access: &RefreshedToken) -> Item {
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

pub(in crate::store) fn to_refreshed_token(item: &Item) -> Read<RefreshedToken> {
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
pub(in crate::store) fn is_grant(item: &Item) -> bool {
    Reading(item).maybe_text("part") == Ok(Some(GRANT))
}

/// The grant that an item of the tokens table belongs to.
pub(in crate::store) fn grant_id(item: &Item) -> Read<GrantId> {
    Reading(item).grant_id()
}

/// Whether what an item was made for has ended: it was revoked, or it has a code that expired unredeemed.
pub(in crate::store) fn has_ended(item: &Item, now: u64) -> Read<bool> {
    let read = Reading(item);
    let unused = read.maybe_bytes("access_hash", TokenHash::from_slice)?.is_none();
    let code_ended = read.maybe_number("code_expires_at")?.is_some_and(|end| end <= now);
    Ok(read.maybe_number("revoked_at")?.is_some() || unused && code_ended)
}

/// The hash of the newest token or code that an item holds: what tells our own write from another's.
pub(in crate::store) fn minted_hash(item: &Item) -> Read<Option<TokenHash>> {
    let read = Reading(item);
    let access = read.maybe_bytes("access_hash", TokenHash::from_slice)?;
    access.map_or_else(|| read.maybe_bytes("code_hash", TokenHash::from_slice), |hash| Ok(Some(hash)))
}
