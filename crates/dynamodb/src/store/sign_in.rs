//! What the sign-in pages read, in one call, and the one write that an attempt to sign in costs.
//!
//! The users table holds users under (institution, username); no institution's id has a `#`. The other
//! items of the table have one: the directory, and the counters of attempts, which the table's TTL deletes.

use std::net::IpAddr;

use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, TransactWriteItem, Update};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::store::item;
use crate::store::item::Item;
use crate::store::read::{client_key, consistent};
use crate::store::transaction::{CONDITION, CONFLICT};
use crate::store::{Store, Usage};
use latchkey_oauth::client::Client;
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::sign_in::attempts::Attempts;
use latchkey_oauth::user::{Directory, User};

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
    /// The address.
    pub address: IpAddr,
    /// Number of the window.
    pub window: u64,
}

impl Source {
    /// The network of the address, as attempts are counted. For IPv6 it is the first 64 bits, which belong to one customer.
    pub fn network(&self) -> String {
        match self.address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("{:?}", &address.segments()[..4]),
        }
    }
}

/// What was found.
#[derive(Default)]
pub struct SignInData {
    /// The application.
    pub client: Option<Client>,
    directory: Option<Directory>,
    /// The user. A session of a user whose item is damaged counts as none.
    pub user: Option<User>,
    /// Attempts from the same network to sign in as that user, whether there is such a user or not.
    pub attempts: Attempts,
    /// Failures to sign in as that user, from anywhere, in this window.
    pub user_failures: u64,
    /// Failures from the address, for any user, in this window.
    pub address_failures: u64,
}

impl SignInData {
    /// Institutions and scopes. Fails only here if the directory is damaged: not every step needs it.
    pub fn directory(&self) -> Result<&Directory, Unavailable> {
        self.directory.as_ref().ok_or(Unavailable::ItemDamaged)
    }
}

/// An attempt that was looked at.
pub struct Attempt<'a> {
    /// Institution and username.
    pub user: (&'a str, &'a str),
    /// Where it came from.
    pub source: Source,
    /// When the counts of the window end.
    pub window_ends_at: u64,
    /// As it was read.
    pub before: Attempts,
    /// As it shall be.
    pub after: Attempts,
    /// Whether it was wrong.
    pub failed: bool,
    /// So many failures of the user, and of the address, are counted in a window. Past them no attempt is looked at.
    pub most: [u64; 2],
}

pub(super) fn user_key(institution_id: &str, username: &str) -> Item {
    Item::from([
        ("institution_id".to_owned(), item::text(institution_id)),
        ("username".to_owned(), item::text(username)),
    ])
}

pub(super) fn directory_key() -> Item {
    user_key("#", "directory")
}

fn hashed(parts: [&str; 3]) -> String {
    // A username has no line feed, an address neither.
    let hash = Sha256::digest(parts.join("\n"));
    format!("#{}", URL_SAFE_NO_PAD.encode(&hash[..16]))
}

fn attempts_key((institution_id, username): (&str, &str), source: &Source) -> Item {
    user_key(&hashed([institution_id, username, &source.network()]), "attempts")
}

fn user_window_key((institution_id, username): (&str, &str), source: &Source) -> Item {
    user_key(&hashed([institution_id, username, &source.window.to_string()]), "user")
}

fn address_key(source: &Source) -> Item {
    user_key(&hashed(["", &source.network(), &source.window.to_string()]), "address")
}

impl Store {
    /// Reads all of it in one call.
    pub async fn sign_in_data(&self, wanted: Wanted<'_>, usage: &mut Usage) -> Result<SignInData, Unavailable> {
        let user = wanted.user.map(|(institution_id, username)| user_key(institution_id, username));
        let both = wanted.user.zip(wanted.attempt);
        let attempts = both.map(|(user, source)| attempts_key(user, &source));
        let user_window = both.map(|(user, source)| user_window_key(user, &source));
        let address = both.map(|(_, source)| address_key(&source));
        let keys = [Some(directory_key()), user.clone(), attempts.clone(), user_window.clone(), address.clone()];
        let mut asked = vec![(self.tables.users.clone(), consistent(keys.into_iter().flatten().collect())?)];
        if let Some(client_id) = wanted.client_id {
            asked.push((self.tables.clients.clone(), consistent(vec![client_key(client_id)])?));
        }
        let found = self.batch(asked.into_iter().collect(), usage).await?;
        let at = |key: &Option<Item>| {
            let key = key.as_ref()?;
            found.get(&self.tables.users)?.iter().find(|item| item::is_at(item, key))
        };
        let client = found.get(&self.tables.clients).and_then(|items| items.first());
        let directory = at(&Some(directory_key())).map(|item| self.of_user(item, item::to_directory, usage));
        let user = at(&user).map(|item| self.of_user(item, item::to_user, usage)).transpose();
        let mut failures = |key| at(key).map(|item| self.of_user(item, item::failures, usage)).transpose();
        let (user_failures, address_failures) = (failures(&user_window)?, failures(&address)?);
        let attempts = at(&attempts).map(|item| self.of_user(item, item::to_attempts, usage)).transpose()?;
        Ok(SignInData {
            client: client.map(|item| self.to_client(item, usage)).transpose()?,
            directory: directory.map_or_else(|| Some(Directory::default()), Result::ok),
            user: if wanted.attempt.is_some() { user? } else { user.unwrap_or_default() },
            attempts: attempts.unwrap_or_default(),
            user_failures: user_failures.unwrap_or_default(),
            address_failures: address_failures.unwrap_or_default(),
        })
    }

    /// Counts an attempt, right or wrong, in one transaction, so that both take as long and fail alike. `false` if other
    /// attempts came in between: then the attacker does not learn whether this one was right, so a thousand guesses at once
    /// are worth no more than guesses one after the other. The SDK gives the transaction a token, so its own retry after a
    /// lost reply counts nothing twice.
    pub async fn count_attempt(&self, attempt: &Attempt<'_>, usage: &mut Usage) -> Result<bool, Unavailable> {
        usage.has_time_for(1)?;
        let counted = item::from_attempts(&attempt.after);
        let first = attempt.before.count == 0;
        let condition = if first { "attribute_not_exists(institution_id)" } else { "attempts = :read" };
        // An update, so that attributes which another version writes stay.
        let sets: Vec<_> = counted.keys().map(|name| format!("{name} = :{name}")).collect();
        let mut update = Update::builder()
            .table_name(&self.tables.users)
            .set_key(Some(attempts_key(attempt.user, &attempt.source)))
            .update_expression(format!("SET {}", sets.join(", ")))
            .condition_expression(condition);
        for (name, value) in counted {
            update = update.expression_attribute_values(format!(":{name}"), value);
        }
        if !first {
            update = update.expression_attribute_values(":read", item::number(attempt.before.count));
        }
        let update = update.build().map_err(|_| Unavailable::DatabaseRefuses)?;
        let mut writes = vec![TransactWriteItem::builder().update(update).build()];
        let windows = [user_window_key(attempt.user, &attempt.source), address_key(&attempt.source)];
        for (key, most) in windows.into_iter().zip(attempt.most) {
            let window = Update::builder()
                .table_name(&self.tables.users)
                .set_key(Some(key))
                .update_expression("ADD failures :failed SET expires_at = :end")
                .condition_expression("attribute_not_exists(failures) OR failures < :most")
                .expression_attribute_values(":most", item::number(most))
                .expression_attribute_values(":failed", item::number(attempt.failed.into()))
                .expression_attribute_values(":end", item::number(attempt.window_ends_at))
                .build()
                .map_err(|_| Unavailable::DatabaseRefuses)?;
            writes.push(TransactWriteItem::builder().update(window).build());
        }
        let sent = self
            .db
            .transact_write_items()
            .set_transact_items(Some(writes))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        usage.transacted(sent, &[CONDITION, CONFLICT])
    }
}
