//! The three tables, for engines that no template deploys: the local server's, a test's, an emulator's.

use std::time::Duration;

use aws_sdk_dynamodb::client::Waiters;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
    TimeToLiveStatus,
};

use crate::store::{Store, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::service::tables::{AUDIT, CLIENTS, TOKENS, Table, USERS};

const ACTIVE_WITHIN: Duration = Duration::from_secs(60);

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
            self.create_table(name, table.keys, usage).await?;
        }
        for (name, table) in tables {
            if let Some(attribute) = table.ttl {
                self.enable_ttl(name, attribute, usage).await?;
            }
        }
        Ok(())
    }

    async fn create_table(&self, table: &str, keys: &[&str], usage: &mut Usage) -> Result<(), Unavailable> {
        let mut create = self.db.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
        for (name, key_type) in keys.iter().zip([KeyType::Hash, KeyType::Range]) {
            let attribute = AttributeDefinition::builder().attribute_name(*name).attribute_type(ScalarAttributeType::S);
            let key = KeySchemaElement::builder().attribute_name(*name).key_type(key_type);
            create = create
                .attribute_definitions(attribute.build().map_err(|_| Unavailable::DatabaseRefuses)?)
                .key_schema(key.build().map_err(|_| Unavailable::DatabaseRefuses)?);
        }
        match create.send().await {
            Ok(_) => {}
            Err(error) if error.as_service_error().is_some_and(|service| service.is_resource_in_use_exception()) => {}
            Err(error) => return Err(usage.failed(&error)),
        }
        // An embedded engine's table is there at once, AWS's after some seconds.
        let active = self.db.wait_until_table_exists().table_name(table).wait(ACTIVE_WITHIN).await;
        active.map(|_| ()).map_err(|_| Unavailable::DatabaseUnreachable)
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
