//! How commands show users.

use serde::Serialize;

use latchkey_oauth::sign_in::SignIn;
use latchkey_oauth::time::instant;
use latchkey_oauth::user::User;

/// A user, and what a command says of one.
#[derive(Serialize)]
pub(super) struct UserView {
    institution_id: String,
    username: String,
    principal_id: String,
    principal_idns: String,
    subject: String,
    /// How the user signs in; none until a password is set.
    sign_in: Option<&'static str>,
    /// The second factor; none where the password is the only one.
    second_factor: Option<&'static str>,
    disabled: bool,
    /// Not all of the user's grants are ended yet.
    ending: bool,
    created_at: String,
}

/// A user in a list.
#[derive(Serialize)]
pub(super) struct UserRow<'a> {
    username: &'a str,
    principal_id: &'a str,
    disabled: &'static str,
    created_at: &'a str,
}

impl<'a> UserRow<'a> {
    pub(super) fn new(user: &'a UserView) -> Self {
        let UserView { username, principal_id, disabled, ending, created_at, .. } = user;
        let disabled = match (disabled, ending) {
            (_, true) => "yes, ending grants",
            (true, false) => "yes",
            (false, false) => "no",
        };
        Self { username, principal_id, disabled, created_at }
    }
}

impl UserView {
    pub(super) fn new(user: &User) -> Self {
        Self {
            institution_id: user.institution_id.clone(),
            username: user.username.clone(),
            principal_id: user.principal.id.clone(),
            principal_idns: user.principal.idns.clone(),
            subject: user.principal.subject(),
            sign_in: user.sign_in.as_ref().map(|SignIn::Password(_)| "password"),
            second_factor: user.second_factor.as_ref().map(|_| "totp"),
            disabled: user.disabled,
            ending: user.ending,
            created_at: instant(user.created_at),
        }
    }
}
