//! `latchkey institution idp release`: lets others have a former namespace of a provider. One write, under a condition.

use serde::Serialize;

use super::{former, registered};
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
    let former = match &registered {
        Some(registered) => former(&store, id, registered)?,
        None => Vec::new(),
    };
    let Some(registered) = registered.filter(|_| former.iter().any(|known| known == namespace)) else {
        return Err(Failure::new(match &former[..] {
            [] => format!("institution {id} has no former namespace that is kept from others"),
            former => format!(
                "no provider of institution {id} had this namespace before; former namespaces that are kept from others: {}",
                former.join(", ")
            ),
        }));
    };
    consent.ask(&format!(
        "a provider of institution {id} had the namespace {namespace}, and users and providers of every institution may have it from \
         now on. If another person gets the id of a former user there, every API takes that person for the former user, with that user's grants. Do it if \
         each id stays with the same person; otherwise end the grants first: latchkey grant revoke --institution {id}, or for one user \
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
