//! `latchkey client revoke-all`: ends everything that a client was granted before a time, without reading the grants.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::cli::actor::ChangeArgs;
use crate::cli::client::access_tokens::AccessTokens;
use crate::cli::consent::ConsentArgs;
use crate::cli::database;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::shell::word;
use crate::cli::show::ClientView;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::time::{instant, span};

/// How far this machine's clock and DynamoDB's may be apart, seconds.
const APART: u64 = 5;

/// After so long, the second that DynamoDB's answer named is over.
const SECOND: Duration = Duration::from_millis(1050);

#[derive(Serialize)]
struct Ended {
    #[serde(flatten)]
    client: ClientView,
    /// Until when access tokens of grants from before pass at APIs.
    access_tokens_until: String,
}

/// Reads a time: the first second of a day, or a second of it.
pub(super) fn time(text: &str) -> Result<u64, &'static str> {
    span(text).map(|(first, _)| first).ok_or("it must be a time in UTC: 2026-11-26, or 2026-11-26T08:15:00Z")
}

/// What the time of the change is: that of DynamoDB, whose clock is that of the functions. A clock here that is fast would end
/// what the client is granted later, and one that is slow would leave what it was granted just before. Either clock may be the
/// wrong one, so the command goes on only where the two agree, or the operator names the time.
async fn clock(store: &Store, client_id: &str, is_named: bool) -> Outcome<u64> {
    let mut usage = Usage::default();
    let there =
        store.time(client_id, &mut usage).await.map_err(|unavailable| Failure::database(unavailable, &usage))?;
    let here = now();
    match there {
        Some(there) if is_named || there.abs_diff(here) <= APART => Ok(there),
        Some(there) => Err(Failure::new(format!(
            "this machine's clock says {}, and DynamoDB's says {}; nothing is done: set the clock, or name the time with \
             --before",
            instant(here),
            instant(there)
        ))),
        None if is_named => Ok(here),
        None => Err(Failure::new(
            "DynamoDB's answer carries no time to compare this machine's clock with; nothing is done: name the time with \
             --before",
        )),
    }
}

/// Puts the time into the registration, which every request of the client reads anyway.
pub(super) async fn revoke_all(
    client_id: &str,
    before: Option<u64>,
    consent: ConsentArgs,
    database: &ChangeArgs,
) -> Outcome {
    let tokens = AccessTokens::read()?;
    let store = database.open("client revoke-all").await?;
    let (now, asked) = (clock(&store, client_id, before.is_some()).await?, Instant::now());
    // What was granted in this very second was granted before.
    let time = before.unwrap_or(now.saturating_add(1));
    if before.is_some_and(|time| time > now) {
        return Err(Failure::new(format!(
            "--before {} is still to come: the client would get nothing that is good until then",
            instant(time)
        )));
    }
    let mut client = database::find(&store, client_id).await?;
    if let Some(ended) = client.not_before.filter(|ended| *ended >= time) {
        return Err(Failure::new(format!(
            "what the client was granted before {} is ended already; latchkey client update {id} --clear not-before \
             takes that back",
            instant(ended),
            id = word(client_id)
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
    if before.is_none() {
        // Until the next second has begun, what the client is granted is as old as what ends.
        tokio::time::sleep(SECOND.saturating_sub(asked.elapsed())).await;
    }
    let until = tokens.say(client_id, before, now);
    database.output.one(&Ended { client: ClientView::new(&changed), access_tokens_until: until })
}
