//! A world with an engine at the other end of such a wire.

use std::path::Path;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_cli::local::{Options, Server};
use latchkey_dynamodb::aws;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::roots::Roots;
use latchkey_dynamodb::store::{Store, Tables, Usage};
use latchkey_oauth::grant::Grant;
use latchkey_oauth::settings::Settings;
use latchkey_oauth::sign_in::attempts::PasswordMark;
use latchkey_oauth::token::GrantId;
use ring::digest::{SHA256, digest};
use tokio::sync::OnceCell;

use super::{Arc, ELSEWHERE, Wire};
use crate::world::{Choices, World, tables_of_its_own};

/// One for all such wires; each has tables of its own.
static ENGINE: OnceCell<Server> = OnceCell::const_new();

/// A world with an engine at the other end of such a wire. If the test's clock is paused, a call has the time that a function
/// gives it. If the clock runs, a call has all the time that it takes, so that the speed of the machine decides nothing.
pub struct Troubled {
    pub world: World,
    /// Whether the test's clock is paused.
    pub is_paused: bool,
    pub wire: Wire,
    pub tables: Tables,
    pub engine: &'static str,
}

/// Takes away what says that the index of users' grants has the grants from before it.
pub fn without_mark(engine: &str, tokens: &str) -> impl Future<Output = ()> + Send + 'static {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let delete = aws::dynamodb_at(engine).delete_item().table_name(tokens);
    let delete = delete.key("grant_id", text("#")).key("part", text("index"));
    async move { drop(delete.send().await.unwrap()) }
}

/// Takes away the index of users' grants, as a table has it that the deployment has not updated.
pub fn without_index(engine: &str, tokens: &str) -> impl Future<Output = ()> + Send + 'static {
    let delete = DeleteGlobalSecondaryIndexAction::builder().index_name("holder").build().unwrap();
    let delete = GlobalSecondaryIndexUpdate::builder().delete(delete).build();
    let update = aws::dynamodb_at(engine).update_table().table_name(tokens).global_secondary_index_updates(delete);
    async move { drop(update.send().await.unwrap()) }
}

/// Whether the clock of this runtime stands still while a test computes.
fn is_paused() -> bool {
    let (began, before) = (Instant::now(), tokio::time::Instant::now());
    while began.elapsed() < Duration::from_millis(1) {
        std::hint::spin_loop();
    }
    tokio::time::Instant::now() == before
}

impl Troubled {
    /// The SDK stops trying again once many calls have failed. Here it does not, so that no case depends on those before.
    pub async fn new() -> Self {
        Self::with(TokenBucket::unlimited(), Settings::default()).await
    }

    pub async fn with(allowance: TokenBucket, settings: Settings) -> Self {
        Self::start(allowance, async |choices| World::with(choices).await, settings).await
    }

    /// The same, with its sealing key in `folder`, so that it can be [deployed](World::redeploy) again.
    pub async fn keeping(settings: Settings, folder: &Path) -> Self {
        Self::start(TokenBucket::unlimited(), async |choices| World::sharing(choices, folder).await, settings).await
    }

    async fn start(allowance: TokenBucket, world: impl AsyncFnOnce(Choices) -> World, settings: Settings) -> Self {
        let start = async || ELSEWHERE.spawn(Server::start(Options::default())).await.unwrap().unwrap();
        let engine = ENGINE.get_or_init(start).await.dynamodb_url.as_deref().unwrap();
        let inner = aws::http_client(Roots::System);
        let wire = Wire { inner, plan: Arc::default(), late: Arc::default() };
        let is_paused = is_paused();
        // Else as it is.
        let config = aws::dynamodb_at(engine).config().to_builder();
        let config = config
            .http_client(wire.clone())
            .timeout_config(if is_paused { aws::timeouts() } else { TimeoutConfig::disabled() })
            .retry_partition(RetryPartition::custom("test").token_bucket(allowance).build());
        let tables = tables_of_its_own();
        let store = Store::of_function(config, tables.clone());
        store.create_tables(&mut Usage::default()).await.unwrap();
        store.mark_index_filled(now(), &mut Usage::default()).await.unwrap();
        let world = world(Choices { store: Some(store), settings }).await;
        Self { world, is_paused, wire, tables, engine }
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

    /// Takes away what says that the index has the grants from before it.
    pub async fn without_mark(&self) {
        ELSEWHERE.spawn(without_mark(self.engine, &self.tables.tokens)).await.unwrap();
    }

    /// Takes away the index of users' grants.
    pub async fn without_index(&self) {
        ELSEWHERE.spawn(without_index(self.engine, &self.tables.tokens)).await.unwrap();
    }

    /// Deletes a grant, as TTL may between the calls of a request.
    pub fn collecting(&self, grant: &GrantId) -> impl Future<Output = ()> + Send + 'static {
        let text = |text: String| AttributeValue::S(text);
        let delete = aws::dynamodb_at(self.engine).delete_item().table_name(&self.tables.tokens);
        let delete = delete.key("grant_id", text(grant.to_string())).key("part", text("grant".to_owned()));
        async move { drop(delete.send().await.unwrap()) }
    }

    /// Writes what is counted of an account: wrong passwords, and those of them with a wrong code.
    pub async fn write_count(&self, user: (&str, &str), mark: PasswordMark, wrong: (u64, u64), expires_at: u64) {
        let hash = digest(&SHA256, format!("{}\n{}\n", user.0, user.1).as_bytes());
        let number = |number: u64| AttributeValue::N(number.to_string());
        let put = aws::dynamodb_at(self.engine).put_item().table_name(&self.tables.users);
        let put = put
            .item("institution_id", AttributeValue::S(format!("#{}", URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]))))
            .item("username", AttributeValue::S("account".to_owned()))
            .item("failures", number(wrong.0))
            .item("wrong_codes", number(wrong.1))
            .item("password_mark", AttributeValue::B(mark.to_vec().into()))
            .item("expires_at", number(expires_at));
        ELSEWHERE.spawn(put.send()).await.unwrap().unwrap();
    }

    /// Deletes what the TTL of the tables may delete, as soon as it may.
    pub async fn sweep(&self) {
        let (db, now) = (aws::dynamodb_at(self.engine), self.world.now());
        let Tables { tokens, users, .. } = self.tables.clone();
        let swept = ELSEWHERE.spawn(async move {
            for (table, key) in [(tokens, ["grant_id", "part"]), (users, ["institution_id", "username"])] {
                let found = db.scan().table_name(&table).send().await.unwrap();
                for mut item in found.items.unwrap() {
                    let end = item.get("expires_at").map(|end| end.as_n().unwrap().parse::<u64>().unwrap());
                    if end.is_some_and(|end| end <= now) {
                        let key = key.map(|name| (name.to_owned(), item.remove(name).unwrap()));
                        db.delete_item().table_name(&table).set_key(Some(key.into())).send().await.unwrap();
                    }
                }
            }
        });
        swept.await.unwrap();
    }
}
