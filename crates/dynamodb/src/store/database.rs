//! DynamoDB as the store calls it. A refresh's two calls have a way of their own.

mod first;
mod terms;

use std::ops::Deref;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::error::SdkError;
#[cfg(feature = "engine")]
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::batch_get_item::builders::BatchGetItemInputBuilder;
use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemError, BatchGetItemOutput};
#[cfg(feature = "engine")]
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemInputBuilder;
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemOutput};

use first::First;

/// An engine in this process, asked without what the SDK does for a network.
#[cfg(feature = "engine")]
#[allow(clippy::result_large_err)] // The SDK's own errors.
pub(crate) trait InProcess: Send + Sync {
    fn batch_get(&self, asked: BatchGetItemInput) -> Result<BatchGetItemOutput, SdkError<BatchGetItemError>>;
    fn put(&self, asked: PutItemInput) -> Result<PutItemOutput, SdkError<PutItemError>>;
}

/// A client, and how a refresh's two calls are carried out.
#[derive(Clone)]
pub(super) struct Database {
    client: Client,
    way: Way,
}

#[derive(Clone)]
enum Way {
    /// By the client.
    Sdk,
    /// By a first attempt, and the client after it.
    First(Arc<First>),
    /// By the engine that the client calls, too.
    #[cfg(feature = "engine")]
    Engine(Arc<dyn InProcess>),
}

impl From<Client> for Database {
    fn from(client: Client) -> Self {
        Self { client, way: Way::Sdk }
    }
}

#[cfg(feature = "engine")]
impl From<(Client, Arc<dyn InProcess>)> for Database {
    fn from((client, engine): (Client, Arc<dyn InProcess>)) -> Self {
        Self { client, way: Way::Engine(engine) }
    }
}

impl Deref for Database {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Database {
    /// A client of this configuration, after a first attempt.
    pub(super) fn of_function(config: Builder) -> Self {
        let (client, first) = First::over(config);
        Self { client, way: first.map_or(Way::Sdk, |first| Way::First(Arc::new(first))) }
    }

    pub(super) async fn batch_get(
        &self,
        asked: BatchGetItemInputBuilder,
    ) -> Result<BatchGetItemOutput, SdkError<BatchGetItemError>> {
        match &self.way {
            Way::Sdk => asked.send_with(&self.client).await,
            Way::First(first) => first.batch_get(asked, &self.client).await,
            #[cfg(feature = "engine")]
            Way::Engine(engine) => engine.batch_get(asked.build().map_err(SdkError::construction_failure)?),
        }
    }

    pub(super) async fn put(&self, asked: PutItemInputBuilder) -> Result<PutItemOutput, SdkError<PutItemError>> {
        match &self.way {
            Way::Sdk => asked.send_with(&self.client).await,
            Way::First(first) => first.put(asked, &self.client).await,
            #[cfg(feature = "engine")]
            Way::Engine(engine) => engine.put(asked.build().map_err(SdkError::construction_failure)?),
        }
    }
}
