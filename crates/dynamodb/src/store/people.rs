//! The operator's questions and changes that concern users and the directory.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, Update};

use crate::store::change::Beside;
use crate::store::item;
use crate::store::item::Item;
use crate::store::key::{directory_key, user_key};
use crate::store::sign_in::{account_key, codes_key};
use crate::store::trail::{Changed, RecordedError, Subject};
use crate::store::{Change, Store, Stored, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::sign_in::attempts::Account;
use latchkey_oauth::sign_in::factor::RecoveryHash;
use latchkey_oauth::user::{Directory, User};

impl Store {
    /// The directory; an empty one where nothing was ever written.
    pub async fn directory(&self, usage: &mut Usage) -> Result<Stored<Directory>, Unavailable> {
        let Some(item) = self.item(&self.tables.users, directory_key(), usage).await? else {
            return Ok(Stored::new(Directory::default(), Item::new()));
        };
        Ok(Stored::new(self.of_user(&item, item::to_directory, usage)?, item))
    }

    /// Changes the directory that was read before.
    pub async fn change_directory(
        &self,
        mut directory: Stored<Directory>,
        usage: &mut Usage,
    ) -> Result<Change<Stored<Directory>>, Unavailable> {
        directory.revision = directory.revision.saturating_add(1);
        let mut item = item::from_directory(&directory, directory.item());
        item.extend(directory_key());
        let changed =
            self.put_changed(&self.tables.users, directory_key(), item, directory.item(), None, usage).await?;
        changed.map(|item| Ok(Stored::new(self.of_user(&item, item::to_directory, usage)?, item)))
    }

    /// One user.
    pub async fn user(
        &self,
        institution_id: &str,
        username: &str,
        usage: &mut Usage,
    ) -> Result<Option<Stored<User>>, Unavailable> {
        let found = self.item(&self.tables.users, user_key(institution_id, username), usage).await?;
        found.map(|item| Ok(Stored::new(self.of_user(&item, item::to_user, usage)?, item))).transpose()
    }

    /// Adds a user.
    pub async fn add_user(&self, mut user: User, usage: &mut Usage) -> Result<Change<Stored<User>>, Unavailable> {
        user.revision = 1;
        self.put_user(&user, &Item::new(), None, usage).await
    }

    /// Changes a user who was read before.
    pub async fn change_user(
        &self,
        mut user: Stored<User>,
        usage: &mut Usage,
    ) -> Result<Change<Stored<User>>, Unavailable> {
        user.revision = user.revision.saturating_add(1);
        self.put_user(&user, user.item(), None, usage).await
    }

    /// Changes a user who was read before, and at once replaces the recovery codes, or deletes what is stored of the user's codes
    /// if there are none.
    pub async fn change_second_factor(
        &self,
        mut user: Stored<User>,
        recovery: Option<&[RecoveryHash]>,
        usage: &mut Usage,
    ) -> Result<Change<Stored<User>>, Unavailable> {
        user.revision = user.revision.saturating_add(1);
        let of = (user.institution_id.as_str(), user.username.as_str());
        let (write, actions) = match recovery {
            Some(hashes) => (self.recovery_codes(of, hashes)?, "PutItem and dynamodb:UpdateItem"),
            None => (self.deletion(codes_key(of))?, "PutItem and dynamodb:DeleteItem"),
        };
        let beside = Beside { write, attribute: item::RECOVERY, actions };
        self.put_user(&user, user.item(), Some(beside), usage).await
    }

    /// Deletes a user who was read before, with what is stored of the user's codes. `false` if another operator has changed the
    /// user since, or deleted it.
    pub async fn delete_user(&self, user: &Stored<User>, usage: &mut Usage) -> Result<bool, Unavailable> {
        let key = user_key(&user.institution_id, &user.username);
        let codes = self.deletion(codes_key((&user.institution_id, &user.username)))?;
        self.delete_if(&self.tables.users, key, user.item(), Subject::of_user(user), Some(codes), usage).await
    }

    /// How many wrong passwords the account of a user counts.
    pub async fn wrong_passwords(&self, user: &User, now: u64, usage: &mut Usage) -> Result<u64, Unavailable> {
        let key = account_key((&user.institution_id, &user.username));
        let found = self.item(&self.tables.users, key, usage).await?;
        let account = found.map(|item| self.of_user(&item, item::to_account, usage)).transpose()?;
        let live = account.and_then(|account| account.live(Account::mark(user.sign_in.as_ref()), now));
        Ok(live.map_or(0, |account| account.failures))
    }

    /// Ends the count of wrong passwords of a user's account.
    pub async fn unlock_user(&self, user: &User, usage: &mut Usage) -> Result<(), Unavailable> {
        let key = account_key((&user.institution_id, &user.username));
        self.write_of(user, self.deletion(key)?, "failures", "DeleteItem", usage).await
    }

    /// Replaces the recovery codes of a user. What was taken of the codes by time stays.
    pub async fn put_recovery_codes(
        &self,
        user: &User,
        hashes: &[RecoveryHash],
        usage: &mut Usage,
    ) -> Result<(), Unavailable> {
        let write = self.recovery_codes((&user.institution_id, &user.username), hashes)?;
        self.write_of(user, write, item::RECOVERY, "UpdateItem", usage).await
    }

    fn recovery_codes(&self, of: (&str, &str), hashes: &[RecoveryHash]) -> Result<TransactWriteItem, Unavailable> {
        let update = Update::builder()
            .table_name(&self.tables.users)
            .set_key(Some(codes_key(of)))
            .update_expression("SET #codes = :codes")
            .expression_attribute_names("#codes", item::RECOVERY)
            .expression_attribute_values(":codes", item::hashes(hashes))
            .build()
            .map_err(|_| Unavailable::DatabaseRefuses)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    fn deletion(&self, key: Item) -> Result<TransactWriteItem, Unavailable> {
        let delete = Delete::builder().table_name(&self.tables.users).set_key(Some(key)).build();
        Ok(TransactWriteItem::builder().delete(delete.map_err(|_| Unavailable::DatabaseRefuses)?).build())
    }

    /// A write without a condition of what is stored beside a user, and its record.
    async fn write_of(
        &self,
        user: &User,
        write: TransactWriteItem,
        attribute: &str,
        action: &str,
        usage: &mut Usage,
    ) -> Result<(), Unavailable> {
        let table = &self.tables.users;
        let Some(trail) = &self.trail else {
            let sent = self.db.transact_write_items().transact_items(write).send().await;
            return sent.map(|_| ()).map_err(|error| usage.failed_on(action, table, &error));
        };
        let changed = Changed { attribute: attribute.to_owned(), ..Changed::default() };
        let record = trail.item(None, Subject::of_user(user), vec![changed])?;
        match self.transact(trail, vec![write], record, usage).await.0 {
            Ok(()) | Err(RecordedError::Before(_)) => Ok(()),
            Err(RecordedError::Refused(_)) => Err(Unavailable::DatabaseRefuses),
            Err(RecordedError::Failed(unavailable)) => {
                usage.permission = Some(self.permission(action, table));
                Err(unavailable)
            }
        }
    }

    async fn put_user(
        &self,
        user: &User,
        read: &Item,
        beside: Option<Beside>,
        usage: &mut Usage,
    ) -> Result<Change<Stored<User>>, Unavailable> {
        let key = user_key(&user.institution_id, &user.username);
        let changed =
            self.put_changed(&self.tables.users, key, item::from_user(user, read), read, beside, usage).await?;
        changed.map(|item| Ok(Stored::new(self.of_user(&item, item::to_user, usage)?, item)))
    }

    /// The users of an institution, by name. `usage` names those that cannot be read.
    pub async fn users(&self, institution_id: &str, usage: &mut Usage) -> Result<Vec<User>, Unavailable> {
        let mut pages = self
            .db
            .query()
            .table_name(&self.tables.users)
            .key_condition_expression("institution_id = :institution_id")
            .expression_attribute_values(":institution_id", AttributeValue::S(institution_id.to_owned()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut users = Vec::new();
        while let Some(found) = pages.next().await {
            let item = found.map_err(|error| usage.failed_on("Query", &self.tables.users, &error))?;
            users.extend(self.of_user(&item, item::to_user, usage));
        }
        Ok(users)
    }

    /// Whether a second factor that a key of this name sealed passes a test, of a user of the institution. It reads the users, up
    /// to the first that passes.
    pub async fn any_second_factor(
        &self,
        institution_id: &str,
        key: &str,
        mut passes: impl FnMut(&User) -> bool,
        usage: &mut Usage,
    ) -> Result<bool, Unavailable> {
        let mut pages = self
            .db
            .query()
            .table_name(&self.tables.users)
            .key_condition_expression("institution_id = :institution_id")
            .expression_attribute_values(":institution_id", item::text(institution_id))
            .filter_expression("second_factor.#key = :key")
            .expression_attribute_names("#key", "key")
            .expression_attribute_values(":key", item::text(key))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        while let Some(found) = pages.next().await {
            let item = found.map_err(|error| usage.failed_on("Query", &self.tables.users, &error))?;
            if self.of_user(&item, item::to_user, usage).is_ok_and(|user| passes(&user)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The users of every institution, by institution and name. It reads the whole table. `usage` names those that cannot be
    /// read.
    pub async fn all_users(&self, usage: &mut Usage) -> Result<Vec<User>, Unavailable> {
        let mut pages = self
            .db
            .scan()
            .table_name(&self.tables.users)
            // Keys of the directory and of counted attempts begin so.
            .filter_expression("NOT begins_with(institution_id, :other)")
            .expression_attribute_values(":other", AttributeValue::S("#".to_owned()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut users: Vec<User> = Vec::new();
        while let Some(found) = pages.next().await {
            let item = found.map_err(|error| usage.failed_on("Scan", &self.tables.users, &error))?;
            users.extend(self.of_user(&item, item::to_user, usage));
        }
        users.sort_by(|one, other| (&one.institution_id, &one.username).cmp(&(&other.institution_id, &other.username)));
        Ok(users)
    }
}
