//! DynamoDB as the store calls it. A refresh's two calls have a way of their own, which is shorter to an engine in this process.

use std::ops::Deref;
#[cfg(feature = "engine")]
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
#[cfg(feature = "engine")]
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::batch_get_item::builders::BatchGetItemInputBuilder;
use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemError, BatchGetItemOutput};
#[cfg(feature = "engine")]
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemInputBuilder;
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemOutput};

/// An engine in this process, asked without what the SDK does for a network.
#[cfg(feature = "engine")]
#[allow(clippy::result_large_err)] // The SDK's own errors.
pub(crate) trait InProcess: Send + Sync {
    fn batch_get(&self, asked: BatchGetItemInput) -> Result<BatchGetItemOutput, SdkError<BatchGetItemError>>;
    fn put(&self, asked: PutItemInput) -> Result<PutItemOutput, SdkError<PutItemError>>;
}

/// A client, and the engine that it calls if that is in this process.
#[derive(Clone)]
pub(super) struct Database {
    client: Client,
    #[cfg(feature = "engine")]
    engine: Option<Arc<dyn InProcess>>,
}

impl From<Client> for Database {
    fn from(client: Client) -> Self {
        Self {
            client,
            #[cfg(feature = "engine")]
            engine: None,
        }
    }
}

#[cfg(feature = "engine")]
impl<Engine: InProcess + 'static> From<(Client, Engine)> for Database {
    fn from((client, engine): (Client, Engine)) -> Self {
        Self { client, engine: Some(Arc::new(engine)) }
    }
}

impl Deref for Database {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Database {
    pub(super) async fn batch_get(
        &self,
        asked: BatchGetItemInputBuilder,
    ) -> Result<BatchGetItemOutput, SdkError<BatchGetItemError>> {
        #[cfg(feature = "engine")]
        if let Some(engine) = &self.engine {
            return engine.batch_get(asked.build().map_err(SdkError::construction_failure)?);
        }
        asked.send_with(&self.client).await
    }

    pub(super) async fn put(&self, asked: PutItemInputBuilder) -> Result<PutItemOutput, SdkError<PutItemError>> {
        #[cfg(feature = "engine")]
        if let Some(engine) = &self.engine {
            return engine.put(asked.build().map_err(SdkError::construction_failure)?);
        }
        asked.send_with(&self.client).await
    }
}
