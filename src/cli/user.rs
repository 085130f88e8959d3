//! `latchkey user`: who may sign in.

use std::io::{BufRead, IsTerminal};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::client::checks;
use super::{Failure, Outcome, Where, directory};
use crate::app::now;
use crate::endpoint::{Latchkey, random};
use crate::grant::Principal;
use crate::password::{self, MAX_PASSWORD};
use crate::reply::instant;
use crate::store::Meter;
use crate::user::{self, User, is_name};

/// Shorter ones are guessed (NIST SP 800-63B section 3.1.1.2 asks for eight at the least).
const SHORTEST_PASSWORD: usize = 8;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add a user; the password is asked for, or read from standard input
    Add {
        #[command(flatten)]
        who: Who,
        /// The user's id, as tokens name it; a random one unless given
        #[arg(long, value_name = "ID", requires = "principal_idns")]
        principal_id: Option<String>,
        /// The namespace of that id; one of the institution's own unless given
        #[arg(long, value_name = "IDNS", requires = "principal_id")]
        principal_idns: Option<String>,
        #[command(flatten)]
        place: Where,
    },
    /// Give a user a new password, which ends the user's sessions on the pages
    Passwd {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        place: Where,
    },
    /// Let a user sign in no more; sessions on the pages end at once. Grants go on: latchkey grant revoke --principal-id
    Disable {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        place: Where,
    },
    /// Let a user sign in again
    Enable {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        place: Where,
    },
    /// List the users of an institution
    List {
        /// The institution
        #[arg(long, value_name = "ID", value_parser = checks::institution_id)]
        institution: String,
        #[command(flatten)]
        place: Where,
    },
}

/// One user.
#[derive(Args)]
pub(super) struct Who {
    /// The institution that the user signs in at
    #[arg(long, value_name = "ID", value_parser = checks::institution_id)]
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
        let mut meter = Meter::default();
        match self {
            Self::Add { who, principal_id, principal_idns, place } => {
                let latchkey = place.open().await?;
                let username = who.name()?;
                if directory::read(&latchkey).await?.institution(&who.institution).is_none() {
                    return Err(Failure::new(format!(
                        "there is no institution {}: latchkey institution add",
                        who.institution
                    )));
                }
                let principal = match (principal_id, principal_idns) {
                    (Some(id), Some(idns)) if is_name(&id) && is_name(&idns) => Principal { id, idns },
                    (None, None) => new_principal(&who.institution)?,
                    _ => return Err(Failure::new("principal id and namespace are texts of at most 200 bytes")),
                };
                let user = User {
                    institution_id: who.institution,
                    username,
                    principal,
                    password_hash: hashed(&new_password()?).await?,
                    disabled: false,
                    created_at: now(),
                    revision: 0,
                };
                let view = UserView::new(&user);
                if !put(&latchkey, user).await? {
                    return Err(Failure::new("there is a user of this name already: latchkey user passwd"));
                }
                place.output.one(&view)
            }
            Self::Passwd { who, place } => {
                let latchkey = place.open().await?;
                let mut user = who.find(&latchkey).await?;
                user.password_hash = hashed(&new_password()?).await?;
                change(&latchkey, user, &place).await
            }
            Self::Disable { who, place } => who.switch(true, &place).await,
            Self::Enable { who, place } => who.switch(false, &place).await,
            Self::List { institution, place } => {
                let users = place.open().await?.store.users(&institution, &mut meter).await;
                let users = users.map_err(|trouble| Failure::database(trouble, &meter))?;
                let views: Vec<_> = users.iter().map(UserView::new).collect();
                place.output.many(&views, &["username", "principal_id", "principal_idns", "disabled", "created_at"])
            }
        }
    }
}

impl Who {
    fn name(&self) -> Outcome<String> {
        user::username(&self.username).ok_or_else(|| Failure::new("a username has 1 to 128 bytes, on one line"))
    }

    async fn find(&self, latchkey: &Latchkey) -> Outcome<User> {
        let mut meter = Meter::default();
        let found = latchkey.store.user(&self.institution, &self.name()?, &mut meter).await;
        let found = found.map_err(|trouble| Failure::database(trouble, &meter))?;
        found.ok_or_else(|| Failure::new(format!("institution {} has no such user", self.institution)))
    }

    async fn switch(&self, disabled: bool, place: &Where) -> Outcome {
        let latchkey = place.open().await?;
        let mut user = self.find(&latchkey).await?;
        user.disabled = disabled;
        change(&latchkey, user, place).await
    }
}

async fn put(latchkey: &Latchkey, user: User) -> Outcome<bool> {
    let mut meter = Meter::default();
    latchkey.store.put_user(user, &mut meter).await.map_err(|trouble| Failure::database(trouble, &meter))
}

async fn change(latchkey: &Latchkey, user: User, place: &Where) -> Outcome {
    let view = UserView::new(&user);
    if put(latchkey, user).await? { place.output.one(&view) } else { Err(raced()) }
}

pub(super) fn raced() -> Failure {
    Failure::new("somebody else changed it at the same time; look at it and try again")
}

/// An id that nobody else has.
pub(super) fn new_principal(institution_id: &str) -> Outcome<Principal> {
    let id = uuid::Builder::from_random_bytes(random()?).into_uuid().to_string();
    Ok(Principal { id, idns: format!("urn:latchkey:{institution_id}") })
}

async fn hashed(password: &str) -> Outcome<String> {
    password::hash(password, &random()?).map_err(|error| Failure::new(error.to_string()))
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
    let password = user::composed(&text);
    if password.chars().count() < SHORTEST_PASSWORD || password.len() > MAX_PASSWORD {
        return Err(Failure::new(format!(
            "a password has at least {SHORTEST_PASSWORD} characters and at most {MAX_PASSWORD} bytes"
        )));
    }
    Ok(password)
}
