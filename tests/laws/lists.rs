//! Lists that an engineer keeps by hand, and that compile without what was forgotten: each is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use latchkey_oauth::service::Function;
use latchkey_oauth::service::settings::{ALL, OF_OPERATORS, Setting};
use latchkey_testkit::root;

use super::{code, files, is_test, kits, room, sources};

/// The lists with these names hold all that there is.
const WHOLE: [&str; 4] = ["ALL", "KINDS", "TABLES", "KEYS"];

/// Constants beside such a list that are deliberately in none.
const APART: [&str; 1] = ["AUDIT"];

/// The first word of a text, and what follows.
fn word(text: &str) -> (&str, &str) {
    let end = text.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(text.len());
    text.split_at(end)
}

/// The last words of paths such as `Self::Basic`, between commas.
fn members(list: &str) -> impl Iterator<Item = String> {
    list.split(',')
        .map(|path| word(path.trim().rsplit("::").next().unwrap()).0.to_owned())
        .filter(|name| !name.is_empty())
}

/// The variants of an enum of this source, if it has one of this name.
fn variants(code: &str, name: &str) -> Option<BTreeSet<String>> {
    let body = code.split(&format!("enum {name} {{\n")).nth(1)?.split("\n}").next()?;
    let indented = body.lines().filter_map(|line| line.strip_prefix("    "));
    Some(indented.filter(|line| line.starts_with(char::is_uppercase)).map(|line| word(line).0.to_owned()).collect())
}

/// Each constant of a type: `const NAME: Type = …`.
fn constants(code: &str, kind: &str) -> BTreeSet<String> {
    let named = |rest: &str| {
        let (name, rest) = word(rest);
        let (of, rest) = word(rest.strip_prefix(": ")?);
        (of == kind && rest.starts_with(" =")).then(|| name.to_owned())
    };
    code.split("const ").filter_map(named).filter(|name| !APART.contains(&name.as_str())).collect()
}

/// The lists of a source with those names: the type of what is in it, and its members.
fn lists(code: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut found: Vec<(String, BTreeSet<String>)> = Vec::new();
    for (at, _) in code.match_indices("const ") {
        let (name, rest) = word(&code[at + "const ".len()..]);
        let Some((kind, rest)) = rest
            .strip_prefix(": ")
            .map(|rest| rest.trim_start_matches("&'static ").trim_start_matches(['&', '[']))
            .map(word)
        else {
            continue;
        };
        let body = rest.split_once('=').map(|(_, rest)| rest.trim_start().trim_start_matches('&'));
        let Some(body) = body.and_then(|rest| rest.strip_prefix('[')).filter(|_| WHOLE.contains(&name)) else {
            continue;
        };
        let of = code[..at].rsplit("\nimpl ").next().map_or("", |rest| word(rest).0);
        let kind = if kind == "Self" { of } else { kind };
        let members = members(body.split("];").next().unwrap());
        match found.iter_mut().find(|(known, _)| known == kind) {
            Some((_, list)) => list.extend(members),
            None => found.push((kind.to_owned(), members.collect())),
        }
    }
    found
}

#[test]
fn a_list_of_all_names_every_variant_or_every_constant_beside_it() {
    let mut seen = 0;
    for (path, text) in sources().into_iter().chain(kits()) {
        let code: String = code(&text).map(|line| format!("{line}\n")).collect();
        for (kind, list) in lists(&code) {
            let there = variants(&code, &kind).unwrap_or_else(|| constants(&code, &kind));
            // A list of texts, or of what is another file's.
            if !there.is_empty() {
                assert_eq!(list, there, "{path}: {kind}");
                seen += 1;
            }
        }
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn every_list_of_settings_is_one_of_the_groups() {
    let folder = "crates/oauth/src/service/settings";
    let text = fs::read_to_string(root().join(format!("{folder}.rs"))).unwrap();
    let groups = text.split("const GROUPS: ").nth(1).unwrap().split("];\n").next().unwrap();
    let mut seen = 0;
    for (path, text) in files(folder) {
        let names = text.split("const ").skip(1).filter_map(|rest| rest.split_once(": &[Setting]"));
        for (name, _) in names.filter(|(name, _)| word(name).1.is_empty()) {
            let group = format!("{}::{name},", room(&path, folder));
            assert!(groups.contains(&group), "{path}: no deployment and no document has the settings of {name}");
            seen += 1;
        }
    }
    assert!(seen >= 8, "{seen}");
}

/// Settings of deployments that commands name, and that the output for operators does not have. PAGE_NAME may have a blank, and
/// SAM's output is a line for a shell, which quotes nothing. `directory publish` writes SCOPES_SUPPORTED. The local server sets
/// SUBJECT, and is no deployment. For the three of the signature, operators set the environment of `client import`, `client
/// guide` and `sign` themselves; only `client import` tells them to.
const NOT_FOR_OPERATORS: [&str; 6] =
    ["PAGE_NAME", "SCOPES_SUPPORTED", "SIGNATURE_HOST", "SIGNATURE_PATH", "SIGNATURE_PORT", "SUBJECT"];

/// What the commands name of a deployment's settings: themselves, and with the keyrings. What they read with all settings at once
/// is not seen.
#[test]
fn the_output_for_operators_has_each_setting_of_deployments_that_commands_name() {
    let is_parameter = |setting: &&Setting| setting.deployed.is_some_and(|deployed| deployed.parameter.is_some());
    let deployed: BTreeSet<_> = ALL.iter().filter(is_parameter).map(|setting| setting.name).collect();
    let rows = files("crates/oauth/src/service/settings").into_iter().flat_map(|(_, text)| {
        let rows = text.split("pub const ").skip(1).filter_map(|row| row.split_once(": Setting = Setting {"));
        let named = rows.map(|(row, rest)| (row.to_owned(), rest.split('"').nth(1).unwrap().to_owned()));
        named.collect::<Vec<_>>()
    });
    let rows: BTreeMap<_, _> = rows.filter(|(_, name)| deployed.contains(&name[..])).collect();
    assert_eq!(rows.len(), deployed.len(), "{rows:?}");
    let sealing =
        ("src/config/sealing.rs".to_owned(), fs::read_to_string(root().join("src/config/sealing.rs")).unwrap());
    let readers = files("crates/cli/src/cli").into_iter().chain([sealing]).filter(|(path, _)| !is_test(path));
    let words: BTreeSet<_> = readers
        .filter(|(_, text)| text.contains("latchkey_oauth::service") && text.contains("settings"))
        .flat_map(|(_, text)| {
            code(&text)
                .flat_map(|line| line.split(|c: char| c != '_' && !c.is_alphanumeric()))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    let (apart, named): (Vec<_>, Vec<_>) = rows
        .iter()
        .filter(|(row, _)| words.contains(&row[..]))
        .partition(|(row, _)| NOT_FOR_OPERATORS.contains(&&row[..]));
    assert_eq!(apart.iter().map(|(row, _)| &row[..]).collect::<Vec<_>>(), NOT_FOR_OPERATORS);
    let mut told = OF_OPERATORS.map(|setting| setting.name);
    told.sort_unstable();
    let mut named: Vec<_> = named.iter().map(|(_, name)| &name[..]).collect();
    named.sort_unstable();
    assert_eq!(told.to_vec(), named);
}

#[test]
fn the_stages_build_every_function_and_each_has_its_program() {
    let functions = Function::ALL.map(Function::as_str);
    let text = fs::read_to_string(root().join("stages/lib.sh")).unwrap();
    assert!(text.contains(&format!("\nfunctions=({})\n", functions.join(" "))), "{functions:?}");
    let programs = files("src/bin").into_iter().map(|(path, _)| path);
    assert_eq!(programs.collect::<BTreeSet<_>>(), functions.map(|name| format!("src/bin/{name}.rs")).into());
}
