//! How a plan and its outcome are shown.

use serde::Serialize;
use serde_json::Value;

use super::plan::{Difference, Item, Plan};
use crate::cli::consent::counted;

/// A plan as text: a line for each thing, and one for each attribute that differs.
pub(super) fn text(plan: &Plan) -> String {
    let mut text = String::new();
    for Item { kind, id, is_new, differences, .. } in &plan.items {
        let (sign, did) = if *is_new { ('+', "is created") } else { ('~', "is changed") };
        text.push_str(&format!("{sign} {kind} {id} {did}\n"));
        for Difference { attribute, old, new } in differences {
            let old = old.as_ref().map(|old| format!("{} -> ", value(old))).unwrap_or_default();
            text.push_str(&format!("    {attribute}: {old}{}\n", value(new)));
        }
    }
    match plan.items.is_empty() {
        true => text + &nothing(plan.unchanged) + "\n",
        false => {
            text + &format!(
                "{} to create, {} to change, {} unchanged\n",
                new(plan),
                plan.items.len() - new(plan),
                plan.unchanged
            )
        }
    }
}

/// What is said if nothing differs.
pub(super) fn nothing(unchanged: usize) -> String {
    format!(
        "Nothing to do: {} as declared",
        match unchanged {
            1 => "1 thing is".to_owned(),
            more => format!("{more} things are"),
        }
    )
}

/// What an operator is asked.
pub(super) fn question(plan: &Plan) -> String {
    let (new, all) = (new(plan), plan.items.len());
    format!("this creates {} and changes {}", counted(new, "thing"), counted(all - new, "thing"))
}

fn new(plan: &Plan) -> usize {
    plan.items.iter().filter(|item| item.is_new).count()
}

/// A value in one line, with everything escaped that does not print.
fn value(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Array(list) if list.is_empty() => "none".to_owned(),
        Value::Array(list) => list.iter().map(self::value).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// A plan for machines.
#[derive(Serialize)]
pub(super) struct View<'a> {
    differs: bool,
    items: Vec<ItemView<'a>>,
    unchanged: usize,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct ItemView<'a> {
    kind: &'a str,
    id: &'a str,
    action: &'static str,
    differences: Vec<DifferenceView<'a>>,
}

#[derive(Serialize)]
struct DifferenceView<'a> {
    attribute: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<&'a Value>,
    new: &'a Value,
}

impl<'a> View<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let difference =
            |Difference { attribute, old, new }: &'a Difference| DifferenceView { attribute, old: old.as_ref(), new };
        let item = |item: &'a Item| ItemView {
            kind: item.kind,
            id: &item.id,
            action: action(item),
            differences: item.differences.iter().map(difference).collect(),
        };
        let items = plan.items.iter().map(item).collect();
        Self { differs: !plan.items.is_empty(), items, unchanged: plan.unchanged, warnings: &plan.warnings }
    }
}

fn action(item: &Item) -> &'static str {
    if item.is_new { "create" } else { "change" }
}

/// What became of a plan, for machines.
#[derive(Serialize)]
pub(super) struct Done {
    pub(super) items: Vec<DoneItem>,
    pub(super) unchanged: usize,
}

/// What became of a thing.
#[derive(Serialize)]
pub(super) struct DoneItem {
    kind: &'static str,
    id: String,
    action: &'static str,
    pub(super) result: Fate,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// Of a new client, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret_to: Option<String>,
}

/// What became of a thing.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fate {
    Done,
    /// Another operator changed it meanwhile.
    Refused,
    Failed,
    /// The command broke off before it.
    NotDone,
}

impl Done {
    pub(super) fn nothing(unchanged: usize) -> Self {
        Self { items: Vec::new(), unchanged }
    }

    pub(super) fn number(&self, result: Fate) -> usize {
        self.items.iter().filter(|item| item.result == result).count()
    }
}

impl DoneItem {
    pub(super) fn of(item: &Item) -> Self {
        let (kind, id, action) = (item.kind, item.id.clone(), action(item));
        Self { kind, id, action, result: Fate::NotDone, reason: None, secret: None, secret_to: None }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// A line for people, and one with a secret.
    pub(super) fn text(&self) -> String {
        let Self { kind, id, action, result, reason, secret, secret_to } = self;
        let did = match (result, *action) {
            (Fate::Done, "create") => "created",
            (Fate::Done, _) => "changed",
            (Fate::Refused, _) => "refused",
            (Fate::Failed, _) => "failed",
            (Fate::NotDone, _) => "not done",
        };
        let reason = reason.iter().map(|reason| format!(": {reason}"));
        let secret = secret.iter().map(|secret| {
            format!(
                "\n    secret: {secret}\n    The secret is shown only once. Store it where the application reads it."
            )
        });
        let kept = secret_to.iter().map(|name| format!("\n    Secrets Manager has the secret: {name}"));
        std::iter::once(format!("{kind} {id}: {did}")).chain(reason).chain(secret).chain(kept).collect()
    }
}
