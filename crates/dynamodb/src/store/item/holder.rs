//! Whose a grant is, read of its item without the rest, which may be damaged.

use crate::store::item::{DAMAGED, Item, Read, Reading};
use latchkey_oauth::grant::Principal;
use latchkey_oauth::service::tables::HOLDERS;
#[cfg(feature = "users")]
use latchkey_oauth::service::tables::TTL_ATTRIBUTE;
use latchkey_oauth::text::composed;
use latchkey_oauth::token::GrantId;

/// A grant and the holder that its item is to have.
pub(in crate::store) type Holder = (GrantId, [u8; 16]);

/// The grant and its holder.
pub(in crate::store) fn holder(item: &Item) -> Read<Holder> {
    let read = Reading(item);
    let (id, idns) = (read.maybe_text("principal_id")?, read.maybe_text("principal_idns")?);
    let (id, idns) = id.zip(idns).ok_or(DAMAGED)?;
    // An item without the index' sort key would not be in it.
    read.number(HOLDERS.sort)?;
    Ok((read.grant_id()?, Principal::new(id, idns).holder()))
}

/// Whether a grant is revoked.
pub(in crate::store) fn is_revoked(item: &Item) -> bool {
    item.contains_key("revoked_at")
}

/// Whether a grant is this client's.
#[cfg(feature = "users")]
pub(in crate::store) fn names_client(item: &Item, client_id: &str) -> bool {
    Reading(item).maybe_text("client_id") == Ok(Some(client_id))
}

/// Whether nothing of a grant can be good any more. One that does not say so may be.
#[cfg(feature = "users")]
pub(in crate::store) fn is_over(item: &Item, now: u64) -> bool {
    matches!(Reading(item).maybe_number(TTL_ATTRIBUTE), Ok(Some(end)) if end <= now)
}

/// Whether a grant's user is this one, in whatever form (Unicode) each of them was written. Grants of earlier versions hold
/// the form that the client sent. Of a name that is not given, every one is right.
pub(in crate::store) fn names_user(item: &Item, id: Option<&str>, idns: Option<&str>) -> bool {
    [("principal_id", id), ("principal_idns", idns)].into_iter().all(|(name, wanted)| {
        let found = || Reading(item).maybe_text(name).ok().flatten().map(composed);
        wanted.is_none_or(|wanted| found() == Some(composed(wanted)))
    })
}
