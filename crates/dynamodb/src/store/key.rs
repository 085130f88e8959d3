//! The keys of items that more than one module names.

use crate::store::item;
use crate::store::item::Item;
use latchkey_oauth::token::GrantId;

/// The key of a client.
pub(super) fn client_key(client_id: &str) -> Item {
    Item::from([("client_id".to_owned(), item::text(client_id))])
}

/// The key of an item of the tokens table.
pub(super) fn token_key(grant_id: &GrantId, part: &str) -> Item {
    Item::from([("grant_id".to_owned(), item::text(grant_id)), ("part".to_owned(), item::text(part))])
}

/// The key of an item of the users table.
#[cfg(feature = "users")]
pub(super) fn user_key(institution_id: &str, username: &str) -> Item {
    Item::from([
        ("institution_id".to_owned(), item::text(institution_id)),
        ("username".to_owned(), item::text(username)),
    ])
}

/// The key of the directory.
#[cfg(feature = "users")]
pub(super) fn directory_key() -> Item {
    user_key(item::NO_INSTITUTION, "directory")
}

/// The key of an institution's provider.
#[cfg(feature = "users")]
pub(super) fn provider_key(institution_id: &str) -> Item {
    user_key(item::NO_INSTITUTION, &item::provider_name(institution_id))
}
