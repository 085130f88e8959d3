//! The operator's questions and changes that concern users and the directory.

use aws_sdk_dynamodb::types::AttributeValue;

use super::desk::{Wanted, directory_key, user_key};
use super::item::{self, Item};
use super::{Meter, Store};
use crate::denial::Trouble;
use crate::user::{Directory, User};

impl Store {
    /// The directory; an empty one where nothing was ever written.
    pub async fn directory(&self, meter: &mut Meter) -> Result<Directory, Trouble> {
        let wanted = Wanted { client_id: None, user: None, attempt: None };
        self.desk(wanted, meter).await.map(|desk| desk.directory)
    }

    /// Changes the directory that was read before. `false` where somebody else changed it since.
    pub async fn change_directory(&self, mut directory: Directory, meter: &mut Meter) -> Result<bool, Trouble> {
        let read = directory.revision;
        directory.revision += 1;
        let mut item = item::from_directory(&directory);
        item.extend(directory_key());
        self.put_person(directory_key(), item, read, meter).await
    }

    /// One user.
    pub async fn user(&self, institution_id: &str, username: &str, meter: &mut Meter) -> Result<Option<User>, Trouble> {
        let wanted = Wanted { client_id: None, user: Some((institution_id, username)), attempt: None };
        self.desk(wanted, meter).await.map(|desk| desk.user)
    }

    /// Adds a user with revision 0, or changes one that was read before. `false` where somebody else did so since.
    pub async fn put_user(&self, mut user: User, meter: &mut Meter) -> Result<bool, Trouble> {
        let read = user.revision;
        user.revision += 1;
        let key = user_key(&user.institution_id, &user.username);
        self.put_person(key, item::from_user(&user), read, meter).await
    }

    async fn put_person(&self, key: Item, item: Item, read: u64, meter: &mut Meter) -> Result<bool, Trouble> {
        let (condition, read) = match read {
            0 => ("attribute_not_exists(institution_id)", None),
            _ => ("revision = :read", Some(item::number(read))),
        };
        self.put_if(&self.tables.users, key, item, condition, read, meter).await
    }

    /// The users of an institution, by name.
    pub async fn users(&self, institution_id: &str, meter: &mut Meter) -> Result<Vec<User>, Trouble> {
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
            users.push(item::to_user(&found.map_err(|error| meter.failed(&error))?)?);
        }
        Ok(users)
    }
}
