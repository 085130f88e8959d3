//! What the authorizer and the guard read of the environment.

use latchkey_dynamodb::aws::{self, SdkConfig};
use latchkey_dynamodb::environment::{ConfigError, variable};
use latchkey_dynamodb::store::{Store, Tables};
use latchkey_oauth::scope::RouteScopes;

use crate::bearer::Checker;

/// What the authorizer reads of the environment: it knows the tokens table alone, and no key.
#[derive(Clone, Debug)]
pub struct AuthorizerConfig {
    /// `LATCHKEY_TOKENS_TABLE`, required.
    pub tokens: String,
    /// `LATCHKEY_ROUTE_SCOPES`: a JSON object from routes to scopes; any good token for every route where it is not set.
    pub scopes: RouteScopes,
    /// `LATCHKEY_TOKEN_CACHE_SECONDS` (0): how long a good token is remembered, and a revoked one may live on.
    pub cache_seconds: u64,
}

impl AuthorizerConfig {
    /// Reads the process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(variable)
    }

    /// Reads through `variable`. An empty value counts as not set.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let optional = |name| variable(name).filter(|value| !value.is_empty());
        let invalid = |name, expected| ConfigError::Invalid { name, expected };
        let scopes = "LATCHKEY_ROUTE_SCOPES";
        let cache = "LATCHKEY_TOKEN_CACHE_SECONDS";
        let seconds = |text: String| text.parse().ok().filter(|seconds| *seconds <= 3600);
        Ok(Self {
            tokens: optional("LATCHKEY_TOKENS_TABLE").ok_or(ConfigError::Missing("LATCHKEY_TOKENS_TABLE"))?,
            scopes: optional(scopes).map_or(Ok(RouteScopes::any()), |json| {
                RouteScopes::parse(&json).ok_or(invalid(scopes, "a JSON object from routes to scopes"))
            })?,
            cache_seconds: optional(cache)
                .map_or(Ok(0), |text| seconds(text).ok_or(invalid(cache, "a number of seconds, 0 to 3600")))?,
        })
    }

    /// Makes the client of DynamoDB.
    pub fn start(self, sdk: &SdkConfig) -> (Checker, RouteScopes) {
        let tables = Tables { tokens: self.tokens, ..Tables::default() };
        (Checker::new(Store::new(aws::dynamodb(sdk), tables), self.cache_seconds), self.scopes)
    }
}
