//! The one write that an attempt to sign in costs: a transaction of all that counts it.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, TransactWriteItem, Update};

use super::{Keys, SignInData, Source};
use crate::store::item;
use crate::store::item::Item;
use crate::store::transaction::{CONDITION, CONFLICT};
use crate::store::{Store, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::sign_in::attempts::{ACCOUNT_FAILURES, Account, NETWORK_FAILURES, Recent, USER_FAILURES, after};
use latchkey_oauth::sign_in::factor::Used;

/// An attempt that was looked at.
pub struct Attempt<'a> {
    /// Institution and username.
    pub user: (&'a str, &'a str),
    /// Where it came from.
    pub source: Source,
    /// Whether it was right.
    pub succeeded: bool,
    /// The code of the second factor that was taken, where it was right.
    pub used: Option<Used>,
    /// Whether it came with a code, right or not.
    pub has_code: bool,
    /// Whether the password was right and the code wrong. No answer says so.
    pub wrong_code: bool,
}

impl Store {
    /// Counts an attempt, right or wrong, in one transaction, so that both take as long and fail alike. `false` if other
    /// attempts came in between: then the attacker does not learn whether this one was right, so a thousand guesses at once
    /// are worth no more than guesses one after the other. The SDK gives the transaction a token, so its own retry after a
    /// lost reply counts nothing twice.
    pub async fn count_attempt(
        &self,
        attempt: &Attempt<'_>,
        data: &SignInData,
        usage: &mut Usage,
    ) -> Result<bool, Unavailable> {
        let keys = Keys::of(attempt.user, &attempt.source);
        let (known, now) = (data.counted.known, attempt.source.now);
        let here = if known { keys.device_attempts } else { Some(keys.network_attempts) };
        let mut updates = vec![
            self.update(here.unwrap_or_default(), attempts(attempt, data)),
            self.update(keys.account, account(attempt, data)),
        ];
        if let Some(used) = &attempt.used {
            updates.push(self.update(keys.codes, taking(used)));
        }
        let wrong = |recent: &Recent, most: u64| counts(recent, most, attempt.succeeded, now);
        if !known {
            updates.push(self.update(keys.user, wrong(&data.counted.user, USER_FAILURES)));
        }
        // A known browser is counted for the narrowest network alone.
        let widest = if known { 1 } else { NETWORK_FAILURES.len() };
        let networks = data.counted.networks.iter().zip(NETWORK_FAILURES).take(widest);
        for (key, (recent, most)) in keys.networks.into_iter().zip(networks) {
            updates.push(self.update(key, wrong(recent, most)));
        }
        self.count_together(updates, usage).await
    }

    /// Counts all updates or none, in one transaction. Returns `false` if another request came in between: then the attempt
    /// learns nothing.
    pub(super) async fn count_together(
        &self,
        updates: Vec<UpdateBuilder>,
        usage: &mut Usage,
    ) -> Result<bool, Unavailable> {
        usage.has_time_for(1)?;
        let mut writes = Vec::new();
        for update in updates {
            let update = update.build().map_err(|_| Unavailable::DatabaseRefuses)?;
            writes.push(TransactWriteItem::builder().update(update).build());
        }
        let sent = self
            .db
            .transact_write_items()
            .set_transact_items(Some(writes))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        usage.transacted(sent, &[CONDITION, CONFLICT])
    }

    pub(super) fn update(&self, key: Item, to: UpdateBuilder) -> UpdateBuilder {
        to.table_name(&self.tables.users).set_key(Some(key))
    }
}

/// Attempts from one network or with one browser. Each is written under the condition that no other came in between.
fn attempts(attempt: &Attempt<'_>, data: &SignInData) -> UpdateBuilder {
    let before = data.counted.here.count;
    let counted = item::from_attempts(&after(&data.counted, attempt.succeeded, attempt.source.now));
    // An update, so that attributes which another version writes stay.
    let sets: Vec<_> = counted.keys().map(|name| format!("{name} = :{name}")).collect();
    let mut update = Update::builder().update_expression(format!("SET {}", sets.join(", ")));
    for (name, value) in counted {
        update = update.expression_attribute_values(format!(":{name}"), value);
    }
    match before {
        0 => update.condition_expression("attribute_not_exists(institution_id)"),
        _ => update.condition_expression("attempts = :read").expression_attribute_values(":read", item::number(before)),
    }
}

/// The account's count: one more, or none any more. Of unknown browsers at most a hundred attempts in a row are counted and
/// answered, however many come at once.
fn account(attempt: &Attempt<'_>, data: &SignInData) -> UpdateBuilder {
    let mut update = Update::builder()
        .expression_attribute_values(":password", item::binary(&data.password))
        .expression_attribute_values(":end", item::number(Account::end(attempt.succeeded, attempt.source.now)))
        .expression_attribute_values(":count", item::number(u64::from(!attempt.succeeded)))
        .expression_attribute_values(":codes", item::number(attempt.wrong_code.into()));
    let sets = "password_mark = :password, expires_at = :end";
    // What is stored and counts no more is written over, unless another attempt has done so.
    let ended = data.stored.filter(|_| data.counted.account.is_none());
    let mut condition = match ended {
        Some(_) => "password_mark = :read_password AND expires_at = :read_end",
        None => "(attribute_not_exists(password_mark) OR password_mark = :password)",
    }
    .to_owned();
    if let Some(ended) = ended {
        update = update
            .expression_attribute_values(":read_password", item::binary(&ended.password))
            .expression_attribute_values(":read_end", item::number(ended.expires_at));
    } else if let Some(counted) = bounded(attempt, data.counted.known) {
        condition += &format!(" AND (attribute_not_exists({counted}) OR {counted} < :most)");
        update = update.expression_attribute_values(":most", item::number(ACCOUNT_FAILURES));
    }
    let expression = match attempt.succeeded || ended.is_some() {
        true => format!("SET failures = :count, wrong_codes = :codes, {sets}"),
        false => format!("ADD failures :count, wrong_codes :codes SET {sets}"),
    };
    update.update_expression(expression).condition_expression(condition)
}

/// The count that must not be full when an attempt is counted. A known browser has a budget of its own. To a locked account a
/// code is still brought, and counted; six digits are right only while few were wrong, and a recovery code always.
fn bounded(attempt: &Attempt<'_>, known: bool) -> Option<&'static str> {
    match (known, attempt.used) {
        (true, _) | (_, Some(Used::Recovery(_))) => None,
        (_, Some(Used::Time(_))) => Some("wrong_codes"),
        (_, None) if attempt.has_code && !attempt.succeeded => None,
        (_, None) => Some("failures"),
    }
}

/// Takes a code, unless another attempt has taken it.
fn taking(used: &Used) -> UpdateBuilder {
    match used {
        Used::Time(step) => Update::builder()
            .update_expression("SET #codes = :step")
            .condition_expression("attribute_not_exists(#codes) OR #codes < :step")
            .expression_attribute_names("#codes", item::LAST_STEP)
            .expression_attribute_values(":step", item::number(*step)),
        Used::Recovery(hash) => Update::builder()
            .update_expression("DELETE #codes :hashes")
            .condition_expression("contains(#codes, :hash)")
            .expression_attribute_names("#codes", item::RECOVERY)
            .expression_attribute_values(":hashes", item::hashes(&[*hash]))
            .expression_attribute_values(":hash", item::binary(hash)),
    }
}

/// Wrong passwords of late: one more in this minute, or none more. At most so many are counted and answered in a window, however
/// many come at once.
pub(super) fn counts(recent: &Recent, most: u64, succeeded: bool, now: u64) -> UpdateBuilder {
    let room = recent.room(most, now);
    let before = room.minute.saturating_sub(1);
    let mut expression = "ADD #now :count SET expires_at = :end".to_owned();
    let mut update = Update::builder()
        .expression_attribute_names("#now", item::minute(room.minute))
        .expression_attribute_names("#before", item::minute(before))
        .expression_attribute_values(":count", item::number(u64::from(!succeeded)))
        .expression_attribute_values(":end", item::number(Recent::end(now)))
        .expression_attribute_values(":below", item::number(room.below));
    for (at, minute) in recent.ended(now).enumerate() {
        expression += if at == 0 { " REMOVE " } else { ", " };
        expression += &format!("#ended{at}");
        update = update.expression_attribute_names(format!("#ended{at}"), item::minute(minute));
    }
    let unchanged = match room.before {
        None => "attribute_not_exists(#before)",
        Some(count) => {
            update = update.expression_attribute_values(":before", item::number(count));
            "#before = :before"
        }
    };
    update
        .update_expression(expression)
        .condition_expression(format!("(attribute_not_exists(#now) OR #now < :below) AND {unchanged}"))
}
