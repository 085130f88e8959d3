//! The module's keys in KMS: one for each set of functions.

use latchkey_oauth::service::KeySet;
use latchkey_oauth::service::key_sets::Row;
use latchkey_oauth::service::settings::OF_OPERATORS;

use super::*;
use crate::fill;

fn of_set(row: &Row, template: &str) -> String {
    let values = [("key", row.terraform), ("seals", row.seals), ("name", row.name), ("variable", row.kms_key.name)];
    fill(template, &values)
}

fn each(template: &str) -> String {
    KeySet::ALL.iter().map(|set| of_set(&set.row(), template)).collect()
}

fn listed(template: &str, joint: &str) -> String {
    let each: Vec<_> = KeySet::ALL.iter().map(|set| of_set(&set.row(), template)).collect();
    each.join(joint)
}

pub(super) fn keys() -> Vec<Section> {
    let arns = KeySet::ALL.iter().map(|set| {
        let row = set.row();
        line(row.name, of_set(&row, "coalesce(var.existing.<key>_key_arn, one(aws_kms_key.<key>[*].arn))"))
    });
    vec![
        ("arns of keys", block(2, "key_arns", &arns.collect::<Vec<_>>())),
        ("keys", each(include_str!("key.tf")).trim_end().to_owned() + "\n"),
    ]
}

/// The names of statements.
pub(super) fn statements() -> Section {
    let sids = KeySet::ALL.iter().map(|set| line(set.row().name, quoted(set.row().sam)));
    ("statements of keys", block(2, "key_statements", &sids.collect::<Vec<_>>()))
}

pub(super) fn outputs() -> Vec<Section> {
    let mut lines = vec![line("AWS_REGION", "local.region")];
    for table in ["clients", "tokens", "users"] {
        lines.push(line(format!("LATCHKEY_{}_TABLE", table.to_uppercase()), format!("local.tables.{table}.name")));
    }
    lines.push(line("LATCHKEY_AUDIT_TABLE", "local.audit_table"));
    lines.extend(KeySet::ALL.iter().map(|set| {
        let row = set.row();
        line(row.kms_key.name, format!("local.key_arns.{}", row.name))
    }));
    lines.extend(OF_OPERATORS.iter().filter_map(|setting| {
        let parameter = setting.deployed?.parameter?;
        Some(line(setting.name, format!("var.{}", parameter.terraform)))
    }));
    lines.push(line("LATCHKEY_URL", "local.service_url"));
    vec![("outputs of keys", each(include_str!("key_output.tf"))), ("operator's environment", aligned(4, &lines))]
}

pub(super) fn variables() -> Vec<Section> {
    let tables = ["clients", "tokens", "users", "audit"].map(|table| format!("{table}_table"));
    let keys = KeySet::ALL.iter().map(|set| format!("{}_key_arn", set.row().terraform));
    let lines: Vec<_> = tables.into_iter().chain(keys).map(|name| line(name, "optional(string)")).collect();
    let arns = listed("var.existing.<key>_key_arn", ", ");
    let checks = format!(
        "  validation {{\n    condition = alltrue([\n      for key in [{arns}] :\n      key == null || \
         can(regex(\"^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{{12}}:key/[A-Za-z0-9-]+$\", key))\n    ])\n    error_message = \
         \"{} must be ARNs of keys in KMS, not of aliases.\"\n  }}\n\n  validation {{\n    condition     = \
         length(distinct(compact([{arns}]))) == length(compact([{arns}]))\n    error_message = \"{} must be different keys, because \
         a role that may use one could derive the other's.\"\n  }}\n",
        listed("existing.<key>_key_arn", " and "),
        listed("existing.<key>_key_arn", " and "),
    );
    let own = format!(
        "    condition     = !var.multi_region_key || length(compact([{arns}])) < {}
    error_message = \"multi_region_key applies \
         to keys that this deployment creates, so one of {} must be null.\"
",
        KeySet::ALL.len(),
        listed("existing.<key>_key_arn", ", "),
    );
    vec![
        ("attributes of existing", aligned(4, &lines)),
        ("checks of existing keys", checks),
        ("check of multi_region_key", own),
    ]
}
