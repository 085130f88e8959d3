//! The two deployments, held to the one table by what stands in them.
//!
//! A part of them is generated from that table; these tests read them as they are, whoever wrote them. A test of the package
//! `latchkey-generate` says what is stale. `infra/rehearse/run` deploys both to an emulator and compares what comes of it;
//! this is the part that needs no tool.

mod variables;

use std::collections::BTreeSet;
use std::path::Path;

use latchkey_oauth::metrics::METRICS;
use latchkey_oauth::service::actions::permitted;
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

/// What stands in a text between a line and the first line after it that begins so.
fn part<'a>(text: &'a str, after: &str, until: &str) -> &'a str {
    text.split(after).nth(1).unwrap_or_else(|| panic!("{after}")).split(until).next().unwrap()
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

/// What each function may do with the clients, the tokens, the index of users' grants and the users, in that order, and with
/// counters of attempts.
/// Said once more, by hand: a mistake in the table does not excuse itself. `infra/rehearse` evaluates the policies; this
/// holds table and deployments to it where no tool is at hand.
const PERMITTED: [(Function, [&[&str]; 5]); 6] = [
    (
        Function::Issue,
        [&["GetItem", "BatchGetItem"], &["GetItem", "BatchGetItem", "PutItem", "UpdateItem"], &[], &[], &[]],
    ),
    (Function::Refresh, [&["GetItem", "BatchGetItem"], &["GetItem", "BatchGetItem", "PutItem"], &[], &[], &[]]),
    (
        Function::Authorize,
        [
            &["GetItem"],
            &["GetItem", "BatchGetItem", "PutItem", "UpdateItem"],
            &["Query"],
            &["BatchGetItem"],
            &["PutItem", "UpdateItem"],
        ],
    ),
    (Function::Introspect, [&["GetItem", "BatchGetItem"], &["GetItem", "BatchGetItem"], &[], &[], &[]]),
    (Function::Revoke, [&["GetItem", "BatchGetItem"], &["GetItem", "BatchGetItem", "UpdateItem"], &[], &[], &[]]),
    (Function::Authorizer, [&[], &["GetItem", "BatchGetItem"], &[], &[], &[]]),
];

/// Keys of conditions, which begin as actions do.
const CONDITIONS: [&str; 3] = ["Attributes", "LeadingKeys", "Select"];

fn actions(text: &str) -> Vec<String> {
    let goes_on = |character: char| character.is_ascii_alphabetic() || character == '*';
    let rest = |after: &str| after.chars().take_while(|character| goes_on(*character)).collect::<String>();
    text.split("dynamodb:")
        .skip(1)
        .map(rest)
        .filter(|action| !action.is_empty() && !CONDITIONS.contains(&&**action))
        .collect()
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
        assert_eq!([table.clients, table.tokens, table.holders, table.users, table.attempts], allowed, "{function:?}");
        // It opens no secret of a client.
        let withheld: &[&str] = if function == Function::Authorize { &["secrets"] } else { &[] };
        assert_eq!(table.withheld, withheld, "{function:?}");
        // As long as versions of 0.1.0 may run, it reads as they do.
        let before: &[&str] = if function == Function::Authorize { &["BatchGetItem"] } else { &[] };
        assert_eq!(table.clients_of_before, before, "{function:?}");
        // It reads the client of a token alone, and only where the deployment asks about it.
        let of_token_clients: &[&str] =
            if function == Function::Authorizer { &["client_id", "disabled", "not_before"] } else { &[] };
        assert_eq!(table.of_token_clients, of_token_clients, "{function:?}");
        // The authorizer checks no signature, so it has no key.
        let key = function != Function::Authorizer;
        let function = function.as_str();
        let role = part(&template, &format!("        - PolicyName: {function}\n"), "\n\n");
        for (sid, expected) in ["Clients", "Tokens", "Holders", "Users", "Attempts"].into_iter().zip(allowed) {
            let statement = role.split(&format!("- Sid: {sid}\n")).nth(1).unwrap_or_default();
            let found = line(statement, "Action:").map(actions).unwrap_or_default();
            // While old keys do something, and after.
            let before = if sid == "Clients" { table.clients_of_before } else { &[] };
            let both = [expected, before, expected].concat();
            assert_eq!(found, if before.is_empty() { expected } else { &both }, "{function}: {sid}");
        }
        let twice = if before.is_empty() { 0 } else { allowed[0].len() + before.len() };
        let every = allowed.iter().map(|actions| actions.len()).sum::<usize>() + twice;
        assert_eq!(actions(role).len(), every, "{function}: the role has other statements");
        assert_eq!(role.contains("{ dynamodb:Attributes: [secrets] }"), !withheld.is_empty(), "{function}: withheld");
        assert_eq!(
            role.matches("/index/holder\n").count(),
            2 * allowed[2].len(),
            "{function}: made and existing table"
        );
        assert_eq!(role.contains("kms:GenerateMac"), key, "{function}");
        assert_eq!(role.contains("HMAC_SHA_256"), key, "{function}");

        let own = part(part(&module, "  table_actions = {", "\n  }\n"), &format!("\n    {function} = {{"), "\n    }");
        let listed = of_token_clients.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        assert!(line(own, "of_token_clients").unwrap().ends_with(&format!("= [{listed}]")), "{function}");
        let own_withheld = line(own, "withheld").is_some_and(|line| line.ends_with("[\"secrets\"]"));
        assert_eq!(own_withheld, !withheld.is_empty(), "{function}: withheld");
        assert_eq!(line(own, "clients_of_before").map(actions).unwrap(), before, "{function}: as 0.1.0 reads");
        for (table, expected) in ["clients ", "tokens", "holders", "users", "attempts"].into_iter().zip(allowed) {
            assert_eq!(line(own, table).map(actions).unwrap(), expected, "{function}: {table}");
        }
    }
    let apart = part(&template, "\n  AuthorizerClients:\n", "\n\n");
    assert_eq!(actions(apart), ["GetItem"]);
    assert!(apart.contains("    Condition: ChecksTokenClient\n") && apart.contains("Roles: [!Ref AuthorizerRole]\n"));
    assert!(apart.contains("ForAllValues:StringEquals: { dynamodb:Attributes: [client_id, disabled, not_before] }\n"));
    assert!(apart.contains("StringEqualsIfExists: { dynamodb:Select: SPECIFIC_ATTRIBUTES }"));
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
    assert!(read("crates/dynamodb/src/store/item/grant.rs").contains("item.put(TTL_ATTRIBUTE"));
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
