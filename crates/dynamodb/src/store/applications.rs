//! What the page of a user's applications reads and ends. Its reads are bounded by what one page needs; ends are not.

use std::future::{Future, poll_fn};
use std::task::Poll;

use crate::store::holders::Wanted;
use crate::store::item;
use crate::store::revoke::Target;
use crate::store::{Store, Usage};
use latchkey_oauth::client::Client;
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::{Grant, Principal};
use latchkey_oauth::token::GrantId;

/// So many grants are ended in one transaction. Each of them is one write unit more than by itself.
const TOGETHER: usize = 50;

/// The newest grants that a user consented to.
pub struct Newest {
    /// Newest first. Those whose items are damaged are left out, and `usage` names them.
    pub grants: Vec<Grant>,
    /// Whether there are older ones, which were not read.
    pub are_more: bool,
    /// Whether the index is known to have the grants from before it.
    pub is_index_filled: bool,
}

impl Store {
    /// The newest grants that a user consented to, [`MOST`](super::holders::MOST) at most. `None` if the table has no index yet.
    /// Beside the query it reads the mark of the index, until that was there once.
    pub async fn newest_consents(
        &self,
        principal: &Principal,
        usage: &mut Usage,
    ) -> Result<Option<Newest>, Unavailable> {
        let mut beside = Usage { deadline: usage.deadline, ..Usage::default() };
        let (found, is_index_filled) =
            tokio::join!(self.consented(principal, Wanted::Newest, usage), self.knows_index_filled(&mut beside));
        usage.beside(beside);
        let Some(found) = found? else { return Ok(None) };
        let mut grants: Vec<_> = found.items.iter().filter_map(|item| self.to_grant(item, usage).ok()).collect();
        // In one order, however they are read: a list may have several pages.
        grants.sort_by_cached_key(|grant| (std::cmp::Reverse(grant.created_at), grant.id.to_string()));
        Ok(Some(Newest { grants, are_more: found.are_more, is_index_filled }))
    }

    /// The ids of all grants by which a client may act for a user. A damaged item does not prevent its revocation, if it names
    /// the client.
    pub async fn consents_to(
        &self,
        principal: &Principal,
        client_id: &str,
        now: u64,
        usage: &mut Usage,
    ) -> Result<Option<Vec<GrantId>>, Unavailable> {
        let Some(found) = self.consented(principal, Wanted::All, usage).await? else { return Ok(None) };
        let counts =
            |item: &&_| item::names_client(item, client_id) && !item::is_revoked(item) && !item::is_over(item, now);
        let items: Vec<_> = found.items.iter().filter(counts).collect();
        Ok(Some(items.into_iter().filter_map(|item| self.of_token(item, item::grant_id, usage).ok()).collect()))
    }

    /// Ends grants that a user consented to, and none that another did: so many together as one transaction takes. After a
    /// failure some may be ended; ending them again changes nothing.
    pub async fn end_consents(
        &self,
        principal: &Principal,
        ids: &[GrantId],
        now: u64,
        usage: &mut Usage,
    ) -> Result<(), Unavailable> {
        let targets: Vec<_> = ids.iter().map(|id| Target::consent(id, principal.holder())).collect();
        for targets in targets.chunks(TOGETHER) {
            self.revoke_all(targets, now, usage).await?;
        }
        Ok(())
    }

    /// The clients of these ids that are there and can be read, without their secrets. It reads each by itself, and all at
    /// once: the role of the pages reads clients in no other way.
    pub async fn clients_without_secrets(&self, ids: &[&str], usage: &mut Usage) -> Result<Vec<Client>, Unavailable> {
        let deadline = usage.deadline;
        let read = |id: &&str| {
            let (id, mut usage) = ((*id).to_owned(), Usage { deadline, ..Usage::default() });
            Box::pin(async move { (self.client_without_secrets(&id, &mut usage).await, usage) })
        };
        let mut reading: Vec<_> = ids.iter().map(read).collect();
        let mut done = Vec::new();
        poll_fn(|context| {
            reading.retain_mut(|read| match read.as_mut().poll(context) {
                Poll::Ready(found) => {
                    done.push(found);
                    false
                }
                Poll::Pending => true,
            });
            if reading.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        usage.round_trips = usage.round_trips.saturating_add((!ids.is_empty()).into());
        let mut clients = Vec::new();
        for (found, beside) in done {
            usage.beside(beside);
            match found {
                Ok(client) => clients.extend(client),
                Err(Unavailable::ItemDamaged) => {}
                Err(unavailable) => return Err(unavailable),
            }
        }
        Ok(clients)
    }
}
