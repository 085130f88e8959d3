//! Grants that an operator's command begins and ends.

use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};

use crate::store::item;
use crate::store::revoke::Target;
use crate::store::trail::{Changed, RecordedError, Subject, TOGETHER, Trail};
use crate::store::write::{Found, Intent, Write};
use crate::store::{Store, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::Grant;
use latchkey_oauth::token::GrantId;

/// Whom a new grant concerns, and what it allows. A code is not among it.
fn granted(grant: &Grant) -> (Subject, Vec<Changed>) {
    let new = |attribute: &str, value: &dyn ToString| Changed {
        attribute: attribute.to_owned(),
        new: Some(value.to_string()),
        ..Changed::default()
    };
    let redirect_uri = grant.code.iter().map(|code| new("redirect_uri", &code.redirect_uri));
    (Subject::of(grant), redirect_uri.chain([new("scope", &grant.scope)]).collect())
}

impl Store {
    /// Begins a grant by an operator's command.
    pub async fn create_grant(&self, grant: &Grant, usage: &mut Usage) -> Result<Write, Unavailable> {
        let Some(trail) = &self.trail else { return self.begin_grant(grant, usage).await };
        let item = item::from_grant(grant);
        let (now, ours) = (grant.created_at, item::minted_hash(&item)?);
        let intent = Intent { grant_id: &grant.id, part: item::GRANT, ours, now };
        let put = Put::builder()
            .table_name(&self.tables.tokens)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(grant_id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|_| Unavailable::DatabaseRefuses)?;
        let put = TransactWriteItem::builder().put(put).build();
        let (subject, changes) = granted(grant);
        let (sent, attempts) = self.transact(trail, vec![put], trail.item(None, subject, changes)?, usage).await;
        match sent {
            Ok(()) => Ok(Write::Done),
            Err(RecordedError::Before(found)) => Ok(written(&intent, found.into_iter().next().flatten())),
            Err(RecordedError::Refused(found)) => {
                Ok(written(&intent, found.into_iter().next().and_then(|(_, found)| found)))
            }
            Err(RecordedError::Failed(Unavailable::DatabaseRefuses)) if attempts == 1 => {
                Err(Unavailable::DatabaseRefuses)
            }
            Err(RecordedError::Failed(unavailable)) => {
                Ok(self.confirm(&intent, unavailable, usage).await?.without_grant())
            }
        }
    }

    /// Revokes grants with all their tokens by an operator's command, so many together as one record names, and says how many
    /// of them there were. `progress` hears after each transaction how many of the ids are done.
    pub async fn revoke_grants(
        &self,
        ids: &[GrantId],
        subject: &Subject,
        now: u64,
        usage: &mut Usage,
        mut progress: impl FnMut(usize),
    ) -> Result<usize, Unavailable> {
        let (mut revoked, mut done) = (0_usize, 0_usize);
        for ids in ids.chunks(TOGETHER) {
            revoked = revoked.saturating_add(match &self.trail {
                Some(trail) => self.revoke_recorded(trail, ids, subject, now, usage).await?,
                None => {
                    let mut revoked = 0_usize;
                    for id in ids {
                        revoked = revoked.saturating_add(self.revoke_grant(id, now, usage).await?.into());
                    }
                    revoked
                }
            });
            done = done.saturating_add(ids.len());
            progress(done);
        }
        Ok(revoked)
    }

    async fn revoke_recorded(
        &self,
        trail: &Trail,
        ids: &[GrantId],
        subject: &Subject,
        now: u64,
        usage: &mut Usage,
    ) -> Result<usize, Unavailable> {
        let targets: Vec<_> = ids.iter().map(Target::grant).collect();
        let writes = ids.iter().copied().zip(self.revocations(&targets, now)?).collect();
        self.write_recorded(trail, writes, subject, usage).await
    }

    /// Writes so many grants together as one record names, and says how many of them there were.
    pub(in crate::store) async fn write_recorded(
        &self,
        trail: &Trail,
        mut writes: Vec<(GrantId, TransactWriteItem)>,
        subject: &Subject,
        usage: &mut Usage,
    ) -> Result<usize, Unavailable> {
        while !writes.is_empty() {
            let (ids, sent): (Vec<_>, Vec<_>) =
                writes.iter().cloned().map(|(id, write)| (id.to_string(), write)).unzip();
            let record = trail.item(None, Subject { grant_ids: ids, ..subject.clone() }, Vec::new())?;
            match self.transact(trail, sent, record, usage).await.0 {
                Ok(()) | Err(RecordedError::Before(_)) => break,
                // What TTL has collected is not made again. The others are tried without it.
                Err(RecordedError::Refused(found)) => {
                    let mut found = found.into_iter();
                    writes.retain(|_| found.next().is_none_or(|(is_refused, _)| !is_refused));
                }
                Err(RecordedError::Failed(unavailable)) => {
                    usage.permission = Some(self.permission("UpdateItem", &self.tables.tokens));
                    return Err(unavailable);
                }
            }
        }
        Ok(writes.len())
    }
}

/// What became of a grant whose place was taken: by itself, if an earlier reply was lost.
fn written(intent: &Intent<'_>, found: Option<item::Item>) -> Write {
    match intent.finds(found.as_ref()) {
        Found::Ours => Write::Done,
        Found::OursEnded => Write::Ended,
        Found::Another => Write::Conflict(None),
    }
}
