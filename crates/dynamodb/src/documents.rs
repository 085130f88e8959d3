//! The SDK's own code that writes and reads one operation's documents, without what else the SDK does for a call.

use std::error::Error;
use std::fmt::Debug;

use aws_sdk_dynamodb::error::SdkError;
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_runtime_api::client::ser_de::{
    DeserializeResponse, SerializeRequest, SharedRequestSerializer, SharedResponseDeserializer,
};
use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer};

/// How one operation writes its request and reads its response: its own configuration.
pub(crate) struct Documents(FrozenLayer);

impl Documents {
    /// Those of an operation; none if the SDK keeps them elsewhere.
    pub(crate) fn of(operation: &impl RuntimePlugin) -> Option<Self> {
        operation.config().filter(|config| config.load::<SharedRequestSerializer>().is_some()).map(Self)
    }

    /// A request with headers and body, which names no host.
    #[allow(clippy::result_large_err)] // The SDK's own error.
    pub(crate) fn request<Refusal>(
        &self,
        input: impl Debug + Send + Sync + 'static,
    ) -> Result<HttpRequest, SdkError<Refusal>> {
        let writes = self.0.load::<SharedRequestSerializer>();
        let writes = writes.ok_or_else(|| SdkError::construction_failure("nothing writes it"))?;
        writes.serialize_input(Input::erase(input), &mut ConfigBag::base()).map_err(SdkError::construction_failure)
    }

    /// What a response says, whose body is all there.
    #[allow(clippy::result_large_err)] // The SDK's own error.
    pub(crate) fn answer<Answer, Refusal>(&self, response: HttpResponse) -> Result<Answer, SdkError<Refusal>>
    where
        Answer: Debug + Send + Sync + 'static,
        Refusal: Error + Send + Sync + 'static,
    {
        let mut refusal = None;
        let Some(reads) = self.0.load::<SharedResponseDeserializer>() else {
            return Err(SdkError::response_error("nothing reads it", response));
        };
        match reads.deserialize_nonstreaming_with_config(&response, &ConfigBag::base()) {
            Ok(answer) => {
                answer.downcast().map_err(|_| SdkError::response_error("the answer of another operation", response))
            }
            Err(error) => {
                let unread = error.map_operation_error(|error| refusal = error.downcast().ok());
                Err(match refusal {
                    Some(refusal) => SdkError::service_error(refusal, response),
                    None => SdkError::response_error(format!("{unread:?}"), response),
                })
            }
        }
    }
}
