//! The operator's questions and changes that concern users and the directory.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::store::item;
use crate::store::item::Item;
use crate::store::sign_in::{directory_key, user_key};
use crate::store::{Store, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::user::{Directory, User};

impl Store {
    /// The directory; an empty one where nothing was ever written.
    pub async fn directory(&self, usage: &mut Usage) -> Result<Directory, Unavailable> {
        let found = self.item(&self.tables.users, directory_key(), usage).await?;
        found.map_or_else(|| Ok(Directory::default()), |item| self.of_user(&item, item::to_directory, usage))
    }

    /// Changes the directory that was read before. `false` if another operator has changed it since.
    pub async fn change_directory(&self, mut directory: Directory, usage: &mut Usage) -> Result<bool, Unavailable> {
        let read = directory.revision;
        directory.revision = directory.revision.saturating_add(1);
        let mut item = item::from_directory(&directory);
        item.extend(directory_key());
        self.put_person(directory_key(), item, read, usage).await
    }

    /// One user.
    pub async fn user(
        &self,
        institution_id: &str,
        username: &str,
        usage: &mut Usage,
    ) -> Result<Option<User>, Unavailable> {
        let found = self.item(&self.tables.users, user_key(institution_id, username), usage).await?;
        found.map(|item| self.of_user(&item, item::to_user, usage)).transpose()
    }

    /// Adds a user with revision 0, or changes one that was read before. `false` if another operator did so since.
    pub async fn put_user(&self, mut user: User, usage: &mut Usage) -> Result<bool, Unavailable> {
        let read = user.revision;
        user.revision = user.revision.saturating_add(1);
        let key = user_key(&user.institution_id, &user.username);
        self.put_person(key, item::from_user(&user), read, usage).await
    }

    /// Deletes a user who was read before. `false` if another operator has changed the user since, or deleted it.
    pub async fn delete_user(&self, user: &User, usage: &mut Usage) -> Result<bool, Unavailable> {
        let key = user_key(&user.institution_id, &user.username);
        self.delete_if(&self.tables.users, key, user.revision, usage).await
    }

    async fn put_person(&self, key: Item, item: Item, read: u64, usage: &mut Usage) -> Result<bool, Unavailable> {
        let (condition, read) = match read {
            0 => ("attribute_not_exists(institution_id)", None),
            _ => ("revision = :read", Some(item::number(read))),
        };
        self.put_if(&self.tables.users, key, item, condition, read, usage).await
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
            let item = found.map_err(|error| usage.failed(&error))?;
            users.extend(self.of_user(&item, item::to_user, usage));
        }
        Ok(users)
    }
}
