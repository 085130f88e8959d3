//! Until when access tokens are good that a client has, when it is disabled or what it was granted ends.

use crate::cli::failure::Outcome;
use crate::cli::shell::word;
use latchkey::config::settings_from_env;
use latchkey_dynamodb::environment::{Environment, variable};
use latchkey_oauth::service::settings::{ACCESS_TOKEN_SECONDS, CHECK_TOKEN_CLIENT, TOKEN_CACHE_SECONDS};
use latchkey_oauth::time::instant;

/// What the environment says of the deployment.
pub(super) struct AccessTokens {
    life: u64,
    /// Where the deployment asks about the client of a token: how long the authorizer remembers one, seconds.
    remembered: Option<u64>,
}

impl AccessTokens {
    pub(super) fn read() -> Outcome<Self> {
        let settings = settings_from_env()?;
        let remembered = Environment(variable).number(&TOKEN_CACHE_SECONDS)?;
        let remembered = settings.check_token_client.then_some(remembered);
        Ok(Self { life: settings.access_token_seconds, remembered })
    }

    /// Says until when they pass at APIs, and returns that. With `before`, only grants from before that time have ended.
    pub(super) fn say(&self, client_id: &str, before: Option<u64>, now: u64) -> String {
        let which = before.map(|time| format!(" of grants from before {}", instant(time))).unwrap_or_default();
        let until = instant(now.saturating_add(self.remembered.unwrap_or(self.life)));
        match self.remembered {
            Some(remembered) => eprintln!(
                "latchkey: access tokens that the client has{which} are not good any more: introspection, the authorizer and the \
                 guard ask about the client ({asks}); one that the authorizer remembers passes until {until} at the latest, if it remembers \
                 for {remembered} seconds ({cache})",
                asks = CHECK_TOKEN_CLIENT.name,
                cache = TOKEN_CACHE_SECONDS.name
            ),
            None => eprintln!(
                "latchkey: access tokens that the client has{which} live until {until} at the latest, if they live {life} seconds \
                 ({name}): APIs do not ask about the client, unless {asks} is true; to end {ended} now: latchkey grant revoke \
                 --client-id {id}",
                ended = if before.is_some() { "every grant of the client" } else { "these" },
                life = self.life,
                name = ACCESS_TOKEN_SECONDS.name,
                asks = CHECK_TOKEN_CLIENT.name,
                id = word(client_id)
            ),
        }
        until
    }
}
