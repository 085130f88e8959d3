//! The tables, for engines that no template deploys: the local server's, a test's, an emulator's.

use std::time::Duration;

use aws_sdk_dynamodb::client::Waiters;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType,
    TimeToLiveSpecification, TimeToLiveStatus,
};

use crate::store::{Store, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::service::tables::{AUDIT, CLIENTS, Index, TOKENS, Table, USERS};

const ACTIVE_WITHIN: Duration = Duration::from_secs(60);

fn defined(name: &str, kind: ScalarAttributeType) -> Result<AttributeDefinition, Unavailable> {
    let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(kind);
    attribute.build().map_err(|_| Unavailable::DatabaseRefuses)
}

fn key_element(name: &str, key_type: KeyType) -> Result<KeySchemaElement, Unavailable> {
    let key = KeySchemaElement::builder().attribute_name(name).key_type(key_type);
    key.build().map_err(|_| Unavailable::DatabaseRefuses)
}

fn index_keys(index: &Index) -> Result<Vec<KeySchemaElement>, Unavailable> {
    Ok(vec![key_element(index.partition, KeyType::Hash)?, key_element(index.sort, KeyType::Range)?])
}

fn index_attributes(index: &Index) -> Result<[AttributeDefinition; 2], Unavailable> {
    Ok([defined(index.partition, ScalarAttributeType::B)?, defined(index.sort, ScalarAttributeType::N)?])
}

impl Store {
    /// Creates what is missing of the tables and of their TTL. Does nothing where all is there.
    pub async fn create_tables(&self, usage: &mut Usage) -> Result<(), Unavailable> {
        let tables = [(&self.tables.clients, CLIENTS), (&self.tables.tokens, TOKENS), (&self.tables.users, USERS)];
        self.create_each(&tables.map(|(name, table)| (name.as_str(), table)), usage).await
    }

    /// Creates the table of records, and its TTL. Does nothing where both are there.
    pub async fn create_audit_table(&self, name: &str, usage: &mut Usage) -> Result<(), Unavailable> {
        self.create_each(&[(name, AUDIT)], usage).await
    }

    async fn create_each(&self, tables: &[(&str, Table)], usage: &mut Usage) -> Result<(), Unavailable> {
        for (name, table) in tables {
            self.create_table(name, table, usage).await?;
        }
        for (name, table) in tables {
            if let Some(attribute) = table.ttl {
                self.enable_ttl(name, attribute, usage).await?;
            }
        }
        Ok(())
    }

    async fn create_table(&self, name: &str, table: &Table, usage: &mut Usage) -> Result<(), Unavailable> {
        let mut create = self.db.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
        for (key, key_type) in table.keys.iter().zip([KeyType::Hash, KeyType::Range]) {
            create = create
                .attribute_definitions(defined(key, ScalarAttributeType::S)?)
                .key_schema(key_element(key, key_type)?);
        }
        if let Some(index) = table.index {
            let index_created = GlobalSecondaryIndex::builder()
                .index_name(index.name)
                .set_key_schema(Some(index_keys(&index)?))
                .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build());
            create = create.global_secondary_indexes(index_created.build().map_err(|_| Unavailable::DatabaseRefuses)?);
            for attribute in index_attributes(&index)? {
                create = create.attribute_definitions(attribute);
            }
        }
        let is_new = match create.send().await {
            Ok(_) => true,
            Err(error) if error.as_service_error().is_some_and(|service| service.is_resource_in_use_exception()) => {
                false
            }
            Err(error) => return Err(usage.failed(&error)),
        };
        // An embedded engine's table is there at once, AWS's after some seconds.
        let active = self.db.wait_until_table_exists().table_name(name).wait(ACTIVE_WITHIN).await;
        active.map_err(|_| Unavailable::DatabaseUnreachable)?;
        match table.index {
            Some(index) if !is_new => self.create_index(name, &index, usage).await,
            _ => Ok(()),
        }
    }

    /// Adds the index to a table of an earlier version. Does nothing where it is there.
    async fn create_index(&self, table: &str, index: &Index, usage: &mut Usage) -> Result<(), Unavailable> {
        let described = self.db.describe_table().table_name(table).send().await;
        let described = described.map_err(|error| usage.failed(&error))?;
        let indexes = described.table().map(|table| table.global_secondary_indexes()).unwrap_or_default();
        if indexes.iter().any(|found| found.index_name() == Some(index.name)) {
            return Ok(());
        }
        let create = CreateGlobalSecondaryIndexAction::builder()
            .index_name(index.name)
            .set_key_schema(Some(index_keys(index)?))
            .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
            .build()
            .map_err(|_| Unavailable::DatabaseRefuses)?;
        let sent = self
            .db
            .update_table()
            .table_name(table)
            .set_attribute_definitions(Some(index_attributes(index)?.into()))
            .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(create).build())
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            // Another start was first.
            Err(error) if error.as_service_error().is_some_and(|service| service.is_resource_in_use_exception()) => {
                Ok(())
            }
            Err(error) => Err(usage.failed(&error)),
        }
    }

    /// AWS refuses to enable what is enabled, so it is asked first.
    async fn enable_ttl(&self, table: &str, attribute: &str, usage: &mut Usage) -> Result<(), Unavailable> {
        let described = self.db.describe_time_to_live().table_name(table).send().await;
        let described = described.map_err(|error| usage.failed(&error))?;
        let status = described.time_to_live_description().and_then(|ttl| ttl.time_to_live_status());
        if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
            return Ok(());
        }
        let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name(attribute).build();
        let update = self.db.update_time_to_live().table_name(table);
        let sent = update.time_to_live_specification(ttl.map_err(|_| Unavailable::DatabaseRefuses)?).send().await;
        sent.map(|_| ()).map_err(|error| usage.failed(&error))
    }
}
