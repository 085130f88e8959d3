//! What a change does to an item, as its record says it.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::store::item::{Item, NO_INSTITUTION, PROVIDER};
use crate::store::record::{Changed, Subject};
use latchkey_oauth::time::instant;

/// The attributes whose values a record may have. A new attribute is not among them until it is added here.
const HARMLESS: [&str; 47] = [
    "name",
    "publisher",
    "help_url",
    "disabled",
    "ending",
    "secrets",
    "keys",
    "auth_methods",
    "grant_types",
    "scopes",
    "institutions",
    "namespaces",
    "redirect_uris",
    "origins",
    "introspects",
    "pkce_required",
    "require_pushed_requests",
    "names_principal",
    "signed_principal_required",
    "numbers_as_strings",
    "principal_on_refresh",
    "refresh_token_seconds",
    "assertion_seconds",
    "single_use_assertions",
    "not_before",
    "principal_id",
    "principal_idns",
    "services",
    "issuer",
    "registered_client_id",
    "auth_method",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "end_session_endpoint",
    "algorithm",
    "sends_iss",
    "selects_account",
    "claim",
    "requested_scope",
    "namespace",
    "former_namespaces",
    "namespace_released",
    "refresh_seconds",
    "only",
    "sessions_from",
    "removed_at",
];

/// What every change changes, or what the record says elsewhere.
const UNSAID: [&str; 8] = [
    "client_id",
    "institution_id",
    "username",
    "created_at",
    "revision",
    "change_id",
    "change_id_before",
    "keys_read_at",
];

/// The most text of a record's lists, in bytes: an item holds 400 KB, and so does the directory alone.
const ROOM: usize = 100_000;

/// Whom a change of an item concerns, and what it does to it. `read` is empty for a new item.
pub(in crate::store) fn between(read: &Item, ours: &Item) -> (Subject, Vec<Changed>) {
    let mut names: Vec<_> = read.keys().chain(ours.keys()).filter(|name| !UNSAID.contains(&name.as_str())).collect();
    names.retain(|name| !read.is_empty() || !ours.get(*name).is_some_and(is_nothing));
    names.sort();
    names.dedup();
    let mut room = ROOM;
    let changes: Vec<_> =
        names.into_iter().filter_map(|name| changed(name, read.get(name), ours.get(name), &mut room)).collect();
    (subject(ours, &changes), changes)
}

fn subject(ours: &Item, changes: &[Changed]) -> Subject {
    let text = |name: &str| ours.get(name).and_then(|value| value.as_s().ok()).cloned();
    if text("institution_id").as_deref() != Some(NO_INSTITUTION) {
        let [client_id, institution_id, username] = ["client_id", "institution_id", "username"].map(text);
        return Subject { client_id, institution_id, username, ..Subject::default() };
    }
    if let Some(institution) = text("username").as_deref().and_then(|name| name.strip_prefix(PROVIDER)) {
        return Subject { institution_id: Some(institution.to_owned()), ..Subject::default() };
    }
    // The directory, changed by a command that names one institution or one scope.
    let only = |attribute: &str| {
        let changed = changes.iter().find(|changed| changed.attribute == attribute && changed.more == 0)?;
        let mut ids: Vec<_> =
            changed.removed.iter().chain(&changed.added).filter_map(|entry| entry.split(' ').next()).collect();
        ids.dedup();
        if let [id] = ids[..] { Some(id.to_owned()) } else { None }
    };
    Subject { institution_id: only("institutions"), scope: only("services"), ..Subject::default() }
}

fn changed(
    name: &str,
    old: Option<&AttributeValue>,
    new: Option<&AttributeValue>,
    room: &mut usize,
) -> Option<Changed> {
    if old == new {
        return None;
    }
    let mut changed = Changed { attribute: name.to_owned(), ..Changed::default() };
    if !HARMLESS.contains(&name) {
        return Some(changed);
    }
    let list = |value: Option<&AttributeValue>| value.map_or(Some(Vec::new()), |value| entries(name, value));
    match (old.or(new), list(old), list(new)) {
        (Some(AttributeValue::L(_)), Some(old), Some(new)) => {
            let [removed, added] = [(&old, &new), (&new, &old)]
                .map(|(these, those)| these.iter().filter(|entry| !those.contains(entry)).cloned().collect::<Vec<_>>());
            let all = removed.len().saturating_add(added.len());
            let mut fitting = |entries: Vec<String>| {
                let fits = |entry: &String| {
                    let fits = entry.len() <= *room;
                    *room = if fits { room.saturating_sub(entry.len()) } else { 0 };
                    fits
                };
                entries.into_iter().take_while(fits).collect::<Vec<_>>()
            };
            (changed.removed, changed.added) = (fitting(removed), fitting(added));
            let said = changed.removed.len().saturating_add(changed.added.len());
            changed.more = u64::try_from(all.saturating_sub(said)).unwrap_or(u64::MAX);
        }
        _ => (changed.old, changed.new) = (old.and_then(plain), new.and_then(plain)),
    }
    Some(changed)
}

/// Whether a new item says by a value what its absence would say too.
fn is_nothing(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::Bool(yes) => !yes,
        AttributeValue::L(items) => items.is_empty(),
        _ => false,
    }
}

fn plain(value: &AttributeValue) -> Option<String> {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => Some(text.clone()),
        AttributeValue::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

/// The members of a list, a text each. Of a secret it is the names of secret and key, and the end; of a public
/// key, its name and the key.
fn entries(name: &str, value: &AttributeValue) -> Option<Vec<String>> {
    value.as_l().ok()?.iter().map(|entry| plain(entry).or_else(|| of_map(name, entry.as_m().ok()?))).collect()
}

fn of_map(list: &str, map: &Item) -> Option<String> {
    let text = |name: &str| map.get(name).and_then(plain);
    match list {
        "secrets" => {
            let end = text("expires_at").and_then(|end| end.parse().ok());
            let end = end.map_or(String::new(), |end| format!(", until {}", instant(end)));
            Some(format!("{} (key {}{end})", text("name")?, text("key")?))
        }
        // A public key is no secret, and says more than its name.
        "keys" => Some(format!("{} {}", text("kid").unwrap_or_default(), text("jwk")?).trim_start().to_owned()),
        "institutions" => Some(format!("{} {}", text("id")?, text("name")?)),
        "services" => Some(format!("{} {}", text("scope")?, text("name")?)),
        _ => None,
    }
}
