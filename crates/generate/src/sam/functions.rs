//! The template's functions: their programs, environments, events and roles.

use sha2::{Digest as _, Sha256};

use latchkey_oauth::service::tables::HOLDERS;

use super::*;

pub(super) fn reserves(function: Function) -> String {
    of(function, "  Reserves<Name>: !Not [!Equals [!Ref <Name>ReservedConcurrency, \"-1\"]]\n")
}

/// `globals`: what the template says of every function.
pub(super) fn function(function: Function, globals: &str) -> String {
    let deployed = function.deployed();
    let memory = match deployed.memory {
        // What all have.
        "MemorySize" => String::new(),
        other => format!("      MemorySize: !Ref {other}\n"),
    };
    let mut text = of(function, include_str!("function.yaml"));
    for (name, value) in [
        ("words", deployed.words),
        ("memory", &memory),
        ("Settings", settings(function)),
        ("Memory", deployed.memory),
        ("environment", &environment(function)),
        ("waits", &waits(function)),
        ("events", &events(function)),
    ] {
        text = fill(&text, &[(name, value)]);
    }
    let digest = digest(&[globals, &text, &variables(function)]);
    fill(&text, &[("digest", &digest)])
}

/// What the function is made after, where its deployment has that: `DependsOn` takes no condition.
fn waits(function: Function) -> String {
    if permitted(function).of_token_clients.is_empty() {
        return String::new();
    }
    let text = "      # Names the policy, so that the function waits for it.\n      MadeAfter: !If [ChecksTokenClient, !Ref <Name>Clients, \
                \"\"]\n";
    of(function, text)
}

/// Of what a function is made of. SAM publishes a version where the text of a function changes, and Lambda refuses one of a
/// function that is as it was. The text may change and the function may not: with the digest, both do.
fn digest(parts: &[&str]) -> String {
    let found = parts.iter().fold(Sha256::new(), |found, part| found.chain_update(part));
    found.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// Which numbered settings a function has.
fn settings(function: Function) -> &'static str {
    match function {
        Function::Authorizer => "AuthorizerSettings",
        _ => "Settings",
    }
}

/// The settings of a function and of those that have the same, as a text whose number is new wherever the text is.
pub(super) fn numbered(function: Function) -> String {
    let variables: String = given(function)
        .map(|(setting, value)| {
            let noted = setting.deployed.map_or("", |deployed| deployed.noted);
            let value = if noted.is_empty() { value.as_str() } else { noted };
            format!("          - !Join [\"=\", [{}, {value}]]\n", setting.name)
        })
        .collect();
    fill(include_str!("settings.yaml"), &[("Settings", settings(function)), ("variables", &variables)])
}

pub(super) fn environment(function: Function) -> String {
    match function {
        Function::Issue => format!("&environment\n{}", variables(function)),
        Function::Authorizer => format!("\n{}", variables(function)),
        _ => "*environment".to_owned(),
    }
    .trim_end()
    .to_owned()
}

/// The variables that a function is given, with SAM's values.
fn given(function: Function) -> impl Iterator<Item = (Setting, String)> {
    ALL.into_iter().filter(move |setting| is_given(setting, function)).filter_map(|setting| {
        let deployed = setting.deployed?;
        let value = match (deployed.sam, deployed.parameter) {
            ("", Some(parameter)) => format!("!Ref {}", parameter.sam),
            (value, _) => value.to_owned(),
        };
        Some((setting, value))
    })
}

pub(super) fn variables(function: Function) -> String {
    let mut text = "        Variables:\n".to_owned();
    for (setting, value) in given(function) {
        if let Some(comment) = setting.deployed.map(|deployed| deployed.comment).filter(|comment| !comment.is_empty()) {
            text += &format!("          # {comment}\n");
        }
        text += &format!("          {}: {value}\n", setting.name);
    }
    let (words, services): (_, &[_]) = match function {
        // It holds no key.
        Function::Authorizer => ("The address", &["dynamodb"]),
        _ => ("The addresses", &["dynamodb", "kms"]),
    };
    text += &format!("          # {words} the SDK takes anyway. SAM local changes only what is declared.\n");
    for service in services {
        let variable = format!("AWS_ENDPOINT_URL_{}", service.to_uppercase());
        text += &format!("          {variable}: !Sub https://{service}.${{AWS::Region}}.${{AWS::URLSuffix}}\n");
    }
    text
}

pub(super) fn events(function: Function) -> String {
    let mut text = String::new();
    for route in ROUTES.iter().filter(|route| route.function == function) {
        if text.is_empty() {
            text += "      Events:\n";
        }
        text += &format!(
            "        {}:\n          Type: HttpApi\n          Properties:\n            ApiId: !Ref Api\n            \
             Method: {}\n            Path: {}\n            PayloadFormatVersion: \"2.0\"\n",
            route.event, route.method, route.path
        );
    }
    text
}

pub(super) fn role(function: Function) -> String {
    let permitted = permitted(function);
    let actions = |actions: &[&str]| match actions {
        [action] => format!("dynamodb:{action}"),
        actions => {
            let each: Vec<_> = actions.iter().map(|action| format!("dynamodb:{action}")).collect();
            format!("[{}]", each.join(", "))
        }
    };
    let mut statements = String::new();
    for (sid, table, allowed) in [
        ("Clients", "Clients", permitted.clients),
        ("Tokens", "Tokens", permitted.tokens),
        ("Users", "Users", permitted.users),
        ("Attempts", "Users", permitted.attempts),
    ] {
        if allowed.is_empty() {
            continue;
        }
        let counts = sid == "Attempts";
        if counts {
            statements += "              # Only counters of attempts: their keys are # and more. The directory's key is a bare \
                           #, users' have none.\n";
        }
        let may = match permitted.clients_of_before {
            before @ [_, ..] if sid == "Clients" => {
                format!("!If [DerivesOldKeys, {}, {}]", actions(&[allowed, before].concat()), actions(allowed))
            }
            _ => actions(allowed),
        };
        let values = [("Sid", sid), ("Table", table), ("actions", &may)];
        statements += &fill(include_str!("table.yaml"), &values);
        if sid == "Clients" && !permitted.withheld.is_empty() {
            let withheld = permitted.withheld.join(", ");
            statements += &fill(include_str!("withheld.yaml"), &[("withheld", &withheld)]);
        }
        if counts {
            statements += "                Condition:\n                  ForAllValues:StringLike: { dynamodb:LeadingKeys: \
                           [\"#?*\"] }\n";
        }
    }
    if !permitted.holders.is_empty() {
        let values = [("actions", actions(permitted.holders)), ("index", HOLDERS.name.to_owned())];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        statements += &fill(include_str!("index.yaml"), &values);
    }
    statements += &keys::statements(function);
    let role = fill(&of(function, include_str!("role.yaml")), &[("statements", &statements)]);
    if permitted.of_token_clients.is_empty() {
        return role;
    }
    let attributes = permitted.of_token_clients.join(", ");
    role + &fill(&of(function, include_str!("token_clients.yaml")), &[("attributes", &attributes)])
}

/// The versions that the check may ask, and whether one of their functions is stopped.
pub(super) fn invokes() -> String {
    let functions = |rest: &str| {
        Function::ALL
            .map(|function| format!("                  - !Sub ${{{}Function.Arn}}{rest}\n", named(function)))
            .concat()
    };
    format!(
        "              - Sid: Versions\n                Effect: Allow\n                Action: lambda:InvokeFunction\n                \
         Resource:\n{}              - Sid: Stopped\n                Effect: Allow\n                Action: \
         lambda:GetFunctionConcurrency\n                Resource:\n{}",
        functions(":*"),
        functions("")
    )
}

pub(super) fn routes() -> String {
    let mut text = String::new();
    for route in ROUTES {
        let name = if route.is_alias { ALIASES.to_owned() } else { named(route.function) };
        text += &format!(
            "        {} {}:\n          ThrottlingRateLimit: !Ref {name}RateLimit\n          ThrottlingBurstLimit: !Ref \
             {name}BurstLimit\n",
            route.method, route.path
        );
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_description_of_a_function_changes_with_its_text_and_with_that_of_all() {
        let described = |text: &str| text.lines().find(|line| line.contains(" Description: ")).unwrap().to_owned();
        let now = function(Function::Authorizer, "Timeout: 10");
        assert_eq!(described(&function(Function::Authorizer, "Timeout: 10")), described(&now));
        assert_ne!(described(&function(Function::Authorizer, "Timeout: 11")), described(&now));
        assert_eq!(digest(&["a", "b"]).len(), 8);
        assert_ne!(digest(&["a", "b"]), digest(&["a", "c"]));
    }
}
