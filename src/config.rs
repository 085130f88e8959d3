//! Configuration: the environment read through the table of settings, and the start of everything that depends on it.

mod sealing;

use crate::context::{Opening, Service};
use latchkey_dynamodb::store::holders::Lack;
use latchkey_dynamodb::store::{Store, Tables};
use latchkey_oauth::links::{is_help, is_https_url};
use latchkey_oauth::proxy::ProxySecrets;
use latchkey_oauth::scope::list;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::service::settings::{self as table, Kind};
use latchkey_oauth::settings::{Authority, Color, Settings, Subjects, Theme};
use latchkey_oauth::text::is_name;

use latchkey_dynamodb::aws::{self, SdkConfig};
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::environment::{ConfigError, Environment, variable};

pub use sealing::{Derived, Sealing};

/// What the environment says. The table of settings has the names, bounds and defaults; AWS's own variables are read by
/// [`of_lambda`](aws::of_lambda), and outside of Lambda by the AWS SDK.
#[derive(Clone, Debug)]
pub struct Config {
    /// The three tables.
    pub tables: Tables,
    /// Where the sealing keys come from.
    pub sealing: Sealing,
    /// What the deployment chose.
    pub settings: Settings,
}

impl Config {
    /// Reads the process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(variable)
    }

    /// Reads through `variable`. An empty value counts as not set.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let environment = Environment(variable);
        Ok(Self {
            tables: tables(&environment)?,
            sealing: Sealing::read(&environment)?,
            settings: settings(&environment)?,
        })
    }

    /// Makes the clients of DynamoDB and KMS and the keyrings of these sets, and opens the connection to DynamoDB meanwhile: a
    /// first request that has to open it waits for it. A database that is away now is the first request's affair.
    ///
    /// Returns also why it starts without the old keys, though they were asked for, and what `open` found lacking.
    pub async fn start(
        self,
        sdk: &SdkConfig,
        sets: &[KeySet],
        open: for<'a> fn(&'a Store) -> Opening<'a>,
    ) -> Result<(Service, Option<ConfigError>, Option<Lack>), ConfigError> {
        let store = aws::store(sdk, self.tables);
        let store = store.remembering_directory(self.settings.directory_cache_seconds);
        let (derived, lack) = tokio::join!(self.sealing.keyrings(sets, sdk), open(&store));
        let Derived { keyrings, without_old } = derived?;
        Ok((Service { store, keyrings, settings: self.settings }, without_old, lack))
    }
}

/// The settings that the process's environment chooses, for the local server and for clients.
pub fn settings_from_env() -> Result<Settings, ConfigError> {
    settings(&Environment(variable))
}

/// The tables that the process's environment names, for commands that need no key.
pub fn tables_from_env() -> Result<Tables, ConfigError> {
    tables(&Environment(variable))
}

fn tables<V: Fn(&str) -> Option<String>>(environment: &Environment<V>) -> Result<Tables, ConfigError> {
    Ok(Tables {
        clients: environment.text(&table::CLIENTS_TABLE)?,
        tokens: environment.text(&table::TOKENS_TABLE)?,
        users: environment.text(&table::USERS_TABLE)?,
    })
}

fn settings<V: Fn(&str) -> Option<String>>(environment: &Environment<V>) -> Result<Settings, ConfigError> {
    let fitting = |fits: fn(&str) -> bool| move |text: &str| fits(text).then(|| text.to_owned());
    Ok(Settings {
        access_token_seconds: environment.number(&table::ACCESS_TOKEN_SECONDS)?,
        refresh_token_seconds: environment.number(&table::REFRESH_TOKEN_SECONDS)?,
        code_seconds: environment.number(&table::CODE_SECONDS)?,
        clock_skew_seconds: environment.number(&table::CLOCK_SKEW_SECONDS)?,
        authority: Authority {
            host: environment.text(&table::SIGNATURE_HOST)?,
            port: environment.number(&table::SIGNATURE_PORT)? as u16,
            path: environment.text(&table::SIGNATURE_PATH)?,
        },
        issuer: environment.maybe(&table::ISSUER, fitting(is_issuer))?,
        subjects: environment.maybe(&table::SUBJECT, Subjects::parse)?.unwrap_or_default(),
        not_before: environment.time(&table::NOT_BEFORE, now())?,
        check_token_client: environment.flag(&table::CHECK_TOKEN_CLIENT)?,
        scopes_supported: environment.maybe(&table::SCOPES_SUPPORTED, scopes)?.unwrap_or_default(),
        service_documentation: environment.maybe(&table::SERVICE_DOCUMENTATION, fitting(is_https_url))?,
        error_pages: environment.maybe(&table::ERROR_PAGES, fitting(is_error_pages))?,
        session_seconds: environment.number(&table::SESSION_SECONDS)?,
        device_session_seconds: environment.number(&table::DEVICE_SESSION_SECONDS)?,
        directory_cache_seconds: environment.number(&table::DIRECTORY_CACHE_SECONDS)?,
        trusted_proxies: environment.number(&table::TRUSTED_PROXIES)? as usize,
        proxy_secrets: environment.maybe(&table::PROXY_SECRETS, ProxySecrets::parse)?,
        theme: Theme {
            name: environment.read(&table::PAGE_NAME, fitting(is_name))?,
            logo_url: environment.maybe(&table::PAGE_LOGO_URL, fitting(is_https_url))?,
            help_url: environment.maybe(&table::PAGE_HELP_URL, fitting(is_help))?,
            color: environment.read(&table::PAGE_COLOR, Color::parse)?,
        },
    })
}

/// Whether a fragment after it makes an `error_uri`: a URL of few characters, without a query, a fragment, and what RFC 6749
/// section 5.2 does not allow there.
fn is_error_pages(text: &str) -> bool {
    let Kind::BaseUrl(most) = table::ERROR_PAGES.kind else { return false };
    text.len() <= most && is_https_url(text) && !text.contains(['?', '#', '\\'])
}

/// The scopes of a list that fits.
fn scopes(text: &str) -> Option<Vec<String>> {
    let Kind::Scopes(most) = table::SCOPES_SUPPORTED.kind else { return None };
    if text.len() > most { None } else { list(text) }
}

/// RFC 8414 section 2. http is for loopback.
fn is_issuer(text: &str) -> bool {
    let loopback = ["http://127.0.0.1", "http://localhost", "http://[::1]"]
        .iter()
        .any(|own| text.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/'])));
    (is_https_url(text) || loopback && text.bytes().all(|byte| byte.is_ascii_graphic()))
        // A path would move the metadata document (RFC 8414 section 3.1), which is only at the root.
        && text.matches('/').count() == 2
        && !text.contains(['?', '#'])
}
