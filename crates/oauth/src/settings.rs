//! Settings of a deployment: the lives of what it hands out, and what its clients sign.

use crate::proxy::ProxySecrets;
use crate::service::settings as table;

pub use crate::service::settings::{FORM_SECONDS, MAX_CLOCK_SKEW};

#[cfg(test)]
mod tests;

/// What a deployment may choose. Each comes from an environment variable; [`table`] has their names, bounds and defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Life of an access token, seconds.
    pub access_token_seconds: u64,
    /// Life of a refresh token, seconds, where a client's registration names none.
    pub refresh_token_seconds: u64,
    /// Life of an authorization code, seconds; at most ten minutes (RFC 6749 section 4.1.2).
    pub code_seconds: u64,
    /// How far a request's timestamp may lie from the server's clock, either way, seconds.
    pub clock_skew_seconds: u64,
    /// Lines 6 to 8 of the signed text.
    pub authority: Authority,
    /// The service's own URL, without a slash at the end; none where it is the host that a request came to, over https.
    pub issuer: Option<String>,
    /// What introspection and REST gateways call a user.
    pub subjects: Subjects,
    /// Base address of the errors page, which refusals lead to; none where they lead nowhere.
    pub error_pages: Option<String>,
    /// The scopes that the metadata document names.
    pub scopes_supported: Vec<String>,
    /// The page for developers of clients that the metadata document names.
    pub service_documentation: Option<String>,
    /// Of what was granted before this time nothing is good any more, POSIX seconds; 0 ends nothing.
    pub not_before: u64,
    /// Whether the client of a good token is read too, where another client asks about the token.
    pub check_token_client: bool,
    /// How long a user stays signed in on the pages without answering one, seconds.
    pub session_seconds: u64,
    /// How long a user stays signed in who said that the device is theirs, seconds.
    pub device_session_seconds: u64,
    /// How long the pages remember institutions and descriptions of scopes, seconds; 0 remembers nothing.
    pub directory_cache_seconds: u64,
    /// Number of proxies in front of the gateway, such as a CDN. The visitor's address is the one that called the outermost
    /// proxy.
    pub trusted_proxies: usize,
    /// What a request through these proxies has; none where no header is asked for.
    pub proxy_secrets: Option<ProxySecrets>,
    /// How the pages look.
    pub theme: Theme,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access_token_seconds: table::ACCESS_TOKEN_SECONDS.number(),
            refresh_token_seconds: table::REFRESH_TOKEN_SECONDS.number(),
            code_seconds: table::CODE_SECONDS.number(),
            clock_skew_seconds: table::CLOCK_SKEW_SECONDS.number(),
            authority: Authority::default(),
            issuer: None,
            subjects: Subjects::default(),
            error_pages: None,
            scopes_supported: Vec::new(),
            service_documentation: None,
            not_before: table::NOT_BEFORE.number(),
            check_token_client: table::CHECK_TOKEN_CLIENT.text() == "true",
            session_seconds: table::SESSION_SECONDS.number(),
            device_session_seconds: table::DEVICE_SESSION_SECONDS.number(),
            directory_cache_seconds: table::DIRECTORY_CACHE_SECONDS.number(),
            trusted_proxies: table::TRUSTED_PROXIES.number() as usize,
            proxy_secrets: None,
            theme: Theme::default(),
        }
    }
}

impl Settings {
    /// Until when an item must be kept so that the request that made it cannot make it again, whatever else becomes of
    /// it. A timestamp is taken from `now - skew` to `now + skew`, so a request accepted at `now` is acceptable until
    /// `now + 2 * skew` at the latest; after that its own timestamp refuses it. The skew may be raised meanwhile.
    pub fn replay_guard(&self, now: u64) -> u64 {
        let skew = self.clock_skew_seconds.max(MAX_CLOCK_SKEW);
        now.saturating_add(skew.saturating_mul(2)).saturating_add(1)
    }
}

/// What introspection (`sub`) and REST gateways (`principalId`) call a user, and a client that acts for itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subjects {
    /// As versions before there was a choice: two users with one id in two namespaces have one `sub`.
    #[default]
    Legacy,
    /// One text for each user and client.
    V2,
}

impl Subjects {
    /// Reads the setting.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Legacy, Self::V2].into_iter().find(|form| form.as_str() == text)
    }

    /// As the setting writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::V2 => "v2",
        }
    }
}

/// What the keys still do that versions before there were [sets](crate::service::KeySet) of keys derived for all functions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OldKeys {
    /// Nothing.
    None,
    /// They open what they sealed.
    #[default]
    Open,
    /// The pages go on sealing under them, beside functions of such a version.
    Seal,
}

impl OldKeys {
    /// Reads the setting.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "open" => Some(Self::Open),
            "seal" => Some(Self::Seal),
            _ => None,
        }
    }
}

/// How the pages look, without a new build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// What users call the service.
    pub name: String,
    /// https URL of an image beside the name.
    pub logo_url: Option<String>,
    /// Where users get help: an https URL or a mailto address.
    pub help_url: Option<String>,
    /// Of buttons and lines; `#` and six hexadecimal digits. Text on it is black or white, whichever is read better.
    pub color: Color,
}

impl Default for Theme {
    fn default() -> Self {
        let color = Color::parse(table::PAGE_COLOR.text()).unwrap_or(Color([0; 3]));
        Self { name: table::PAGE_NAME.text().to_owned(), logo_url: None, help_url: None, color }
    }
}

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(pub [u8; 3]);

impl Color {
    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text
            .strip_prefix('#')
            .filter(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        let part = |at: usize| u8::from_str_radix(digits.get(at..)?.get(..2)?, 16).ok();
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    /// What is read best on it. One of the two always has a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3).
    pub fn text(self) -> &'static str {
        // WCAG 2.2, "relative luminance" and "contrast ratio".
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        let luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 { "#fff" } else { "#000" }
    }
}

impl std::fmt::Display for Color {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// Lines 6 to 8. They are literals of a deployment, not the request's own host, port and path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Line 6.
    pub host: String,
    /// Line 7.
    pub port: u16,
    /// Line 8.
    pub path: String,
}

impl Default for Authority {
    /// What every existing client signs.
    fn default() -> Self {
        Self {
            host: table::SIGNATURE_HOST.text().into(),
            port: table::SIGNATURE_PORT.number() as u16,
            path: table::SIGNATURE_PATH.text().into(),
        }
    }
}
