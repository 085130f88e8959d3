//! Users, the directory and counted attempts to items and back.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::store::item::{DAMAGED, Item, REVISION, Read, Reading, Writing, binary, entry, number, text};
use latchkey_oauth::grant::Principal;
use latchkey_oauth::secret::Sealed;
use latchkey_oauth::service::tables::TTL_ATTRIBUTE;
use latchkey_oauth::sign_in::SignIn;
use latchkey_oauth::sign_in::attempts::{Account, Attempts, Recent};
use latchkey_oauth::sign_in::factor::{Codes, RecoveryHash};
use latchkey_oauth::sign_in::password::PasswordHash;
use latchkey_oauth::user::{DescribedScope, Directory, Institution, User};

/// The item of a user who was read from `read`, which is empty for a new one.
pub(in crate::store) fn from_user(user: &User, read: &Item) -> Item {
    // By name, here and below: an attribute that is forgotten does not compile. It would stay as it was at the next write.
    let User {
        institution_id,
        username,
        principal: Principal { id, idns },
        sign_in,
        second_factor,
        disabled,
        ending,
        created_at,
        revision,
    } = user;
    let mut item = Writing(read.clone());
    item.put("institution_id", text(institution_id));
    item.put("username", text(username));
    item.put("principal_id", text(id));
    item.put("principal_idns", text(idns));
    match sign_in {
        Some(SignIn::Password(hash)) => item.put("password_hash", text(hash.as_str())),
        None => item.maybe("password_hash", None),
    }
    item.maybe("second_factor", second_factor.as_ref().map(from_sealed));
    item.put("disabled", AttributeValue::Bool(*disabled));
    item.maybe("ending", ending.then_some(AttributeValue::Bool(true)));
    item.put("created_at", number(*created_at));
    item.put(REVISION, number(*revision));
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
        sign_in: read
            .maybe_text("password_hash")?
            .map(|hash| PasswordHash::parse(hash).map(SignIn::Password).ok_or(DAMAGED))
            .transpose()?,
        second_factor: item.get("second_factor").map(to_sealed).transpose()?,
        disabled: read.flag("disabled")?,
        ending: read.flag("ending")?,
        created_at: read.number("created_at")?,
        revision: read.number(REVISION)?,
    })
}

pub(super) fn from_sealed(Sealed { key, bytes }: &Sealed) -> AttributeValue {
    AttributeValue::M(Item::from([("key".to_owned(), text(key)), ("sealed".to_owned(), binary(bytes))]))
}

pub(super) fn to_sealed(value: &AttributeValue) -> Read<Sealed> {
    let read = Reading(value.as_m().map_err(|_| DAMAGED)?);
    let bytes = read.maybe_bytes("sealed", |bytes| Some(bytes.to_vec()))?.ok_or(DAMAGED)?;
    Ok(Sealed { key: read.text("key")?.to_owned(), bytes })
}

/// The attribute of the last step that a code was taken of.
pub(in crate::store) const LAST_STEP: &str = "last_step";
/// The attribute of the hashes of recovery codes.
pub(in crate::store) const RECOVERY: &str = "recovery_codes";

/// Hashes of recovery codes, as a set: DynamoDB has no empty one.
pub(in crate::store) fn hashes(hashes: &[RecoveryHash]) -> AttributeValue {
    AttributeValue::Bs(hashes.iter().map(Blob::new).collect())
}

pub(in crate::store) fn to_codes(item: &Item) -> Read<Codes> {
    let hash = |blob: &Blob| blob.as_ref().try_into().map_err(|_| DAMAGED);
    let recovery = match item.get(RECOVERY) {
        None => Vec::new(),
        Some(value) => value.as_bs().map_err(|_| DAMAGED)?.iter().map(hash).collect::<Read<_>>()?,
    };
    Ok(Codes { last_step: Reading(item).maybe_number(LAST_STEP)?, recovery })
}

/// A list of maps with two texts each, of which the first is the map's key.
fn from_pairs<'a>(
    list: &str,
    names: [&str; 2],
    pairs: impl Iterator<Item = [&'a String; 2]>,
    read: &Item,
) -> AttributeValue {
    let pair = |values: [&String; 2]| {
        let mut map = entry(read, list, |map| map.text(names[0]) == Ok(values[0]));
        for (name, value) in names.iter().zip(values) {
            map.put(name, text(value));
        }
        AttributeValue::M(map.0)
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
pub(in crate::store) fn from_directory(directory: &Directory, read: &Item) -> Item {
    let Directory { institutions, services, revision } = directory;
    let mut item = Writing(read.clone());
    let institutions = institutions.iter().map(|Institution { id, name }| [id, name]);
    item.put("institutions", from_pairs("institutions", ["id", "name"], institutions, read));
    let services = services.iter().map(|DescribedScope { scope, name }| [scope, name]);
    item.put("services", from_pairs("services", ["scope", "name"], services, read));
    item.put(REVISION, number(*revision));
    item.0
}

pub(in crate::store) fn to_directory(item: &Item) -> Read<Directory> {
    let read = Reading(item);
    Ok(Directory {
        institutions: to_pairs(read, "institutions", ["id", "name"], |id, name| Institution { id, name })?,
        services: to_pairs(read, "services", ["scope", "name"], |scope, name| DescribedScope { scope, name })?,
        revision: read.number(REVISION)?,
    })
}

/// What is counted, beside its key.
pub(in crate::store) fn from_attempts(attempts: &Attempts) -> Item {
    let Attempts { count, failures, blocked_until, expires_at } = attempts;
    let mut item = Writing(Item::new());
    item.put("attempts", number(*count));
    item.put("failures", number((*failures).into()));
    item.put("blocked_until", number(*blocked_until));
    item.put(TTL_ATTRIBUTE, number(*expires_at));
    item.0
}

pub(in crate::store) fn to_attempts(item: &Item) -> Read<Attempts> {
    let read = Reading(item);
    Ok(Attempts {
        count: read.number("attempts")?,
        failures: u32::try_from(read.number("failures")?).map_err(|_| DAMAGED)?,
        blocked_until: read.number("blocked_until")?,
        expires_at: read.number(TTL_ATTRIBUTE)?,
    })
}

pub(in crate::store) fn to_account(item: &Item) -> Read<Account> {
    let read = Reading(item);
    Ok(Account {
        failures: read.number("failures")?,
        wrong_codes: read.maybe_number("wrong_codes")?.unwrap_or_default(),
        password: read.maybe_bytes("password_mark", |bytes| bytes.try_into().ok())?.ok_or(DAMAGED)?,
        expires_at: read.number(TTL_ATTRIBUTE)?,
    })
}

/// What the attribute of a minute's count begins with, before the minute's number.
const MINUTE: &str = "minute_";

/// The attribute of a minute's count.
pub(in crate::store) fn minute(number: u64) -> String {
    format!("{MINUTE}{number}")
}

pub(in crate::store) fn to_recent(item: &Item) -> Read<Recent> {
    let numbers = item.keys().filter_map(|name| Some((name, name.strip_prefix(MINUTE)?.parse().ok()?)));
    numbers.map(|(name, minute)| Ok((minute, Reading(item).number(name)?))).collect::<Read<_>>().map(Recent)
}
