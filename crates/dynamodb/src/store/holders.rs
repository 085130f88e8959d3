//! The index of grants by the user who consented to them: it finds a user's grants without reading the whole table.
//!
//! It holds keys only and follows a write after a moment. So what a grant is, its item says, which is read consistently. An
//! item of the table itself marks that the grants from before the index are in it: a restored table brings its own mark.

#[cfg(feature = "users")]
mod lack;

use std::sync::atomic::Ordering::Relaxed;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use aws_sdk_dynamodb::types::{Put, ReturnConsumedCapacity, Select, TransactWriteItem, Update};

use crate::store::item;
use crate::store::item::Item;
use crate::store::key::token_key;
use crate::store::read::consistent;
use crate::store::trail::{RecordedError, Subject, TOGETHER};
use crate::store::write::update_condition;
use crate::store::{Store, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::{Grant, Principal};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::service::tables::HOLDERS;
use latchkey_oauth::token::GrantId;

#[cfg(feature = "users")]
pub use lack::Lack;

/// The most keys of one read.
const BATCH: usize = 100;

/// The most grants that a page of a user's applications reads: five reads.
pub const MOST: usize = 500;

/// Which of a user's grants.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Wanted {
    /// Every one.
    All,
    /// The newest, [`MOST`] at most.
    Newest,
}

/// The items of a user's grants.
pub(in crate::store) struct Found {
    pub(in crate::store) items: Vec<Item>,
    /// Whether there are older ones.
    #[cfg(feature = "users")]
    pub(in crate::store) are_more: bool,
}

/// What DynamoDB answers where the table has no such index, or is still building it. Nothing else of the query can be wrong.
const NO_INDEX: &str = "ValidationException";

/// The key of the mark. No grant has it.
const MARK: [&str; 2] = ["#", "index"];
const FILLED_AT: &str = "filled_at";

const SET_HOLDER: &str = "SET holder = :holder";
/// What TTL has collected is not made again.
const EXISTS: &str = "attribute_exists(grant_id)";

fn mark_key() -> Item {
    ["grant_id", "part"].into_iter().map(str::to_owned).zip(MARK.map(item::text)).collect()
}

impl Store {
    /// The grants that a user consented to, newest first, as far as the index has them. `None` if the table has no index yet.
    /// `usage` names those that cannot be read.
    pub async fn consented_grants(
        &self,
        principal: &Principal,
        usage: &mut Usage,
    ) -> Result<Option<Vec<Grant>>, Unavailable> {
        let Some(Found { items, .. }) = self.consented(principal, Wanted::All, usage).await? else { return Ok(None) };
        let mut grants: Vec<_> = items.iter().filter_map(|item| self.to_grant(item, usage).ok()).collect();
        grants.sort_by_key(|grant| std::cmp::Reverse(grant.created_at));
        Ok(Some(grants))
    }

    /// The ids of those that are not revoked. A damaged item does not prevent its revocation.
    pub async fn unrevoked_consents(
        &self,
        principal: &Principal,
        usage: &mut Usage,
    ) -> Result<Option<Vec<GrantId>>, Unavailable> {
        let Some(Found { items, .. }) = self.consented(principal, Wanted::All, usage).await? else { return Ok(None) };
        let items = items.iter().filter(|item| !item::is_revoked(item));
        Ok(Some(items.filter_map(|item| self.of_token(item, item::grant_id, usage).ok()).collect()))
    }

    /// The items of a user's grants by consent, as far as the index has them. `None` if the table has no index yet.
    pub(in crate::store) async fn consented(
        &self,
        principal: &Principal,
        wanted: Wanted,
        usage: &mut Usage,
    ) -> Result<Option<Found>, Unavailable> {
        // One more says whether there are more.
        let limit = (wanted == Wanted::Newest).then_some(MOST.saturating_add(1));
        let mut ids = Vec::new();
        let mut after = None;
        loop {
            let asked = self
                .db
                .query()
                .table_name(&self.tables.tokens)
                .index_name(HOLDERS.name)
                .key_condition_expression(format!("{} = :holder", HOLDERS.partition))
                .expression_attribute_values(":holder", item::binary(&principal.holder()))
                .scan_index_forward(false)
                .set_limit(limit.and_then(|limit| i32::try_from(limit).ok()))
                .set_exclusive_start_key(after)
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let reply = match asked.send().await {
                Ok(reply) => reply,
                Err(error) if error.code() == Some(NO_INDEX) => return Ok(None),
                Err(error) => {
                    let index = format!("{}/index/{}", self.tables.tokens, HOLDERS.name);
                    return Err(usage.failed_on("Query", &index, &error));
                }
            };
            usage.read(reply.consumed_capacity());
            for key in reply.items.unwrap_or_default() {
                ids.extend(self.of_token(&key, item::grant_id, usage).ok());
            }
            after = reply.last_evaluated_key.filter(|_| limit.is_none_or(|limit| ids.len() < limit));
            if after.is_none() {
                break;
            }
        }
        let are_more = wanted == Wanted::Newest && ids.len() > MOST;
        if are_more {
            ids.truncate(MOST);
        }
        let mut items = Vec::new();
        for ids in ids.chunks(BATCH) {
            let keys = ids.iter().map(|id| token_key(id, item::GRANT)).collect();
            let wanted = [(self.tables.tokens.clone(), consistent(keys)?)].into();
            match self.batch(wanted, usage).await {
                Ok(found) => items.extend(found.into_values().flatten()),
                Err(unavailable) => {
                    usage.permission = Some(format!("dynamodb:BatchGetItem on the table {}", self.tables.tokens));
                    return Err(unavailable);
                }
            }
        }
        // Two users could have one holder.
        items.retain(|item| item::names_user(item, Some(&principal.id), Some(&principal.idns)));
        Ok(Some(Found {
            items,
            #[cfg(feature = "users")]
            are_more,
        }))
    }

    /// Whether the grants from before the index are in it, by the mark in the table.
    pub async fn is_index_filled(&self, usage: &mut Usage) -> Result<bool, Unavailable> {
        let mark = self.item(&self.tables.tokens, mark_key(), usage).await?;
        let is_filled = mark.is_some_and(|mark| mark.contains_key(FILLED_AT));
        if is_filled {
            self.is_filled.store(true, Relaxed);
        }
        Ok(is_filled)
    }

    /// Whether the mark was read before.
    #[cfg(feature = "users")]
    fn remembers_filled(&self) -> bool {
        self.is_filled.load(Relaxed)
    }

    /// Marks that they are.
    pub async fn mark_index_filled(&self, now: u64, usage: &mut Usage) -> Result<(), Unavailable> {
        let mut mark = mark_key();
        mark.insert(FILLED_AT.to_owned(), item::number(now));
        let table = &self.tables.tokens;
        let Some(trail) = &self.trail else {
            let sent = self.db.put_item().table_name(table).set_item(Some(mark)).send().await;
            return sent.map(drop).map_err(|error| usage.failed_on("PutItem", table, &error));
        };
        let put = Put::builder().table_name(table).set_item(Some(mark)).build();
        let put = TransactWriteItem::builder().put(put.map_err(|_| Unavailable::DatabaseRefuses)?).build();
        let record = trail.item(None, Subject::default(), Vec::new())?;
        match self.transact(trail, vec![put], record, usage).await.0 {
            Err(RecordedError::Failed(unavailable)) => {
                usage.permission = Some(self.permission("PutItem", table));
                Err(unavailable)
            }
            _ => Ok(()),
        }
    }

    /// The grants that are to be in the index and are not. It reads the whole table.
    fn scan_unindexed(&self) -> ScanFluentBuilder {
        let types = GrantType::ALL.into_iter().filter(|grant_type| grant_type.is_by_consent()).enumerate();
        let (names, values): (Vec<_>, Vec<_>) =
            types.map(|(at, grant_type)| (format!(":type{at}"), item::text(grant_type.as_str()))).unzip();
        let filter = format!(
            "#part = :grant AND attribute_not_exists(holder) AND attribute_exists(principal_id) AND grant_type IN ({})",
            names.join(", ")
        );
        self.db
            .scan()
            .table_name(&self.tables.tokens)
            .consistent_read(true)
            .filter_expression(filter)
            .expression_attribute_names("#part", "part")
            .set_expression_attribute_values(Some(
                names.into_iter().zip(values).chain([(":grant".to_owned(), item::text(item::GRANT))]).collect(),
            ))
    }

    /// How many grants are to be in the index and are not. It reads the whole table.
    pub async fn unindexed(&self, usage: &mut Usage) -> Result<usize, Unavailable> {
        let mut pages = self.scan_unindexed().select(Select::Count).into_paginator().send();
        let mut count = 0_usize;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| usage.failed_on("Scan", &self.tables.tokens, &error))?;
            count = count.saturating_add(usize::try_from(page.count()).unwrap_or_default());
        }
        Ok(count)
    }

    /// Puts the grants into the index that are to be there, and says how many these were. It reads the whole table once. What is
    /// in the index is passed over, so it can begin again at any time. `progress` hears how many are done. `usage` names the
    /// grants of which it cannot be read whose they are; revoked ones do not matter.
    pub async fn index_grants(&self, usage: &mut Usage, mut progress: impl FnMut(usize)) -> Result<usize, Unavailable> {
        let mut pages = self.scan_unindexed().into_paginator().send();
        let mut done = 0_usize;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| usage.failed_on("Scan", &self.tables.tokens, &error))?;
            let mut holders = Vec::new();
            for found in page.items.unwrap_or_default() {
                match item::holder(&found) {
                    Ok(holder) => holders.push(holder),
                    Err(_) if item::is_revoked(&found) => {}
                    Err(_) => drop(self.of_token(&found, item::holder, usage)),
                }
            }
            for holders in holders.chunks(TOGETHER) {
                done = done.saturating_add(self.set_holders(holders, usage).await?);
                progress(done);
            }
        }
        Ok(done)
    }

    async fn set_holders(&self, holders: &[item::Holder], usage: &mut Usage) -> Result<usize, Unavailable> {
        let Some(trail) = &self.trail else {
            let mut done = 0_usize;
            for (id, holder) in holders {
                let sent = self
                    .db
                    .update_item()
                    .table_name(&self.tables.tokens)
                    .set_key(Some(token_key(id, item::GRANT)))
                    .update_expression(SET_HOLDER)
                    .condition_expression(EXISTS)
                    .expression_attribute_values(":holder", item::binary(holder))
                    .send()
                    .await;
                match sent {
                    Ok(_) => done = done.saturating_add(1),
                    Err(error) if update_condition(&error).is_some() => {}
                    Err(error) => return Err(usage.failed_on("UpdateItem", &self.tables.tokens, &error)),
                }
            }
            return Ok(done);
        };
        let write = |(id, holder): &item::Holder| {
            let update = Update::builder()
                .table_name(&self.tables.tokens)
                .set_key(Some(token_key(id, item::GRANT)))
                .update_expression(SET_HOLDER)
                .condition_expression(EXISTS)
                .expression_attribute_values(":holder", item::binary(holder))
                .build()
                .map_err(|_| Unavailable::DatabaseRefuses)?;
            Ok((*id, TransactWriteItem::builder().update(update).build()))
        };
        let writes = holders.iter().map(write).collect::<Result<_, _>>()?;
        self.write_recorded(trail, writes, &Subject::default(), usage).await
    }
}
