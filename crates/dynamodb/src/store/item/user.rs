//! Users, the directory and counted attempts to items and back.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::store::item::{DAMAGED, Item, Read, Reading, Writing, number, text};
use latchkey_oauth::grant::Principal;
use latchkey_oauth::sign_in::password::is_hash;
use latchkey_oauth::user::{Attempts, DescribedScope, Directory, Institution, User};

pub(in crate::store) fn from_user(user: &User) -> Item {
    let mut item = Writing(Item::new());
    item.put("institution_id", text(&user.institution_id));
    item.put("username", text(&user.username));
    item.put("principal_id", text(&user.principal.id));
    item.put("principal_idns", text(&user.principal.idns));
    item.put("password_hash", text(&user.password_hash));
    item.put("disabled", AttributeValue::Bool(user.disabled));
    item.put("created_at", number(user.created_at));
    item.put("revision", number(user.revision));
    item.0
}

pub(in crate::store) fn to_user(item: &Item) -> Read<User> {
    let read = Reading(item);
    let principal =
        Principal { id: read.text("principal_id")?.to_owned(), idns: read.text("principal_idns")?.to_owned() };
    Ok(User {
        institution_id: read.text("institution_id")?.to_owned(),
        username: read.text("username")?.to_owned(),
        principal,
        // A hash that cannot be read would be answered sooner than a wrong password.
        password_hash: read.maybe_text("password_hash")?.filter(|hash| is_hash(hash)).ok_or(DAMAGED)?.to_owned(),
        disabled: read.flag("disabled")?,
        created_at: read.number("created_at")?,
        revision: read.number("revision")?,
    })
}

/// A list of maps with two texts each.
fn from_pairs<'a>(names: [&str; 2], pairs: impl Iterator<Item = [&'a String; 2]>) -> AttributeValue {
    let pair = |values: [&String; 2]| {
        AttributeValue::M(names.iter().zip(values).map(|(name, value)| ((*name).to_owned(), text(value))).collect())
    };
    AttributeValue::L(pairs.map(pair).collect())
}

fn to_pairs<T>(read: Reading<'_>, list: &str, names: [&str; 2], make: fn(String, String) -> T) -> Read<Vec<T>> {
    let pair = |value: &AttributeValue| {
        let pair = Reading(value.as_m().map_err(|_| DAMAGED)?);
        Ok(make(pair.text(names[0])?.to_owned(), pair.text(names[1])?.to_owned()))
    };
    read.items(list)?.iter().map(pair).collect()
}

/// What the directory holds, beside its key.
pub(in crate::store) fn from_directory(directory: &Directory) -> Item {
    let mut item = Writing(Item::new());
    let institutions = directory.institutions.iter().map(|institution| [&institution.id, &institution.name]);
    item.put("institutions", from_pairs(["id", "name"], institutions));
    let services = directory.services.iter().map(|service| [&service.scope, &service.name]);
    item.put("services", from_pairs(["scope", "name"], services));
    item.put("revision", number(directory.revision));
    item.0
}

pub(in crate::store) fn to_directory(item: &Item) -> Read<Directory> {
    let read = Reading(item);
    Ok(Directory {
        institutions: to_pairs(read, "institutions", ["id", "name"], |id, name| Institution { id, name })?,
        services: to_pairs(read, "services", ["scope", "name"], |scope, name| DescribedScope { scope, name })?,
        revision: read.number("revision")?,
    })
}

/// What is counted, beside its key.
pub(in crate::store) fn from_attempts(attempts: &Attempts) -> Item {
    let mut item = Writing(Item::new());
    item.put("attempts", number(attempts.count));
    item.put("failures", number(attempts.failures.into()));
    item.put("blocked_until", number(attempts.blocked_until));
    item.put("expires_at", number(attempts.expires_at));
    item.0
}

pub(in crate::store) fn to_attempts(item: &Item) -> Read<Attempts> {
    let read = Reading(item);
    Ok(Attempts {
        count: read.number("attempts")?,
        failures: u32::try_from(read.number("failures")?).map_err(|_| DAMAGED)?,
        blocked_until: read.number("blocked_until")?,
        expires_at: read.number("expires_at")?,
    })
}

pub(in crate::store) fn failures(item: &Item) -> Read<u64> {
    Reading(item).number("failures")
}
