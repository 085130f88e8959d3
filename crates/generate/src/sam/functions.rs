//! The template's functions: their programs, environments, events and roles.

use super::*;

pub(super) fn reserves(function: Function) -> String {
    of(function, "  Reserves<Name>: !Not [!Equals [!Ref <Name>ReservedConcurrency, \"-1\"]]\n")
}

pub(super) fn function(function: Function) -> String {
    let deployed = function.deployed();
    let memory = match deployed.memory {
        // What all have.
        "MemorySize" => String::new(),
        other => format!("      MemorySize: !Ref {other}\n"),
    };
    let alarms = match function {
        // To a REST API an error is how it says 401.
        Function::Authorizer => "!Ref UnavailableAlarm".to_owned(),
        _ => format!("!Ref {}ErrorsAlarm, !Ref UnavailableAlarm", named(function)),
    };
    let mut text = of(function, include_str!("function.yaml"));
    for (name, value) in [
        ("words", deployed.words),
        ("memory", &memory),
        ("version", &version(deployed.version)),
        ("environment", &environment(function)),
        ("alarms", &alarms),
        ("events", &events(function)),
    ] {
        text = fill(&text, &[(name, value)]);
    }
    text
}

/// What a version's description names.
pub(super) fn version(names: &[&str]) -> String {
    let short: String = [
        ("Issuer", "!If [HasIssuer, !Ref IssuerUrl, !Ref DomainName]"),
        ("Proxies", "!If [HasCdn, \"1\", \"0\"]"),
        ("Traced", "!If [Traces, \"1\", \"0\"]"),
    ]
    .into_iter()
    .filter(|(name, _)| names.contains(name))
    .map(|(name, value)| format!("          {name}: {value}\n"))
    .collect();
    let (begin, indent) =
        if short.is_empty() { ("!Sub >-\n", "        ") } else { ("!Sub\n        - >-\n", "          ") };
    let mut text = begin.to_owned();
    let mut line = indent.to_owned();
    for name in names {
        let name = format!("${{{name}}}");
        if line.len() + name.len() > 119 {
            text += &format!("{}\n", line.trim_end());
            line = indent.to_owned();
        }
        line += &format!("{name} ");
    }
    text += line.trim_end();
    if !short.is_empty() {
        text += &format!("\n        - {}", short.trim_start().trim_end());
    }
    text
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

pub(super) fn variables(function: Function) -> String {
    let mut text = "        Variables:\n".to_owned();
    for setting in ALL.iter().filter(|setting| is_given(setting, function)) {
        let Some(deployed) = setting.deployed else { continue };
        if !deployed.comment.is_empty() {
            text += &format!("          # {}\n", deployed.comment);
        }
        let value = match (deployed.sam, deployed.parameter) {
            ("", Some(parameter)) => format!("!Ref {}", parameter.sam),
            (value, _) => value.to_owned(),
        };
        text += &format!("          {}: {value}\n", setting.name);
    }
    text += "          # The address the SDK takes anyway. SAM local changes only what is declared.\n";
    text + "          AWS_ENDPOINT_URL_DYNAMODB: !Sub https://dynamodb.${AWS::Region}.${AWS::URLSuffix}\n"
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
        let values = [("Sid", sid), ("Table", table), ("actions", &actions(allowed))];
        statements += &fill(include_str!("table.yaml"), &values);
        if counts {
            statements += "                Condition:\n                  ForAllValues:StringLike: { dynamodb:LeadingKeys: \
                           [\"#?*\"] }\n";
        }
    }
    if !permitted.clients.is_empty() {
        statements += include_str!("key.yaml");
    }
    fill(&of(function, include_str!("role.yaml")), &[("statements", &statements)])
}

pub(super) fn routes() -> String {
    let mut text = String::new();
    for route in ROUTES {
        let name = named(route.function);
        text += &format!(
            "        {} {}:\n          ThrottlingRateLimit: !Ref {name}RateLimit\n          ThrottlingBurstLimit: !Ref \
             {name}BurstLimit\n",
            route.method, route.path
        );
    }
    text
}
