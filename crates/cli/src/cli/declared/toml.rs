//! Reads TOML into a tree.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::node::{DEEPEST, Fault, Lines, Member, Node, Value, too_deep};

pub(super) fn read(text: &str) -> Result<Node, Fault> {
    let lines = Lines::of(text);
    let table = DeTable::parse(text).map_err(|error| {
        // Without the line's text, which may hold what should not be in the file.
        Fault::whole(error.span().map(|span| lines.at(span.start)), format!("this is not TOML: {}", error.message()))
    })?;
    Ok(Node { line: 1, value: members(table.get_ref(), &lines, 0)? })
}

fn members(table: &DeTable<'_>, lines: &Lines, depth: usize) -> Result<Value, Fault> {
    let member = |(name, value): (&Spanned<_>, &Spanned<_>)| {
        let (name, line): (&std::borrow::Cow<'_, str>, _) = (name.get_ref(), lines.at(name.span().start));
        Ok(Member { name: name.clone().into_owned(), line, node: node(value, lines, depth + 1)? })
    };
    Ok(Value::Table(table.iter().map(member).collect::<Result<_, _>>()?))
}

fn node(value: &Spanned<DeValue<'_>>, lines: &Lines, depth: usize) -> Result<Node, Fault> {
    let line = lines.at(value.span().start);
    if depth > DEEPEST {
        return Err(too_deep(line));
    }
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Integer(number) => Value::Number(number.to_string()),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Float(_) => Value::Other("a number with a fraction"),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(list) => {
            Value::List(list.iter().map(|value| node(value, lines, depth + 1)).collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => members(table, lines, depth)?,
    };
    Ok(Node { line, value })
}
