//! Adds the users of a CSV file. Each line stands by itself: one that is refused keeps no other from being added.

use std::collections::HashMap;

use super::password::Rules;
use super::{Added, NewUser, named_principal, new_name, password, put};
use crate::cli::actor;
use crate::cli::actor::ChangeArgs;
use crate::cli::directory::{self, Namespaces};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::progress::Progress;
use crate::cli::sheet::{Fate, Known, Report, Row, SheetArgs, report};
use latchkey_dynamodb::store::trail::Subject;
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::client::registration;
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::Principal;
use latchkey_oauth::user;
use latchkey_oauth::user::{Directory, User};

const KNOWN: [Known; 5] = [
    Known { name: "username", is_required: true },
    Known { name: "password", is_required: true },
    Known { name: "institution", is_required: false },
    Known { name: "principal_id", is_required: false },
    Known { name: "principal_idns", is_required: false },
];

/// A line that can be used.
struct Line<'a> {
    institution: String,
    username: String,
    /// As it is hashed.
    password: String,
    principal: [Option<&'a str>; 2],
}

/// The lines that have a user and a principal first.
#[derive(Default)]
struct First {
    users: HashMap<(String, String), u64>,
    principals: HashMap<(String, String), u64>,
}

impl First {
    /// Why a line is none of its own: one before it has its user, or its principal.
    fn repeated(&mut self, line: &Line<'_>, number: u64) -> Option<Failure> {
        if let Some(before) = self.users.insert((line.institution.clone(), line.username.clone()), number) {
            return Some(Failure::new(format!("line {before} has the same user")));
        }
        let [Some(id), Some(idns)] = line.principal else { return None };
        let Principal { id, idns } = Principal::new(id, idns);
        let before = self.principals.insert((id, idns), number)?;
        Some(Failure::new(format!(
            "line {before} has the same principal: two users with one principal are one user to every API"
        )))
    }
}

pub(super) async fn import(sheet: &SheetArgs, institution: Option<String>, database: &ChangeArgs) -> Outcome {
    let sheet = sheet.read(&KNOWN)?;
    let rules = Rules::read()?;
    let store = database.open("user import").await?;
    let directory = directory::read(&store).await?;
    let namespaces = Namespaces::read(&store).await?;
    let subject = Subject { institution_id: institution.clone(), ..Subject::default() };
    actor::begin(&store, sheet.len(), &subject).await?;
    let (mut reports, mut first) = (Vec::new(), First::default());
    // A hash takes some time.
    let progress = Progress::new("lines", sheet.len());
    for (done, (number, row)) in sheet.rows().enumerate() {
        progress.at(done);
        let outcome = match row.and_then(|row| line(&row, institution.as_deref(), &directory, &rules)) {
            Err(failure) => Err(failure),
            Ok(line) => match first.repeated(&line, number) {
                Some(failure) => Err(failure),
                None => match add(&store, &namespaces, line).await {
                    Ok(outcome) => outcome,
                    // The database is away: the other lines would fare no better.
                    Err(Failure(reason)) => {
                        progress.end();
                        report(&reports, database.output)?;
                        return Err(Failure::new(format!(
                            "line {number} and those after it are not done: {reason}; run the command again"
                        )));
                    }
                },
            },
        };
        reports.push(Report::new(number, outcome));
    }
    progress.end();
    let is_written = |report: &&Report| report.is(Fate::Added) || report.is(Fate::Changed);
    actor::end(&store, reports.iter().filter(is_written).count(), &subject).await?;
    report(&reports, database.output)
}

/// Checks a line. The errors do not repeat what it says: in a line that lacks a cell, the username may be a password.
fn line<'a>(row: &Row<'a>, institution: Option<&str>, directory: &Directory, rules: &Rules) -> Outcome<Line<'a>> {
    let institution = match (row.get("institution"), institution) {
        (Some(id), _) => registration::institution_id(id)
            .map_err(|reason| Failure::new(format!("its institution is none: {reason}")))?,
        (None, Some(id)) => id.to_owned(),
        (None, None) => return Err(Failure::new("its institution is missing; add it, or name one with --institution")),
    };
    if directory.institution(&institution).is_none() {
        return Err(Failure::new("the directory has no such institution; add it with latchkey institution add"));
    }
    let username = user::username(row.require("username")?);
    let username = username.ok_or_else(|| Failure::new("its username must be one line of 1 to 128 bytes"))?;
    let password = row.verbatim("password").ok_or_else(|| Failure::new("its password is missing"))?;
    let password = rules.check(password, &username, false)?;
    Ok(Line {
        institution,
        username,
        password,
        principal: ["principal_id", "principal_idns"].map(|name| row.get(name)),
    })
}

/// Adds a user, unless the user is there. A user who exists keeps the password, which may have changed since. One who has none
/// yet, since a declared file named the user, gets it.
async fn add(store: &Store, namespaces: &Namespaces, line: Line<'_>) -> Outcome<Outcome<(Fate, String)>> {
    let Line { institution, username, password, principal: [id, idns] } = line;
    let named = format!("{username} at {institution}");
    let principal = match named_principal(id, idns) {
        Ok(principal) => principal,
        Err(failure) => return Ok(Err(failure)),
    };
    let mut usage = Usage::default();
    let found = store.user(&institution, &username, &mut usage).await;
    let found = match found {
        Ok(found) => found,
        Err(Unavailable::ItemDamaged) => return Ok(Err(Failure::database(Unavailable::ItemDamaged, &usage))),
        Err(unavailable) => return Err(Failure::database(unavailable, &usage)),
    };
    let is_other = |user: &User| principal.as_ref().is_some_and(|principal| user.principal != *principal);
    Ok(match found {
        Some(user) if is_other(&user) => Err(Failure::new(
            "the user exists with another principal; delete the user first if this line is another person",
        )),
        Some(user) if user.sign_in.is_some() => Ok((Fate::Unchanged, named)),
        Some(mut user) => {
            user.sign_in = Some(password::hashed(&password)?);
            put(store, user).await?;
            Ok((Fate::Changed, named))
        }
        None => {
            let checked = new_name(&username);
            let mut new = NewUser::new(institution, username, principal)?;
            if let Err(failure) = checked.and_then(|()| new.check(namespaces)) {
                return Ok(Err(failure));
            }
            new.user.sign_in = Some(password::hashed(&password)?);
            match new.add(store).await? {
                Added::Yes => Ok((Fate::Added, named)),
                Added::Exists => Ok((Fate::Unchanged, named)),
                Added::Refused(failure) => Err(failure),
            }
        }
    })
}
