//! Records as operators read them.

use serde::Serialize;

use crate::cli::consent::counted;
use latchkey_dynamodb::store::trail::{Changed, Record, Subject};
use latchkey_oauth::time::instant;

/// All of a record.
#[derive(Serialize)]
pub(super) struct View<'a> {
    at: String,
    actor: Option<&'a str>,
    /// The name that `--actor` gave.
    actor_said: Option<&'a str>,
    command: &'a str,
    run: &'a str,
    step: Option<&'static str>,
    items: Option<u64>,
    client_id: Option<&'a str>,
    institution_id: Option<&'a str>,
    username: Option<&'a str>,
    principal_id: Option<&'a str>,
    principal_idns: Option<&'a str>,
    scope: Option<&'a str>,
    grant_ids: &'a [String],
    changes: Vec<ChangeView<'a>>,
}

/// What became of an attribute. Without a value, old or new, its values are not recorded.
#[derive(Serialize)]
struct ChangeView<'a> {
    attribute: &'a str,
    old: Option<&'a str>,
    new: Option<&'a str>,
    removed: &'a [String],
    added: &'a [String],
    more: u64,
}

impl<'a> View<'a> {
    pub(super) fn new(record: &'a Record) -> Self {
        let Record { at, actor, command, run, step, items, subject, changes } = record;
        let Subject { client_id, institution_id, username, principal_id, principal_idns, scope, grant_ids } = subject;
        Self {
            at: instant(*at),
            actor: actor.known.as_deref(),
            actor_said: actor.said.as_deref(),
            command,
            run,
            step: step.map(|step| step.as_str()),
            items: *items,
            client_id: client_id.as_deref(),
            institution_id: institution_id.as_deref(),
            username: username.as_deref(),
            principal_id: principal_id.as_deref(),
            principal_idns: principal_idns.as_deref(),
            scope: scope.as_deref(),
            grant_ids,
            changes: changes.iter().map(ChangeView::new).collect(),
        }
    }
}

impl<'a> ChangeView<'a> {
    fn new(changed: &'a Changed) -> Self {
        let Changed { attribute, old, new, removed, added, more } = changed;
        Self { attribute, old: old.as_deref(), new: new.as_deref(), removed, added, more: *more }
    }
}

/// A record in a list.
#[derive(Serialize)]
pub(super) struct Row {
    at: String,
    actor: String,
    command: String,
    on: String,
    what: String,
}

/// The most characters of a cell; JSON has the rest.
const MOST: usize = 160;

impl Row {
    pub(super) fn new(record: &Record) -> Self {
        let said = record.actor.said.iter().map(|name| format!("{name} (said)"));
        let makers: Vec<_> = record.actor.known.iter().cloned().chain(said).collect();
        Self {
            at: instant(record.at),
            actor: or_none(makers.join(", ")),
            command: record.command.clone(),
            on: or_none(short(&on(&record.subject))),
            what: or_none(short(&what(record))),
        }
    }
}

fn or_none(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn on(subject: &Subject) -> String {
    let Subject { client_id, institution_id, username, principal_id, principal_idns: _, scope, grant_ids } = subject;
    let named = |what: &str, value: &Option<String>| value.as_ref().map(|value| format!("{what} {value}"));
    let grants = match &grant_ids[..] {
        [] => None,
        [one] => Some(format!("grant {one}")),
        more => Some(counted(more.len(), "grant")),
    };
    // A user's name says more than the principal that stands for it.
    let principal = named("principal", principal_id).filter(|_| username.is_none());
    let parts = [
        named("client", client_id),
        named("user", username),
        principal,
        named("institution", institution_id),
        named("scope", scope),
        grants,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn what(record: &Record) -> String {
    let step = record.step.map(|step| {
        let items = usize::try_from(record.items.unwrap_or_default()).unwrap_or(usize::MAX);
        format!("{}, {}", step.as_str(), counted(items, "item"))
    });
    // A deletion has no attribute to name. Nor have the grants that the command revokes before.
    let is_deletion = step.is_none()
        && record.changes.is_empty()
        && record.subject.grant_ids.is_empty()
        && record.command.ends_with(" delete");
    let deleted = is_deletion.then(|| "deleted".to_owned());
    step.into_iter().chain(deleted).chain(record.changes.iter().map(change)).collect::<Vec<_>>().join("; ")
}

fn change(changed: &Changed) -> String {
    let Changed { attribute, old, new, removed, added, more } = changed;
    let value = match (old, new) {
        (Some(old), Some(new)) => format!(": {old} to {new}"),
        (None, Some(new)) => format!(": {new}"),
        (Some(old), None) => format!(": no longer {old}"),
        (None, None) => String::new(),
    };
    let removed = removed.iter().map(|entry| format!(" -{entry}"));
    let added = added.iter().map(|entry| format!(" +{entry}"));
    let more = (*more > 0).then(|| format!(" and {more} more"));
    let lists: String = removed.chain(added).chain(more).collect();
    format!("{attribute}{value}{}{lists}", if lists.is_empty() { "" } else { ":" })
}
