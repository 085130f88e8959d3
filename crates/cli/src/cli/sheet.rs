//! Reads a CSV file line by line. A line that cannot be used is refused by its number; no text of it is repeated, since a
//! shifted column may hold a password.

use std::collections::HashMap;
use std::path::PathBuf;

use clap::Args;
use csv::{ByteRecord, ReaderBuilder};
use serde::Serialize;

use crate::cli::consent::counted;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::input;
use crate::cli::output::{Column, OutputArgs, text};

/// The file.
#[derive(Args)]
pub(super) struct SheetArgs {
    /// CSV file in UTF-8, or - for standard input. The first line names the columns.
    #[arg(value_name = "FILE", value_parser = input::path())]
    file: PathBuf,
}

/// A column that a file may have, and whether it must.
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) is_required: bool,
}

/// The lines of a file.
pub(super) struct Sheet {
    columns: Vec<&'static str>,
    records: Vec<(u64, ByteRecord)>,
}

/// The values of a line, by column. A value is absent if it is empty.
pub(super) struct Row<'a>(HashMap<&'static str, &'a str>);

/// What became of a line.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fate {
    Added,
    Changed,
    Unchanged,
    Refused,
}

/// What became of a line, and what it was about or why it was refused.
#[derive(Serialize)]
pub(super) struct Report {
    line: u64,
    result: Fate,
    what: String,
}

const BOM: &[u8] = b"\xEF\xBB\xBF";
const DELIMITERS: [u8; 3] = *b",;\t";
const LINE_ENDS: [u8; 2] = *b"\r\n";

impl SheetArgs {
    /// Reads the file. Fails if it is no text, or if its first line does not name the columns.
    pub(super) fn read(&self, known: &[Known]) -> Outcome<Sheet> {
        let bytes = input::file(&self.file)?;
        parse(&bytes, known)
    }
}

fn parse(bytes: &[u8], known: &[Known]) -> Outcome<Sheet> {
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(Failure::new("the file is UTF-16; save it as CSV in UTF-8"));
    }
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let first = bytes.split(|byte| LINE_ENDS.contains(byte)).next().unwrap_or_default();
    // Spreadsheets write semicolons where a comma is the decimal sign.
    let occurs = |delimiter: &u8| first.iter().filter(|byte| *byte == delimiter).count();
    let delimiter = DELIMITERS.into_iter().rev().max_by_key(occurs).unwrap_or(b',');
    let mut reader = ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(bytes);
    let mut records = Vec::new();
    let mut record = ByteRecord::new();
    let broken = |error: csv::Error| Failure::new(format!("the file is no CSV: {error}"));
    // The reader's own count of lines leaves out the blank lines before a record.
    let (mut line, mut counted) = (1, 0);
    while reader.read_byte_record(&mut record).map_err(broken)? {
        let begins = record.position().map_or(0, csv::Position::byte) as usize;
        let blank = bytes[begins..].iter().take_while(|byte| LINE_ENDS.contains(byte)).count();
        let is_end = |at: &usize| bytes[*at] == b'\n' || bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
        line += (counted..begins + blank).filter(is_end).count() as u64;
        counted = begins + blank;
        // A spreadsheet writes lines of empty cells below the last one.
        if record.iter().any(|value| !value.trim_ascii().is_empty()) {
            records.push((line, record.clone()));
        }
    }
    if records.is_empty() {
        return Err(Failure::new("the file is empty"));
    }
    let (_, header) = records.remove(0);
    Ok(Sheet { columns: columns(&header, known)?, records })
}

fn columns(header: &ByteRecord, known: &[Known]) -> Outcome<Vec<&'static str>> {
    let names = || known.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
    let mut columns = Vec::new();
    for (at, value) in header.iter().enumerate() {
        let name = String::from_utf8_lossy(value).trim().to_lowercase();
        let column = known.iter().find(|column| column.name == name).ok_or_else(|| {
            Failure::new(format!(
                "the first line must name the columns, and the name in column {} is none of {}",
                at + 1,
                names()
            ))
        })?;
        if columns.contains(&column.name) {
            return Err(Failure::new(format!("the first line names the column {} twice", column.name)));
        }
        columns.push(column.name);
    }
    match known.iter().find(|column| column.is_required && !columns.contains(&column.name)) {
        Some(missing) => Err(Failure::new(format!("the first line does not name the column {}", missing.name))),
        None => Ok(columns),
    }
}

impl Sheet {
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// The lines by their number, each with its values or with why it has none.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u64, Outcome<Row<'_>>)> {
        self.records.iter().map(|(line, record)| (*line, self.row(record)))
    }

    fn row<'a>(&self, record: &'a ByteRecord) -> Outcome<Row<'a>> {
        // A quote that nothing closes takes in every line below.
        if record.as_slice().iter().any(|byte| LINE_ENDS.contains(byte)) {
            return Err(Failure::new(
                "a value goes on over the next lines, which are not read for that reason: a value that begins with a double \
                 quote must end with one, and a double quote inside it is written twice",
            ));
        }
        if record.len() != self.columns.len() {
            return Err(Failure::new(format!(
                "it has {}, and the first line names {}",
                counted(record.len(), "value"),
                counted(self.columns.len(), "column")
            )));
        }
        let mut row = HashMap::new();
        for (column, value) in self.columns.iter().zip(record) {
            let value = std::str::from_utf8(value);
            let value =
                value.map_err(|_| Failure::new(format!("its {column} is not UTF-8; save the file as UTF-8")))?;
            row.insert(*column, value);
        }
        Ok(Row(row))
    }
}

impl<'a> Row<'a> {
    /// A value without blanks around it.
    pub(super) fn get(&self, column: &str) -> Option<&'a str> {
        self.0.get(column).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// A value as it is written.
    pub(super) fn verbatim(&self, column: &str) -> Option<&'a str> {
        self.0.get(column).copied().filter(|value| !value.is_empty())
    }

    /// A value that a line must have.
    pub(super) fn require(&self, column: &str) -> Outcome<&'a str> {
        self.get(column).ok_or_else(|| Failure::new(format!("its {column} is missing")))
    }
}

impl Report {
    pub(super) fn is(&self, fate: Fate) -> bool {
        self.result == fate
    }

    pub(super) fn new(line: u64, done: Outcome<(Fate, String)>) -> Self {
        match done {
            Ok((result, what)) => Self { line, result, what },
            Err(Failure(what)) => Self { line, result: Fate::Refused, what },
        }
    }
}

/// Prints what became of each line. Fails if one was refused.
pub(super) fn report(reports: &[Report], output: OutputArgs) -> Outcome {
    const COLUMNS: [Column; 3] = [text("line"), text("result"), text("what")];
    output.many(reports, &COLUMNS)?;
    let number = |fate| reports.iter().filter(|report| report.is(fate)).count();
    eprintln!(
        "latchkey: {}: {} added, {} changed, {} unchanged, {} refused",
        counted(reports.len(), "line"),
        number(Fate::Added),
        number(Fate::Changed),
        number(Fate::Unchanged),
        number(Fate::Refused),
    );
    match number(Fate::Refused) {
        0 => Ok(()),
        refused => Err(Failure::new(format!(
            "{} refused; mend the file and run the command again: it leaves alone what is there",
            if refused == 1 { "1 line is".to_owned() } else { format!("{refused} lines are") }
        ))),
    }
}

#[cfg(test)]
mod tests;
