//! The operator's questions and changes: clients and grants outside of any request.
//!
//! They are rare, and some of them scan, so that no request has to pay for an index. Only a consent does (`holders.rs`).

use aws_sdk_dynamodb::types::Select;

use crate::store::item;
use crate::store::item::Item;
use crate::store::key::client_key;
use crate::store::trail::Subject;
use crate::store::{Change, Store, Stored, Usage};
use latchkey_oauth::client::Client;
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::{Grant, Institutions, Principal};
use latchkey_oauth::token::GrantId;

/// Which grants to list.
#[derive(Clone, Debug, Default)]
pub struct GrantFilter {
    /// Made for this client.
    pub client_id: Option<String>,
    /// Standing for this user: `principalID`.
    pub principal_id: Option<String>,
    /// And within this `principalIDNS`.
    pub principal_idns: Option<String>,
    /// At this institution: the authenticating or the context institution.
    pub institution_id: Option<String>,
    /// Not revoked before.
    pub unrevoked: bool,
}

impl GrantFilter {
    /// The user whose grants these are, if both names are given.
    pub fn principal(&self) -> Option<Principal> {
        Some(Principal::new(self.principal_id.as_deref()?, self.principal_idns.as_deref()?))
    }

    /// Whether a grant of the filter's user is among them.
    pub fn takes(&self, grant: &Grant) -> bool {
        let Institutions { authenticating, context } = &grant.institutions;
        self.client_id.as_ref().is_none_or(|client_id| *client_id == grant.client_id)
            && self.institution_id.as_ref().is_none_or(|id| [authenticating, context].contains(&id))
            && !(self.unrevoked && grant.revoked_at.is_some())
    }
}

impl Store {
    /// Registers a client.
    pub async fn create_client(
        &self,
        client: &Client,
        usage: &mut Usage,
    ) -> Result<Change<Stored<Client>>, Unavailable> {
        self.put_client(client, &Item::new(), usage).await
    }

    /// Changes a client that was read before.
    pub async fn change_client(
        &self,
        mut client: Stored<Client>,
        usage: &mut Usage,
    ) -> Result<Change<Stored<Client>>, Unavailable> {
        client.revision = client.revision.saturating_add(1);
        self.put_client(&client, client.item(), usage).await
    }

    async fn put_client(
        &self,
        client: &Client,
        read: &Item,
        usage: &mut Usage,
    ) -> Result<Change<Stored<Client>>, Unavailable> {
        let (key, item) = (client_key(&client.id), item::from_client(client, read));
        let changed = self.put_changed(&self.tables.clients, key, item, read, None, usage).await?;
        changed.map(|item| Ok(Stored::new(self.to_client(&item, usage)?, item)))
    }

    /// Every client, by id. `usage` names those that cannot be read.
    pub async fn clients(&self, usage: &mut Usage) -> Result<Vec<Stored<Client>>, Unavailable> {
        let mut pages =
            self.db.scan().table_name(&self.tables.clients).consistent_read(true).into_paginator().items().send();
        let mut clients: Vec<Stored<Client>> = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| usage.failed_on("Scan", &self.tables.clients, &error))?;
            clients.extend(self.to_client(&item, usage).map(|client| Stored::new(client, item)));
        }
        clients.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(clients)
    }

    /// Deletes a client that was read before. `false` if another operator has changed it since, or deleted it.
    pub async fn delete_client(&self, client: &Stored<Client>, usage: &mut Usage) -> Result<bool, Unavailable> {
        let subject = Subject { client_id: Some(client.id.clone()), ..Subject::default() };
        self.delete_if(&self.tables.clients, client_key(&client.id), client.item(), subject, None, usage).await
    }

    async fn scan_grants(&self, filter: &GrantFilter, usage: &mut Usage) -> Result<Vec<Item>, Unavailable> {
        let mut conditions = vec!["#part = :grant"];
        let mut values = Item::from([(":grant".to_owned(), item::text(item::GRANT))]);
        if let Some(client_id) = &filter.client_id {
            conditions.push("client_id = :client_id");
            values.insert(":client_id".to_owned(), item::text(client_id));
        }
        if let Some(institution_id) = &filter.institution_id {
            conditions.push("(authenticating_institution_id = :institution OR context_institution_id = :institution)");
            values.insert(":institution".to_owned(), item::text(institution_id));
        }
        if filter.unrevoked {
            conditions.push("attribute_not_exists(revoked_at)");
        }
        let mut pages = self
            .db
            .scan()
            .table_name(&self.tables.tokens)
            // What was granted a moment ago is there.
            .consistent_read(true)
            .filter_expression(conditions.join(" AND "))
            .expression_attribute_names("#part", "part")
            .set_expression_attribute_values(Some(values))
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| usage.failed_on("Scan", &self.tables.tokens, &error))?;
            if item::names_user(&item, filter.principal_id.as_deref(), filter.principal_idns.as_deref()) {
                found.push(item);
            }
        }
        Ok(found)
    }

    /// The grants that match, newest first. It reads the whole table. `usage` names those that cannot be read.
    pub async fn grants(&self, filter: &GrantFilter, usage: &mut Usage) -> Result<Vec<Grant>, Unavailable> {
        let found = self.scan_grants(filter, usage).await?;
        let mut grants: Vec<_> = found.iter().filter_map(|item| self.to_grant(item, usage).ok()).collect();
        grants.sort_by_key(|grant| std::cmp::Reverse(grant.created_at));
        Ok(grants)
    }

    /// Returns the ids of the grants that match. A revocation needs no more, so a damaged item does not prevent it. `usage`
    /// names the items whose key is no grant's.
    pub async fn grant_ids(&self, filter: &GrantFilter, usage: &mut Usage) -> Result<Vec<GrantId>, Unavailable> {
        let found = self.scan_grants(filter, usage).await?;
        Ok(found.iter().filter_map(|item| self.of_token(item, item::grant_id, usage).ok()).collect())
    }

    /// How many refreshed access tokens a grant has that are not collected yet.
    pub async fn refreshed(&self, grant_id: &GrantId, usage: &mut Usage) -> Result<usize, Unavailable> {
        let mut pages = self
            .db
            .query()
            .table_name(&self.tables.tokens)
            .key_condition_expression("grant_id = :grant_id AND begins_with(#part, :access)")
            .expression_attribute_names("#part", "part")
            .expression_attribute_values(":grant_id", item::text(grant_id))
            .expression_attribute_values(":access", item::text(item::ACCESS))
            .select(Select::Count)
            .consistent_read(true)
            .into_paginator()
            .send();
        let mut count = 0_usize;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| usage.failed_on("Query", &self.tables.tokens, &error))?;
            count = count.saturating_add(usize::try_from(page.count()).unwrap_or_default());
        }
        Ok(count)
    }
}
