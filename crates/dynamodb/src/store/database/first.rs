//! The first attempt of a call to DynamoDB, made without the SDK's orchestration. The SDK's code writes, signs, carries and
//! reads it, by the very parts that it took for the process's first call. What is not answered at once is left to the SDK,
//! with all that it does for such a call.

use std::error::Error;
use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::batch_get_item::builders::BatchGetItemInputBuilder;
use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItem, BatchGetItemError, BatchGetItemOutput};
use aws_sdk_dynamodb::operation::put_item::builders::PutItemInputBuilder;
use aws_sdk_dynamodb::operation::put_item::{PutItem, PutItemError, PutItemOutput};

use super::terms::{Learn, Terms};
use crate::documents::Documents;
use crate::random;
use crate::store::attempts;

/// The two calls of a refresh.
pub(super) struct First {
    batch_get: Documents,
    put: Documents,
    /// What the SDK settled on for its first call; nothing before it.
    terms: Arc<OnceLock<Terms>>,
    /// The SDK's client for what is left of a call after its first attempt.
    afterwards: OnceLock<Client>,
}

impl First {
    /// A client of this configuration, and what makes first attempts for it; none if an operation does not carry its own
    /// serializer.
    pub(super) fn over(config: Builder) -> (Client, Option<Self>) {
        let terms = Arc::new(OnceLock::new());
        let client = Client::from_conf(config.interceptor(Learn(Arc::downgrade(&terms))).build());
        let operations = Documents::of(&BatchGetItem::new()).zip(Documents::of(&PutItem::new()));
        (client, operations.map(|(batch_get, put)| Self { batch_get, put, terms, afterwards: OnceLock::new() }))
    }

    pub(super) async fn batch_get(
        &self,
        asked: BatchGetItemInputBuilder,
        client: &Client,
    ) -> Result<BatchGetItemOutput, SdkError<BatchGetItemError>> {
        let Some(terms) = self.ready() else { return asked.send_with(client).await };
        let input = asked.clone().build().map_err(SdkError::construction_failure)?;
        match attempt(terms, &self.batch_get, input, |_| false).await {
            Some(answer) => answer,
            None => asked.send_with(self.afterwards(client, terms).await).await,
        }
    }

    pub(super) async fn put(
        &self,
        asked: PutItemInputBuilder,
        client: &Client,
    ) -> Result<PutItemOutput, SdkError<PutItemError>> {
        let Some(terms) = self.ready() else { return asked.send_with(client).await };
        let input = asked.clone().build().map_err(SdkError::construction_failure)?;
        let is_answer = |error: &PutItemError| matches!(error, PutItemError::ConditionalCheckFailedException(_));
        match attempt(terms, &self.put, input, is_answer).await {
            Some(answer) => answer,
            None => asked.send_with(self.afterwards(client, terms).await).await,
        }
    }

    fn ready(&self) -> Option<&Terms> {
        self.terms.get().filter(|terms| !terms.is_resting())
    }

    /// Waits as the SDK does after an attempt. Then all attempts together are as many, and take as long, as the SDK's own.
    async fn afterwards(&self, client: &Client, terms: &Terms) -> &Client {
        let [share] = random().unwrap_or([u8::MAX]);
        tokio::time::sleep(terms.backoff().mul_f32(f32::from(share) / f32::from(u8::MAX))).await;
        self.afterwards.get_or_init(|| terms.afterwards(client))
    }
}

/// What DynamoDB answers; none if the SDK has to go on.
async fn attempt<Answer, Refusal>(
    terms: &Terms,
    documents: &Documents,
    input: impl Debug + Send + Sync + 'static,
    is_answer: impl Fn(&Refusal) -> bool,
) -> Option<Result<Answer, SdkError<Refusal>>>
where
    Answer: Debug + Send + Sync + 'static,
    Refusal: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let request = match documents.request(input) {
        Ok(request) => request,
        Err(error) => return Some(Err(error)),
    };
    if let Some(response) = terms.send(request).await {
        match documents.answer(response) {
            Err(SdkError::ServiceError(refused)) if !is_answer(refused.err()) => {
                // Then DynamoDB did nothing. A refusal without a code is an incomplete one.
                if refused.raw().status().is_client_error() && refused.err().code().is_some() {
                    attempts::take_back();
                }
            }
            Err(SdkError::ResponseError(_)) => {}
            answer => return Some(answer),
        }
    }
    terms.rest();
    None
}
