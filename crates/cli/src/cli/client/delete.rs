//! Deletes a client with all that it was given.

use serde::Serialize;

use crate::cli::actor;
use crate::cli::actor::ChangeArgs;
use crate::cli::consent::{ConsentArgs, WaitArgs, counted};
use crate::cli::database;
use crate::cli::failure::{Failure, Outcome, conflict, intact};
use crate::cli::revoking;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::registry::GrantFilter;
use latchkey_dynamodb::store::trail::Subject;

#[derive(Serialize)]
struct Deleted<'a> {
    client_id: &'a str,
    name: &'a str,
    revoked: usize,
}

/// Disables the client, so that nothing new is given to it; ends its grants, since an API that checks an access token reads no
/// client; and deletes it last, so that a command that breaks off can be run again. Before the last look at the grants it
/// waits for requests that read the client before.
pub(super) async fn delete(client_id: &str, consent: ConsentArgs, wait: WaitArgs, database: &ChangeArgs) -> Outcome {
    let store = database.open("client delete").await?;
    let mut client = database::find(&store, client_id).await?;
    let filter = GrantFilter { client_id: Some(client_id.to_owned()), ..GrantFilter::default() };
    let mut usage = Usage::default();
    eprintln!("latchkey: reading the whole table of tokens");
    let ids = revoking::unrevoked(&store, &filter, &mut usage).await?;
    consent.ask(&format!(
        "this deletes client {client_id} ({}) with {}, and ends {}",
        client.name,
        counted(client.secrets.len(), "secret"),
        revoking::counted_with_tokens(ids.len()),
    ))?;
    let subject = Subject { client_id: Some(client_id.to_owned()), ..Subject::default() };
    actor::begin(&store, ids.len().saturating_add(1), &subject).await?;
    if !client.disabled {
        client.disabled = true;
        database::change(&store, client).await?;
        client = database::find(&store, client_id).await?;
        // Another operator has enabled it, or made it anew.
        if !client.disabled {
            return Err(conflict());
        }
    }
    wait.for_requests().await;
    // Once more: what was granted while the operator read the question, and until now.
    let ids = revoking::unrevoked(&store, &filter, &mut usage).await?;
    let revoked = revoking::end(&store, &ids, &subject, now(), &mut usage).await?;
    let deleted = store.delete_client(&client, &mut usage).await;
    if !deleted.map_err(|unavailable| Failure::database(unavailable, &usage))? {
        return Err(conflict());
    }
    actor::end(&store, revoked.saturating_add(1), &subject).await?;
    database.output.one(&Deleted { client_id, name: &client.name, revoked })?;
    intact(&usage)
}
