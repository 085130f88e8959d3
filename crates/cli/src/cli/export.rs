//! `latchkey export`: writes what is there as a declared file.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value, json};

use crate::cli::apply::attributes;
use crate::cli::database::DatabaseArgs;
use crate::cli::declared::Format;
use crate::cli::declared::written;
use crate::cli::directory;
use crate::cli::failure::{Failure, Outcome, intact};
use crate::cli::input;
use crate::cli::output;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::grant::Principal;
use latchkey_oauth::user::{DescribedScope, Institution, User};

#[derive(Args)]
pub(super) struct Export {
    /// File to write, which must not exist yet. Default: standard output.
    #[arg(value_name = "FILE", value_parser = input::path())]
    file: Option<PathBuf>,
    /// Format. Default: what the file's name says, else TOML.
    #[arg(long, conflicts_with = "json")]
    format: Option<Format>,
    /// Write the users too, without their passwords. Usernames are personal data: think of where the file goes.
    #[arg(long)]
    users: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Export {
    pub(super) async fn run(self) -> Outcome {
        let named = self.file.as_deref().and_then(Format::of);
        let format = if self.database.output.json { Some(Format::Json) } else { self.format };
        let format = format.or(named).unwrap_or(Format::Toml);
        let store = self.database.open().await?;
        let mut usage = Usage::default();
        let directory = directory::read(&store).await?.into_inner();
        let clients = store.clients(&mut usage).await;
        let clients = clients.map_err(|unavailable| Failure::database(unavailable, &usage))?;
        let users = if self.users {
            let users = store.all_users(&mut usage).await;
            users.map_err(|unavailable| Failure::database(unavailable, &usage))?
        } else {
            Vec::new()
        };
        let mut institutions: Vec<_> = directory.institutions.iter().map(institution).collect();
        institutions.sort_by_key(|institution| institution["institution_id"].to_string());
        let scopes = directory.services.iter().map(scope).collect();
        let clients = clients.iter().map(|client| attributes(client)).collect::<Outcome<_>>()?;
        let lists = [
            ("institutions", institutions),
            ("scopes", scopes),
            ("users", users.iter().map(user).collect()),
            ("clients", clients),
        ];
        let text = written::text(&lists, format);
        match self.file.as_deref() {
            Some(file) if file != Path::new("-") => write(file, &text)?,
            _ => output::bytes(text.as_bytes())?,
        }
        intact(&usage)
    }
}

fn table<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn institution(Institution { id, name }: &Institution) -> Map<String, Value> {
    table([("institution_id", json!(id)), ("name", json!(name))])
}

fn scope(DescribedScope { scope, name }: &DescribedScope) -> Map<String, Value> {
    table([("scope", json!(scope)), ("name", json!(name))])
}

fn user(user: &User) -> Map<String, Value> {
    // By name: an attribute that is forgotten here does not compile.
    let User {
        institution_id,
        username,
        principal: Principal { id, idns },
        // No file holds a password.
        sign_in: _,
        // Nor a secret.
        second_factor: _,
        disabled,
        // Nothing that an operator declares.
        ending: _,
        created_at: _,
        revision: _,
    } = user;
    table([
        ("institution_id", json!(institution_id)),
        ("username", json!(username)),
        ("principal_id", json!(id)),
        ("principal_idns", json!(idns)),
        ("disabled", json!(disabled)),
    ])
}

/// Writes a file whole or not at all, and over no other: that one may have notes, and where secrets are kept.
fn write(file: &Path, text: &str) -> Outcome {
    let named = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::new(format!("{} exists already; name another file", file.display()))
        }
        _ => Failure::new(format!("{}: {error}", file.display())),
    };
    let folder = file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let mut whole = tempfile::NamedTempFile::new_in(folder).map_err(named)?;
    whole.write_all(text.as_bytes()).map_err(named)?;
    whole.persist_noclobber(file).map(drop).map_err(|error| named(error.error))
}
