//! A declared file: which clients, institutions, scopes and users there shall be, in TOML, JSON or YAML.

mod clients;
mod fields;
mod json;
mod node;
mod people;
mod toml;
pub(super) mod written;
mod yaml;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::consent::counted;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::input;
use fields::{Faults, Fields};
use latchkey_oauth::client::without_secrets;
use latchkey_oauth::user::{DescribedScope, Institution};

pub(super) use clients::{Attributes, DeclaredClient, Doubt};
pub(super) use node::Fault;
pub(super) use people::DeclaredUser;

/// How a declared file is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Toml,
    Json,
    Yaml,
}

/// The file.
#[derive(Args)]
pub(super) struct DeclaredArgs {
    /// File that declares clients, institutions, scopes and users. Its name ends in .toml, .json, .yaml or .yml; - reads
    /// standard input and needs --format.
    #[arg(value_name = "FILE", value_parser = input::path())]
    file: PathBuf,
    /// Format of the file, if its name does not say it.
    #[arg(long)]
    format: Option<Format>,
}

/// What a file declares.
pub(super) struct Declared {
    /// The file's name, for errors.
    pub(super) file: String,
    pub(super) institutions: Vec<Entry<Institution>>,
    pub(super) scopes: Vec<Entry<DescribedScope>>,
    pub(super) users: Vec<Entry<DeclaredUser>>,
    pub(super) clients: Vec<Entry<DeclaredClient>>,
}

/// An entry of a list, and where it is.
pub(super) struct Entry<T> {
    /// Such as `clients[2]`.
    pub(super) path: String,
    pub(super) line: usize,
    pub(super) value: T,
}

impl<T> Entry<T> {
    /// What is wrong with an attribute of it.
    pub(super) fn fault(&self, attribute: &str, reason: impl Into<String>) -> Fault {
        Fault { path: format!("{}.{attribute}", self.path), line: Some(self.line), reason: reason.into() }
    }
}

const LISTS: [&str; 4] = ["institutions", "scopes", "users", "clients"];

impl Format {
    /// The format that the name of a file says.
    pub(super) fn of(file: &Path) -> Option<Self> {
        match file.extension()?.to_str()?.to_lowercase().as_str() {
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

impl DeclaredArgs {
    /// Reads the file. Fails if anything in it is wrong, and says all of it.
    pub(super) fn read(&self) -> Outcome<Declared> {
        let format = self.format.or_else(|| Format::of(&self.file)).ok_or_else(|| {
            Failure::new(format!(
                "{}: the name does not say the format; add --format toml, --format json or --format yaml",
                self.file.display()
            ))
        })?;
        let file =
            if self.file == Path::new("-") { "standard input".to_owned() } else { self.file.display().to_string() };
        parse(&input::text(&self.file)?, format, file.clone()).map_err(|faults| refused(&file, faults))
    }
}

/// Says everything that is wrong with a file.
pub(super) fn refused(file: &str, mut faults: Vec<Fault>) -> Failure {
    faults.sort_by_key(|fault| fault.line);
    let said = |Fault { path, line, reason }: &Fault| {
        let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
        let path = if path.is_empty() { String::new() } else { format!("{path}: ") };
        // A name in the file may hold what controls a terminal.
        format!("{file}{line}: {path}{reason}").replace(char::is_control, "\u{FFFD}")
    };
    if let [fault] = faults.as_slice() {
        return Failure::new(format!("{}; nothing is changed", said(fault)));
    }
    for fault in &faults {
        eprintln!("latchkey: {}", without_secrets(&said(fault)));
    }
    Failure::new(format!("{} in {file}; nothing is changed", counted(faults.len(), "fault")))
}

fn parse(text: &str, format: Format, file: String) -> Result<Declared, Vec<Fault>> {
    let root = match format {
        Format::Toml => toml::read(text),
        Format::Json => json::read(text),
        Format::Yaml => yaml::read(text),
    };
    let root = root.map_err(|fault| vec![fault])?;
    let faults = Faults::default();
    let Some(fields) = Fields::of("", &root, &LISTS, &faults) else { return Err(faults.into_inner()) };
    let declared = Declared {
        file,
        institutions: entries(&fields, "institutions", &faults, people::institution),
        scopes: entries(&fields, "scopes", &faults, people::scope),
        users: entries(&fields, "users", &faults, people::user),
        clients: entries(&fields, "clients", &faults, clients::client),
    };
    once(&declared.institutions, "institution_id", &faults, |institution| institution.id.clone());
    once(&declared.scopes, "scope", &faults, |described| described.scope.clone());
    once(&declared.users, "username", &faults, |user| format!("{}/{}", user.institution_id, user.username));
    once(&declared.clients, "client_id", &faults, |client| client.client_id.clone());
    let kept = declared.clients.iter().filter(|client| client.value.secret_to.is_some());
    once(kept, "secret_to", &faults, |client| client.secret_to.clone().unwrap_or_default());
    match faults.into_inner() {
        faults if faults.is_empty() => Ok(declared),
        faults => Err(faults),
    }
}

fn entries<T>(
    fields: &Fields<'_>,
    list: &str,
    faults: &Faults,
    read: impl Fn(&str, &node::Node, &Faults) -> Option<T>,
) -> Vec<Entry<T>> {
    let nodes = fields.nodes(list).unwrap_or_default().into_iter();
    let entry = |(path, node): (String, &node::Node)| {
        let value = read(&path, node, faults)?;
        Some(Entry { path, line: node.line, value })
    };
    nodes.filter_map(entry).collect()
}

/// Refuses an entry that is there twice.
fn once<'a, T: 'a>(
    entries: impl IntoIterator<Item = &'a Entry<T>>,
    attribute: &str,
    faults: &Faults,
    key: impl Fn(&T) -> String,
) {
    let mut first = std::collections::HashMap::new();
    for entry in entries {
        let before = *first.entry(key(&entry.value)).or_insert((entry.path.as_str(), entry.line));
        if before.0 != entry.path {
            let path = format!("{}.{attribute}", entry.path);
            faults.add(&path, entry.line, format!("{} (line {}) has the same {attribute}", before.0, before.1));
        }
    }
}

#[cfg(test)]
mod tests;
