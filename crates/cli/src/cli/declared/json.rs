//! Reads JSON into a tree. The place of a raw value in the text gives its line.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::node::{DEEPEST, Fault, Lines, Member, Node, Value, too_deep, twice};

pub(super) fn read(text: &str) -> Result<Node, Fault> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    Reader { text, lines: Lines::of(text) }.node(raw, 0)
}

fn not_json(error: &serde_json::Error) -> Fault {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default();
    Fault::whole(Some(error.line()), format!("this is not JSON: {reason}"))
}

struct Reader<'a> {
    text: &'a str,
    lines: Lines,
}

/// The members of an object, in order; a name may be there twice.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = object.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl<'a> Reader<'a> {
    fn line(&self, raw: &RawValue) -> usize {
        let place = (raw.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.lines.at(place)
    }

    fn node(&self, raw: &'a RawValue, depth: usize) -> Result<Node, Fault> {
        let (text, line) = (raw.get(), self.line(raw));
        if depth > DEEPEST {
            return Err(too_deep(line));
        }
        let broken = |error: serde_json::Error| Fault { line: Some(line), ..not_json(&error) };
        let value = match text.bytes().next() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(text).map_err(broken)?;
                let (mut table, mut names) = (Vec::new(), HashSet::new());
                for (name, raw) in members {
                    if !names.insert(name.clone()) {
                        return Err(twice(self.line(raw), &name));
                    }
                    table.push(Member { name, line: self.line(raw), node: self.node(raw, depth + 1)? });
                }
                Value::Table(table)
            }
            Some(b'[') => {
                let list: Vec<&'a RawValue> = serde_json::from_str(text).map_err(broken)?;
                Value::List(list.into_iter().map(|raw| self.node(raw, depth + 1)).collect::<Result<_, _>>()?)
            }
            Some(b'"') => Value::Text(serde_json::from_str(text).map_err(broken)?),
            Some(b't') => Value::Flag(true),
            Some(b'f') => Value::Flag(false),
            Some(b'n') => Value::Other("null"),
            _ if text.contains(['.', 'e', 'E']) => Value::Other("a number with a fraction"),
            _ => Value::Number(text.to_owned()),
        };
        Ok(Node { line, value })
    }
}
