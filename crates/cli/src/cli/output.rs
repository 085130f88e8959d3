//! How commands print: JSON for machines, tables for people.

use std::io::Write;

use clap::Args;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use serde::Serialize;
use serde_json::Value;

use super::failure::{Failure, Outcome};
use latchkey_oauth::text::{acts, order};

/// How to print.
#[derive(Args, Clone, Copy)]
pub(super) struct OutputArgs {
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

impl OutputArgs {
    /// One thing: its members, a line each.
    pub(super) fn one(self, thing: &impl Serialize) -> Outcome {
        let value = to_value(thing)?;
        if self.json {
            return print_json(&value);
        }
        let mut table = new_table();
        for (name, value) in value.as_object().into_iter().flatten() {
            table.add_row([shown_in_line(name), plain(value)]);
        }
        print(&table)
    }

    /// A list of things: the columns named, a row each. JSON has every member.
    pub(super) fn many(self, things: &[impl Serialize], columns: &[Column]) -> Outcome {
        self.many_as(things, things, columns)
    }

    /// A list of things whose rows are not their members.
    pub(super) fn many_as(self, things: &[impl Serialize], rows: &[impl Serialize], columns: &[Column]) -> Outcome {
        if self.json {
            return print_json(&to_value(things)?);
        }
        let rows = to_value(rows)?;
        let row = |row: &Value| columns.iter().map(|column| plain(&row[column.name])).collect();
        print(&fitted(columns, rows.as_array().into_iter().flatten().map(row).collect()))
    }
}

/// A column of a list.
pub(super) struct Column {
    name: &'static str,
    is_whole: bool,
}

/// A column whose texts are broken into lines where the list would be too wide.
pub(super) const fn text(name: &'static str) -> Column {
    Column { name, is_whole: false }
}

/// A column whose texts stay whole, since an operator copies them into other commands.
pub(super) const fn whole(name: &'static str) -> Column {
    Column { name, is_whole: true }
}

/// The widest that a list is, in characters.
const WIDTH: usize = 100;
/// A column of texts has at least this width, else those that stay whole are broken too.
const NARROWEST: usize = 8;

fn fitted(columns: &[Column], rows: Vec<Vec<String>>) -> Table {
    let width = |at: usize| {
        let texts = rows.iter().map(|row| row[at].chars().count());
        texts.chain([columns[at].name.len()]).max().unwrap_or_default()
    };
    let least = |(at, column): (usize, &Column)| 2 + if column.is_whole { width(at) } else { NARROWEST };
    let fits = columns.iter().enumerate().map(least).sum::<usize>() <= WIDTH;
    let is_whole: Vec<_> = columns.iter().map(|column| column.is_whole && fits).collect();
    let mut table = new_table();
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH as u16);
    table.set_header(columns.iter().map(|column| column.name));
    table.add_rows(rows);
    for (column, _) in table.column_iter_mut().zip(is_whole).filter(|(_, is_whole)| *is_whole) {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    table
}

/// Sorts as the pages do: accents and case count only among what else is equal.
pub(super) fn sort_by_name<T>(things: &mut [T], name: impl Fn(&T) -> &str) {
    things.sort_by_cached_key(|thing| (order(name(thing)), name(thing).to_owned()));
}

fn to_value(thing: &(impl Serialize + ?Sized)) -> Outcome<Value> {
    serde_json::to_value(thing).map_err(|error| Failure::new(error.to_string()))
}

fn print_json(value: &Value) -> Outcome {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::new(error.to_string()))?;
    line(&text)
}

fn print(table: &Table) -> Outcome {
    line(&table.trim_fmt())
}

/// Prints to standard output.
pub(super) fn line(text: &str) -> Outcome {
    bytes(format!("{text}\n").as_bytes())
}

/// Prints to standard output, as it is.
pub(super) fn bytes(bytes: &[u8]) -> Outcome {
    let mut out = std::io::stdout();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(Failure::closed_pipe()),
        written => Ok(written?),
    }
}

fn new_table() -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table
}

/// What a terminal shows as it is: a character that it would act on, or that turns writing around, is shown by its number. A name
/// in the tables may have one: other programs write them too.
pub(super) fn shown(text: &str) -> String {
    escaped(text, |character| character == '\n')
}

/// The same on one line: a line end is shown by its number, too.
pub(super) fn shown_in_line(text: &str) -> String {
    escaped(text, |_| false)
}

fn escaped(text: &str, keeps: fn(char) -> bool) -> String {
    let mut shown = String::new();
    for character in text.chars() {
        match acts(character) && !keeps(character) {
            true => shown.extend(character.escape_unicode()),
            false => shown.push(character),
        }
    }
    shown
}

/// A member as people read it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::String(text) => shown_in_line(text),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => shown_in_line(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_fits_and_keeps_what_is_copied_whole() {
        let key = "k".repeat(80);
        let name = "A name of an application that is much longer than what is left beside the key";
        let rows = || vec![vec![name.to_owned(), key.clone()], vec!["x".repeat(50), "short".to_owned()]];
        let table = fitted(&[text("name"), whole("client_id")], rows()).trim_fmt();
        assert!(table.lines().all(|line| line.chars().count() <= WIDTH), "{table}");
        assert!(table.contains(&key) && table.contains("application"), "{table}");
        let endless = vec![vec!["name".to_owned(), "k".repeat(128)]];
        let table = fitted(&[text("name"), whole("client_id")], endless).trim_fmt();
        assert!(table.lines().all(|line| line.chars().count() <= WIDTH), "{table}");
        assert_eq!(table.matches('k').count(), 128, "{table}");
    }

    #[test]
    fn a_terminal_acts_on_nothing_that_is_shown() {
        for (text, rows, lines) in [
            ("Zoë's Bücherei – ספרייה", "Zoë's Bücherei – ספרייה", "Zoë's Bücherei – ספרייה"),
            ("a\u{1b}[2Jb\rc", "a\\u{1b}[2Jb\\u{d}c", "a\\u{1b}[2Jb\\u{d}c"),
            ("a\nb\u{9b}31m", "a\\u{a}b\\u{9b}31m", "a\nb\\u{9b}31m"),
            ("x\u{202e}y\u{200f}\u{2066}", "x\\u{202e}y\\u{200f}\\u{2066}", "x\\u{202e}y\\u{200f}\\u{2066}"),
        ] {
            assert_eq!((plain(&text.into()), shown(text)), (rows.to_owned(), lines.to_owned()));
            assert_eq!(plain(&vec![text].into()), rows);
            let within = plain(&serde_json::json!({ "name": text }));
            assert!(!within.contains(acts), "{within:?}");
        }
    }

    #[test]
    fn names_are_in_the_order_of_people() {
        let mut names = ["Zürich", "Österreich", "Łódź", "apple", "Lyon", "Oslo", "Apple", "Ångström", "banana"];
        sort_by_name(&mut names, |name| name);
        assert_eq!(names, ["Ångström", "Apple", "apple", "banana", "Łódź", "Lyon", "Oslo", "Österreich", "Zürich"]);
    }
}
