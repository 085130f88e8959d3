//! The namespaces of providers: no user with a password may have one, and no two providers may have the same. What a provider had
//! before is kept from others too, until an operator releases it: its users may have grants.

use crate::cli::failure::{Failure, Outcome, intact};
use crate::cli::shell::word;
use latchkey_dynamodb::store::{ProviderNamespace, Store, Usage};
use latchkey_oauth::grant::{Principal, namespace_of, namespace_of_provider};
use latchkey_oauth::provider::registration;
use latchkey_oauth::text::composed;
use latchkey_oauth::user::User;

/// The namespaces that providers have or had, each with its institution.
#[derive(Default)]
pub(in crate::cli) struct Namespaces {
    known: Vec<ProviderNamespace>,
    /// Names those.
    usage: Usage,
}

/// Why a former namespace is none for others.
const THEIRS: &str = "its users may have grants, which another user with the same id would get";

/// What lets others have it.
fn release(institution_id: &str, namespace: &str) -> String {
    format!(
        "let others have this one: latchkey institution idp release {institution_id} --namespace {}",
        word(namespace)
    )
}

impl Namespaces {
    /// Reads them. One that cannot be read hinders only what it could have.
    pub(in crate::cli) async fn read(store: &Store) -> Outcome<Self> {
        let mut usage = Usage::default();
        let found = store.provider_namespaces(&mut usage).await;
        let known = found.map_err(|unavailable| Failure::database(unavailable, &usage))?;
        Ok(Self { known, usage })
    }

    /// Whose a namespace is: first the institution whose provider has it now.
    fn of(&self, namespace: &str) -> impl Iterator<Item = &ProviderNamespace> {
        let is_it = move |known: &&ProviderNamespace| known.namespace.as_deref() == Some(namespace);
        let current = self.known.iter().filter(|known| !known.is_former);
        current.chain(self.known.iter().filter(|known| known.is_former)).filter(is_it)
    }

    /// The namespaces that providers of an institution had before.
    pub(super) fn former(&self, institution_id: &str) -> Vec<&str> {
        let is_former = |known: &&ProviderNamespace| known.is_former && known.institution_id == institution_id;
        self.known.iter().filter(is_former).filter_map(|known| known.namespace.as_deref()).collect()
    }

    /// Fails if a provider that cannot be read could have a namespace. Only the institution's own could have the institution's
    /// own.
    fn readable(&self, institution_id: &str, namespace: &str) -> Outcome {
        let is_own =
            [namespace_of(institution_id), namespace_of_provider(institution_id)].contains(&namespace.to_owned());
        let mut unread = self.known.iter().filter(|known| known.namespace.is_none());
        if unread.any(|known| !is_own || known.institution_id == institution_id) { intact(&self.usage) } else { Ok(()) }
    }

    /// Refuses a new user with a password in the namespace of a provider. A random id, which the operator did not name, is none
    /// that a user of a former provider had.
    pub(in crate::cli) fn check(&self, institution_id: &str, principal: &Principal, is_named: bool) -> Outcome {
        self.readable(institution_id, &principal.idns)?;
        let Some(known) = self.of(&principal.idns).find(|known| is_named || !known.is_former) else { return Ok(()) };
        let institution = &known.institution_id;
        Err(Failure::new(match known.is_former {
            false => format!(
                "the principal's namespace is that of the provider of institution {institution}: a user who signs in there could have \
                 the same principal, and two users with one principal are one user to every API; name another namespace with \
                 --principal-idns"
            ),
            true => format!(
                "the principal's namespace is one that a provider of institution {institution} had before: {}; name another namespace \
                 with --principal-idns, or {}",
                THEIRS,
                release(institution, &principal.idns)
            ),
        }))
    }

    /// Refuses a namespace that others have: users of other institutions, users with a password, or another provider.
    pub(super) async fn check_new(&self, store: &Store, institution_id: &str, namespace: &str) -> Outcome {
        const WHY: &str = "two users with one principal are one user to every API";
        self.readable(institution_id, namespace)?;
        if let Some(known) = self.of(namespace).find(|known| known.institution_id != institution_id) {
            let other = &known.institution_id;
            return Err(Failure::new(match known.is_former {
                false => format!("--namespace: the provider of institution {other} has this namespace: {WHY}"),
                true => format!(
                    "--namespace: a provider of institution {other} had this namespace before: {THEIRS}; name another, or {}",
                    release(other, namespace)
                ),
            }));
        }
        // No user with a password may have it.
        if namespace == namespace_of_provider(institution_id) {
            return Ok(());
        }
        registration::namespace(institution_id, namespace).map_err(|reason| {
            Failure::new(format!(
                "--namespace: {reason}; the provider of this institution may have {}, {}, or a namespace that does not begin with \
                 urn:latchkey:",
                namespace_of_provider(institution_id),
                namespace_of(institution_id)
            ))
        })?;
        let mut usage = Usage::default();
        // Only users of this institution may have its own namespace, and users of every institution one of another kind.
        let users = match namespace == namespace_of(institution_id) {
            true => store.users(institution_id, &mut usage).await,
            false => store.all_users(&mut usage).await,
        };
        let users = users.map_err(|unavailable| Failure::database(unavailable, &usage))?;
        intact(&usage)?;
        match users.iter().find(|user| composed(&user.principal.idns) == namespace) {
            None => Ok(()),
            Some(User { institution_id: of, username, .. }) => Err(Failure::new(format!(
                "--namespace: user {username} of institution {of} has this namespace: {WHY}; leave the option out, or name a \
                 namespace that no user has"
            ))),
        }
    }
}
