//! What the sign-in pages read, in one call, and the one write that an attempt to sign in costs.
//!
//! The users table holds users under (institution, username); no institution's id has a `#`, so what stands beside them has
//! one: the directory, and the counters of attempts, which the table's TTL collects.

use std::net::IpAddr;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    Put, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::item::{self, Item};
use super::read::{client_key, consistent};
use super::write::put_condition;
use super::{Meter, Store};
use crate::client::Client;
use crate::denial::Trouble;
use crate::user::{Attempts, Directory, User};

/// What a page needs to know.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The application.
    pub client_id: Option<&'a str>,
    /// Institution and username of the one user that matters.
    pub user: Option<(&'a str, &'a str)>,
    /// Where an attempt to sign in as that user comes from.
    pub attempt: Option<Source>,
}

/// An address, in a window of time.
#[derive(Clone, Copy)]
pub struct Source {
    /// The address. Of one of IPv6, the network counts (a /64 is one customer's).
    pub address: IpAddr,
    /// Number of the window.
    pub window: u64,
}

/// What was found.
#[derive(Default)]
pub struct Desk {
    /// The application.
    pub client: Option<Client>,
    /// Institutions and services.
    pub directory: Directory,
    /// The user.
    pub user: Option<User>,
    /// Attempts to sign in as that user, whether there is such a user or not.
    pub attempts: Attempts,
    /// Failures from the address, in its window.
    pub address_failures: u64,
}

/// An attempt that was looked at.
pub struct Attempt<'a> {
    /// Institution and username.
    pub user: (&'a str, &'a str),
    /// As it was read.
    pub before: Attempts,
    /// As it shall be.
    pub after: Attempts,
    /// Where a failure came from, and when the count of its window ends.
    pub failed: Option<(Source, u64)>,
    /// Random.
    pub mark: [u8; 8],
}

fn user_key(institution_id: &str, username: &str) -> Item {
    Item::from([
        ("institution_id".to_owned(), item::text(institution_id)),
        ("username".to_owned(), item::text(username)),
    ])
}

pub(super) fn directory_key() -> Item {
    user_key("#", "directory")
}

fn hashed(parts: [&str; 2]) -> String {
    // A username has no line feed, an address neither.
    let hash = Sha256::digest(parts.join("\n"));
    format!("#{}", URL_SAFE_NO_PAD.encode(&hash[..16]))
}

fn attempts_key((institution_id, username): (&str, &str)) -> Item {
    user_key(&hashed([institution_id, username]), "attempts")
}

fn source_key(source: &Source) -> Item {
    let network = match source.address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:?}", &address.segments()[..4]),
    };
    user_key(&hashed([&network, &source.window.to_string()]), "address")
}

fn is_at(item: &Item, key: &Item) -> bool {
    key.iter().all(|(name, value)| item.get(name) == Some(value))
}

impl Store {
    /// Reads all of it in one call.
    pub async fn desk(&self, wanted: Wanted<'_>, meter: &mut Meter) -> Result<Desk, Trouble> {
        let user = wanted.user.map(|(institution_id, username)| user_key(institution_id, username));
        let attempts = wanted.user.filter(|_| wanted.attempt.is_some()).map(attempts_key);
        let source = wanted.attempt.as_ref().map(source_key);
        let keys = [Some(directory_key()), user.clone(), attempts.clone(), source.clone()];
        let mut asked = vec![(self.tables.users.clone(), consistent(keys.into_iter().flatten().collect())?)];
        if let Some(client_id) = wanted.client_id {
            asked.push((self.tables.clients.clone(), consistent(vec![client_key(client_id)])?));
        }
        let found = self.batch(asked.into_iter().collect(), meter).await?;
        let at = |key: &Option<Item>| {
            let key = key.as_ref()?;
            found.get(&self.tables.users)?.iter().find(|item| is_at(item, key))
        };
        let client = found.get(&self.tables.clients).and_then(|items| items.first());
        Ok(Desk {
            client: client.map(item::to_client).transpose()?,
            directory: at(&Some(directory_key())).map(item::to_directory).transpose()?.unwrap_or_default(),
            user: at(&user).map(item::to_user).transpose()?,
            attempts: at(&attempts).map(item::to_attempts).transpose()?.unwrap_or_default(),
            address_failures: at(&source).map(item::failures).transpose()?.unwrap_or_default(),
        })
    }

    /// Counts an attempt. `false` where another one came in between: then nobody learns whether this one was right, so
    /// that a thousand guesses at once are worth no more than one.
    pub async fn count_attempt(&self, attempt: &Attempt<'_>, meter: &mut Meter) -> Result<bool, Trouble> {
        let mut ours = item::from_attempts(&attempt.after, &attempt.mark);
        ours.extend(attempts_key(attempt.user));
        let condition =
            if attempt.before.count == 0 { "attribute_not_exists(institution_id)" } else { "attempts = :read" };
        let values =
            (attempt.before.count > 0).then(|| Item::from([(":read".to_owned(), item::number(attempt.before.count))]));
        match attempt.failed {
            Some((source, window_ends_at)) => {
                let put = Put::builder()
                    .table_name(&self.tables.users)
                    .set_item(Some(ours))
                    .condition_expression(condition)
                    .set_expression_attribute_values(values);
                let put = put.build().map_err(|_| Trouble::DatabaseRefuses)?;
                self.count_failure(put, source, window_ends_at, meter).await
            }
            None => {
                let sent = self
                    .db
                    .put_item()
                    .table_name(&self.tables.users)
                    .set_item(Some(ours.clone()))
                    .condition_expression(condition)
                    .set_expression_attribute_values(values)
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await;
                match sent {
                    Ok(reply) => {
                        meter.wrote(reply.consumed_capacity());
                        Ok(true)
                    }
                    Err(error) => match put_condition(&error) {
                        Some(found) => {
                            meter.wrote(None);
                            Ok(found == Some(&ours))
                        }
                        None => Err(meter.failed(&error)),
                    },
                }
            }
        }
    }

    /// A failure counts for the user and for the address, both or neither. The SDK gives the transaction a token, so its
    /// own retry after a lost reply counts nothing twice.
    async fn count_failure(
        &self,
        attempts: Put,
        source: Source,
        window_ends_at: u64,
        meter: &mut Meter,
    ) -> Result<bool, Trouble> {
        let address = Update::builder()
            .table_name(&self.tables.users)
            .set_key(Some(source_key(&source)))
            .update_expression("ADD failures :one SET expires_at = :end")
            .expression_attribute_values(":one", item::number(1))
            .expression_attribute_values(":end", item::number(window_ends_at))
            .build()
            .map_err(|_| Trouble::DatabaseRefuses)?;
        let sent = self
            .db
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(attempts).build())
            .transact_items(TransactWriteItem::builder().update(address).build())
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        let error = match sent {
            Ok(reply) => {
                meter.wrote(reply.consumed_capacity());
                return Ok(true);
            }
            Err(error) => error,
        };
        if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() {
            let raced = ["ConditionalCheckFailed", "TransactionConflict"];
            let code = |reason: &aws_sdk_dynamodb::types::CancellationReason| reason.code().map(str::to_owned);
            let codes: Vec<_> = cancelled.cancellation_reasons().iter().filter_map(code).collect();
            if codes.iter().any(|code| raced.contains(&code.as_str())) {
                meter.wrote(None);
                return Ok(false);
            }
        }
        Err(meter.failed(&error))
    }
}
