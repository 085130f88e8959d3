//! A world with an engine at the other end of such a wire.

use aws_sdk_dynamodb::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_cli::local::{Options, Server};
use latchkey_dynamodb::aws;
use latchkey_dynamodb::roots::Roots;
use latchkey_dynamodb::store::{Store, Tables, Usage};
use latchkey_oauth::grant::Grant;
use latchkey_oauth::settings::Settings;
use latchkey_oauth::token::GrantId;
use tokio::sync::OnceCell;

use super::{Arc, ELSEWHERE, Wire};
use crate::world::{Choices, World, tables_of_its_own};

/// One for all such wires; each has tables of its own.
static ENGINE: OnceCell<Server> = OnceCell::const_new();

/// A world with an engine at the other end of such a wire.
pub struct Troubled {
    pub world: World,
    pub wire: Wire,
    pub tables: Tables,
    pub engine: &'static str,
}

impl Troubled {
    /// The SDK stops trying again once many calls have failed. Here it does not, so that no case depends on those before.
    pub async fn new() -> Self {
        Self::with(TokenBucket::unlimited(), Settings::default()).await
    }

    pub async fn with(allowance: TokenBucket, settings: Settings) -> Self {
        let start = async || ELSEWHERE.spawn(Server::start(Options::default())).await.unwrap().unwrap();
        let engine = ENGINE.get_or_init(start).await.dynamodb_url.as_deref().unwrap();
        let inner = aws::http_client(Roots::System);
        let wire = Wire { inner, plan: Arc::default(), late: Arc::default() };
        // Else as it is.
        let config = aws::dynamodb_at(engine).config().to_builder();
        let config = config
            .http_client(wire.clone())
            .retry_partition(RetryPartition::custom("test").token_bucket(allowance).build())
            .build();
        let tables = tables_of_its_own();
        let store = Store::new(aws_sdk_dynamodb::Client::from_conf(config), tables.clone());
        store.create_tables(&mut Usage::default()).await.unwrap();
        let world = World::with(Choices { store: Some(store), settings }).await;
        Self { world, wire, tables, engine }
    }

    /// The same tables, reached over no such wire: what happens [`meanwhile`](Wire::meanwhile) uses it.
    pub fn elsewhere(&self) -> Store {
        Store::new(aws::dynamodb_at(self.engine), self.tables.clone())
    }

    /// Writes an attribute of its own into a client's item, as a newer version does.
    pub async fn write_newer(&self, client_id: &str) {
        let update = aws::dynamodb_at(self.engine).update_item().table_name(&self.tables.clients);
        let update =
            update.key("client_id", AttributeValue::S(client_id.to_owned())).update_expression("SET newer = :yes");
        let update = update.expression_attribute_values(":yes", AttributeValue::Bool(true));
        ELSEWHERE.spawn(update.send()).await.unwrap().unwrap();
    }

    /// Whether that attribute is there.
    pub async fn has_newer(&self, client_id: &str) -> bool {
        let get = aws::dynamodb_at(self.engine).get_item().table_name(&self.tables.clients);
        let get = get.key("client_id", AttributeValue::S(client_id.to_owned())).consistent_read(true);
        ELSEWHERE.spawn(get.send()).await.unwrap().unwrap().item.unwrap().contains_key("newer")
    }

    /// Takes a grant out of the index of holders, as an earlier version left it.
    pub async fn without_holder(&self, grant: &Grant) {
        let text = |text: String| AttributeValue::S(text);
        let update = aws::dynamodb_at(self.engine).update_item().table_name(&self.tables.tokens);
        let update = update.key("grant_id", text(grant.id.to_string())).key("part", text("grant".to_owned()));
        ELSEWHERE.spawn(update.update_expression("REMOVE holder").send()).await.unwrap().unwrap();
    }

    /// Deletes a grant, as TTL may between the calls of a request.
    pub fn collecting(&self, grant: &GrantId) -> impl Future<Output = ()> + Send + 'static {
        let text = |text: String| AttributeValue::S(text);
        let delete = aws::dynamodb_at(self.engine).delete_item().table_name(&self.tables.tokens);
        let delete = delete.key("grant_id", text(grant.to_string())).key("part", text("grant".to_owned()));
        async move { drop(delete.send().await.unwrap()) }
    }

    /// Deletes what the TTL of the tokens table may delete, as soon as it may.
    pub async fn sweep(&self) {
        let (db, table, now) = (aws::dynamodb_at(self.engine), self.tables.tokens.clone(), self.world.now());
        let swept = ELSEWHERE.spawn(async move {
            let found = db.scan().table_name(&table).send().await.unwrap();
            for mut item in found.items.unwrap() {
                if item["expires_at"].as_n().unwrap().parse::<u64>().unwrap() <= now {
                    let key = ["grant_id", "part"].map(|name| (name.to_owned(), item.remove(name).unwrap()));
                    db.delete_item().table_name(&table).set_key(Some(key.into())).send().await.unwrap();
                }
            }
        });
        swept.await.unwrap();
    }
}
