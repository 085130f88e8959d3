//! The namespaces of providers: no user with a password may have one, and no two providers may have the same.

use crate::cli::failure::{Failure, Outcome, intact};
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::grant::{Principal, namespace_of, namespace_of_provider};
use latchkey_oauth::provider::registration;
use latchkey_oauth::text::composed;
use latchkey_oauth::user::User;

/// The namespaces that providers have, each with its institution.
#[derive(Default)]
pub(in crate::cli) struct Namespaces {
    /// None where a provider cannot be read.
    known: Vec<(String, Option<String>)>,
    /// Names those.
    usage: Usage,
}

impl Namespaces {
    /// Reads them. One that cannot be read hinders only what it could have.
    pub(in crate::cli) async fn read(store: &Store) -> Outcome<Self> {
        let mut usage = Usage::default();
        let found = store.provider_namespaces(&mut usage).await;
        let known = found.map_err(|unavailable| Failure::database(unavailable, &usage))?;
        Ok(Self { known, usage })
    }

    /// The institution whose provider has a namespace.
    fn institution_of(&self, namespace: &str) -> Option<&str> {
        let mut known = self.known.iter();
        known.find(|(_, known)| known.as_deref() == Some(namespace)).map(|(institution, _)| institution.as_str())
    }

    /// Fails if a provider that cannot be read could have a namespace. Only the institution's own could have the institution's own.
    fn readable(&self, institution_id: &str, namespace: &str) -> Outcome {
        let is_own =
            [namespace_of(institution_id), namespace_of_provider(institution_id)].contains(&namespace.to_owned());
        let mut unread = self.known.iter().filter(|(_, known)| known.is_none());
        if unread.any(|(institution, _)| !is_own || institution == institution_id) {
            intact(&self.usage)
        } else {
            Ok(())
        }
    }

    /// Refuses a new user with a password in the namespace of a provider.
    pub(in crate::cli) fn check(&self, institution_id: &str, principal: &Principal) -> Outcome {
        self.readable(institution_id, &principal.idns)?;
        let Some(institution) = self.institution_of(&principal.idns) else { return Ok(()) };
        Err(Failure::new(format!(
            "the principal's namespace is that of the provider of institution {institution}: a user who signs in there could have \
             the same principal, and two users with one principal are one user to every API; name another namespace with \
             --principal-idns"
        )))
    }

    /// Refuses a namespace that others have: users of other institutions, users with a password, or another provider.
    pub(super) async fn check_new(&self, store: &Store, institution_id: &str, namespace: &str) -> Outcome {
        const WHY: &str = "two users with one principal are one user to every API";
        self.readable(institution_id, namespace)?;
        if let Some(other) = self.institution_of(namespace).filter(|other| *other != institution_id) {
            return Err(Failure::new(format!(
                "--namespace: the provider of institution {other} has this namespace: {WHY}"
            )));
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
