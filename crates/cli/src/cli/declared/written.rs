//! Writes a declared file in each format, one line for each attribute, so that two files can be compared line by line.

use serde_json::{Map, Value};

use super::Format;

const TITLE: &str = "# What latchkey export found. It holds no secret. latchkey apply reads it.\n";

/// The text of a file with these lists of entries. A list without entries is left out.
pub(in crate::cli) fn text(lists: &[(&str, Vec<Map<String, Value>>)], format: Format) -> String {
    let lists = lists.iter().filter(|(_, entries)| !entries.is_empty());
    match format {
        Format::Toml => lists.fold(TITLE.to_owned(), |text, (list, entries)| {
            entries.iter().fold(text, |text, entry| text + &format!("\n[[{list}]]\n") + &lines(entry, "", " = "))
        }),
        Format::Yaml => lists.fold(TITLE.to_owned(), |text, (list, entries)| {
            entries.iter().fold(text + &format!("\n{list}:\n"), |text, entry| {
                text + "  - " + lines(entry, "    ", ": ").trim_start()
            })
        }),
        Format::Json => {
            let entries = |entries: &Vec<Map<String, Value>>| entries.iter().cloned().map(Value::Object).collect();
            let object = lists.map(|(list, found)| ((*list).to_owned(), Value::Array(entries(found)))).collect();
            format!("{:#}\n", Value::Object(object))
        }
    }
}

fn lines(entry: &Map<String, Value>, indent: &str, between: &str) -> String {
    entry.iter().map(|(name, value)| format!("{indent}{name}{between}{}\n", written(value))).collect()
}

/// A value on one line. JSON's form is TOML's and YAML's too, once what these do not take in a text is escaped.
fn written(value: &Value) -> String {
    match value {
        Value::Array(list) => format!("[{}]", list.iter().map(written).collect::<Vec<_>>().join(", ")),
        other => escaped(&other.to_string()),
    }
}

fn escaped(text: &str) -> String {
    let odd = |character: &char| {
        matches!(character, '\u{7F}'..='\u{9F}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
    };
    let one = |character: char| {
        if odd(&character) { format!("\\u{:04x}", u32::from(character)) } else { character.to_string() }
    };
    text.chars().map(one).collect()
}
