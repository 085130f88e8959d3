//! What a request reads: always at once, always consistently.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::get_item::builders::GetItemFluentBuilder;
use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnConsumedCapacity};

use crate::store::item;
use crate::store::item::Item;
use crate::store::key::{client_key, token_key};
use crate::store::{Store, Stored, Usage};
use latchkey_oauth::client::Client;
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::{Grant, RefreshedToken};
use latchkey_oauth::service::actions::OF_TOKEN_CLIENTS;
use latchkey_oauth::token::{GrantId, Selector, TokenHash, Unverified};
use latchkey_oauth::tokens::token_client::TokenClient;

/// DynamoDB may leave keys of a batch unread. So often they are asked for again, with this wait before the first time
/// and twice the wait each time after: 25, 50 and 100 ms, well within a function's deadline.
const BATCH_RETRIES: u32 = 3;
const BATCH_WAIT: Duration = Duration::from_millis(25);

impl Store {
    /// One client.
    pub async fn client(&self, client_id: &str, usage: &mut Usage) -> Result<Option<Stored<Client>>, Unavailable> {
        let found = self.item(&self.tables.clients, client_key(client_id), usage).await?;
        found.map(|item| Ok(Stored::new(self.to_client(&item, usage)?, item))).transpose()
    }

    /// One client, without its secrets.
    #[cfg(feature = "users")]
    pub(super) async fn client_without_secrets(
        &self,
        client_id: &str,
        usage: &mut Usage,
    ) -> Result<Option<Client>, Unavailable> {
        let found = self.part_of_client(client_id, item::WITHOUT_SECRETS, usage).await?;
        found.map(|item| self.to_client(&item, usage)).transpose()
    }

    /// What the client of a token says of it, or `None` if it is deleted.
    pub async fn token_client(&self, client_id: &str, usage: &mut Usage) -> Result<Option<TokenClient>, Unavailable> {
        let found = self.part_of_client(client_id, &OF_TOKEN_CLIENTS, usage).await?;
        found.map(|item| self.to_token_client(&item, usage)).transpose()
    }

    /// These attributes of a client, and no others.
    async fn part_of_client(
        &self,
        client_id: &str,
        attributes: &[&str],
        usage: &mut Usage,
    ) -> Result<Option<Item>, Unavailable> {
        let names = (0..).zip(attributes).map(|(at, name): (u32, _)| (format!("#{at}"), (*name).to_owned()));
        let names: HashMap<_, _> = names.collect();
        let listed = names.keys().cloned().collect::<Vec<_>>().join(",");
        let asked = self.db.get_item().projection_expression(listed).set_expression_attribute_names(Some(names));
        self.get(asked, &self.tables.clients, client_key(client_id), usage).await
    }

    /// Reads a client and the items that tokens name, in one call.
    pub async fn client_and_tokens(
        &self,
        client_id: &str,
        tokens: &[Unverified],
        usage: &mut Usage,
    ) -> Result<(Option<Client>, Found), Unavailable> {
        if tokens.is_empty() {
            return Ok((self.client(client_id, usage).await?.map(Stored::into_inner), Found::default()));
        }
        let wanted = HashMap::from([
            (self.tables.clients.clone(), consistent(vec![client_key(client_id)])?),
            (self.tables.tokens.clone(), consistent(token_keys(tokens))?),
        ]);
        let found = self.batch(wanted, usage).await?;
        let client = found.get(&self.tables.clients).and_then(|items| items.first());
        let client = client.map(|item| self.to_client(item, usage)).transpose()?;
        Ok((client, self.found(&found, usage)))
    }

    /// Reads the items that a token names, in one call.
    pub async fn token(&self, token: &Unverified, usage: &mut Usage) -> Result<Found, Unavailable> {
        let wanted = HashMap::from([(self.tables.tokens.clone(), consistent(token_keys(&[*token]))?)]);
        let found = self.batch(wanted, usage).await?;
        Ok(self.found(&found, usage))
    }

    fn found(&self, items: &HashMap<String, Vec<Item>>, usage: &mut Usage) -> Found {
        let mut found = Found::default();
        for item in items.get(&self.tables.tokens).into_iter().flatten() {
            let read = if item::is_grant(item) {
                self.to_grant(item, usage).map(|grant| found.grants.push(grant))
            } else {
                self.to_refreshed_token(item, usage).map(|token| found.refreshed.push(token))
            };
            if read.is_err() {
                found.damaged.push(item.clone());
            }
        }
        found
    }

    /// Items of several tables, in one call.
    pub(super) async fn batch(
        &self,
        mut wanted: HashMap<String, KeysAndAttributes>,
        usage: &mut Usage,
    ) -> Result<HashMap<String, Vec<Item>>, Unavailable> {
        let mut found: HashMap<String, Vec<Item>> = HashMap::new();
        for attempt in 0.. {
            let asked = BatchGetItemInput::builder()
                .set_request_items(Some(wanted))
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let reply = self.db.batch_get(asked).await.map_err(|error| usage.failed(&error))?;
            usage.read(reply.consumed_capacity());
            for (table, items) in reply.responses.unwrap_or_default() {
                found.entry(table).or_default().extend(items);
            }
            wanted = reply.unprocessed_keys.unwrap_or_default();
            if wanted.is_empty() {
                break;
            }
            if attempt == BATCH_RETRIES {
                usage.error = Some("UnprocessedKeys".to_owned());
                return Err(Unavailable::DatabaseThrottling);
            }
            tokio::time::sleep(BATCH_WAIT.saturating_mul(2_u32.saturating_pow(attempt))).await;
        }
        Ok(found)
    }

    /// One grant.
    pub async fn grant(&self, grant_id: &GrantId, usage: &mut Usage) -> Result<Option<Grant>, Unavailable> {
        let found = self.token_item(grant_id, item::GRANT, usage).await?;
        found.as_ref().map(|item| self.to_grant(item, usage)).transpose()
    }

    /// The hash that a refreshed access token's item holds.
    pub async fn access_hash(
        &self,
        grant_id: &GrantId,
        selector: &Selector,
        usage: &mut Usage,
    ) -> Result<Option<TokenHash>, Unavailable> {
        let found = self.token_item(grant_id, &item::access_part(selector), usage).await?;
        found.as_ref().map_or(Ok(None), |item| self.of_token(item, item::minted_hash, usage))
    }

    /// One item of the tokens table.
    pub(super) async fn token_item(
        &self,
        grant_id: &GrantId,
        part: &str,
        usage: &mut Usage,
    ) -> Result<Option<Item>, Unavailable> {
        self.item(&self.tables.tokens, token_key(grant_id, part), usage).await
    }

    pub(super) async fn item(&self, table: &str, key: Item, usage: &mut Usage) -> Result<Option<Item>, Unavailable> {
        self.get(self.db.get_item(), table, key, usage).await
    }

    async fn get(
        &self,
        asked: GetItemFluentBuilder,
        table: &str,
        key: Item,
        usage: &mut Usage,
    ) -> Result<Option<Item>, Unavailable> {
        let reply = asked
            .table_name(table)
            .set_key(Some(key))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| usage.failed_on("GetItem", table, &error))?;
        usage.read(reply.consumed_capacity());
        Ok(reply.item)
    }

    /// A read of a grant that hardly exists. It opens the connection before the first request has to.
    pub async fn warm_up(&self) -> Result<(), Unavailable> {
        self.grant(&GrantId::random([0; 16]), &mut Usage::default()).await.map(|_| ())
    }
}

/// What was found where tokens say that they belong. Nothing of it is verified against the tokens.
///
/// A damaged item counts only when it is asked for: a request that is refused before needs none.
#[derive(Default)]
pub struct Found {
    grants: Vec<Grant>,
    refreshed: Vec<RefreshedToken>,
    damaged: Vec<Item>,
}

impl Found {
    /// The grant of this id.
    pub fn grant(&self, id: &GrantId) -> Result<Option<&Grant>, Unavailable> {
        self.intact(&token_key(id, item::GRANT))?;
        Ok(self.grants.iter().find(|grant| grant.id == *id))
    }

    /// The item of a refreshed access token.
    pub fn access(&self, token: &Unverified) -> Result<Option<&RefreshedToken>, Unavailable> {
        let Some(selector) = token.selector else { return Ok(None) };
        self.intact(&token_key(&token.grant_id, &item::access_part(&selector)))?;
        let is_it = |access: &&RefreshedToken| access.grant_id == token.grant_id && access.selector == selector;
        Ok(self.refreshed.iter().find(is_it))
    }

    fn intact(&self, key: &Item) -> Result<(), Unavailable> {
        let is_damaged = self.damaged.iter().any(|item| item::is_at(item, key));
        if is_damaged { Err(Unavailable::ItemDamaged) } else { Ok(()) }
    }
}

/// The keys of grants and of refreshed access tokens, each once: DynamoDB refuses a batch that names a key twice.
fn token_keys(tokens: &[Unverified]) -> Vec<Item> {
    let mut keys: Vec<Item> = Vec::new();
    for token in tokens {
        let access = token.selector.map(|selector| token_key(&token.grant_id, &item::access_part(&selector)));
        for key in [Some(token_key(&token.grant_id, item::GRANT)), access].into_iter().flatten() {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    keys
}

/// Keys to be read consistently.
pub(super) fn consistent(keys: Vec<Item>) -> Result<KeysAndAttributes, Unavailable> {
    KeysAndAttributes::builder()
        .set_keys(Some(keys))
        .consistent_read(true)
        .build()
        .map_err(|_| Unavailable::DatabaseRefuses)
}
