//! How commands print: JSON for machines, tables for people.

use std::io::Write;

use clap::Args;
use comfy_table::{Table, presets};
use serde::Serialize;
use serde_json::Value;

use super::failure::{Failure, Outcome};

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
            table.add_row([name.clone(), plain(value)]);
        }
        print(&table)
    }

    /// A list of things: the columns named, a row each. JSON has every member.
    pub(super) fn many(self, things: &[impl Serialize], columns: &[&str]) -> Outcome {
        let values = to_value(things)?;
        if self.json {
            return print_json(&values);
        }
        let mut table = new_table();
        table.set_header(columns);
        for value in values.as_array().into_iter().flatten() {
            table.add_row(columns.iter().map(|column| plain(&value[*column])));
        }
        print(&table)
    }
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

/// A member as people read it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}
