//! The template's keys in KMS: one for each set of functions.

use latchkey_oauth::service::KeySet;
use latchkey_oauth::service::key_sets::Row;
use latchkey_oauth::service::settings::{OF_OPERATORS, Setting};

use super::*;

fn each(template: &str) -> String {
    KeySet::ALL.iter().map(|set| of_set(&set.row(), template)).collect()
}

fn arn(row: &Row) -> &'static str {
    row.kms_key.deployed.map_or("", |deployed| deployed.sam)
}

fn of_set(row: &Row, template: &str) -> String {
    let values = [
        ("Key", row.sam),
        ("key", row.terraform),
        ("seals", row.seals),
        ("arn", arn(row)),
        ("variable", row.kms_key.name),
    ];
    fill(template, &values)
}

pub(super) fn sections() -> Vec<Section> {
    vec![
        ("keys that are there", each("          - Existing<Key>Arn\n")),
        ("parameters of keys", each(include_str!("key_parameter.yaml"))),
        ("rules of keys", rules()),
        ("conditions of keys", each("  Makes<Key>: !Equals [!Ref Existing<Key>Arn, \"\"]\n")),
        ("keys", each(include_str!("key.yaml"))),
        (
            "outputs of keys",
            each("  <Key>Arn:\n    Description: <variable> for the operator's commands\n    Value: <arn>\n"),
        ),
        ("operator's environment", environment()),
    ]
}

fn rules() -> String {
    let each_own: Vec<_> =
        KeySet::ALL.iter().map(|set| of_set(&set.row(), "!Equals [!Ref Existing<Key>Arn, \"\"]")).collect();
    let names: Vec<_> = KeySet::ALL.iter().map(|set| of_set(&set.row(), "Existing<Key>Arn")).collect();
    let own = format!(
        "      - Assert: !Or [{}]\n        AssertDescription: MultiRegionKey applies to keys that this stack creates, so one of {} \
         must be empty\n",
        each_own.join(", "),
        names.join(", ")
    );
    let mut apart = String::new();
    for (at, one) in KeySet::ALL.iter().enumerate() {
        for other in KeySet::ALL.iter().skip(at + 1) {
            let (one, other) = (one.row().sam, other.row().sam);
            apart += &format!(
                "      - Assert: !Or [!Equals [!Ref Existing{one}Arn, \"\"], !Not [!Equals [!Ref Existing{one}Arn, !Ref \
                 Existing{other}Arn]]]\n        AssertDescription: Existing{one}Arn and Existing{other}Arn must be two keys, because \
                 a role that may use one could derive the other's\n"
            );
        }
    }
    format!(
        "  MultiRegionKeyIsOwn:\n    RuleCondition: !Equals [!Ref MultiRegionKey, \"true\"]\n    Assertions:\n{own}  \
         KeysAreApart:\n    Assertions:\n{apart}"
    )
}

fn environment() -> String {
    let named: String = KeySet::ALL.iter().map(|set| of_set(&set.row(), " <variable>=${<Key>}")).collect();
    let set = |setting: &Setting| Some(format!(" {}=${{{}}}", setting.name, setting.deployed?.parameter?.sam));
    let settings: String = OF_OPERATORS.iter().filter_map(set).collect();
    format!(
        "      - export AWS_REGION=${{AWS::Region}} LATCHKEY_CLIENTS_TABLE=${{Clients}} LATCHKEY_TOKENS_TABLE=${{Tokens}} \
         LATCHKEY_USERS_TABLE=${{Users}} LATCHKEY_AUDIT_TABLE=${{Audit}}{named}{settings} LATCHKEY_URL=${{Url}}\n"
    ) + "      - "
        + each("        <Key>: <arn>\n").trim_start()
}

/// What a role may do with the keys of its function's sets, and with the key that gives old keys, as long as these do something.
pub(super) fn statements(function: Function) -> String {
    let with_old = has_old_key_of_others(function);
    let statement = |set: KeySet| {
        let row = set.row();
        let (own, old) = (arn(&row), arn(&KeySet::Clients.row()));
        let resource = if with_old && row.is_old {
            format!(
                "!If\n                  - DerivesOldKeys\n                  - - {own}\n                    - {old}\n                  - \
                 {own}"
            )
        } else {
            own.to_owned()
        };
        fill(include_str!("key_statement.yaml"), &[("Key", row.sam), ("resource", &resource)])
    };
    KeySet::of(function).map(statement).collect()
}

/// Whether a function opens what old keys sealed, and has no set whose key in KMS gives them.
pub fn has_old_key_of_others(function: Function) -> bool {
    !KeySet::of(function).any(|set| set == KeySet::Clients) && KeySet::of(function).any(|set| set.row().is_old)
}
