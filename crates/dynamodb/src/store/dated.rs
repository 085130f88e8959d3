//! The time that DynamoDB's answers carry: the clock of AWS, which the functions have too.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;

use super::Store;
use crate::store::Usage;
use latchkey_oauth::error::Unavailable;

/// Keeps the `date` of the last answer; 0 of one without.
#[derive(Clone, Debug, Default)]
struct Dated(Arc<AtomicU64>);

#[dyn_dispatch_hint]
impl Intercept for Dated {
    fn name(&self) -> &'static str {
        "Dated"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|text| DateTime::from_str(text, DateTimeFormat::HttpDate).ok());
        let seconds = date.and_then(|date| u64::try_from(date.secs()).ok());
        self.0.store(seconds.unwrap_or_default(), Ordering::Relaxed);
        Ok(())
    }
}

impl Store {
    /// What the clock of DynamoDB says, in whole POSIX seconds, as it answers a read of a client. `None` where the answer
    /// carries no time.
    pub async fn time(&self, client_id: &str, usage: &mut Usage) -> Result<Option<u64>, Unavailable> {
        let dated = Dated::default();
        let key = super::key::client_key(client_id);
        let asked =
            self.db.get_item().table_name(&self.tables.clients).set_key(Some(key)).projection_expression("client_id");
        let asked = asked.customize().interceptor(dated.clone()).send().await;
        asked.map_err(|error| usage.failed_on("GetItem", &self.tables.clients, &error))?;
        let seconds = dated.0.load(Ordering::Relaxed);
        Ok((seconds > 0).then_some(seconds))
    }
}
