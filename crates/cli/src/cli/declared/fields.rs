//! Takes the values out of a tree, and gathers what is wrong with them.

use std::cell::RefCell;
use std::fmt::Display;

use strsim::damerau_levenshtein;

use super::node::{Fault, Member, Node, Value};

/// What is wrong with a file so far.
#[derive(Default)]
pub(super) struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    pub(super) fn add(&self, path: &str, line: usize, reason: impl Into<String>) {
        self.0.borrow_mut().push(Fault { path: path.to_owned(), line: Some(line), reason: reason.into() });
    }

    pub(super) fn into_inner(self) -> Vec<Fault> {
        self.0.into_inner()
    }
}

/// A table whose names are known.
pub(super) struct Fields<'a> {
    pub(super) path: String,
    pub(super) line: usize,
    members: &'a [Member],
    faults: &'a Faults,
}

/// The longest value that an error repeats, in characters.
const QUOTED: usize = 60;

impl<'a> Fields<'a> {
    /// Reads a table, and refuses the names that are not known.
    pub(super) fn of(path: &str, node: &'a Node, known: &[&str], faults: &'a Faults) -> Option<Self> {
        let Value::Table(members) = &node.value else {
            let what = node.value.words();
            let path = if path.is_empty() { "the file" } else { path };
            faults.add(
                path,
                node.line,
                format!("it must be a table with the names {}, and is {what}", known.join(", ")),
            );
            return None;
        };
        for member in members.iter().filter(|member| !known.contains(&member.name.as_str())) {
            faults.add(&below(path, &member.name), member.line, unknown(&member.name, known));
        }
        Some(Self { path: path.to_owned(), line: node.line, members, faults })
    }

    fn member(&self, name: &str) -> Option<&'a Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// What is wrong with a value, or with its absence.
    pub(super) fn fault(&self, name: &str, reason: impl Into<String>) -> Fault {
        let line = self.member(name).map_or(self.line, |member| member.line);
        Fault { path: below(&self.path, name), line: Some(line), reason: reason.into() }
    }

    /// Says what is wrong with a value, or with its absence.
    pub(super) fn refuse(&self, name: &str, reason: impl Into<String>) {
        self.faults.0.borrow_mut().push(self.fault(name, reason));
    }

    /// A text that `parse` reads.
    pub(super) fn text<T, E: Display>(&self, name: &str, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        let member = self.member(name)?;
        parsed(&below(&self.path, name), &member.node, &parse, self.faults)
    }

    /// A text that must be there.
    pub(super) fn required<T, E: Display>(&self, name: &str, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        if self.member(name).is_none() {
            self.refuse(name, "it is missing");
        }
        self.text(name, parse)
    }

    /// A list of texts.
    pub(super) fn list<T, E: Display>(&self, name: &str, parse: impl Fn(&str) -> Result<T, E>) -> Option<Vec<T>> {
        let nodes = self.nodes(name)?;
        nodes.iter().map(|(path, node)| parsed(path, node, &parse, self.faults)).collect()
    }

    /// The values of a list, each with its path.
    pub(super) fn nodes(&self, name: &str) -> Option<Vec<(String, &'a Node)>> {
        let node = &self.member(name)?.node;
        let path = below(&self.path, name);
        match &node.value {
            Value::List(list) => {
                Some(list.iter().enumerate().map(|(at, node)| (format!("{path}[{at}]"), node)).collect())
            }
            other => {
                self.faults.add(&path, node.line, format!("it must be a list, and is {}", other.words()));
                None
            }
        }
    }

    /// A switch.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match &self.member(name)?.node.value {
            Value::Flag(flag) => Some(*flag),
            other => {
                self.refuse(
                    name,
                    format!("it must be true or false without quotation marks, and is {}", other.words()),
                );
                None
            }
        }
    }

    /// A number within bounds, or none where the text is `default`.
    pub(super) fn number(&self, name: &str, least: u64, most: u64) -> Option<Option<u64>> {
        let reason = || format!("it must be a number from {least} to {most}, or the text default");
        match &self.member(name)?.node.value {
            Value::Text(text) if text == "default" => Some(None),
            Value::Number(text) => {
                let number = text.parse().ok().filter(|number| (least..=most).contains(number));
                if number.is_none() {
                    self.refuse(name, format!("{}, and is {text}", reason()));
                }
                number.map(Some)
            }
            other => {
                self.refuse(name, format!("{}, and is {}", reason(), other.words()));
                None
            }
        }
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn parsed<T, E: Display>(path: &str, node: &Node, parse: &impl Fn(&str) -> Result<T, E>, faults: &Faults) -> Option<T> {
    let text = match &node.value {
        Value::Text(text) => text,
        Value::Number(number) => {
            faults.add(path, node.line, format!("it must be a text: put {number} into quotation marks"));
            return None;
        }
        other => {
            faults.add(path, node.line, format!("it must be a text, and is {}", other.words()));
            return None;
        }
    };
    match parse(text) {
        Ok(value) => Some(value),
        Err(reason) => {
            let quoted = if text.chars().count() <= QUOTED { format!("{text:?}: ") } else { String::new() };
            faults.add(path, node.line, format!("{quoted}{reason}"));
            None
        }
    }
}

/// Why a name is refused, and what may have been meant.
fn unknown(name: &str, known: &[&str]) -> String {
    let lower = name.to_lowercase().replace('-', "_");
    if lower.contains("password") || lower.contains("passwd") {
        return "a declared file holds no password: remove it. latchkey user passwd and latchkey user import set passwords"
            .to_owned();
    }
    if lower == "secret_name" || lower.contains("secret") && lower != "secret_to" {
        return "a declared file holds no secret: remove it. Latchkey makes the secret of a new client, and shows it once or \
                writes it to the AWS Secrets Manager secret that secret_to names; latchkey client import registers a client \
                with a secret that exists"
            .to_owned();
    }
    let nearest = known.iter().map(|known| (damerau_levenshtein(&lower, known), known)).min();
    match nearest {
        Some((distance, nearest)) if distance <= (nearest.len() / 3).max(1) => {
            format!("no such name; did you mean {nearest}?")
        }
        _ => format!("no such name; the names are {}", known.join(", ")),
    }
}
