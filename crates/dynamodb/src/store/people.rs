//! The operator's questions and changes that concern users and the directory.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::store::item;
use crate::store::item::Item;
use crate::store::sign_in::{Wanted, directory_key, user_key};
use crate::store::{Store, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::user::{Directory, User};

impl Store {
    /// The directory; an empty one where nothing was ever written.
    pub async fn directory(&self, usage: &mut Usage) -> Result<Directory, Unavailable> {
        let wanted = Wanted { client_id: None, user: None, attempt: None };
        self.sign_in_data(wanted, usage).await.map(|data| data.directory)
    }

    /// Changes the directory that was read before. `false` if another operator has changed it since.
    pub async fn change_directory(&self, mut directory: Directory, usage: &mut Usage) -> Result<bool, Unavailable> {
        let read = directory.revision;
        directory.revision += 1;
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
        let wanted = Wanted { client_id: None, user: Some((institution_id, username)), attempt: None };
        self.sign_in_data(wanted, usage).await.map(|data| data.user)
    }

    /// Adds a user with revision 0, or changes one that was read before. `false` if another operator did so since.
    pub async fn put_user(&self, mut user: User, usage: &mut Usage) -> Result<bool, Unavailable> {
        let read = user.revision;
        user.revision += 1;
        let key = user_key(&user.institution_id, &user.username);
        self.put_person(key, item::from_user(&user), read, usage).await
    }

    async fn put_person(&self, key: Item, item: Item, read: u64, usage: &mut Usage) -> Result<bool, Unavailable> {
        let (condition, read) = match read {
            0 => ("attribute_not_exists(institution_id)", None),
            _ => ("revision = :read", Some(item::number(read))),
        };
        self.put_if(&self.tables.users, key, item, condition, read, usage).await
    }

    /// The users of an institution, by name.
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
            users.push(item::to_user(&found.map_err(|error| usage.failed(&error))?)?);
        }
        Ok(users)
    }
}
