//! The operator's questions and changes: clients and grants outside of any request.
//!
//! They are rare, and some of them scan, so that no request has to pay for an index.

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::{self, Item};
use super::{Meter, Store};
use crate::client::Client;
use crate::denial::Trouble;
use crate::grant::Grant;
use crate::token::GrantId;

/// Which grants to list.
#[derive(Clone, Debug, Default)]
pub struct GrantFilter {
    /// Made for this client.
    pub client_id: Option<String>,
    /// Standing for this user: `principalID`.
    pub principal_id: Option<String>,
}

impl Store {
    /// Registers a client. `false` where the id is taken.
    pub async fn create_client(&self, client: &Client, meter: &mut Meter) -> Result<bool, Trouble> {
        self.put_client(client, "attribute_not_exists(client_id)", None, meter).await
    }

    /// Changes a client that was read before. `false` where somebody else changed it since.
    pub async fn change_client(&self, mut client: Client, meter: &mut Meter) -> Result<bool, Trouble> {
        let read = item::number(client.revision);
        client.revision += 1;
        self.put_client(&client, "revision = :read", Some(read), meter).await
    }

    async fn put_client(
        &self,
        client: &Client,
        condition: &str,
        read: Option<AttributeValue>,
        meter: &mut Meter,
    ) -> Result<bool, Trouble> {
        let values = read.map(|read| Item::from([(":read".to_owned(), read)]));
        let sent = self
            .db
            .put_item()
            .table_name(&self.tables.clients)
            .set_item(Some(item::from_client(client)))
            .condition_expression(condition)
            .set_expression_attribute_values(values)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|service| service.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(meter.failed(&error)),
        }
    }

    /// Every client, by id.
    pub async fn clients(&self, meter: &mut Meter) -> Result<Vec<Client>, Trouble> {
        let mut pages = self.db.scan().table_name(&self.tables.clients).into_paginator().items().send();
        let mut clients = Vec::new();
        while let Some(item) = pages.next().await {
            clients.push(item::to_client(&item.map_err(|error| meter.failed(&error))?)?);
        }
        clients.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(clients)
    }

    /// The grants that match, newest first. It reads the whole table.
    pub async fn grants(&self, filter: &GrantFilter, meter: &mut Meter) -> Result<Vec<Grant>, Trouble> {
        let mut conditions = vec!["#part = :grant"];
        let mut values = Item::from([(":grant".to_owned(), item::text(item::GRANT))]);
        if let Some(client_id) = &filter.client_id {
            conditions.push("client_id = :client_id");
            values.insert(":client_id".to_owned(), item::text(client_id));
        }
        if let Some(principal_id) = &filter.principal_id {
            conditions.push("principal_id = :principal_id");
            values.insert(":principal_id".to_owned(), item::text(principal_id));
        }
        let mut pages = self
            .db
            .scan()
            .table_name(&self.tables.tokens)
            .filter_expression(conditions.join(" AND "))
            .expression_attribute_names("#part", "part")
            .set_expression_attribute_values(Some(values))
            .into_paginator()
            .items()
            .send();
        let mut grants = Vec::new();
        while let Some(item) = pages.next().await {
            grants.push(item::to_grant(&item.map_err(|error| meter.failed(&error))?)?);
        }
        grants.sort_by_key(|grant| std::cmp::Reverse(grant.created_at));
        Ok(grants)
    }

    /// When each refreshed access token of a grant expires, POSIX seconds.
    pub async fn refreshed(&self, grant_id: &GrantId, meter: &mut Meter) -> Result<Vec<u64>, Trouble> {
        let mut pages = self
            .db
            .query()
            .table_name(&self.tables.tokens)
            .key_condition_expression("grant_id = :grant_id AND begins_with(#part, :access)")
            .expression_attribute_names("#part", "part")
            .expression_attribute_values(":grant_id", item::text(grant_id))
            .expression_attribute_values(":access", item::text(item::ACCESS))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut ends = Vec::new();
        while let Some(item) = pages.next().await {
            ends.push(item::access_end(&item.map_err(|error| meter.failed(&error))?)?);
        }
        Ok(ends)
    }
}
