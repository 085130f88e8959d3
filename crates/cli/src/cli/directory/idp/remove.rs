//! `latchkey institution idp remove`: takes a provider away, also one that cannot be read. One write, under a condition.

use serde::Serialize;

use super::none;
use super::view::View;
use crate::cli::actor::ChangeArgs;
use crate::cli::consent::ConsentArgs;
use crate::cli::database::made;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::shell::word;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::provider::Provider;

/// A provider that could not be read.
#[derive(Serialize)]
struct Unread<'a> {
    institution_id: &'a str,
}

pub(super) async fn remove(id: &str, consent: ConsentArgs, database: &ChangeArgs) -> Outcome {
    let store = database.open("institution idp remove").await?;
    let mut usage = Usage::default();
    let found = store.leaving_provider(id, &mut usage).await;
    let found = found.map_err(|unavailable| Failure::database(unavailable, &usage))?;
    let provider = found.ok_or_else(|| none(id))?;
    let named = match provider.as_ref() {
        Some(provider) => format!("the provider {}", provider.issuer),
        None => "the provider, which cannot be read,".to_owned(),
    };
    let namespaces = match provider.as_ref() {
        Some(Provider { namespace, .. }) => format!(
            "is {namespace}, too; no other institution and no user with a password gets this namespace before latchkey institution idp \
             release {id} --namespace {}",
            word(namespace)
        ),
        None => format!(
            "is the same; no other institution and no user with a password gets a namespace of the item that can be read before latchkey \
             institution idp release {id} --namespace URN; those that cannot be read are released now"
        ),
    };
    let passwords = match provider.as_ref() {
        Some(provider) if !provider.only => "",
        _ => "; users with a password can sign in by it again",
    };
    consent.ask(&format!(
        "this removes {named} of institution {id}: its users can no longer sign in, and their sessions on the pages \
         end{passwords}; grants stay until latchkey grant revoke --institution {id}; a provider that is registered later has the \
         users of the same ids if its namespace {namespaces}"
    ))?;
    let removed = store.remove_provider(id, &provider, now(), &mut usage).await;
    made(removed.map_err(|unavailable| Failure::database(unavailable, &usage))?)?;
    match provider.as_ref() {
        Some(provider) => database.output.one(&View::new(provider, None)),
        None => database.output.one(&Unread { institution_id: id }),
    }
}
