//! Turns the items of each table into values, and names by its key each item that cannot be read.
//!
//! A key is no secret, and the operator needs it to find the item.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::store::item;
use crate::store::item::Item;
use crate::store::{Store, Usage};
use latchkey_oauth::client::Client;
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::{Grant, RefreshedToken};
#[cfg(feature = "users")]
use latchkey_oauth::service::tables::USERS;
use latchkey_oauth::service::tables::{CLIENTS, TOKENS, Table};
use latchkey_oauth::tokens::token_client::TokenClient;

/// Reads an item, or says that it is damaged.
type Convert<T> = fn(&Item) -> Result<T, Unavailable>;

impl Store {
    pub(super) fn to_client(&self, item: &Item, usage: &mut Usage) -> Result<Client, Unavailable> {
        usage.known((&self.tables.clients, &CLIENTS), item, item::to_client)
    }

    pub(super) fn to_token_client(&self, item: &Item, usage: &mut Usage) -> Result<TokenClient, Unavailable> {
        usage.known((&self.tables.clients, &CLIENTS), item, item::to_token_client)
    }

    pub(super) fn to_grant(&self, item: &Item, usage: &mut Usage) -> Result<Grant, Unavailable> {
        self.of_token(item, item::to_grant, usage)
    }

    pub(super) fn to_refreshed_token(&self, item: &Item, usage: &mut Usage) -> Result<RefreshedToken, Unavailable> {
        self.of_token(item, item::to_refreshed_token, usage)
    }

    /// Something that an item of the tokens table says.
    pub(super) fn of_token<T>(&self, item: &Item, convert: Convert<T>, usage: &mut Usage) -> Result<T, Unavailable> {
        usage.known((&self.tables.tokens, &TOKENS), item, convert)
    }

    /// Something that an item of the users table says.
    #[cfg(feature = "users")]
    pub(super) fn of_user<T>(&self, item: &Item, convert: Convert<T>, usage: &mut Usage) -> Result<T, Unavailable> {
        usage.known((&self.tables.users, &USERS), item, convert)
    }
}

impl Usage {
    pub(super) fn known<T>(
        &mut self,
        (name, table): (&str, &Table),
        item: &Item,
        convert: Convert<T>,
    ) -> Result<T, Unavailable> {
        convert(item).inspect_err(|_| {
            let named = named(name, table, item);
            if !self.damaged.contains(&named) {
                self.damaged.push(named);
            }
        })
    }
}

/// Such as `latchkey-tokens grant_id="6bdf…" part="grant"`. What does not print is escaped.
fn named(name: &str, table: &Table, item: &Item) -> String {
    let text =
        |key: &str| item.get(key).and_then(|value: &AttributeValue| value.as_s().ok()).map_or("", String::as_str);
    let keys = table.keys.iter().map(|key| format!(" {key}={:?}", text(key)));
    keys.fold(name.to_owned(), |named, key| named + &key)
}
