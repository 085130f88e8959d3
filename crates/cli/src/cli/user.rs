//! `latchkey user`: adds, lists, changes and deletes users.

mod delete;
mod disable;
mod import;
mod log_id;
mod new;
mod password;
mod totp;
mod unlock;
mod view;

use std::net::IpAddr;

use clap::{Args, Subcommand};

use self::new::new_name;
pub(super) use self::new::{Added, NewUser, named_principal};
use self::view::{UserRow, UserView};
use crate::cli::actor::ChangeArgs;
use crate::cli::consent::{ConsentArgs, WaitArgs};
use crate::cli::database::{DatabaseArgs, made};
use crate::cli::directory::{self, Namespaces};
use crate::cli::failure::{Failure, Outcome, intact};
use crate::cli::output::{sort_by_name, text, whole};
use crate::cli::sheet::SheetArgs;
use latchkey_dynamodb::store::{Store, Stored, Usage};
use latchkey_oauth::client::registration;
use latchkey_oauth::user;
use latchkey_oauth::user::User;

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
        database: ChangeArgs,
    },
    /// Add the users of a CSV file, and report on each line. Users who exist stay as they are, so the command can be run again
    /// if it breaks off. A user who has no password yet gets the one of the file.
    ///
    /// The first line names the columns: username and password; institution, unless --institution names it for all lines;
    /// and, if you like, principal_id and principal_idns.
    Import {
        #[command(flatten)]
        sheet: SheetArgs,
        /// Institution where the users sign in, if the file has no column institution.
        #[arg(long, value_name = "ID", value_parser = registration::institution_id)]
        institution: Option<String>,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Show a user.
    Show {
        #[command(flatten)]
        user: UserArgs,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Delete a user: end the user's sessions on the pages and grants, then delete the user.
    Delete {
        #[command(flatten)]
        user: UserArgs,
        #[command(flatten)]
        consent: ConsentArgs,
        #[command(flatten)]
        wait: WaitArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Change a user's password, and end the user's sessions on the pages and the count of wrong passwords. The user's grants
    /// stay.
    Passwd {
        #[command(flatten)]
        user: UserArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Give a user a second factor (TOTP), or take it away.
    #[command(subcommand)]
    Totp(totp::Command),
    /// End the count of a user's wrong passwords, so that the account takes the right one from any browser again.
    Unlock {
        #[command(flatten)]
        user: UserArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Disable a user: end the user's sessions on the pages, and every grant that the user consented to. If the command is cut
    /// off, run it again.
    Disable {
        #[command(flatten)]
        user: UserArgs,
        /// Do not end grants: applications keep their tokens.
        #[arg(long)]
        keep_grants: bool,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Enable a disabled user.
    Enable {
        #[command(flatten)]
        user: UserArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Print the pseudonyms that the log has of a user, under each sealing key. The user need not exist. Needs the sealing key.
    LogId {
        #[command(flatten)]
        user: UserArgs,
        /// Of a user whom the institution's provider names: the user's `principalIDNS`. The name is then the `principalID`, as it
        /// is.
        #[arg(long, value_name = "URN")]
        namespace: Option<String>,
        /// Print the pseudonyms of this network address too.
        #[arg(long, value_name = "IP")]
        address: Option<IpAddr>,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// List the users of an institution, by name.
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
    pub(super) institution: String,
    /// Username.
    pub(super) username: String,
}

impl Command {
    pub(super) async fn run(self) -> Outcome {
        let mut usage = Usage::default();
        match self {
            Self::Add { user, principal_id, principal_idns, database } => {
                let store = database.open("user add").await?;
                let username = user.name()?;
                new_name(&username)?;
                if directory::read(&store).await?.institution(&user.institution).is_none() {
                    return Err(Failure::new(format!(
                        "no institution has the id {}; add it with latchkey institution add",
                        user.institution
                    )));
                }
                let named = named_principal(principal_id.as_deref(), principal_idns.as_deref())?;
                let mut new = NewUser::new(user.institution, username, named)?;
                new.check(&Namespaces::read(&store).await?)?;
                new.user.sign_in = Some(password::hashed(&password::Rules::read()?.ask(&new.user.username, false)?)?);
                let view = UserView::new(&new.user);
                match new.add(&store).await? {
                    Added::Yes => database.output.one(&view),
                    Added::Exists => Err(Failure::new(
                        "a user with this username already exists; latchkey user passwd changes the password",
                    )),
                    Added::Refused(failure) => Err(failure),
                }
            }
            Self::Import { sheet, institution, database } => import::import(&sheet, institution, &database).await,
            Self::Show { user, database } => {
                let user = user.find(&database.open().await?).await?;
                database.output.one(&UserView::new(&user))
            }
            Self::Delete { user, consent, wait, database } => delete::delete(&user, consent, wait, &database).await,
            Self::Passwd { user: args, database } => {
                let store = database.open("user passwd").await?;
                let mut user = args.find(&store).await?;
                user.sign_in = Some(password::hashed(
                    &password::Rules::read()?.ask(&user.username, user.second_factor.is_some())?,
                )?);
                change(&store, user, &database).await?;
                eprintln!(
                    "latchkey: {}",
                    disable::left(&args, "the user's sessions on the pages end, and the user's grants stay")
                );
                Ok(())
            }
            Self::Totp(command) => command.run().await,
            Self::Unlock { user, database } => unlock::unlock(&user, &database).await,
            Self::Disable { user, keep_grants, database } => disable::disable(&user, keep_grants, &database).await,
            Self::Enable { user, database } => user.enable(&database).await,
            Self::LogId { user, namespace, address, database } => {
                log_id::print(&user, namespace.as_deref(), address, &database).await
            }
            Self::List { institution, database } => {
                let users = database.open().await?.users(&institution, &mut usage).await;
                let mut users = users.map_err(|unavailable| Failure::database(unavailable, &usage))?;
                sort_by_name(&mut users, |user| &user.username);
                let views: Vec<_> = users.iter().map(UserView::new).collect();
                let columns = [whole("username"), text("principal_id"), text("disabled"), whole("created_at")];
                let rows: Vec<_> = views.iter().map(UserRow::new).collect();
                database.output.many_as(&views, &rows, &columns)?;
                intact(&usage)
            }
        }
    }
}

impl UserArgs {
    fn name(&self) -> Outcome<String> {
        user::username(&self.username).ok_or_else(|| Failure::new("the username must be one line of 1 to 128 bytes"))
    }

    /// The user, if there is one.
    pub(super) async fn look(&self, store: &Store) -> Outcome<Option<Stored<User>>> {
        let mut usage = Usage::default();
        let found = store.user(&self.institution, &self.name()?, &mut usage).await;
        found.map_err(|unavailable| Failure::database(unavailable, &usage))
    }

    pub(super) async fn find(&self, store: &Store) -> Outcome<Stored<User>> {
        let found = self.look(store).await?;
        found.ok_or_else(|| Failure::new(format!("institution {} has no such user", self.institution)))
    }

    async fn enable(&self, database: &ChangeArgs) -> Outcome {
        let store = database.open("user enable").await?;
        let mut user = self.find(&store).await?;
        if user.ending {
            return Err(still_ending(&user));
        }
        user.disabled = false;
        change(&store, user, database).await
    }
}

/// A user whose grants are not all ended yet is enabled by no command.
pub(super) fn still_ending(user: &User) -> Failure {
    let User { institution_id, username, .. } = user;
    Failure::new(format!(
        "the grants of user {username} of institution {institution_id} are not all ended yet: end them first (latchkey user \
         disable), or keep the others (latchkey user disable --keep-grants)"
    ))
}

/// Writes a user who was read before. Returns the user as another operator has changed it since, if so.
pub(super) async fn put(store: &Store, user: Stored<User>) -> Outcome<Option<Stored<User>>> {
    let mut usage = Usage::default();
    let changed = store.change_user(user, &mut usage).await;
    made(changed.map_err(|unavailable| Failure::database(unavailable, &usage))?)
}

async fn change(store: &Store, user: Stored<User>, database: &DatabaseArgs) -> Outcome {
    let ours = user.clone();
    let changed = put(store, user).await?.unwrap_or(ours);
    database.output.one(&UserView::new(&changed))
}
