//! The variables of both deployments: which functions get them, their defaults, and what refuses a value.

use std::collections::BTreeSet;
use std::path::Path;

use latchkey_oauth::service::Function;
use latchkey_oauth::service::settings::{ALL, ROUTE_SCOPES, Setting};

use super::{deployments, line, module, part, read, template, words};

fn variables(text: &str) -> BTreeSet<String> {
    words(text, "LATCHKEY_", |character| character.is_ascii_uppercase() || character == '_')
}

/// The variables of the table that the deployments set, for which functions it says so.
fn known(counts: fn(&Setting) -> bool) -> BTreeSet<String> {
    let of_deployments = ALL.iter().filter(|setting| setting.deployed.is_some() && counts(setting));
    of_deployments.map(|setting| setting.name.to_owned()).collect()
}

fn of_the_authorizer() -> BTreeSet<String> {
    known(|setting| setting.readers.contains(&Function::Authorizer))
}

fn of_the_others() -> BTreeSet<String> {
    known(|setting| setting.readers.iter().any(|function| *function != Function::Authorizer))
}

#[test]
fn the_functions_are_given_just_the_variables_of_the_table() {
    for (name, text) in deployments() {
        // The outputs name what the commands read.
        let text = match text.split_once("\nOutputs:\n") {
            Some((before, _)) => before.to_owned(),
            None => text.replace(part(&text, "output \"operator_environment\" {", "\n}\n"), ""),
        };
        assert_eq!(variables(&text), known(|_| true), "{name}");
    }
}

/// Otherwise a command would say of a deployment what holds for another.
#[test]
fn the_line_for_operators_has_the_settings_that_their_commands_read() {
    let (template, module) = (template(), module());
    for line in [
        part(&template, "\n  OperatorEnvironment:\n", "# end of operator's environment"),
        part(&module, "output \"operator_environment\" {", "\n}\n"),
    ] {
        for name in [
            "LATCHKEY_CHECK_TOKEN_CLIENT",
            "LATCHKEY_TOKEN_CACHE_SECONDS",
            "LATCHKEY_ACCESS_TOKEN_SECONDS",
            "LATCHKEY_ISSUER",
            "LATCHKEY_URL",
        ] {
            assert!(variables(line).contains(name), "{name}: {line}");
        }
    }
}

#[test]
fn the_authorizer_is_given_its_own_variables_and_the_others_the_rest() {
    let own: BTreeSet<_> = [
        "LATCHKEY_CLIENTS_TABLE",
        "LATCHKEY_TOKENS_TABLE",
        "LATCHKEY_SUBJECT",
        "LATCHKEY_NOT_BEFORE",
        "LATCHKEY_CHECK_TOKEN_CLIENT",
        "LATCHKEY_ROUTE_SCOPES",
        "LATCHKEY_TOKEN_CACHE_SECONDS",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(of_the_authorizer(), own, "it holds no key and knows no users");
    let (template, module) = (template(), module());
    assert!(
        !part(&template, "\nGlobals:\n", "\nResources:\n").contains("LATCHKEY_"),
        "the authorizer would have it too"
    );
    for function in Function::ALL.map(Function::as_str) {
        let block = part(&template, &format!("\n        Binary: {function}\n"), "\n      LoggingConfig:");
        let given = variables(block.split("\n      Environment:").nth(1).unwrap());
        let named = part(&module, "  functions = {", "\n  }\n");
        let named = part(named, &format!("\n    {function} = {{\n"), "\n    }");
        let named = line(named, "environment").and_then(|line| line.split_once("= local.")).unwrap().1;
        if function == "authorizer" {
            assert_eq!(given, own, "{function}");
            assert_eq!(named, "authorizer_environment");
        } else {
            let same = block.contains("\n      Environment: *environment");
            assert!(same || given == of_the_others(), "{function}: {given:?}");
            assert_eq!(named, "environment", "{function}");
        }
    }
    assert_eq!(variables(part(&module, "\n  authorizer_environment = {", "\n  }\n")), own);
    assert_eq!(variables(part(&module, "\n  environment = {", "\n  }\n")), of_the_others());
    assert_eq!(template.matches("Environment: &environment\n").count(), 1);
}

/// CloudFormation publishes a function anew where the description of its version changes. Lambda refuses that where the
/// function is as it was. `infra/rehearse` changes each parameter; this holds the texts to each other where no tool is at hand.
#[test]
fn a_version_names_the_number_of_just_the_settings_that_its_function_has() {
    let template = template();
    for function in Function::ALL {
        let settings = if function == Function::Authorizer { "AuthorizerSettings" } else { "Settings" };
        let name = function.as_str();
        let block = part(&template, &format!("\n        Binary: {name}\n"), "    Type: AWS::");
        let described = line(block, "VersionDescription:").unwrap();
        assert!(described.contains(&format!("settings ${{{settings}}},")), "{name}: {described}");
        assert!(described.contains("revision ${Revision}"), "{name}: {described}");
        assert!(line(block, "Description:").unwrap().contains("revision ${Revision}, template "), "{name}");
        let numbered = part(&template, &format!("\n  {settings}:\n"), "\n\n");
        let given = |setting: &&Setting| {
            let reads = |reader: &Function| (*reader == Function::Authorizer) == (function == Function::Authorizer);
            setting.deployed.is_some() && setting.readers.iter().any(reads)
        };
        let expected: BTreeSet<_> = ALL.iter().filter(given).map(|setting| setting.name.to_owned()).collect();
        assert_eq!(variables(numbered), expected, "{name}");
    }
}

/// What no variable refuses fails late, with half of a deployment made. `infra/rehearse/bounds.py` holds the template's
/// parameters to the same.
#[test]
fn every_variable_refuses_something_and_a_test_tries_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("infra/terraform/tests");
    let tests = std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let (tests, module) = (tests.collect::<String>(), module());
    for block in module.split("\nvariable \"").skip(1) {
        let name = block.split('"').next().unwrap();
        let block = block.split("\n}\n").next().unwrap();
        if line(block, "type").unwrap().ends_with("= bool") {
            continue;
        }
        assert!(block.contains("  validation {"), "{name} takes whatever is given");
        assert!(tests.contains(&format!("expect_failures = [var.{name}]")), "{name}: no test tries a bad value");
    }
}

#[test]
fn the_page_of_the_module_has_a_row_for_every_variable_and_output() {
    let (module, page) = (module(), read("infra/terraform/README.md"));
    for (kind, from, until) in
        [("variable", "\n## Variables\n", "\n## Outputs\n"), ("output", "\n## Outputs\n", "\n## Good to know\n")]
    {
        let rows = part(&page, from, until).lines().filter(|line| line.starts_with("| `"));
        let named: String = rows.filter_map(|row| row.split(" | ").next()).collect();
        let begin = format!("\n{kind} \"");
        let names = module.split(&begin).skip(1).map(|block| block.split('"').next().unwrap());
        let left_out: Vec<_> = names.filter(|name| !named.contains(&format!("`{name}`"))).collect();
        assert!(left_out.is_empty(), "{kind}: {left_out:?}");
    }
}

#[test]
fn the_defaults_of_both_deployments_are_those_of_the_table() {
    let (template, module) = (template(), module());
    for setting in ALL {
        let Some(parameter) = setting.deployed.and_then(|deployed| deployed.parameter) else { continue };
        let (name, value) = (parameter.sam, setting.written());
        let block = part(&template, &format!("\n  {name}:\n"), "\n    Description:");
        let default = line(block, "Default:").and_then(|line| line.split_once(':')).unwrap().1;
        assert_eq!(default.trim().trim_matches('"'), value, "{name}");
        let name = parameter.terraform;
        let block = part(&module, &format!("variable \"{name}\""), "\n}");
        let default = line(block, "default").and_then(|line| line.split_once('=')).unwrap().1;
        // Terraform cannot tell a new deployment from one whose empty value opened every route: the deployer must choose.
        let wanted = if setting.name == ROUTE_SCOPES.name { "null" } else { value.as_str() };
        assert_eq!(default.trim().trim_matches('"'), wanted, "{name}");
    }
}
