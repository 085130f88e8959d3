//! Records to items and back.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::store::item::{DAMAGED, Item, Read, Reading, Writing, list, number, text};
use crate::store::record::{Actor, Changed, Record, Step, Subject};
use latchkey_oauth::service::tables::{AUDIT, TTL_ATTRIBUTE};

/// The attributes of one person or thing that a record names.
fn of_subject(subject: &Subject) -> [(&'static str, &Option<String>); 6] {
    let Subject { client_id, institution_id, username, principal_id, principal_idns, scope, grant_ids: _ } = subject;
    [
        ("client_id", client_id),
        ("institution_id", institution_id),
        ("username", username),
        ("principal_id", principal_id),
        ("principal_idns", principal_idns),
        ("scope", scope),
    ]
}

pub(in crate::store) fn from_record(record: &Record, key: [String; 2], expires_at: u64) -> Item {
    let Record { at, actor: Actor { known, said }, command, run, step, items, subject, changes } = record;
    let mut item = Writing(Item::new());
    for (name, value) in AUDIT.keys.iter().zip(key) {
        item.put(name, text(value));
    }
    item.put("at", number(*at));
    item.maybe("actor", known.as_ref().map(text));
    item.maybe("actor_said", said.as_ref().map(text));
    item.put("command", text(command));
    item.put("run", text(run));
    item.maybe("step", step.map(|step| text(step.as_str())));
    item.maybe("items", items.map(number));
    for (name, value) in of_subject(subject) {
        item.maybe(name, value.as_ref().map(text));
    }
    item.maybe("grant_ids", some(&subject.grant_ids));
    let changes = changes.iter().map(from_changed).collect::<Vec<_>>();
    item.maybe("changes", (!changes.is_empty()).then_some(AttributeValue::L(changes)));
    item.put(TTL_ATTRIBUTE, number(expires_at));
    item.0
}

fn some(texts: &[String]) -> Option<AttributeValue> {
    (!texts.is_empty()).then(|| list(texts))
}

fn from_changed(changed: &Changed) -> AttributeValue {
    let Changed { attribute, old, new, removed, added, more } = changed;
    let mut map = Writing(Item::new());
    map.put("attribute", text(attribute));
    map.maybe("old", old.as_ref().map(text));
    map.maybe("new", new.as_ref().map(text));
    map.maybe("removed", some(removed));
    map.maybe("added", some(added));
    map.maybe("more", (*more > 0).then(|| number(*more)));
    AttributeValue::M(map.0)
}

pub(in crate::store) fn to_record(item: &Item) -> Read<Record> {
    let read = Reading(item);
    let one = |name| read.maybe_text(name).map(|value| value.map(str::to_owned));
    let step = match read.maybe_text("step")? {
        Some(text) => Some(Step::ALL.into_iter().find(|step| step.as_str() == text).ok_or(DAMAGED)?),
        None => None,
    };
    Ok(Record {
        at: read.number("at")?,
        actor: Actor { known: one("actor")?, said: one("actor_said")? },
        command: read.text("command")?.to_owned(),
        run: read.text("run")?.to_owned(),
        step,
        items: read.maybe_number("items")?,
        subject: Subject {
            client_id: one("client_id")?,
            institution_id: one("institution_id")?,
            username: one("username")?,
            principal_id: one("principal_id")?,
            principal_idns: one("principal_idns")?,
            scope: one("scope")?,
            grant_ids: read.texts("grant_ids")?,
        },
        changes: read.items("changes")?.iter().map(to_changed).collect::<Read<_>>()?,
    })
}

fn to_changed(value: &AttributeValue) -> Read<Changed> {
    let read = Reading(value.as_m().map_err(|_| DAMAGED)?);
    let one = |name| read.maybe_text(name).map(|value| value.map(str::to_owned));
    Ok(Changed {
        attribute: read.text("attribute")?.to_owned(),
        old: one("old")?,
        new: one("new")?,
        removed: read.texts("removed")?,
        added: read.texts("added")?,
        more: read.maybe_number("more")?.unwrap_or_default(),
    })
}
