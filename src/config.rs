//! Configuration: the one place that reads the environment, and the start of everything that depends on it.

mod sealing;

use std::ops::RangeInclusive;

use crate::context::Service;
use latchkey_dynamodb::store::{Store, Tables};
use latchkey_oauth::settings::{Authority, Color, FORM_SECONDS, MAX_CLOCK_SKEW, Settings, Theme};
use latchkey_oauth::text::is_name;

use latchkey_dynamodb::aws::{self, SdkConfig};
use latchkey_dynamodb::environment::{ConfigError, variable};

pub use sealing::Sealing;

/// What the environment says. Each field names its variable; AWS's own variables are read by [`of_lambda`], and outside of
/// Lambda by the AWS SDK.
#[derive(Clone, Debug)]
pub struct Config {
    /// `LATCHKEY_CLIENTS_TABLE`, `LATCHKEY_TOKENS_TABLE` and `LATCHKEY_USERS_TABLE`, required.
    pub tables: Tables,
    /// `LATCHKEY_SEALING_KMS_KEY` or `LATCHKEY_SEALING_KEY_FILE`, just one of them.
    pub sealing: Sealing,
    /// `LATCHKEY_ACCESS_TOKEN_SECONDS` (1200), `LATCHKEY_REFRESH_TOKEN_SECONDS` (86400), `LATCHKEY_CODE_SECONDS` (600,
    /// at most 600), `LATCHKEY_CLOCK_SKEW_SECONDS` (300), `LATCHKEY_SIGNATURE_HOST` (`www.oclc.org`),
    /// `LATCHKEY_SIGNATURE_PORT` (443), `LATCHKEY_SIGNATURE_PATH` (`/wskey`), `LATCHKEY_ISSUER`,
    /// `LATCHKEY_SESSION_SECONDS` (3600), `LATCHKEY_TRUSTED_PROXIES` (0), `LATCHKEY_PAGE_NAME` (`Service`),
    /// `LATCHKEY_PAGE_LOGO_URL`, `LATCHKEY_PAGE_COLOR` (`#1f4e8c`).
    pub settings: Settings,
}

const DAY: u64 = 24 * 60 * 60;
const YEAR: u64 = 366 * DAY;

impl Config {
    /// Reads the process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(variable)
    }

    /// Reads through `variable`. An empty value counts as not set.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let required = |name| variable(name).filter(|value| !value.is_empty()).ok_or(ConfigError::Missing(name));
        Ok(Self {
            tables: Tables {
                clients: required("LATCHKEY_CLIENTS_TABLE")?,
                tokens: required("LATCHKEY_TOKENS_TABLE")?,
                users: required("LATCHKEY_USERS_TABLE")?,
            },
            sealing: Sealing::read(&variable)?,
            settings: settings(&variable)?,
        })
    }

    /// Makes the clients of DynamoDB and KMS and the keyring, and opens the connection to DynamoDB meanwhile: a first
    /// request that has to open it waits for it. A database that is away now is the first request's affair.
    pub async fn start(self, sdk: &SdkConfig) -> Result<Service, ConfigError> {
        let store = Store::new(aws::dynamodb(sdk), self.tables);
        let (keyring, _) = tokio::join!(self.sealing.keyring(sdk), store.warm_up());
        Ok(Service { store, keyring: keyring?, settings: self.settings })
    }
}

/// The settings that the process's environment chooses, for the local server and for clients.
pub fn settings_from_env() -> Result<Settings, ConfigError> {
    settings(&variable)
}

fn settings(variable: &impl Fn(&str) -> Option<String>) -> Result<Settings, ConfigError> {
    let default = Settings::default();
    let optional = |name| variable(name).filter(|value| !value.is_empty());
    let number = |name, default, bounds: RangeInclusive<u64>, expected| match optional(name) {
        None => Ok(default),
        Some(text) => match text.parse::<u64>() {
            Ok(value) if bounds.contains(&value) => Ok(value),
            _ => Err(ConfigError::Invalid { name, expected }),
        },
    };
    let seconds = |name, default, most| number(name, default, 1..=most, "a number of seconds within its bounds");
    let fitting = |name, fits: &dyn Fn(&str) -> bool, expected| match optional(name) {
        Some(text) if !fits(&text) => Err(ConfigError::Invalid { name, expected }),
        text => Ok(text),
    };
    let color = "LATCHKEY_PAGE_COLOR";
    let theme = Theme {
        name: fitting("LATCHKEY_PAGE_NAME", &is_name, "a name on one line, of at most 200 bytes")?
            .unwrap_or(default.theme.name),
        logo_url: fitting("LATCHKEY_PAGE_LOGO_URL", &is_https_url, "an https URL without quotes and blanks")?,
        color: optional(color).map_or(Ok(default.theme.color), |text| {
            Color::parse(&text).ok_or(ConfigError::Invalid { name: color, expected: "# and six hexadecimal digits" })
        })?,
    };
    Ok(Settings {
        access_token_seconds: seconds("LATCHKEY_ACCESS_TOKEN_SECONDS", default.access_token_seconds, YEAR)?,
        refresh_token_seconds: seconds("LATCHKEY_REFRESH_TOKEN_SECONDS", default.refresh_token_seconds, YEAR)?,
        code_seconds: seconds("LATCHKEY_CODE_SECONDS", default.code_seconds, default.code_seconds)?,
        clock_skew_seconds: seconds("LATCHKEY_CLOCK_SKEW_SECONDS", default.clock_skew_seconds, MAX_CLOCK_SKEW)?,
        authority: Authority {
            host: optional("LATCHKEY_SIGNATURE_HOST").unwrap_or(default.authority.host),
            port: number("LATCHKEY_SIGNATURE_PORT", default.authority.port.into(), 1..=65535, "a port, 1 to 65535")?
                as u16,
            path: optional("LATCHKEY_SIGNATURE_PATH").unwrap_or(default.authority.path),
        },
        issuer: fitting("LATCHKEY_ISSUER", &is_issuer, "an https URL without a path and a final slash")?,
        session_seconds: number(
            "LATCHKEY_SESSION_SECONDS",
            default.session_seconds,
            FORM_SECONDS..=DAY,
            "a number of seconds, 600 to 86400",
        )?,
        trusted_proxies: number("LATCHKEY_TRUSTED_PROXIES", 0, 0..=8, "a number of proxies, 0 to 8")? as usize,
        theme,
    })
}

/// Whether it can stand in a header of ours and in a page as the URL of an image.
fn is_https_url(text: &str) -> bool {
    let host = text.strip_prefix("https://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
    !host.is_empty()
        && host.bytes().all(fits)
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>;,".contains(&byte))
}

/// RFC 8414 section 2. http is for loopback.
fn is_issuer(text: &str) -> bool {
    let loopback = ["http://127.0.0.1", "http://localhost", "http://[::1]"]
        .iter()
        .any(|own| text.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/'])));
    (is_https_url(text) || loopback && text.bytes().all(|byte| byte.is_ascii_graphic()))
        // A path would move the metadata document (RFC 8414 section 3.1), which stands at the root alone.
        && text.matches('/').count() == 2
        && !text.contains(['?', '#'])
}
