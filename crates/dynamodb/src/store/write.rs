//! What a request writes: one item, under a condition.
//!
//! When the SDK retries a write whose reply was lost, the condition fails on our own item. The failure returns the item
//! that exists. If it has the hash of this write, the write took place. When every reply was lost, one read checks the item
//! in the same way. The item may have been revoked since, or its code may have expired: then nothing is handed out.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure};

use crate::store::attempts::counted;
use crate::store::item;
use crate::store::item::Item;
use crate::store::read::token_key;
use crate::store::{Store, Usage};
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
}

/// How the store sees it: with the item itself.
pub(super) enum Settled {
    Done,
    Ended,
    Conflict(Option<Item>),
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
}

impl Store {
    /// Begins a grant. Refused where the grant exists: its request was accepted before.
    pub async fn begin_grant(&self, grant: &Grant, usage: &mut Usage) -> Result<Write, Unavailable> {
        self.put_new(&grant.id, item::GRANT, item::from_grant(grant), grant.created_at, usage).await
    }

    /// Adds a refreshed access token. Refused where it exists: its request was accepted before.
    pub async fn add_refreshed_token(&self, access: &RefreshedToken, usage: &mut Usage) -> Result<Write, Unavailable> {
        let (part, now) = (item::access_part(&access.selector), access.created_at.unwrap_or_default());
        self.put_new(&access.grant_id, &part, item::from_refreshed_token(access), now, usage).await
    }

    async fn put_new(
        &self,
        grant_id: &GrantId,
        part: &str,
        item: Item,
        now: u64,
        usage: &mut Usage,
    ) -> Result<Write, Unavailable> {
        usage.has_time_for(2)?;
        let intent = Intent { grant_id, part, ours: item::minted_hash(&item)?, now };
        let sending = self
            .db
            .put_item()
            .table_name(&self.tables.tokens)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(grant_id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send();
        let (sent, attempts) = counted(sending).await;
        let sent = sent.map(|reply| reply.consumed_capacity);
        match self.settle(sent, attempts, put_condition, &intent, usage).await? {
            Settled::Done => Ok(Write::Done),
            Settled::Ended => Ok(Write::Ended),
            Settled::Conflict(_) => Ok(Write::Conflict(None)),
        }
    }

    /// Redeems a code: once, in time, and only while its grant is not revoked.
    pub async fn redeem(&self, redemption: &Redemption, usage: &mut Usage) -> Result<Write, Unavailable> {
        usage.has_time_for(2)?;
        let mut sets =
            "SET redeemed_at = :at, #scope = :scope, access_hash = :access, access_expires_at = :access_end, \
                        expires_at = :end"
                .to_owned();
        let mut update = self.db.update_item();
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
        let sending = update
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
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send();
        let (sent, attempts) = counted(sending).await;
        let sent = sent.map(|reply| reply.consumed_capacity);
        let (ours, now) = (Some(redemption.access.hash), redemption.redeemed.at);
        let intent = Intent { grant_id: &redemption.id, part: item::GRANT, ours, now };
        match self.settle(sent, attempts, update_condition, &intent, usage).await? {
            Settled::Done => Ok(Write::Done),
            Settled::Ended => Ok(Write::Ended),
            Settled::Conflict(found) => {
                let found = found.as_ref().map(|item| self.to_grant(item, usage)).transpose()?;
                Ok(Write::Conflict(found.map(Box::new)))
            }
        }
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
            return Ok(match intent.finds(found) {
                Found::Ours => Settled::Done,
                Found::OursEnded => Settled::Ended,
                Found::Another => Settled::Conflict(found.cloned()),
            });
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
