//! What a grant that a device began is told: polls, a user's answer, and the redemption of its code.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure};

use crate::store::attempts::counted;
use crate::store::item;
use crate::store::key::token_key;
use crate::store::write::update_condition;
use crate::store::{Store, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::Grant;
use latchkey_oauth::grant::device::{Answer, Permission, Poll};
use latchkey_oauth::service::tables::HOLDERS;
use latchkey_oauth::token::GrantId;

/// A user's answer counts once, while the codes do.
const AWAITS_USER: &str = "attribute_not_exists(allowed_at) AND attribute_not_exists(denied_at) AND \
                           attribute_not_exists(revoked_at) AND code_expires_at > :now";

impl Store {
    /// Notes a poll. What TTL has collected is not made again.
    pub async fn note_poll(&self, id: &GrantId, poll: &Poll, usage: &mut Usage) -> Result<(), Unavailable> {
        usage.has_time_for(1)?;
        let sent = self
            .update_grant(id)
            .update_expression(format!("SET {} = :at, {} = :interval", item::POLLED_AT, item::POLL_INTERVAL))
            .condition_expression("attribute_exists(grant_id)")
            .expression_attribute_values(":at", item::number(poll.at))
            .expression_attribute_values(":interval", item::number(poll.interval))
            .send()
            .await;
        match sent {
            Ok(reply) => usage.wrote(reply.consumed_capacity()),
            Err(error) if update_condition(&error).is_some() => usage.wrote(None),
            Err(error) => return Err(usage.failed(&error)),
        }
        Ok(())
    }

    /// Stores a user's yes. `false` if the grant awaits no answer, except the same one: a form that is sent twice says yes once.
    pub async fn allow_device(&self, permission: &Permission, usage: &mut Usage) -> Result<bool, Unavailable> {
        let Permission { id, institutions, principal, refresh_seconds, at } = permission;
        let capped = refresh_seconds.map(|_| format!(", {} = :most", item::REFRESH_SECONDS)).unwrap_or_default();
        let update = self
            .update_grant(id)
            .update_expression(format!(
                "SET {} = :now, {} = :holder, principal_id = :id, principal_idns = :idns, \
                 authenticating_institution_id = :authenticating, context_institution_id = :context{capped}",
                item::ALLOWED_AT,
                HOLDERS.partition
            ))
            .expression_attribute_values(":holder", item::binary(&principal.holder()))
            .expression_attribute_values(":id", item::text(&principal.id))
            .expression_attribute_values(":idns", item::text(&principal.idns))
            .expression_attribute_values(":authenticating", item::text(&institutions.authenticating))
            .expression_attribute_values(":context", item::text(&institutions.context));
        let update = match refresh_seconds {
            Some(most) => update.expression_attribute_values(":most", item::number(*most)),
            None => update,
        };
        let is_same = |grant: &Grant| {
            let answer = grant.device.as_ref().and_then(|device| device.answer);
            matches!(answer, Some(Answer::Allowed(_)))
                && grant.principal.as_ref() == Some(principal)
                && grant.institutions == *institutions
                && grant.revoked_at.is_none()
        };
        self.answer_device(update, id, *at, is_same, usage).await
    }

    /// Stores a user's no, likewise.
    pub async fn deny_device(&self, id: &GrantId, now: u64, usage: &mut Usage) -> Result<bool, Unavailable> {
        let update = self.update_grant(id).update_expression(format!("SET {} = :now", item::DENIED_AT));
        let is_same = |grant: &Grant| {
            let answer = grant.device.as_ref().and_then(|device| device.answer);
            matches!(answer, Some(Answer::Denied(_)))
        };
        self.answer_device(update, id, now, is_same, usage).await
    }

    async fn answer_device(
        &self,
        update: UpdateItemFluentBuilder,
        id: &GrantId,
        now: u64,
        is_same: impl Fn(&Grant) -> bool,
        usage: &mut Usage,
    ) -> Result<bool, Unavailable> {
        usage.has_time_for(2)?;
        let sending = update
            .condition_expression(AWAITS_USER)
            .expression_attribute_values(":now", item::number(now))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send();
        let (sent, attempts) = counted(sending).await;
        let error = match sent {
            Ok(reply) => {
                usage.wrote(reply.consumed_capacity());
                return Ok(true);
            }
            Err(error) => error,
        };
        if let Some(found) = update_condition(&error) {
            usage.wrote(None);
            let found = found.map(|item| self.to_grant(item, usage)).transpose()?;
            return Ok(found.as_ref().is_some_and(is_same));
        }
        let unavailable = usage.failed(&error);
        // Nothing was sent before, and this was turned away.
        if unavailable == Unavailable::DatabaseRefuses && attempts == 1 {
            return Err(unavailable);
        }
        // Its replies may have been lost.
        let failed = usage.error.clone();
        let found = self.grant(id, usage).await;
        usage.error = failed;
        match found {
            Ok(Some(grant)) if is_same(&grant) => Ok(true),
            _ => Err(unavailable),
        }
    }

    fn update_grant(&self, id: &GrantId) -> UpdateItemFluentBuilder {
        self.db
            .update_item()
            .table_name(&self.tables.tokens)
            .set_key(Some(token_key(id, item::GRANT)))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }
}
