//! What people read of the settings, and what the rehearsal reads of everything.

use std::collections::BTreeMap;

use latchkey_oauth::metrics::METRICS;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::service::actions::permitted;
use latchkey_oauth::service::functions::{Function, OF_ALIASES};
use latchkey_oauth::service::key_sets::Row;
use latchkey_oauth::service::routes::ROUTES;
use latchkey_oauth::service::settings::{ALL, Default, Elsewhere, Kind, Setting};
use latchkey_oauth::service::tables;
use serde::Serialize;

use crate::Failure;
use crate::sam::{condition, is_given};

const BEGIN: &str = "\
<!-- stages/generate writes this page from crates/oauth/src/service/settings.rs. -->

# Configuration

Programs read their settings from the environment. An empty value counts as not set. If a required setting is missing,
or a value cannot be, the program does not start, and one line names the setting and what it must be:

    LATCHKEY_CODE_SECONDS must be a number of seconds, 1 to 600

No such line has the value: it may be a secret. Each table names the parameter of the SAM template and the variable of the
Terraform module, where there is one. AWS's own variables count too:
[operators.md](operators.md#configuration) lists them.
";

struct Part {
    title: &'static str,
    words: &'static str,
    has: fn(&Setting) -> bool,
}

const PARTS: [Part; 4] = [
    Part {
        title: "Functions, local server and operators' commands",
        words: "Every function except `authorizer` reads them, and `latchkey serve`, and the commands that use the tables. The \
                local server and `--local` require none. A setting counts only in the functions that the table names.",
        has: |setting| setting.readers.iter().any(|function| *function != Function::Authorizer),
    },
    Part {
        title: "The authorizer and the guard",
        words: "The function `authorizer` reads them, and APIs with the guard. Neither reads any other setting, and neither \
                needs a key.",
        has: |setting| is_given(setting, Function::Authorizer),
    },
    Part {
        title: "Commands",
        words: "The commands take them in place of options. `latchkey sign`, `latchkey token` and other commands that do what \
                a client does read `LATCHKEY_SIGNATURE_HOST`, `LATCHKEY_SIGNATURE_PORT` and `LATCHKEY_SIGNATURE_PATH` too. \
                The local server prints the first six at its start.",
        has: |setting| setting.readers.is_empty() && setting.deployed.is_none(),
    },
    Part {
        title: "The check",
        words: "The function `check` reads it, and `LATCHKEY_SIGNATURE_HOST`, `LATCHKEY_SIGNATURE_PORT` and \
                `LATCHKEY_SIGNATURE_PATH`. It needs no table and no key.",
        has: |setting| setting.readers.is_empty() && setting.deployed.is_some(),
    },
];

/// The document of settings.
pub fn configuration() -> String {
    let mut text = BEGIN.to_owned();
    for part in PARTS {
        let settings: Vec<_> = ALL.into_iter().filter(part.has).collect();
        let deployed = settings.iter().any(|setting| setting.deployed.is_some());
        text += &format!("\n## {}\n\n{}\n\n", part.title, wrapped(part.words));
        text += if deployed {
            "| setting | default | what it does | must be | counts in | SAM, Terraform |\n|---|---|---|---|---|---|\n"
        } else {
            "| setting | default | what it does |\n|---|---|---|\n"
        };
        for setting in settings {
            let (name, default, words) = (setting.name, default(&setting), words(&setting));
            text += &if deployed {
                let kind = if setting.kind == Kind::Text { String::new() } else { setting.kind.to_string() };
                let (readers, parameter) = (readers(&setting), parameter(&setting));
                format!("| `{name}` | {default} | {words} | {kind} | {readers} | {parameter} |\n")
            } else {
                format!("| `{name}` | {default} | {words} |\n")
            };
        }
    }
    text
}

/// Lines of 120 characters at most.
fn wrapped(words: &str) -> String {
    let mut lines = vec![String::new()];
    for word in words.split_whitespace() {
        let last = lines.len() - 1;
        if lines[last].len() + 1 + word.len() > 120 {
            lines.push(word.to_owned());
        } else {
            let blank = if lines[last].is_empty() { "" } else { " " };
            lines[last] += &format!("{blank}{word}");
        }
    }
    lines.join("\n")
}

fn default(setting: &Setting) -> String {
    match setting.default {
        Default::Required => "required".to_owned(),
        Default::Unset(what) => what.to_owned(),
        Default::Number(number) => number.to_string(),
        Default::Text(text) => format!("`{text}`"),
    }
}

fn words(setting: &Setting) -> String {
    let joint = if setting.more.starts_with(char::is_lowercase) { ": " } else { ". " };
    let more = if setting.more.is_empty() { String::new() } else { format!("{joint}{}", setting.more) };
    format!("{}{more}", setting.words).replace('|', "\\|")
}

fn readers(setting: &Setting) -> String {
    let each: Vec<_> = setting.readers.iter().map(|function| format!("`{}`", function.as_str())).collect();
    match each.len() {
        0 => "`check`".to_owned(),
        6 => "all".to_owned(),
        5 => "all except `authorizer`".to_owned(),
        _ => each.join(", "),
    }
}

fn parameter(setting: &Setting) -> String {
    match setting.deployed.map(|deployed| deployed.parameter) {
        Some(Some(parameter)) => format!("`{}`, `{}`", parameter.sam, parameter.terraform),
        Some(None) => "set by the deployment".to_owned(),
        None => "not set".to_owned(),
    }
}

/// What the rehearsal and scripts read.
#[derive(Serialize)]
struct Service {
    functions: Vec<&'static str>,
    routes: BTreeMap<String, &'static str>,
    /// The routes that are another path of one.
    aliases: Vec<String>,
    throttles: BTreeMap<&'static str, (u32, u32)>,
    actions: BTreeMap<&'static str, Actions>,
    ttl: BTreeMap<&'static str, Option<&'static str>>,
    metrics: BTreeMap<&'static str, Counted>,
    settings: Vec<OfSetting>,
    key_sets: BTreeMap<&'static str, OfKey>,
}

#[derive(Serialize)]
struct Actions {
    clients: &'static [&'static str],
    tokens: &'static [&'static str],
    holders: &'static [&'static str],
    users: &'static [&'static str],
    attempts: &'static [&'static str],
}

/// The key in KMS of a set of functions, and what is named after it.
#[derive(Serialize)]
struct OfKey {
    variable: &'static str,
    sam: &'static str,
    terraform: &'static str,
}

#[derive(Serialize)]
struct Counted {
    pattern: String,
    functions: Vec<&'static str>,
}

#[derive(Serialize)]
struct OfSetting {
    name: &'static str,
    default: String,
    given_to: Vec<&'static str>,
    read_by: Vec<&'static str>,
    /// SAM's parameter.
    parameter: Option<&'static str>,
    /// Terraform's variable.
    variable: Option<&'static str>,
    /// Whether Terraform's variable is written by hand.
    by_hand: bool,
}

fn of_key(row: &Row) -> (&'static str, OfKey) {
    (row.name, OfKey { variable: row.kms_key.name, sam: row.sam, terraform: row.terraform })
}

pub(crate) fn service() -> Result<String, Failure> {
    let names = |functions: &[Function]| functions.iter().map(|function| function.as_str()).collect();
    let throttle = |function: Function| {
        function.deployed().throttle.map(|throttle| (function.as_str(), (throttle.rate, throttle.burst)))
    };
    let actions = |function: Function| {
        let permitted = permitted(function);
        let actions = Actions {
            clients: permitted.clients,
            tokens: permitted.tokens,
            holders: permitted.holders,
            users: permitted.users,
            attempts: permitted.attempts,
        };
        (function.as_str(), actions)
    };
    let settings = ALL.iter().filter(|setting| setting.deployed.is_some()).map(|setting| {
        let parameter = setting.deployed.and_then(|deployed| deployed.parameter);
        let given: Vec<_> = Function::ALL.into_iter().filter(|function| is_given(setting, *function)).collect();
        OfSetting {
            name: setting.name,
            default: setting.written(),
            given_to: names(&given),
            read_by: names(setting.readers),
            parameter: parameter.map(|parameter| parameter.sam),
            variable: parameter.map(|parameter| parameter.terraform),
            by_hand: parameter.is_some_and(|parameter| matches!(parameter.elsewhere, Some(Elsewhere::ByHand))),
        }
    });
    let service = Service {
        functions: names(&Function::ALL),
        routes: ROUTES
            .into_iter()
            .map(|route| (format!("{} {}", route.method, route.path), route.function.as_str()))
            .collect(),
        aliases: ROUTES
            .iter()
            .filter(|route| route.is_alias)
            .map(|route| format!("{} {}", route.method, route.path))
            .collect(),
        throttles: Function::ALL
            .into_iter()
            .filter_map(throttle)
            .chain([("alias", (OF_ALIASES.rate, OF_ALIASES.burst))])
            .collect(),
        actions: Function::ALL.into_iter().map(actions).collect(),
        ttl: tables::ALL.into_iter().map(|table| (table.name, table.ttl)).collect(),
        metrics: METRICS
            .iter()
            .map(|metric| (metric.name, Counted { pattern: condition(metric), functions: names(metric.functions) }))
            .collect(),
        settings: settings.collect(),
        key_sets: KeySet::ALL.iter().map(|set| of_key(&set.row())).collect(),
    };
    let text = serde_json::to_string_pretty(&service).map_err(|error| Failure(error.to_string()))?;
    Ok(text + "\n")
}
