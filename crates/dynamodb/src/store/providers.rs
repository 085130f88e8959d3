//! The providers by which users of institutions sign in: what operators read and change. The pages read one with the directory.

use crate::store::item;
use crate::store::item::{Item, RemovedProvider};
use crate::store::key::provider_key;
use crate::store::{Change, Store, Stored, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::provider::Provider;

/// What is registered of an institution's provider.
pub enum Registered {
    /// It has one.
    Provider(Box<Stored<Provider>>),
    /// It had one.
    Removed(Stored<RemovedProvider>),
}

impl Registered {
    /// The provider that it has.
    pub fn provider(self) -> Option<Stored<Provider>> {
        match self {
            Self::Provider(provider) => Some(*provider),
            Self::Removed(_) => None,
        }
    }
}

/// A namespace that an institution's provider has, or had.
pub struct ProviderNamespace {
    /// The institution.
    pub institution_id: String,
    /// None where the item cannot be read.
    pub namespace: Option<String>,
    /// No provider has it now, and its users may have grants.
    pub is_former: bool,
}

/// A provider, if the institution has one, and the namespaces of those before it.
fn with_former(item: &Item) -> Result<(Option<Provider>, Vec<String>), Unavailable> {
    Ok((item::to_provider(item)?, item::former_namespaces(item)?))
}

/// A provider as it is to be removed; `None` in it where its item cannot be read.
pub type Leaving = Stored<Option<Provider>>;

impl Store {
    /// The provider of an institution.
    pub async fn provider(
        &self,
        institution_id: &str,
        usage: &mut Usage,
    ) -> Result<Option<Stored<Provider>>, Unavailable> {
        Ok(self.registered_provider(institution_id, usage).await?.and_then(Registered::provider))
    }

    /// The provider of an institution, or what it left behind.
    pub async fn registered_provider(
        &self,
        institution_id: &str,
        usage: &mut Usage,
    ) -> Result<Option<Registered>, Unavailable> {
        let found = self.item(&self.tables.users, provider_key(institution_id), usage).await?;
        let Some(item) = found else { return Ok(None) };
        if let Some(removed) = item::to_removed(&item) {
            return Ok(Some(Registered::Removed(Stored::new(removed, item))));
        }
        let provider = self.of_user(&item, item::to_provider, usage)?;
        Ok(provider.map(|provider| Registered::Provider(Box::new(Stored::new(provider, item)))))
    }

    /// Writes a provider in the place of the one that was read before, or a new one.
    pub async fn put_provider(
        &self,
        provider: Provider,
        read: Option<&Stored<Provider>>,
        usage: &mut Usage,
    ) -> Result<Change<Stored<Provider>>, Unavailable> {
        self.put_provider_over(provider, read.map_or(&Item::new(), Stored::item), usage).await
    }

    /// Writes a provider in the place of what was registered before: a provider, or what one left behind.
    pub async fn put_provider_after<T>(
        &self,
        provider: Provider,
        read: &Stored<T>,
        usage: &mut Usage,
    ) -> Result<Change<Stored<Provider>>, Unavailable> {
        self.put_provider_over(provider, read.item(), usage).await
    }

    async fn put_provider_over(
        &self,
        mut provider: Provider,
        read: &Item,
        usage: &mut Usage,
    ) -> Result<Change<Stored<Provider>>, Unavailable> {
        provider.revision = item::revision(read).unwrap_or_default().saturating_add(1);
        let key = provider_key(&provider.institution_id);
        // What it leaves behind is no part of the next one.
        let empty = Item::new();
        let kept = if item::to_removed(read).is_some() { &empty } else { read };
        let so_far = self.of_user(read, item::namespaces_so_far, usage)?;
        let mut item = item::from_provider(&provider, kept, so_far);
        item.extend(key.clone());
        let changed = self.put_changed(&self.tables.users, key, item, read, None, usage).await?;
        changed.map(|item| {
            let now = self.of_user(&item, item::to_provider, usage)?;
            // Another operator removed it since.
            Ok(Stored::new(now.unwrap_or(provider), item))
        })
    }

    /// The provider of an institution, to remove it. One that cannot be read can be removed too.
    pub async fn leaving_provider(
        &self,
        institution_id: &str,
        usage: &mut Usage,
    ) -> Result<Option<Leaving>, Unavailable> {
        let found = self.item(&self.tables.users, provider_key(institution_id), usage).await?;
        Ok(found.and_then(|item| match with_former(&item) {
            Ok((None, _)) => None,
            Ok((provider, _)) => Some(Stored::new(provider, item)),
            Err(_) => Some(Stored::new(None, item)),
        }))
    }

    /// Removes a provider as it was read. What says who its users were stays, for the one after it.
    pub async fn remove_provider<T>(
        &self,
        institution_id: &str,
        read: &Stored<T>,
        now: u64,
        usage: &mut Usage,
    ) -> Result<Change<()>, Unavailable> {
        let remains = item::remains(read.item(), now);
        let key = provider_key(institution_id);
        self.put_changed(&self.tables.users, key, remains, read.item(), None, usage).await?.map(|_| Ok(()))
    }

    /// The namespaces that the institution's providers had before and that others may not have yet, as they were read.
    pub fn former_namespaces<T>(&self, read: &Stored<T>, usage: &mut Usage) -> Result<Vec<String>, Unavailable> {
        self.of_user(read.item(), item::former_namespaces, usage)
    }

    /// Lets others have a namespace that the institution's providers had before. The item stays as it was read otherwise.
    pub async fn release_namespace<T>(
        &self,
        institution_id: &str,
        read: &Stored<T>,
        namespace: &str,
        usage: &mut Usage,
    ) -> Result<Change<()>, Unavailable> {
        let released = item::released(read.item(), namespace)?;
        let key = provider_key(institution_id);
        self.put_changed(&self.tables.users, key, released, read.item(), None, usage).await?.map(|_| Ok(()))
    }

    /// The namespaces that providers of institutions have, and those that they had before and others may not have yet.
    pub async fn provider_namespaces(&self, usage: &mut Usage) -> Result<Vec<ProviderNamespace>, Unavailable> {
        let items = self.provider_items(usage).await?;
        let mut namespaces = Vec::new();
        for item in items {
            let institution = item::institution_of(&item).unwrap_or_default();
            let mut push = |namespace, is_former| {
                let institution_id = institution.to_owned();
                namespaces.push(ProviderNamespace { institution_id, namespace, is_former });
            };
            match self.of_user(&item, with_former, usage) {
                Ok((provider, former)) => {
                    provider.into_iter().for_each(|provider| push(Some(provider.namespace), false));
                    former.into_iter().for_each(|former| push(Some(former), true));
                }
                Err(_) => push(None, false),
            }
        }
        Ok(namespaces)
    }

    /// The providers of all institutions, by institution. `usage` names those that cannot be read.
    pub async fn providers(&self, usage: &mut Usage) -> Result<Vec<Stored<Provider>>, Unavailable> {
        let items = self.provider_items(usage).await?;
        let mut providers = Vec::new();
        for item in items {
            if let Ok(Some(provider)) = self.of_user(&item, item::to_provider, usage) {
                providers.push(Stored::new(provider, item));
            }
        }
        Ok(providers)
    }

    async fn provider_items(&self, usage: &mut Usage) -> Result<Vec<Item>, Unavailable> {
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
        let mut items = Vec::new();
        while let Some(found) = pages.next().await {
            items.push(found.map_err(|error| usage.failed_on("Query", &self.tables.users, &error))?);
        }
        Ok(items)
    }
}
