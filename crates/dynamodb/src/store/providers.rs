//! The providers by which users of institutions sign in: what operators read and change. The pages read one with the directory.

use crate::store::item;
use crate::store::item::Item;
use crate::store::sign_in::user_key;
use crate::store::trail::Subject;
use crate::store::{Change, Store, Stored, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::provider::Provider;

/// The key of an institution's provider.
pub(super) fn provider_key(institution_id: &str) -> Item {
    user_key(item::NO_INSTITUTION, &item::provider_name(institution_id))
}

impl Store {
    /// The provider of an institution.
    pub async fn provider(
        &self,
        institution_id: &str,
        usage: &mut Usage,
    ) -> Result<Option<Stored<Provider>>, Unavailable> {
        let found = self.item(&self.tables.users, provider_key(institution_id), usage).await?;
        found.map(|item| Ok(Stored::new(self.of_user(&item, item::to_provider, usage)?, item))).transpose()
    }

    /// Writes a provider in the place of the one that was read before, or a new one.
    pub async fn put_provider(
        &self,
        mut provider: Provider,
        read: Option<&Stored<Provider>>,
        usage: &mut Usage,
    ) -> Result<Change<Stored<Provider>>, Unavailable> {
        provider.revision = read.map_or(0, |read| read.revision).saturating_add(1);
        let key = provider_key(&provider.institution_id);
        let empty = Item::new();
        let read = read.map_or(&empty, Stored::item);
        let mut item = item::from_provider(&provider, read);
        item.extend(key.clone());
        let changed = self.put_changed(&self.tables.users, key, item, read, None, usage).await?;
        changed.map(|item| Ok(Stored::new(self.of_user(&item, item::to_provider, usage)?, item)))
    }

    /// Deletes a provider that was read before. `false` if another operator has changed it since, or deleted it.
    pub async fn delete_provider(&self, provider: &Stored<Provider>, usage: &mut Usage) -> Result<bool, Unavailable> {
        let key = provider_key(&provider.institution_id);
        let subject = Subject { institution_id: Some(provider.institution_id.clone()), ..Subject::default() };
        self.delete_if(&self.tables.users, key, provider.item(), subject, None, usage).await
    }

    /// The providers of all institutions, by institution. `usage` names those that cannot be read.
    pub async fn providers(&self, usage: &mut Usage) -> Result<Vec<Stored<Provider>>, Unavailable> {
        let mut pages = self
            .db
            .query()
            .table_name(&self.tables.users)
            .key_condition_expression("institution_id = :none AND begins_with(username, :provider)")
            .expression_attribute_values(":none", item::text(item::NO_INSTITUTION))
            .expression_attribute_values(":provider", item::text(item::PROVIDER))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut providers = Vec::new();
        while let Some(found) = pages.next().await {
            let item = found.map_err(|error| usage.failed_on("Query", &self.tables.users, &error))?;
            if let Ok(provider) = self.of_user(&item, item::to_provider, usage) {
                providers.push(Stored::new(provider, item));
            }
        }
        Ok(providers)
    }
}
