//! New users: which names, principals and namespaces they may have, and the one write that adds one.

use crate::cli::database::made;
use crate::cli::directory::Namespaces;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::shell::word;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::{Change, Store, Usage};
use latchkey_oauth::grant::{Principal, may_have_namespace, namespace_of};
use latchkey_oauth::text::is_name;
use latchkey_oauth::user;
use latchkey_oauth::user::User;

/// A user to add.
pub(in crate::cli) struct NewUser {
    /// Without a way to sign in, the user can sign in once `latchkey user passwd` has set a password.
    pub(in crate::cli) user: User,
    /// Whether the operator named the principal. Else it has a random id, which no other user has or had.
    is_named: bool,
}

/// What became of a new user.
pub(in crate::cli) enum Added {
    Yes,
    /// There is one of this name.
    Exists,
    /// Others have the namespace, or got it at the same time.
    Refused(Failure),
}

impl NewUser {
    pub(in crate::cli) fn new(institution_id: String, username: String, named: Option<Principal>) -> Outcome<Self> {
        let is_named = named.is_some();
        let principal = match named {
            Some(named) => named,
            None => Principal {
                id: uuid::Builder::from_random_bytes(random()?).into_uuid().to_string(),
                idns: namespace_of(&institution_id),
            },
        };
        let user = User {
            institution_id,
            username,
            principal,
            sign_in: None,
            second_factor: None,
            disabled: false,
            ending: false,
            created_at: now(),
            revision: 0,
        };
        Ok(Self { user, is_named })
    }

    /// Refuses a user in a namespace of others.
    pub(in crate::cli) fn check(&self, namespaces: &Namespaces) -> Outcome {
        let User { institution_id, principal, .. } = &self.user;
        if !may_have_namespace(institution_id, &principal.idns) {
            return Err(Failure::new(format!(
                "the principal's namespace is reserved for users of another institution (users of this one may have {}, or a \
                 namespace that does not begin with urn:latchkey:): two users with one principal are one user to every API",
                namespace_of(institution_id)
            )));
        }
        namespaces.check(institution_id, principal, self.is_named)
    }

    /// Adds the user. It looks who has the namespace before the write, because the operator may have typed a password or read a
    /// plan since the first look. It looks once more after the write, because `institution idp set` looks for users only until
    /// its own.
    pub(in crate::cli) async fn add(self, store: &Store) -> Outcome<Added> {
        if let Err(failure) = self.check(&Namespaces::read(store).await?) {
            return Ok(Added::Refused(failure));
        }
        let mut usage = Usage::default();
        let added = store.add_user(self.user.clone(), &mut usage).await;
        match added.map_err(|unavailable| Failure::database(unavailable, &usage))? {
            Change::Taken => return Ok(Added::Exists),
            added => made(added).map(drop)?,
        }
        if let Err(Failure(reason)) = self.check(&Namespaces::read(store).await?) {
            let User { institution_id, username, .. } = &self.user;
            return Ok(Added::Refused(Failure(format!(
                "the user is added, and its namespace is no longer its own: {reason}; end it now: latchkey user delete --institution \
                 {institution_id} {}",
                word(username)
            ))));
        }
        Ok(Added::Yes)
    }
}

/// Fails if no new user may have this name. Users who have it keep it.
pub(super) fn new_name(username: &str) -> Outcome {
    if user::is_seen(username) {
        Ok(())
    } else {
        Err(Failure::new("the username has a character that is invisible or turns writing around"))
    }
}

/// The principal that an operator names, if one is named.
pub(in crate::cli) fn named_principal(id: Option<&str>, idns: Option<&str>) -> Outcome<Option<Principal>> {
    match (id, idns) {
        (None, None) => Ok(None),
        (Some(id), Some(idns)) if is_name(id) && is_name(idns) => Ok(Some(Principal::new(id, idns))),
        _ => Err(Failure::new(
            "principal id and principal namespace must each be one line of at most 200 bytes, and have no character that turns writing \
             around",
        )),
    }
}
