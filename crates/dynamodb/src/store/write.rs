//! What a request writes: one item, under a condition.
//!
//! When the SDK retries a write whose reply was lost, the condition fails on our own item. The failure returns the item
//! that exists. If it has the hash of this write, the write took place. When every reply was lost, one read checks the item
//! in the same way. The item may have been revoked since, or its code may have expired: then nothing is handed out.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemInput};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    ConsumedCapacity, Put, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use crate::store::attempts::counted;
use crate::store::item;
use crate::store::item::Item;
use crate::store::key::token_key;
use crate::store::{Store, Usage};
use latchkey_oauth::client_auth::replay::Once;
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::{Grant, Redemption, RefreshedToken};
use latchkey_oauth::token::{GrantId, TokenHash};

/// How a conditional write ended.
pub enum Write {
    /// The item was written, and is as this write made it.
    Done,
    /// The item was written for the same request or form before. It was revoked since, or its code has expired.
    Ended,
    /// The condition failed. It has the existing grant, if the write asked for it and the database returned it.
    Conflict(Option<Box<Grant>>),
    /// The assertion of the request has minted before, and the registration lets it mint once.
    Used,
}

/// How the store sees it: with the item itself.
pub(super) enum Settled {
    Done,
    Ended,
    Conflict(Option<Item>),
    Used,
}

/// What an item is to a write that finds it.
#[derive(PartialEq)]
pub(super) enum Found {
    Ours,
    OursEnded,
    Another,
}

/// What a conditional write was sent for.
pub(super) struct Intent<'a> {
    pub(super) grant_id: &'a GrantId,
    pub(super) part: &'a str,
    /// The hash that the item will hold.
    pub(super) ours: Option<TokenHash>,
    /// POSIX seconds.
    pub(super) now: u64,
}

impl Intent<'_> {
    pub(super) fn finds(&self, found: Option<&Item>) -> Found {
        let Some(found) = found else { return Found::Another };
        let hash = item::minted_hash(found).ok().flatten();
        if !hash.zip(self.ours).is_some_and(|(hash, ours)| hash.matches(&ours)) {
            return Found::Another;
        }
        // What cannot be read is not handed out either.
        if item::has_ended(found, self.now).unwrap_or(true) { Found::OursEnded } else { Found::Ours }
    }

    /// How a write ended whose condition failed on this item, or on none.
    pub(super) fn settles(&self, found: Option<&Item>) -> Settled {
        match self.finds(found) {
            Found::Ours => Settled::Done,
            Found::OursEnded => Settled::Ended,
            Found::Another => Settled::Conflict(found.cloned()),
        }
    }
}

impl Settled {
    /// What a caller is told who asks for no grant.
    pub(super) fn without_grant(self) -> Write {
        match self {
            Self::Done => Write::Done,
            Self::Ended => Write::Ended,
            Self::Conflict(_) => Write::Conflict(None),
            Self::Used => Write::Used,
        }
    }
}

/// The condition of an item that must not be there yet.
const NEW: &str = "attribute_not_exists(grant_id)";

impl Store {
    /// Begins a grant. Refused where the grant exists: its request was accepted before.
    pub async fn begin_grant(&self, grant: &Grant, usage: &mut Usage) -> Result<Write, Unavailable> {
        self.begin_grant_once(grant, None, usage).await
    }

    /// The same, for an assertion that mints once at all, if it is one.
    pub async fn begin_grant_once(
        &self,
        grant: &Grant,
        once: Option<&Once>,
        usage: &mut Usage,
    ) -> Result<Write, Unavailable> {
        let intent = Intent { grant_id: &grant.id, part: item::GRANT, ours: None, now: grant.created_at };
        self.put_new(intent, item::from_grant(grant), once, usage).await
    }

    /// Adds a refreshed access token. Refused where it exists: its request was accepted before.
    pub async fn add_refreshed_token(
        &self,
        access: &RefreshedToken,
        once: Option<&Once>,
        usage: &mut Usage,
    ) -> Result<Write, Unavailable> {
        let (part, now) = (item::access_part(&access.selector), access.created_at.unwrap_or_default());
        let intent = Intent { grant_id: &access.grant_id, part: &part, ours: None, now };
        self.put_new(intent, item::from_refreshed_token(access), once, usage).await
    }

    async fn put_new(
        &self,
        intent: Intent<'_>,
        item: Item,
        once: Option<&Once>,
        usage: &mut Usage,
    ) -> Result<Write, Unavailable> {
        usage.has_time_for(2)?;
        let intent = Intent { ours: item::minted_hash(&item)?, ..intent };
        if let Some(once) = once {
            let put = Put::builder()
                .table_name(&self.tables.tokens)
                .set_item(Some(item))
                .condition_expression(NEW)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .build()
                .map_err(|_| Unavailable::DatabaseRefuses)?;
            let put = TransactWriteItem::builder().put(put).build();
            return Ok(self.write_once(put, once, &intent, usage).await?.without_grant());
        }
        let asked = PutItemInput::builder()
            .table_name(&self.tables.tokens)
            .set_item(Some(item))
            .condition_expression(NEW)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let (sent, attempts) = counted(self.db.put(asked)).await;
        let sent = sent.map(|reply| reply.consumed_capacity);
        Ok(self.settle(sent, attempts, put_condition, &intent, usage).await?.without_grant())
    }

    /// Redeems a code: once, in time, and only while its grant is not revoked.
    pub async fn redeem(
        &self,
        redemption: &Redemption,
        once: Option<&Once>,
        usage: &mut Usage,
    ) -> Result<Write, Unavailable> {
        usage.has_time_for(2)?;
        let update = self.redeeming(redemption)?;
        let (ours, now) = (Some(redemption.access.hash), redemption.redeemed.at);
        let intent = Intent { grant_id: &redemption.id, part: item::GRANT, ours, now };
        let settled = match once {
            Some(once) => {
                let update = TransactWriteItem::builder().update(update).build();
                self.write_once(update, once, &intent, usage).await?
            }
            None => {
                let sending = self
                    .db
                    .update_item()
                    .table_name(update.table_name)
                    .set_key(Some(update.key))
                    .update_expression(update.update_expression)
                    .set_condition_expression(update.condition_expression)
                    .set_expression_attribute_names(update.expression_attribute_names)
                    .set_expression_attribute_values(update.expression_attribute_values)
                    .set_return_values_on_condition_check_failure(update.return_values_on_condition_check_failure)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send();
                let (sent, attempts) = counted(sending).await;
                let sent = sent.map(|reply| reply.consumed_capacity);
                self.settle(sent, attempts, update_condition, &intent, usage).await?
            }
        };
        match settled {
            Settled::Conflict(found) => {
                let found = found.as_ref().map(|item| self.to_grant(item, usage)).transpose()?;
                Ok(Write::Conflict(found.map(Box::new)))
            }
            settled => Ok(settled.without_grant()),
        }
    }

    fn redeeming(&self, redemption: &Redemption) -> Result<Update, Unavailable> {
        let mut sets =
            "SET redeemed_at = :at, #scope = :scope, access_hash = :access, access_expires_at = :access_end, \
                        expires_at = :end"
                .to_owned();
        let mut update = Update::builder();
        if let Some(by) = &redemption.redeemed.by {
            sets.push_str(", redeemed_by = :by");
            update = update.expression_attribute_values(":by", item::binary(by.as_slice()));
        }
        if let Some(refresh) = &redemption.refresh {
            sets.push_str(", refresh_hash = :refresh, refresh_expires_at = :refresh_end");
            update = update
                .expression_attribute_values(":refresh", item::binary(refresh.hash.as_slice()))
                .expression_attribute_values(":refresh_end", item::number(refresh.expires_at));
        }
        let update = update
            .table_name(&self.tables.tokens)
            .set_key(Some(token_key(&redemption.id, item::GRANT)))
            .update_expression(sets)
            .condition_expression(
                "attribute_not_exists(redeemed_at) AND attribute_not_exists(revoked_at) AND code_expires_at > :at",
            )
            // A reserved word of DynamoDB's.
            .expression_attribute_names("#scope", "scope")
            .expression_attribute_values(":scope", item::text(&redemption.scope))
            .expression_attribute_values(":at", item::number(redemption.redeemed.at))
            .expression_attribute_values(":access", item::binary(redemption.access.hash.as_slice()))
            .expression_attribute_values(":access_end", item::number(redemption.access.expires_at))
            .expression_attribute_values(":end", item::number(redemption.expires_at))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        update.build().map_err(|_| Unavailable::DatabaseRefuses)
    }

    /// What became of a conditional write.
    async fn settle<E: ProvideErrorMetadata>(
        &self,
        sent: Result<Option<ConsumedCapacity>, SdkError<E>>,
        attempts: u32,
        condition: fn(&SdkError<E>) -> Option<Option<&Item>>,
        intent: &Intent<'_>,
        usage: &mut Usage,
    ) -> Result<Settled, Unavailable> {
        let error = match sent {
            Ok(consumed) => {
                usage.wrote(consumed.as_ref());
                return Ok(Settled::Done);
            }
            Err(error) => error,
        };
        if let Some(found) = condition(&error) {
            usage.wrote(None);
            return Ok(intent.settles(found));
        }
        let unavailable = usage.failed(&error);
        // Nothing was sent before, and this was turned away.
        if unavailable == Unavailable::DatabaseRefuses && attempts == 1 {
            return Err(unavailable);
        }
        self.confirm(intent, unavailable, usage).await
    }

    /// Whether a write that failed with `unavailable` was carried out all the same: its replies may have been lost. Without
    /// this, a client that retries after a 503 would find its code redeemed.
    pub(super) async fn confirm(
        &self,
        intent: &Intent<'_>,
        unavailable: Unavailable,
        usage: &mut Usage,
    ) -> Result<Settled, Unavailable> {
        let failed = usage.error.clone();
        let found = self.token_item(intent.grant_id, intent.part, usage).await;
        usage.error = failed;
        match found.map(|found| intent.finds(found.as_ref())) {
            Ok(Found::Ours) => Ok(Settled::Done),
            Ok(Found::OursEnded) => Ok(Settled::Ended),
            Ok(Found::Another) | Err(_) => Err(unavailable),
        }
    }
}

/// The item that made the condition fail, if that is what failed.
pub(super) fn put_condition(error: &SdkError<PutItemError>) -> Option<Option<&Item>> {
    match error.as_service_error()? {
        PutItemError::ConditionalCheckFailedException(failure) => Some(failure.item()),
        _ => None,
    }
}

pub(super) fn update_condition(error: &SdkError<UpdateItemError>) -> Option<Option<&Item>> {
    match error.as_service_error()? {
        UpdateItemError::ConditionalCheckFailedException(failure) => Some(failure.item()),
        _ => None,
    }
}
