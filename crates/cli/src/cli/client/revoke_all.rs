//! `latchkey client revoke-all`: ends everything that a client was granted before a time, without reading the grants.

use serde::Serialize;

use crate::cli::actor::ChangeArgs;
use crate::cli::consent::ConsentArgs;
use crate::cli::database;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::show::ClientView;
use latchkey::config::settings_from_env;
use latchkey_dynamodb::clock::now;
use latchkey_oauth::time::{instant, span};

#[derive(Serialize)]
struct Ended {
    #[serde(flatten)]
    client: ClientView,
    /// Until when access tokens of grants from before pass at APIs that do not ask about the client.
    access_tokens_until: String,
}

/// Reads a time: the first second of a day, or a second of it.
pub(super) fn time(text: &str) -> Result<u64, &'static str> {
    span(text).map(|(first, _)| first).ok_or("it must be a time in UTC: 2026-11-26, or 2026-11-26T08:15:00Z")
}

/// Puts the time into the registration, which every request of the client reads anyway.
pub(super) async fn revoke_all(
    client_id: &str,
    before: Option<u64>,
    consent: ConsentArgs,
    database: &ChangeArgs,
) -> Outcome {
    let now = now();
    // What was granted in this very second was granted before.
    let time = before.unwrap_or(now.saturating_add(1));
    if before.is_some_and(|time| time > now) {
        return Err(Failure::new(format!(
            "--before {} is still to come: the client would get nothing that is good until then",
            instant(time)
        )));
    }
    let life = settings_from_env()?.access_token_seconds;
    let store = database.open("client revoke-all").await?;
    let mut client = database::find(&store, client_id).await?;
    if let Some(ended) = client.not_before.filter(|ended| *ended >= time) {
        return Err(Failure::new(format!(
            "what the client was granted before {} is ended already; latchkey client update {client_id} --clear not-before \
             takes that back",
            instant(ended)
        )));
    }
    consent.ask(&format!(
        "this ends everything that client {client_id} ({}) was granted before {}: it can refresh and redeem nothing of it, and \
         users have to sign in again",
        client.name,
        instant(time)
    ))?;
    client.not_before = Some(time);
    let changed = client.clone();
    let changed = database::change(&store, client).await?.unwrap_or(changed);
    let until = instant(now.saturating_add(life));
    eprintln!(
        "latchkey: access tokens that the client has live until {until} at the latest, if they live {life} seconds \
         (LATCHKEY_ACCESS_TOKEN_SECONDS): APIs do not ask about the client; to end these now: latchkey grant revoke --client-id \
         {client_id}"
    );
    database.output.one(&Ended { client: ClientView::new(&changed), access_tokens_until: until })
}
