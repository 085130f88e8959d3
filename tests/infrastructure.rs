//! The two deployments, held to the one table by what stands in them.
//!
//! A part of them is generated from that table; these tests read them as they are, whoever wrote them. A test of the package
//! `latchkey-generate` says what is stale. `infra/rehearse/run` deploys both to an emulator and compares what comes of it;
//! this is the part that needs no tool.

use std::collections::BTreeSet;
use std::path::Path;

use latchkey_oauth::metrics::METRICS;
use latchkey_oauth::service::actions::permitted;
use latchkey_oauth::service::settings::{ALL, ROUTE_SCOPES, Setting};
use latchkey_oauth::service::tables::{self, AUDIT, TTL_ATTRIBUTE};
use latchkey_oauth::service::{Function, ROUTES, Route};

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn template() -> String {
    read("infra/template.yaml")
}

fn module() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("infra/terraform");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "tf"));
    files.sort();
    files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// Both, by name.
fn deployments() -> [(&'static str, String); 2] {
    [("infra/template.yaml", template()), ("infra/terraform", module())]
}

/// The words of a text that begin so, and go on in capitals.
fn words(text: &str, prefix: &str, goes_on: fn(char) -> bool) -> BTreeSet<String> {
    let rest = |after: &str| after.chars().take_while(|character| goes_on(*character)).collect::<String>();
    text.split(prefix).skip(1).map(rest).filter(|rest| !rest.is_empty()).map(|rest| format!("{prefix}{rest}")).collect()
}

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

/// What stands in a text between a line and the first line after it that begins so.
fn part<'a>(text: &'a str, after: &str, until: &str) -> &'a str {
    text.split(after).nth(1).unwrap_or_else(|| panic!("{after}")).split(until).next().unwrap()
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

#[test]
fn the_authorizer_is_given_its_own_variables_and_the_others_the_rest() {
    let own: BTreeSet<_> = [
        "LATCHKEY_TOKENS_TABLE",
        "LATCHKEY_SUBJECT",
        "LATCHKEY_NOT_BEFORE",
        "LATCHKEY_ROUTE_SCOPES",
        "LATCHKEY_TOKEN_CACHE_SECONDS",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(of_the_authorizer(), own, "it holds no key and knows no clients and users");
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

#[test]
fn every_function_of_the_table_has_a_binary_and_no_other_binary_is_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let expected: BTreeSet<_> = Function::ALL.map(|function| format!("{}.rs", function.as_str())).into();
    assert_eq!(files.collect::<BTreeSet<_>>(), expected);
    let manifest = read("Cargo.toml");
    let binaries = manifest.split("[[bin]]\nname = \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    let names: BTreeSet<_> = Function::ALL.map(|function| function.as_str().to_owned()).into();
    assert_eq!(binaries.collect::<BTreeSet<_>>(), names);
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

/// Method and path of each route, in the form that API Gateway names one: `POST /oauth2/accessToken`.
fn routes(text: &str) -> BTreeSet<String> {
    let goes_on = |character: char| character.is_ascii_alphanumeric() || "/.-_".contains(character);
    let mut found = BTreeSet::new();
    for method in ["GET", "POST", "PUT", "DELETE", "ANY", "HEAD", "OPTIONS"] {
        for begin in ["/oauth2/", "/.well-known/", "/toke", "/authoriz", "/introspec", "/revok"] {
            found.extend(words(text, &format!("{method} {begin}"), goes_on));
        }
    }
    // The template's events have the two on lines of their own.
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    for pair in lines.windows(2) {
        if let (Some(method), Some(path)) = (pair[0].strip_prefix("Method: "), pair[1].strip_prefix("Path: ")) {
            found.insert(format!("{method} {path}"));
        }
    }
    found
}

#[test]
fn every_route_stands_in_both_deployments_and_no_other_does() {
    let served: BTreeSet<_> = ROUTES.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    for (name, text) in deployments() {
        assert_eq!(routes(&text), served, "{name}");
    }
    // Each with an event, and each with a limit of its own.
    let template = template();
    let events = template.matches("Type: HttpApi\n").count();
    assert_eq!(events, ROUTES.len(), "events");
    for Route { method, path, .. } in ROUTES {
        assert!(
            template.contains(&format!("            Method: {method}\n            Path: {path}\n")),
            "{method} {path}"
        );
        assert!(
            template.contains(&format!("        {method} {path}:\n          ThrottlingRateLimit:")),
            "{method} {path}"
        );
    }
}

#[test]
fn every_route_goes_to_the_function_that_the_code_names() {
    let (template, module) = (template(), module());
    for Route { method, path, function, .. } in ROUTES {
        let function = function.as_str();
        let block =
            template.split(&format!("\n        Binary: {function}\n")).nth(1).unwrap_or_else(|| panic!("{function}"));
        let block = block.split("    Type: AWS::").next().unwrap();
        assert!(
            block.contains(&format!("Method: {method}\n            Path: {path}\n")),
            "{method} {path}: {function}"
        );
        let line = module.lines().find(|line| line.trim_start().starts_with(&format!("\"{method} {path}\"")));
        let goes_to = line.and_then(|line| line.split_once('=')).map(|(_, function)| function.trim().trim_matches('"'));
        assert_eq!(goes_to, Some(function), "{method} {path}");
    }
}

/// What each function may do with the clients, the tokens and the users, in that order, and with counters of attempts.
/// Said once more, by hand: a mistake in the table does not excuse itself. `infra/rehearse` evaluates the policies; this
/// holds table and deployments to it where no tool is at hand.
const PERMITTED: [(Function, [&[&str]; 4]); 6] = [
    (Function::Issue, [&["GetItem", "BatchGetItem"], &["GetItem", "BatchGetItem", "PutItem", "UpdateItem"], &[], &[]]),
    (Function::Refresh, [&["GetItem", "BatchGetItem"], &["GetItem", "BatchGetItem", "PutItem"], &[], &[]]),
    (
        Function::Authorize,
        [
            &["GetItem", "BatchGetItem"],
            &["GetItem", "BatchGetItem", "PutItem", "UpdateItem"],
            &["BatchGetItem"],
            &["PutItem", "UpdateItem"],
        ],
    ),
    (Function::Introspect, [&["GetItem", "BatchGetItem"], &["GetItem", "BatchGetItem"], &[], &[]]),
    (Function::Revoke, [&["GetItem", "BatchGetItem"], &["GetItem", "BatchGetItem", "UpdateItem"], &[], &[]]),
    (Function::Authorizer, [&[], &["GetItem", "BatchGetItem"], &[], &[]]),
];

fn actions(text: &str) -> Vec<String> {
    let goes_on = |character: char| character.is_ascii_alphabetic() || character == '*';
    let rest = |after: &str| after.chars().take_while(|character| goes_on(*character)).collect::<String>();
    text.split("dynamodb:").skip(1).map(rest).filter(|action| !action.is_empty() && action != "LeadingKeys").collect()
}

/// The first line that begins so, in a part of a text.
fn line<'a>(text: &'a str, begins: &str) -> Option<&'a str> {
    text.lines().map(str::trim_start).find(|line| line.starts_with(begins))
}

#[test]
fn each_function_may_do_what_its_endpoint_calls_and_no_more() {
    let (template, module) = (template(), module());
    assert_eq!(PERMITTED.map(|(function, _)| function), Function::ALL);
    for (function, allowed) in PERMITTED {
        let table = permitted(function);
        assert_eq!([table.clients, table.tokens, table.users, table.attempts], allowed, "{function:?}");
        // The authorizer checks no signature, so it has no key.
        let key = function != Function::Authorizer;
        let function = function.as_str();
        let role = part(&template, &format!("        - PolicyName: {function}\n"), "\n\n");
        for (sid, expected) in ["Clients", "Tokens", "Users", "Attempts"].into_iter().zip(allowed) {
            let statement = role.split(&format!("- Sid: {sid}\n")).nth(1).unwrap_or_default();
            let found = line(statement, "Action:").map(actions).unwrap_or_default();
            assert_eq!(found, expected, "{function}: {sid}");
        }
        let every: usize = allowed.iter().map(|actions| actions.len()).sum();
        assert_eq!(actions(role).len(), every, "{function}: the role has other statements");
        assert_eq!(role.contains("kms:GenerateMac"), key, "{function}");
        assert_eq!(role.contains("HMAC_SHA_256"), key, "{function}");

        let own = part(part(&module, "  table_actions = {", "\n  }\n"), &format!("\n    {function} = {{"), "\n    }");
        for (table, expected) in ["clients", "tokens", "users", "attempts"].into_iter().zip(allowed) {
            assert_eq!(line(own, table).map(actions).unwrap(), expected, "{function}: {table}");
        }
    }
    for (name, text) in deployments() {
        assert_eq!(text.matches("\"#?*\"").count(), 1, "{name}: the condition on counters of attempts");
        assert!(text.contains("kms:GenerateMac") && text.contains("HMAC_SHA_256"), "{name}");
    }
}

#[test]
fn the_authorizers_of_this_accounts_apis_alone_may_ask_the_authorizer() {
    for (name, text) in deployments() {
        let source =
            |line: &&str| line.contains("execute-api") && line.trim_end_matches('"').ends_with(":*/authorizers/*");
        let lines: Vec<_> = text.lines().filter(source).collect();
        assert_eq!(lines.len(), 1, "{name}");
        assert!(lines[0].contains("AccountId}") || lines[0].contains("account_id}"), "{name}: {}", lines[0]);
    }
    for (name, text) in ["infra/examples/protected-api.yaml", "infra/terraform/examples/protected-api/main.tf"]
        .map(|name| (name, read(name)))
    {
        // The same words in both, but for how each language writes them.
        let settings = text.replace([' ', '"', '_'], "").replace('=', ":").to_lowercase();
        for setting in [
            "authorizerpayloadformatversion:2.0",
            "enablesimpleresponses:true",
            "[$request.header.authorization]",
            "authorizerresultttlinseconds:0",
        ] {
            assert!(settings.contains(setting), "{name}: {setting}");
        }
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

#[test]
fn each_metric_is_counted_for_its_functions_in_both_deployments() {
    let (template, module) = (template(), module());
    for metric in METRICS {
        assert_eq!(template.matches(&format!("MetricName: {},", metric.name)).count(), metric.functions.len());
        assert!(part(&module, "  patterns = {", "\n  }\n").contains(metric.name), "{}", metric.name);
        let counted = part(&module, "  counted = {", "\n  }\n");
        assert_eq!(counted.matches(&format!("\"{}\"", metric.name)).count(), metric.functions.len());
        for function in metric.functions.iter().map(|function| function.as_str()) {
            let capital = function[..1].to_uppercase() + &function[1..];
            assert!(template.contains(&format!("  {capital}{}Filter:\n", metric.name)), "{function}: {}", metric.name);
        }
    }
}

#[test]
fn expired_items_are_collected_by_the_attribute_that_the_code_writes() {
    assert!(read("crates/dynamodb/src/store/item.rs").contains("item.put(TTL_ATTRIBUTE"));
    assert!(read("crates/dynamodb/src/store/item/record.rs").contains("item.put(TTL_ATTRIBUTE"));
    let collected = tables::ALL.iter().chain([&AUDIT]).filter_map(|table| table.ttl).collect::<Vec<_>>();
    assert_eq!(collected, [TTL_ATTRIBUTE; 3], "of tokens, of attempts and of records");
    let template = template();
    assert_eq!(template.matches("TimeToLiveSpecification:").count(), 3);
    let specification = format!("TimeToLiveSpecification: {{ AttributeName: {TTL_ATTRIBUTE}, Enabled: true }}");
    assert_eq!(template.matches(&specification).count(), 3);
    let module = module();
    let blocks: Vec<_> = module.split("  ttl {").skip(1).collect();
    assert_eq!(blocks.len(), 3);
    for ttl in blocks {
        let words: Vec<_> = ttl.split('}').next().unwrap().split_whitespace().collect();
        let attribute = format!("\"{TTL_ATTRIBUTE}\"");
        assert_eq!(words, ["attribute_name", "=", &attribute, "enabled", "=", "true"]);
    }
}

#[test]
fn no_access_log_holds_a_query_a_header_or_a_parameter() {
    for (name, text) in deployments() {
        let logged = words(&text, "$context.", |character| character.is_ascii_alphanumeric() || character == '.');
        let allowed = [
            "requestId",
            "identity.sourceIp",
            "requestTime",
            "routeKey",
            "status",
            "responseLength",
            "integrationLatency",
            "integration.requestId",
            "integrationStatus",
            "integrationErrorMessage",
            "error.message",
        ];
        let allowed = BTreeSet::from(allowed.map(|word| format!("$context.{word}")));
        assert!(!logged.is_empty() && logged.is_subset(&allowed), "{name}: {logged:?}");
        assert!(allowed.is_subset(&logged), "{name}: what explains a 5xx is missing: {logged:?}");
    }
}
