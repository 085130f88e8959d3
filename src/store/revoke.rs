//! Revocations: one write, of one item or of all together.

use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, TransactWriteItem, Update};

use super::item::{self, Item};
use super::read::token_key;
use super::transaction::CONDITION;
use super::write::update_condition;
use super::{Meter, Store};
use crate::denial::Trouble;
use crate::token::{GrantId, Selector};

/// The item that holds what is revoked, and its attribute that says so.
struct Target {
    key: Item,
    attribute: &'static str,
}

/// What TTL has collected is not made again.
const EXISTS: &str = "attribute_exists(grant_id)";

impl Target {
    fn grant(grant_id: &GrantId) -> Self {
        Self { key: token_key(grant_id, item::GRANT), attribute: "revoked_at" }
    }

    fn access((grant_id, selector): &(GrantId, Option<Selector>)) -> Self {
        match selector {
            None => Self { attribute: "access_revoked_at", ..Self::grant(grant_id) },
            Some(selector) => Self { key: token_key(grant_id, &item::access_part(selector)), attribute: "revoked_at" },
        }
    }

    /// The first revocation is the one that counts.
    fn expression(&self) -> String {
        format!("SET {0} = if_not_exists({0}, :now)", self.attribute)
    }
}

impl Store {
    /// Revokes a grant and all that was minted with it. `false` where there is no such grant.
    pub async fn revoke_grant(&self, grant_id: &GrantId, now: u64, meter: &mut Meter) -> Result<bool, Trouble> {
        self.revoke_one(&Target::grant(grant_id), now, meter).await
    }

    /// Revokes grants with all that was minted with them, and access tokens alone. Revoking again changes nothing.
    pub async fn revoke(
        &self,
        grants: &[GrantId],
        accesses: &[(GrantId, Option<Selector>)],
        now: u64,
        meter: &mut Meter,
    ) -> Result<(), Trouble> {
        let targets: Vec<_> = grants.iter().map(Target::grant).chain(accesses.iter().map(Target::access)).collect();
        if targets.len() > 1 && self.revoke_together(&targets, now, meter).await? {
            return Ok(());
        }
        for target in &targets {
            self.revoke_one(target, now, meter).await?;
        }
        Ok(())
    }

    async fn revoke_one(&self, target: &Target, now: u64, meter: &mut Meter) -> Result<bool, Trouble> {
        let sent = self
            .db
            .update_item()
            .table_name(&self.tables.tokens)
            .set_key(Some(target.key.clone()))
            .update_expression(target.expression())
            .condition_expression(EXISTS)
            .expression_attribute_values(":now", item::number(now))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match sent {
            Ok(reply) => {
                meter.wrote(reply.consumed_capacity());
                Ok(true)
            }
            Err(error) if update_condition(&error).is_some() => {
                meter.wrote(None);
                Ok(false)
            }
            Err(error) => Err(meter.failed(&error)),
        }
    }

    /// All or none. `false` where TTL has collected one of them meanwhile.
    async fn revoke_together(&self, targets: &[Target], now: u64, meter: &mut Meter) -> Result<bool, Trouble> {
        let update = |target: &Target| {
            let update = Update::builder()
                .table_name(&self.tables.tokens)
                .set_key(Some(target.key.clone()))
                .update_expression(target.expression())
                .condition_expression(EXISTS)
                .expression_attribute_values(":now", item::number(now));
            let update = update.build().map_err(|_| Trouble::DatabaseRefuses)?;
            Ok(TransactWriteItem::builder().update(update).build())
        };
        let sent = self
            .db
            .transact_write_items()
            .set_transact_items(Some(targets.iter().map(update).collect::<Result<_, Trouble>>()?))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        meter.transacted(sent, &[CONDITION])
    }
}
