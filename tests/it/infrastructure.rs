//! The two deployments, held to the code and to each other by what stands in them.
//!
//! `infra/rehearse/run` deploys both to an emulator and compares what comes of it; this is the part that needs no tool.

use std::collections::BTreeSet;
use std::path::Path;

use latchkey_guard::config::AuthorizerConfig;
use latchkey_oauth::scope::Target;
use latchkey_oauth::service::ROUTES;
use latchkey_oauth::settings::Settings;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The code that reads the environment.
fn code() -> String {
    ["src/app.rs", "src/app/sealing.rs"].map(read).concat()
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

/// The code of `AuthorizerConfig`, and the rest.
fn authorizers_code_and_the_others() -> (String, String) {
    let code = code();
    let begin = code.find("pub struct AuthorizerConfig").unwrap();
    let end = begin + code[begin..].find("\nimpl Config ").unwrap();
    (code[begin..end].to_owned(), code[..begin].to_owned() + &code[end..])
}

/// What stands in a text between a line and the first line after it that begins so.
fn part<'a>(text: &'a str, after: &str, until: &str) -> &'a str {
    text.split(after).nth(1).unwrap_or_else(|| panic!("{after}")).split(until).next().unwrap()
}

#[test]
fn the_functions_are_given_just_the_variables_that_the_code_reads() {
    for (name, text) in deployments() {
        assert_eq!(variables(&text), variables(&code()), "{name}");
    }
}

#[test]
fn the_authorizer_is_given_its_own_variables_and_the_others_the_rest() {
    let (authorizers, others) = authorizers_code_and_the_others();
    assert!(!variables(&authorizers).is_empty());
    let (template, module) = (template(), module());
    assert!(
        !part(&template, "\nGlobals:\n", "\nResources:\n").contains("LATCHKEY_"),
        "the authorizer would have it too"
    );
    for (function, _) in PERMITTED {
        let block = part(&template, &format!("\n        Binary: {function}\n"), "\n      LoggingConfig:");
        let own = variables(part(block, "\n      Environment:", "\n      # The program"));
        let named = part(&module, "  functions = {", "\n  }\n");
        let named = part(named, &format!("\n    {function} = {{\n"), "\n    }");
        let named = line(named, "environment").and_then(|line| line.split_once("= local.")).unwrap().1;
        if function == "authorizer" {
            assert_eq!(own, variables(&authorizers), "{function}");
            assert_eq!(named, "authorizer_environment");
        } else {
            let same = block.contains("\n      Environment: *environment");
            assert!(same || own == variables(&others), "{function}: {own:?}");
            assert_eq!(named, "environment", "{function}");
        }
    }
    assert_eq!(variables(part(&module, "\n  authorizer_environment = {", "\n  }\n")), variables(&authorizers));
    assert_eq!(variables(part(&module, "\n  environment = {", "\n  }\n")), variables(&others));
    assert_eq!(template.matches("Environment: &environment\n").count(), 1);
}

/// Method and path of each route, in the form that API Gateway names one: `POST /oauth2/accessToken`.
fn routes(text: &str) -> BTreeSet<String> {
    let goes_on = |character: char| character.is_ascii_alphanumeric() || "/.-".contains(character);
    let mut found = BTreeSet::new();
    for method in ["GET", "POST", "PUT", "DELETE", "ANY", "HEAD"] {
        for begin in ["/oauth2/", "/.well-known/"] {
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
    let served: BTreeSet<_> = ROUTES.iter().map(|(method, path, ..)| format!("{method} {path}")).collect();
    for (name, text) in deployments() {
        assert_eq!(routes(&text), served, "{name}");
    }
    // Each with an event, and each with a limit of its own.
    let template = template();
    let events = template.matches("Type: HttpApi\n").count();
    assert_eq!(events, ROUTES.len(), "events");
    for (method, path, ..) in ROUTES {
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
    for (method, path, function) in ROUTES {
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
/// `infra/rehearse` evaluates the policies; this holds the two descriptions to each other where no tool is at hand.
const PERMITTED: [(&str, [&[&str]; 4]); 6] = [
    ("issue", [&["GetItem", "BatchGetItem"], &["GetItem", "BatchGetItem", "PutItem", "UpdateItem"], &[], &[]]),
    ("refresh", [&["GetItem", "BatchGetItem"], &["GetItem", "BatchGetItem", "PutItem"], &[], &[]]),
    (
        "authorize",
        [&["GetItem", "BatchGetItem"], &["GetItem", "PutItem"], &["BatchGetItem"], &["PutItem", "UpdateItem"]],
    ),
    ("introspect", [&["GetItem", "BatchGetItem"], &["GetItem", "BatchGetItem"], &[], &[]]),
    ("revoke", [&["GetItem", "BatchGetItem"], &["GetItem", "BatchGetItem", "UpdateItem"], &[], &[]]),
    ("authorizer", [&[], &["GetItem", "BatchGetItem"], &[], &[]]),
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
    for (function, permitted) in PERMITTED {
        let role = template
            .split(&format!("        - PolicyName: {function}\n"))
            .nth(1)
            .unwrap()
            .split("\n\n")
            .next()
            .unwrap();
        for (sid, expected) in ["Clients", "Tokens", "Users", "Attempts"].into_iter().zip(permitted) {
            let statement = role.split(&format!("- Sid: {sid}\n")).nth(1).unwrap_or_default();
            let found = line(statement, "Action:").map(actions).unwrap_or_default();
            assert_eq!(found, expected, "{function}: {sid}");
        }
        let every: usize = permitted.iter().map(|actions| actions.len()).sum();
        assert_eq!(actions(role).len(), every, "{function}: the role has other statements");
        // The authorizer checks no signature, so it has no key.
        let key = function != "authorizer";
        assert_eq!(role.contains("kms:GenerateMac"), key, "{function}");
        assert_eq!(role.contains("HMAC_SHA_256"), key, "{function}");

        let tables = module.split("  table_actions = {").nth(1).unwrap().split("  user_statements = {").next().unwrap();
        let own = tables.split(&format!("\n    {function} = {{")).nth(1).unwrap().split("\n    }").next().unwrap();
        for (table, expected) in ["clients", "tokens"].into_iter().zip(permitted) {
            assert_eq!(line(own, table).map(actions).unwrap_or_default(), expected, "{function}: {table}");
        }
        let users = module.split("  user_statements = {").nth(1).unwrap().split("\n  }\n").next().unwrap();
        let own = users.split(&format!("\n    {function} ")).nth(1).unwrap().split("\n    ]").next().unwrap();
        let own = if own.lines().next().unwrap().ends_with("= []") { "" } else { own };
        assert_eq!(actions(own), [permitted[2], permitted[3]].concat(), "{function}: users");
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
fn the_defaults_of_both_deployments_are_those_of_the_code() {
    let default = Settings::default();
    let tokens = |name: &str| (name == "LATCHKEY_TOKENS_TABLE").then(|| "tokens".to_owned());
    let authorizer = AuthorizerConfig::read(tokens).unwrap();
    for (parameter, variable, value) in [
        ("AccessTokenSeconds", "access_token_seconds", default.access_token_seconds.to_string()),
        ("RefreshTokenSeconds", "refresh_token_seconds", default.refresh_token_seconds.to_string()),
        ("CodeSeconds", "code_seconds", default.code_seconds.to_string()),
        ("ClockSkewSeconds", "clock_skew_seconds", default.clock_skew_seconds.to_string()),
        ("SignatureHost", "signature_host", default.authority.host),
        ("SignaturePort", "signature_port", default.authority.port.to_string()),
        ("SignaturePath", "signature_path", default.authority.path),
        ("SealingKeyNames", "sealing_key_names", "v1".to_owned()),
        ("IssuerUrl", "issuer_url", default.issuer.unwrap_or_default()),
        ("SessionSeconds", "session_seconds", default.session_seconds.to_string()),
        ("PageName", "page_name", default.theme.name),
        ("PageLogoUrl", "page_logo_url", default.theme.logo_url.unwrap_or_default()),
        ("PageColor", "page_color", default.theme.color.to_string()),
        ("TokenCacheSeconds", "token_cache_seconds", authorizer.cache_seconds.to_string()),
    ] {
        let (template, module) = (template(), module());
        let block = template.split(&format!("\n  {parameter}:\n")).nth(1).unwrap_or_else(|| panic!("{parameter}"));
        let line = block.lines().find(|line| line.trim_start().starts_with("Default:")).unwrap();
        assert_eq!(line.split_once(':').unwrap().1.trim().trim_matches('"'), value, "{parameter}");
        let block = module.split(&format!("variable \"{variable}\"")).nth(1).unwrap_or_else(|| panic!("{variable}"));
        let line = block.lines().find(|line| line.trim_start().starts_with("default")).unwrap();
        assert_eq!(line.split_once('=').unwrap().1.trim().trim_matches('"'), value, "{variable}");
    }
    // No scopes: any good access token passes everywhere.
    assert_eq!(authorizer.scopes.required(Target::Path { method: "GET", path: "/anywhere" }), Some(None));
    assert_eq!(line(part(&template(), "\n  RouteScopes:\n", "\n    Description:"), "Default:"), Some("Default: \"\""));
    let block = part(&module(), "variable \"route_scopes\"", "\n}").to_owned();
    assert_eq!(line(&block, "default"), Some("default     = {}"));
}

#[test]
fn expired_items_are_collected_by_the_attribute_that_the_code_writes() {
    assert!(read("src/store/item.rs").contains("item.put(\"expires_at\""));
    // Of tokens and of attempts.
    let template = template();
    assert_eq!(template.matches("TimeToLiveSpecification:").count(), 2);
    assert_eq!(template.matches("TimeToLiveSpecification: { AttributeName: expires_at, Enabled: true }").count(), 2);
    let module = module();
    let blocks: Vec<_> = module.split("  ttl {").skip(1).collect();
    assert_eq!(blocks.len(), 2);
    for ttl in blocks {
        let words: Vec<_> = ttl.split('}').next().unwrap().split_whitespace().collect();
        assert_eq!(words, ["attribute_name", "=", "\"expires_at\"", "enabled", "=", "true"]);
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
        ];
        let allowed = BTreeSet::from(allowed.map(|word| format!("$context.{word}")));
        assert!(!logged.is_empty() && logged.is_subset(&allowed), "{name}: {logged:?}");
    }
}
