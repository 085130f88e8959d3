//! Revocations: one write, of one item or of all together.

use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, TransactWriteItem, Update};

use super::item;
use super::read::token_key;
use super::{Meter, Store};
use crate::denial::Trouble;
use crate::token::{GrantId, Selector};

impl Store {
    /// Revokes grants with all that was minted with them, and access tokens alone. Revoking again changes nothing; the
    /// first revocation is the one that counts.
    pub async fn revoke(
        &self,
        grants: &[GrantId],
        accesses: &[(GrantId, Option<Selector>)],
        now: u64,
        meter: &mut Meter,
    ) -> Result<(), Trouble> {
        let mut targets: Vec<_> = grants.iter().map(|grant| (token_key(grant, item::GRANT), "revoked_at")).collect();
        targets.extend(accesses.iter().map(|(grant, selector)| match selector {
            None => (token_key(grant, item::GRANT), "access_revoked_at"),
            Some(selector) => (token_key(grant, &item::access_part(selector)), "revoked_at"),
        }));
        let update = |(key, attribute): (item::Item, &str)| {
            Update::builder()
                .table_name(&self.tables.tokens)
                .set_key(Some(key))
                .update_expression(format!("SET {attribute} = if_not_exists({attribute}, :now)"))
                // What TTL has collected meanwhile is not made again.
                .condition_expression("attribute_exists(grant_id)")
                .expression_attribute_values(":now", item::number(now))
                .build()
                .map_err(|_| Trouble::DatabaseRefuses)
        };
        match targets.len() {
            0 => Ok(()),
            1 => {
                let update = update(targets.remove(0))?;
                let sent = self
                    .db
                    .update_item()
                    .table_name(&self.tables.tokens)
                    .set_key(Some(update.key))
                    .update_expression(update.update_expression)
                    .set_condition_expression(update.condition_expression)
                    .set_expression_attribute_values(update.expression_attribute_values)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await;
                match sent {
                    Ok(reply) => meter.wrote(reply.consumed_capacity()),
                    Err(error) if super::write::update_condition(&error).is_some() => meter.wrote(None),
                    Err(error) => return Err(meter.failed(&error)),
                }
                Ok(())
            }
            _ => {
                let updates =
                    targets.into_iter().map(|target| Ok(TransactWriteItem::builder().update(update(target)?).build()));
                let sent = self
                    .db
                    .transact_write_items()
                    .set_transact_items(Some(updates.collect::<Result<_, Trouble>>()?))
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .map_err(|error| meter.failed(&error))?;
                meter.wrote(sent.consumed_capacity());
                Ok(())
            }
        }
    }
}
