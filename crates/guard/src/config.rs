//! What the authorizer and the guard read of the environment, through the table of settings.

use latchkey_dynamodb::aws::{self, SdkConfig};
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::environment::{ConfigError, Environment, variable};
use latchkey_dynamodb::store::Tables;
use latchkey_oauth::scope::RouteScopes;
use latchkey_oauth::service::settings;
use latchkey_oauth::settings::Subjects;

use crate::bearer::Checker;

/// What the authorizer reads of the environment: it knows the tokens table, the clients table if it asks about the clients of
/// tokens, and no key.
#[derive(Clone, Debug)]
pub struct AuthorizerConfig {
    /// The tokens table.
    pub tokens: String,
    /// The clients table, which it needs only if it asks about the clients of tokens.
    pub clients: Option<String>,
    /// Which scope each route asks for. No token passes where none is set.
    pub scopes: RouteScopes,
    /// What REST gateways are told of whom a token is for.
    pub subjects: Subjects,
    /// Of what was granted before this time nothing passes, POSIX seconds.
    pub not_before: u64,
    /// Whether it asks about the client of each good token too.
    pub check_token_client: bool,
    /// How long a good token is remembered, and a revoked one may live on, seconds.
    pub cache_seconds: u64,
}

impl AuthorizerConfig {
    /// Reads the process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(variable)
    }

    /// Reads through `variable`. An empty value counts as not set.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let environment = Environment(variable);
        let check_token_client = environment.flag(&settings::CHECK_TOKEN_CLIENT)?;
        let clients = environment.set(&settings::CLIENTS_TABLE);
        if check_token_client && clients.is_none() {
            return Err(ConfigError::Missing(settings::CLIENTS_TABLE.name));
        }
        Ok(Self {
            clients,
            check_token_client,
            tokens: environment.text(&settings::TOKENS_TABLE)?,
            scopes: environment.read(&settings::ROUTE_SCOPES, RouteScopes::parse)?,
            subjects: environment.maybe(&settings::SUBJECT, Subjects::parse)?.unwrap_or_default(),
            not_before: environment.time(&settings::NOT_BEFORE, now())?,
            cache_seconds: environment.number(&settings::TOKEN_CACHE_SECONDS)?,
        })
    }

    /// Makes the client of DynamoDB.
    pub fn start(self, sdk: &SdkConfig) -> (Checker, RouteScopes) {
        let tables = Tables { tokens: self.tokens, clients: self.clients.unwrap_or_default(), ..Tables::default() };
        let checker = Checker::new(aws::store(sdk, tables), self.cache_seconds);
        (checker.not_before(self.not_before).checking_client(self.check_token_client), self.scopes)
    }
}
