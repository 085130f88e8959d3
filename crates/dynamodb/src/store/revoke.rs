//! Revocations: one write, of one item or of all together.

use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, TransactWriteItem, Update};

use crate::store::item;
use crate::store::item::Item;
use crate::store::key::token_key;
use crate::store::transaction::CONDITION;
use crate::store::write::update_condition;
use crate::store::{Store, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::HOLDER_BYTES;
use latchkey_oauth::service::tables::HOLDERS;
use latchkey_oauth::token::{GrantId, Selector};

/// The item that holds what is revoked, and its attribute that says so.
pub(super) struct Target {
    pub(super) key: Item,
    attribute: &'static str,
    /// Whose grant it must be, where a user ends it.
    holder: Option<[u8; HOLDER_BYTES]>,
}

/// What TTL has collected is not made again.
const EXISTS: &str = "attribute_exists(grant_id)";

impl Target {
    pub(super) fn grant(grant_id: &GrantId) -> Self {
        Self { key: token_key(grant_id, item::GRANT), attribute: "revoked_at", holder: None }
    }

    /// A grant that this user consented to.
    #[cfg(feature = "users")]
    pub(super) fn consent(grant_id: &GrantId, holder: [u8; HOLDER_BYTES]) -> Self {
        Self { holder: Some(holder), ..Self::grant(grant_id) }
    }

    fn access((grant_id, selector): &(GrantId, Option<Selector>)) -> Self {
        match selector {
            None => Self { attribute: "access_revoked_at", ..Self::grant(grant_id) },
            Some(selector) => Self { key: token_key(grant_id, &item::access_part(selector)), ..Self::grant(grant_id) },
        }
    }

    /// The first revocation is the one that counts.
    fn expression(&self) -> String {
        format!("SET {0} = if_not_exists({0}, :now)", self.attribute)
    }

    fn condition(&self) -> String {
        match self.holder {
            None => EXISTS.to_owned(),
            Some(_) => format!("{EXISTS} AND {} = :holder", HOLDERS.partition),
        }
    }

    fn values(&self, now: u64) -> Item {
        let now = (":now".to_owned(), item::number(now));
        let holder = self.holder.map(|holder| (":holder".to_owned(), item::binary(&holder)));
        [now].into_iter().chain(holder).collect()
    }
}

impl Store {
    /// Revokes a grant and all that was minted with it. `false` where there is no such grant.
    pub async fn revoke_grant(&self, grant_id: &GrantId, now: u64, usage: &mut Usage) -> Result<bool, Unavailable> {
        self.revoke_one(&Target::grant(grant_id), now, usage).await
    }

    /// Revokes grants with all their tokens, and single access tokens. Revoking again changes nothing.
    pub async fn revoke(
        &self,
        grants: &[GrantId],
        accesses: &[(GrantId, Option<Selector>)],
        now: u64,
        usage: &mut Usage,
    ) -> Result<(), Unavailable> {
        let targets: Vec<_> = grants.iter().map(Target::grant).chain(accesses.iter().map(Target::access)).collect();
        self.revoke_all(&targets, now, usage).await
    }

    /// In one transaction, or each by itself where TTL has collected one of them meanwhile.
    pub(super) async fn revoke_all(&self, targets: &[Target], now: u64, usage: &mut Usage) -> Result<(), Unavailable> {
        if targets.len() > 1 && self.revoke_together(targets, now, usage).await? {
            return Ok(());
        }
        for target in targets {
            self.revoke_one(target, now, usage).await?;
        }
        Ok(())
    }

    async fn revoke_one(&self, target: &Target, now: u64, usage: &mut Usage) -> Result<bool, Unavailable> {
        // Nothing has to be looked for: what is revoked may be revoked again.
        usage.has_time_for(1)?;
        let sent = self
            .db
            .update_item()
            .table_name(&self.tables.tokens)
            .set_key(Some(target.key.clone()))
            .update_expression(target.expression())
            .condition_expression(target.condition())
            .set_expression_attribute_values(Some(target.values(now)))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match sent {
            Ok(reply) => {
                usage.wrote(reply.consumed_capacity());
                Ok(true)
            }
            Err(error) if update_condition(&error).is_some() => {
                usage.wrote(None);
                Ok(false)
            }
            Err(error) => Err(usage.failed_on("UpdateItem", &self.tables.tokens, &error)),
        }
    }

    /// The writes of a transaction.
    pub(super) fn revocations(&self, targets: &[Target], now: u64) -> Result<Vec<TransactWriteItem>, Unavailable> {
        let update = |target: &Target| {
            let update = Update::builder()
                .table_name(&self.tables.tokens)
                .set_key(Some(target.key.clone()))
                .update_expression(target.expression())
                .condition_expression(target.condition())
                .set_expression_attribute_values(Some(target.values(now)));
            let update = update.build().map_err(|_| Unavailable::DatabaseRefuses)?;
            Ok(TransactWriteItem::builder().update(update).build())
        };
        targets.iter().map(update).collect()
    }

    /// All or none. `false` where TTL has collected one of them meanwhile.
    async fn revoke_together(&self, targets: &[Target], now: u64, usage: &mut Usage) -> Result<bool, Unavailable> {
        usage.has_time_for(1)?;
        let sent = self
            .db
            .transact_write_items()
            .set_transact_items(Some(self.revocations(targets, now)?))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        usage.transacted(sent, &[CONDITION])
    }
}
