//! `latchkey user`: who may sign in.

use std::io::{BufRead, IsTerminal};

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::cli::database::DatabaseArgs;
use crate::cli::directory;
use crate::cli::failure::{Failure, Outcome, conflict};
use latchkey::context::Service;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::client::registration;
use latchkey_oauth::grant::Principal;
use latchkey_oauth::sign_in::SignIn;
use latchkey_oauth::sign_in::password;
use latchkey_oauth::sign_in::password::MAX_PASSWORD;
use latchkey_oauth::text::composed;
use latchkey_oauth::text::is_name;
use latchkey_oauth::time::instant;
use latchkey_oauth::user;
use latchkey_oauth::user::User;

/// Shorter ones are guessed (NIST SP 800-63B section 3.1.1.2 asks for eight at the least).
const SHORTEST_PASSWORD: usize = 8;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add a user; the password is asked for, or read from standard input
    Add {
        #[command(flatten)]
        user: UserArgs,
        /// The user's id, as tokens name it; a random one unless given
        #[arg(long, value_name = "ID", requires = "principal_idns")]
        principal_id: Option<String>,
        /// The namespace of that id; one of the institution's own unless given
        #[arg(long, value_name = "IDNS", requires = "principal_id")]
        principal_idns: Option<String>,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Give a user a new password, which ends the user's sessions on the pages
    Passwd {
        #[command(flatten)]
        user: UserArgs,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Let a user sign in no more; sessions on the pages end at once. Grants go on: latchkey grant revoke --principal-id
    Disable {
        #[command(flatten)]
        user: UserArgs,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Let a user sign in again
    Enable {
        #[command(flatten)]
        user: UserArgs,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// List the users of an institution
    List {
        /// The institution
        #[arg(long, value_name = "ID", value_parser = registration::institution_id)]
        institution: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

/// One user.
#[derive(Args)]
pub(super) struct UserArgs {
    /// The institution that the user signs in at
    #[arg(long, value_name = "ID", value_parser = registration::institution_id)]
    institution: String,
    /// The username
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
                let service = database.open().await?;
                let username = user.name()?;
                if directory::read(&service).await?.institution(&user.institution).is_none() {
                    return Err(Failure::new(format!(
                        "there is no institution {}: latchkey institution add",
                        user.institution
                    )));
                }
                let principal = match (principal_id, principal_idns) {
                    (Some(id), Some(idns)) if is_name(&id) && is_name(&idns) => Principal { id, idns },
                    (None, None) => new_principal(&user.institution)?,
                    _ => return Err(Failure::new("principal id and namespace are texts of at most 200 bytes")),
                };
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
                if !put(&service, user).await? {
                    return Err(Failure::new("there is a user of this name already: latchkey user passwd"));
                }
                database.output.one(&view)
            }
            Self::Passwd { user, database } => {
                let service = database.open().await?;
                let mut user = user.find(&service).await?;
                user.sign_in = Some(hashed(&new_password()?)?);
                change(&service, user, &database).await
            }
            Self::Disable { user, database } => user.switch(true, &database).await,
            Self::Enable { user, database } => user.switch(false, &database).await,
            Self::List { institution, database } => {
                let users = database.open().await?.store.users(&institution, &mut usage).await;
                let users = users.map_err(|unavailable| Failure::database(unavailable, &usage))?;
                let views: Vec<_> = users.iter().map(UserView::new).collect();
                database.output.many(&views, &["username", "principal_id", "principal_idns", "disabled", "created_at"])
            }
        }
    }
}

impl UserArgs {
    fn name(&self) -> Outcome<String> {
        user::username(&self.username).ok_or_else(|| Failure::new("a username has 1 to 128 bytes, on one line"))
    }

    async fn find(&self, service: &Service) -> Outcome<User> {
        let mut usage = Usage::default();
        let found = service.store.user(&self.institution, &self.name()?, &mut usage).await;
        let found = found.map_err(|unavailable| Failure::database(unavailable, &usage))?;
        found.ok_or_else(|| Failure::new(format!("institution {} has no such user", self.institution)))
    }

    async fn switch(&self, disabled: bool, database: &DatabaseArgs) -> Outcome {
        let service = database.open().await?;
        let mut user = self.find(&service).await?;
        user.disabled = disabled;
        change(&service, user, database).await
    }
}

async fn put(service: &Service, user: User) -> Outcome<bool> {
    let mut usage = Usage::default();
    service.store.put_user(user, &mut usage).await.map_err(|unavailable| Failure::database(unavailable, &usage))
}

async fn change(service: &Service, user: User, database: &DatabaseArgs) -> Outcome {
    let view = UserView::new(&user);
    if put(service, user).await? { database.output.one(&view) } else { Err(conflict()) }
}

/// An id that nobody else has.
pub(super) fn new_principal(institution_id: &str) -> Outcome<Principal> {
    let id = uuid::Builder::from_random_bytes(random()?).into_uuid().to_string();
    Ok(Principal { id, idns: format!("urn:latchkey:{institution_id}") })
}

fn hashed(password: &str) -> Outcome<SignIn> {
    let hash = password::hash(password, &random()?).map_err(|error| Failure::new(error.to_string()))?;
    Ok(SignIn::Password(hash))
}

/// Asked twice on a terminal; else the first line of standard input. Never an argument, which `ps` shows.
fn new_password() -> Outcome<String> {
    let text = if std::io::stdin().is_terminal() {
        let first = rpassword::prompt_password("Password: ")?;
        if rpassword::prompt_password("Again: ")? != first {
            return Err(Failure::new("the two are not the same"));
        }
        first
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        line.trim_end_matches(['\n', '\r']).to_owned()
    };
    let password = composed(&text);
    if password.chars().count() < SHORTEST_PASSWORD || password.len() > MAX_PASSWORD {
        return Err(Failure::new(format!(
            "a password has at least {SHORTEST_PASSWORD} characters and at most {MAX_PASSWORD} bytes"
        )));
    }
    Ok(password)
}
