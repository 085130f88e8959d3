//! `latchkey institution idp release`: lets others have a namespace that a provider had before. One write, under a condition.

use serde::Serialize;

use super::{Namespaces, registered};
use crate::cli::actor::ChangeArgs;
use crate::cli::consent::ConsentArgs;
use crate::cli::database::made;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::shell::word;
use latchkey_dynamodb::store::{Registered, Usage};

/// What others may have from now on.
#[derive(Serialize)]
struct Released<'a> {
    institution_id: &'a str,
    namespace: &'a str,
}

pub(super) async fn release(id: &str, namespace: &str, consent: ConsentArgs, database: &ChangeArgs) -> Outcome {
    let store = database.open("institution idp release").await?;
    let registered = registered(&store, id).await?;
    let known = Namespaces::read(&store).await?;
    let former = known.former(id);
    let Some(registered) = registered.filter(|_| former.contains(&namespace)) else {
        return Err(Failure::new(match &former[..] {
            [] => format!("no namespace is kept for users whom providers of institution {id} had before"),
            former => format!(
                "no provider of institution {id} had this namespace before; those that are kept for its users: {}",
                former.join(", ")
            ),
        }));
    };
    consent.ask(&format!(
        "this lets users and providers of every institution have the namespace {namespace}, which a provider of institution {id} had: \
         whoever gets the id of one of its users there is this user to every API, and gets the user's grants; do it if each id stays \
         with the same person, or after these grants have ended, by latchkey grant revoke --institution {id}, or for one user by \
         latchkey grant revoke --principal-id ID --principal-idns {}",
        word(namespace)
    ))?;
    let mut usage = Usage::default();
    let released = match &registered {
        Registered::Provider(provider) => store.release_namespace(id, provider, namespace, &mut usage).await,
        Registered::Removed(removed) => store.release_namespace(id, removed, namespace, &mut usage).await,
    };
    made(released.map_err(|unavailable| Failure::database(unavailable, &usage))?)?;
    database.output.one(&Released { institution_id: id, namespace })
}
