//! `latchkey user`: adds, lists and disables users, and changes their passwords.

use std::io::IsTerminal;

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::cli::database::DatabaseArgs;
use crate::cli::directory;
use crate::cli::failure::{Failure, Outcome, conflict, intact};
use crate::cli::input;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::client::registration;
use latchkey_oauth::grant::Principal;
use latchkey_oauth::sign_in::SignIn;
use latchkey_oauth::sign_in::password;
use latchkey_oauth::sign_in::password::MAX_PASSWORD;
use latchkey_oauth::text::{is_name, opaque};
use latchkey_oauth::time::instant;
use latchkey_oauth::user;
use latchkey_oauth::user::User;

/// In characters. NIST SP 800-63B section 3.1.1.2 requires at least eight.
const SHORTEST_PASSWORD: usize = 8;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add a user. The command asks for the password, or reads it from standard input.
    Add {
        #[command(flatten)]
        user: UserArgs,
        /// principalID of the user, for tokens. Default: a random one.
        #[arg(long, value_name = "ID", requires = "principal_idns")]
        principal_id: Option<String>,
        /// principalIDNS of the user, the namespace of the principalID. Default: one for the institution.
        #[arg(long, value_name = "IDNS", requires = "principal_id")]
        principal_idns: Option<String>,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Change a user's password, and end the user's sessions on the pages.
    Passwd {
        #[command(flatten)]
        user: UserArgs,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Disable a user, and end the user's sessions on the pages. To end grants too: latchkey grant revoke --principal-id.
    Disable {
        #[command(flatten)]
        user: UserArgs,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Enable a disabled user.
    Enable {
        #[command(flatten)]
        user: UserArgs,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// List the users of an institution.
    List {
        /// Registry id of the institution.
        #[arg(long, value_name = "ID", value_parser = registration::institution_id)]
        institution: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

/// One user.
#[derive(Args)]
pub(super) struct UserArgs {
    /// Institution where the user signs in.
    #[arg(long, value_name = "ID", value_parser = registration::institution_id)]
    institution: String,
    /// Username.
    username: String,
}

#[derive(Serialize)]
struct UserView {
    institution_id: String,
    username: String,
    principal_id: String,
    principal_idns: String,
    disabled: bool,
    created_at: String,
}

impl UserView {
    fn new(user: &User) -> Self {
        Self {
            institution_id: user.institution_id.clone(),
            username: user.username.clone(),
            principal_id: user.principal.id.clone(),
            principal_idns: user.principal.idns.clone(),
            disabled: user.disabled,
            created_at: instant(user.created_at),
        }
    }
}

impl Command {
    pub(super) async fn run(self) -> Outcome {
        let mut usage = Usage::default();
        match self {
            Self::Add { user, principal_id, principal_idns, database } => {
                let store = database.open().await?;
                let username = user.name()?;
                if directory::read(&store).await?.institution(&user.institution).is_none() {
                    return Err(Failure::new(format!(
                        "no institution has the id {}; add it with latchkey institution add",
                        user.institution
                    )));
                }
                let principal = match (principal_id, principal_idns) {
                    (Some(id), Some(idns)) => Principal::new(&id, &idns),
                    _ => new_principal(&user.institution)?,
                };
                if !is_name(&principal.id) || !is_name(&principal.idns) {
                    return Err(Failure::new(
                        "--principal-id and --principal-idns must each be one line of at most 200 bytes",
                    ));
                }
                let user = User {
                    institution_id: user.institution,
                    username,
                    principal,
                    sign_in: Some(hashed(&new_password()?)?),
                    disabled: false,
                    created_at: now(),
                    revision: 0,
                };
                let view = UserView::new(&user);
                if !put(&store, user).await? {
                    return Err(Failure::new(
                        "a user with this username already exists; latchkey user passwd changes the password",
                    ));
                }
                database.output.one(&view)
            }
            Self::Passwd { user, database } => {
                let store = database.open().await?;
                let mut user = user.find(&store).await?;
                user.sign_in = Some(hashed(&new_password()?)?);
                change(&store, user, &database).await
            }
            Self::Disable { user, database } => user.switch(true, &database).await,
            Self::Enable { user, database } => user.switch(false, &database).await,
            Self::List { institution, database } => {
                let users = database.open().await?.users(&institution, &mut usage).await;
                let users = users.map_err(|unavailable| Failure::database(unavailable, &usage))?;
                let views: Vec<_> = users.iter().map(UserView::new).collect();
                database
                    .output
                    .many(&views, &["username", "principal_id", "principal_idns", "disabled", "created_at"])?;
                intact(&usage)
            }
        }
    }
}

impl UserArgs {
    fn name(&self) -> Outcome<String> {
        user::username(&self.username).ok_or_else(|| Failure::new("the username must be one line of 1 to 128 bytes"))
    }

    async fn find(&self, store: &Store) -> Outcome<User> {
        let mut usage = Usage::default();
        let found = store.user(&self.institution, &self.name()?, &mut usage).await;
        let found = found.map_err(|unavailable| Failure::database(unavailable, &usage))?;
        found.ok_or_else(|| Failure::new(format!("institution {} has no such user", self.institution)))
    }

    async fn switch(&self, disabled: bool, database: &DatabaseArgs) -> Outcome {
        let store = database.open().await?;
        let mut user = self.find(&store).await?;
        user.disabled = disabled;
        change(&store, user, database).await
    }
}

async fn put(store: &Store, user: User) -> Outcome<bool> {
    let mut usage = Usage::default();
    store.put_user(user, &mut usage).await.map_err(|unavailable| Failure::database(unavailable, &usage))
}

async fn change(store: &Store, user: User, database: &DatabaseArgs) -> Outcome {
    let view = UserView::new(&user);
    if put(store, user).await? { database.output.one(&view) } else { Err(conflict()) }
}

/// Returns an id that no other user has.
pub(super) fn new_principal(institution_id: &str) -> Outcome<Principal> {
    let id = uuid::Builder::from_random_bytes(random()?).into_uuid().to_string();
    Ok(Principal { id, idns: format!("urn:latchkey:{institution_id}") })
}

fn hashed(password: &str) -> Outcome<SignIn> {
    let hash = password::hash(password, &random()?).map_err(|error| Failure::new(error.to_string()))?;
    Ok(SignIn::Password(hash))
}

/// Asks for the password twice on a terminal, or reads the first line of standard input. The password is not an argument,
/// because `ps` shows arguments.
fn new_password() -> Outcome<String> {
    let text = if std::io::stdin().is_terminal() {
        let first = rpassword::prompt_password("Password: ")?;
        if rpassword::prompt_password("Password again: ")? != first {
            return Err(Failure::new("the two passwords differ"));
        }
        first
    } else {
        input::line()?
    };
    let password = opaque(&text);
    if password.chars().count() < SHORTEST_PASSWORD || password.len() > MAX_PASSWORD {
        return Err(Failure::new(format!(
            "a password must have at least {SHORTEST_PASSWORD} characters and at most {MAX_PASSWORD} bytes"
        )));
    }
    Ok(password)
}
