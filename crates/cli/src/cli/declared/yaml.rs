//! Reads YAML into a tree: the core schema of YAML 1.2, without anchors, aliases and tags. So a short file cannot stand for a
//! long one.

use std::collections::HashSet;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};

use super::node::{DEEPEST, Fault, Member, Node, Value, too_deep, twice};

pub(super) fn read(text: &str) -> Result<Node, Fault> {
    let mut reader = Reader(Parser::new_from_str(text));
    reader.next()?;
    let root = match reader.next()? {
        // A file with nothing except comments.
        (Event::StreamEnd, _) => return Ok(Node { line: 1, value: Value::Table(Vec::new()) }),
        (Event::DocumentStart(_), _) => {
            let first = reader.next()?;
            reader.node(first, 0)?
        }
        (_, line) => return Err(not_yaml(line, "there is no document")),
    };
    reader.next()?;
    match reader.next()? {
        (Event::StreamEnd, _) => Ok(root),
        (_, line) => Err(Fault::whole(Some(line), "the file has a second document: write everything into one")),
    }
}

fn not_yaml(line: usize, reason: &str) -> Fault {
    Fault::whole(Some(line), format!("this is not YAML: {reason}"))
}

fn not_read(line: usize) -> Fault {
    Fault::whole(Some(line), "anchors, aliases and tags of YAML are not read: write the value itself")
}

struct Reader<'a>(Parser<'a, StrInput<'a>>);

impl<'a> Reader<'a> {
    /// The next event and its line.
    fn next(&mut self) -> Result<(Event<'a>, usize), Fault> {
        let broken = |error: ScanError| not_yaml(error.marker().line(), error.info());
        match self.0.next_event() {
            Some(event) => event.map(|(event, span): (_, Span)| (event, span.start.line())).map_err(broken),
            None => Err(not_yaml(1, "it ends too early")),
        }
    }

    fn node(&mut self, (event, line): (Event<'a>, usize), depth: usize) -> Result<Node, Fault> {
        if depth > DEEPEST {
            return Err(too_deep(line));
        }
        let value = match event {
            Event::Scalar(text, ScalarStyle::Plain, 0, None) => plain(&text),
            Event::Scalar(text, _, 0, None) => Value::Text(text.into_owned()),
            Event::SequenceStart(0, None) => {
                let mut list = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break Value::List(list),
                        item => list.push(self.node(item, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(0, None) => {
                let (mut table, mut names) = (Vec::new(), HashSet::new());
                loop {
                    let (name, line) = match self.next()? {
                        (Event::MappingEnd, _) => break Value::Table(table),
                        (Event::Scalar(name, _, 0, None), line) => (name.into_owned(), line),
                        (Event::Alias(_) | Event::Scalar(..), line) => return Err(not_read(line)),
                        (_, line) => return Err(Fault::whole(Some(line), "the name of a value must be a text")),
                    };
                    if !names.insert(name.clone()) {
                        return Err(twice(line, &name));
                    }
                    let value = self.next()?;
                    table.push(Member { name, line, node: self.node(value, depth + 1)? });
                }
            }
            Event::Alias(_) | Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..) => {
                return Err(not_read(line));
            }
            _ => return Err(not_yaml(line, "a value is missing")),
        };
        Ok(Node { line, value })
    }
}

/// A scalar without quotes, as the core schema reads it (YAML 1.2.2 section 10.3.2).
fn plain(text: &str) -> Value {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_all = |text: &str, of: fn(&u8) -> bool| !text.is_empty() && text.as_bytes().iter().all(of);
    let is_radix = |begin: &str, of: fn(&u8) -> bool| text.strip_prefix(begin).is_some_and(|rest| is_all(rest, of));
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Other("null"),
        "true" | "True" | "TRUE" => Value::Flag(true),
        "false" | "False" | "FALSE" => Value::Flag(false),
        _ if is_all(digits, u8::is_ascii_digit) => Value::Number(text.to_owned()),
        _ if is_radix("0x", u8::is_ascii_hexdigit) || is_radix("0o", |byte| (b'0'..=b'7').contains(byte)) => {
            Value::Number(text.to_owned())
        }
        _ if is_fraction(digits) => Value::Other("a number with a fraction"),
        _ => Value::Text(text.to_owned()),
    }
}

fn is_fraction(text: &str) -> bool {
    let special = [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(&text);
    let numeric = |byte: u8| byte.is_ascii_digit() || b".eE+-".contains(&byte);
    special
        || text.contains(|digit: char| digit.is_ascii_digit())
            && text.bytes().all(numeric)
            && text.parse::<f64>().is_ok()
}
