//! `latchkey institution idp remove`: takes a provider away. One write, under a condition.

use super::find;
use super::view::View;
use crate::cli::actor::ChangeArgs;
use crate::cli::consent::ConsentArgs;
use crate::cli::failure::{Failure, Outcome, conflict};
use latchkey_dynamodb::store::Usage;

pub(super) async fn remove(id: &str, consent: ConsentArgs, database: &ChangeArgs) -> Outcome {
    let store = database.open("institution idp remove").await?;
    let provider = find(&store, id).await?;
    let passwords = match provider.only {
        true => "; users with a password can sign in by it again",
        false => "",
    };
    consent.ask(&format!(
        "this removes the provider {} of institution {id}: its users can no longer sign in, and their sessions on the pages \
         end{passwords}; grants stay until latchkey grant revoke --institution {id}; a provider that is registered later has the \
         users of the same ids if its namespace is {}, too",
        provider.issuer, provider.namespace
    ))?;
    let mut usage = Usage::default();
    let is_gone = store.delete_provider(&provider, &mut usage).await;
    if !is_gone.map_err(|unavailable| Failure::database(unavailable, &usage))? {
        return Err(conflict());
    }
    database.output.one(&View::new(&provider, None))
}
