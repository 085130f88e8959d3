//! The repeating parts of SAM's template.

use latchkey_oauth::error::Denial;
use latchkey_oauth::metrics::{Counted, METRICS, Metric, Threshold};
use latchkey_oauth::service::actions::permitted;
use latchkey_oauth::service::functions::Function;
use latchkey_oauth::service::routes::ROUTES;
use latchkey_oauth::service::settings::{ALL, Parameter, Setting};

use crate::pattern::number;
use crate::{Section, capital, fill, quoted};

/// CloudWatch's condition on a log line.
pub fn condition(metric: &Metric) -> String {
    let (member, names) = match metric.counted {
        Counted::Outcomes(names) => ("outcome", names.to_vec()),
        Counted::Denials(denials) => ("denial", denials.iter().map(Denial::name).collect()),
    };
    match &names[..] {
        [name] => format!("{{ $.{member} = \"{name}\" }}"),
        names => {
            let each: Vec<_> = names.iter().map(|name| format!("($.{member} = \"{name}\")")).collect();
            format!("{{ {} }}", each.join(" || "))
        }
    }
}

/// The settings that deployments choose by a parameter.
pub fn parameters() -> impl Iterator<Item = (Setting, Parameter)> {
    ALL.into_iter().filter_map(|setting| Some((setting, setting.deployed?.parameter?)))
}

/// What a number's parameter says that it must be.
pub fn constraint(setting: &Setting, parameter: &Parameter) -> String {
    const YEAR: u64 = 31_622_400;
    match (parameter.constraint, setting.kind.bounds()) {
        ("", Some((1, 65535))) => "a port, from 1 to 65535".to_owned(),
        ("", Some((least, YEAR))) => format!("a whole number of seconds, from {least} to {YEAR} (a year)"),
        ("", Some((least, most))) => format!("a whole number of seconds, from {least} to {most}"),
        (constraint, _) => constraint.to_owned(),
    }
}

/// Whether a function is given a setting in its environment: its own ones, or those of all that are no authorizer.
pub fn is_given(setting: &Setting, function: Function) -> bool {
    let reads = |reader: &Function| (*reader == Function::Authorizer) == (function == Function::Authorizer);
    setting.deployed.is_some() && setting.readers.iter().any(reads)
}

/// Every generated part.
pub fn sections() -> Vec<Section> {
    let each = |make: fn(Function) -> String| Function::ALL.map(make).concat();
    vec![
        ("parameter groups", groups()),
        ("parameters of settings", parameters().map(|(setting, parameter)| of_setting(&setting, &parameter)).collect()),
        ("parameters of functions", each(of_concurrency)),
        ("parameters of routes", each(of_throttle)),
        ("parameters of metrics", METRICS.iter().map(of_metric).collect()),
        ("rules of settings", rules()),
        ("conditions of functions", each(reserves)),
        ("functions", each(function)),
        ("roles", each(role)),
        ("routes", routes()),
        ("logs", each(|function| of(function, include_str!("sam/logs.yaml")))),
        ("metric filters", each(filters)),
        ("alarms", alarms()),
        ("dashboard", dashboard()),
    ]
}

fn named(function: Function) -> String {
    capital(function.as_str())
}

/// A template with a function's names: `<Name>` and `<name>`.
fn of(function: Function, template: &str) -> String {
    fill(template, &[("Name", &named(function)), ("name", function.as_str())])
}

fn groups() -> String {
    let mut text = String::new();
    let mut group = |label: &str, parameters: Vec<String>| {
        text += &format!("      - Label: {{ default: {label} }}\n        Parameters:\n");
        for parameter in parameters {
            text += &format!("          - {parameter}\n");
        }
    };
    let mut labels: Vec<&str> = Vec::new();
    for (_, parameter) in parameters() {
        if !labels.contains(&parameter.group) {
            labels.push(parameter.group);
        }
    }
    labels.sort_by_key(|label| ["Tokens", "Sign-in pages", "Signatures", "Authorizer"].iter().position(|l| l == label));
    for label in labels {
        let of_group = parameters().filter(|(_, parameter)| parameter.group == label);
        let mut names: Vec<_> = of_group.map(|(_, parameter)| parameter.sam.to_owned()).collect();
        if label == "Signatures" {
            // What comes before line 6 to 8: the clock. The key itself is no setting.
            names.sort_by_key(|name| name == "SealingKeyNames");
            names.push("MultiRegionKey".to_owned());
        }
        group(label, names);
    }
    let mut functions = vec!["MemorySize".to_owned(), "AuthorizeMemorySize".to_owned(), "Architecture".to_owned()];
    functions.extend(Function::ALL.map(|function| format!("{}ReservedConcurrency", named(function))));
    functions.extend(["LogRetentionDays", "Tracing", "Revision"].map(str::to_owned));
    group("Functions", functions);
    let limits = throttled().flat_map(|function| {
        let name = named(function);
        [format!("{name}RateLimit"), format!("{name}BurstLimit")]
    });
    group("Throttling", limits.collect());
    let mut alarms = vec!["AlarmTopicArn".to_owned(), "SlowMilliseconds".to_owned()];
    alarms.extend(METRICS.iter().filter(|metric| has_parameter(metric)).map(|metric| per_five_minutes(metric.name)));
    group("Alarms", alarms);
    text
}

fn throttled() -> impl Iterator<Item = Function> {
    Function::ALL.into_iter().filter(|function| function.deployed().throttle.is_some())
}

fn has_parameter(metric: &Metric) -> bool {
    matches!(metric.threshold, Threshold::Parameter(..))
}

fn per_five_minutes(name: &str) -> String {
    format!("{name}PerFiveMinutes")
}

fn parameter(name: &str, default: &str, most: Option<u32>, pattern: &str, words: &str, constraint: &str) -> String {
    let most = most.map_or(String::new(), |most| format!("    MaxLength: {most}\n"));
    format!(
        "  {name}:\n    Type: String\n    Default: {}\n{most}    AllowedPattern: {}\n    Description: {}\n    \
         ConstraintDescription: {}\n",
        quoted(default),
        quoted(pattern),
        quoted(words),
        quoted(&format!("must be {constraint}")),
    )
}

fn of_setting(setting: &Setting, of: &Parameter) -> String {
    let pattern = match setting.kind.bounds() {
        Some((least, most)) => number(least, most),
        None => of.pattern.to_owned(),
    };
    let words = format!("{}{}", setting.words, of.more);
    parameter(of.sam, &setting.written(), of.most, &pattern, &words, &constraint(setting, of))
}

fn of_concurrency(function: Function) -> String {
    let name = function.as_str();
    parameter(
        &format!("{}ReservedConcurrency", named(function)),
        "-1",
        None,
        "^(-1|0|[1-9][0-9]{0,4}|100000)$",
        &format!("Most concurrent runs of the {name} function, also kept free for it; 0 stops it, -1 reserves nothing"),
        "-1 (off) or a whole number of concurrent runs, at most 100000",
    )
}

/// Bounds that an account's quotas set.
pub const RATES: (u64, u64) = (1, 10_000);
/// The same, of requests at once.
pub const BURSTS: (u64, u64) = (1, 5000);

fn of_throttle(function: Function) -> String {
    let Some(throttle) = function.deployed().throttle else { return String::new() };
    let (name, of) = (named(function), throttle.of);
    parameter(
        &format!("{name}RateLimit"),
        &throttle.rate.to_string(),
        None,
        &number(RATES.0, RATES.1),
        &format!("Requests a second that {of} accepts in the long run; the gateway answers more with 429"),
        &format!("a whole number of requests a second, from {} to {}", RATES.0, RATES.1),
    ) + &parameter(
        &format!("{name}BurstLimit"),
        &throttle.burst.to_string(),
        None,
        &number(BURSTS.0, BURSTS.1),
        &format!("Requests that {of} accepts at once"),
        &format!("a whole number of requests, from {} to {}", BURSTS.0, BURSTS.1),
    )
}

fn of_metric(metric: &Metric) -> String {
    let Threshold::Parameter(default, words) = metric.threshold else { return String::new() };
    parameter(
        &per_five_minutes(metric.name),
        &default.to_string(),
        None,
        "^[1-9][0-9]{0,8}$",
        words,
        "a whole number of requests, from 1 to 999999999",
    )
}

fn rules() -> String {
    let by_revision = parameters().filter(|(_, parameter)| parameter.revision);
    by_revision
        .map(|(setting, parameter)| {
            let (name, default) = (parameter.sam, quoted(&setting.written()));
            format!(
                "  {name}NeedRevision:\n    RuleCondition: !Not [!Equals [!Ref {name}, {default}]]\n    Assertions:\n      \
                 - Assert: !Not [!Equals [!Ref Revision, \"1\"]]\n        AssertDescription: With {name}, set Revision \
                 to a new text each time {name} changes\n"
            )
        })
        .collect()
}

fn reserves(function: Function) -> String {
    of(function, "  Reserves<Name>: !Not [!Equals [!Ref <Name>ReservedConcurrency, \"-1\"]]\n")
}

fn function(function: Function) -> String {
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
    let mut text = of(function, include_str!("sam/function.yaml"));
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
fn version(names: &[&str]) -> String {
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

fn environment(function: Function) -> String {
    match function {
        Function::Issue => format!("&environment\n{}", variables(function)),
        Function::Authorizer => format!("\n{}", variables(function)),
        _ => "*environment".to_owned(),
    }
    .trim_end()
    .to_owned()
}

fn variables(function: Function) -> String {
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

fn events(function: Function) -> String {
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

fn role(function: Function) -> String {
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
        statements += &fill(include_str!("sam/table.yaml"), &values);
        if counts {
            statements += "                Condition:\n                  ForAllValues:StringLike: { dynamodb:LeadingKeys: \
                           [\"#?*\"] }\n";
        }
    }
    if !permitted.clients.is_empty() {
        statements += include_str!("sam/key.yaml");
    }
    fill(&of(function, include_str!("sam/role.yaml")), &[("statements", &statements)])
}

fn routes() -> String {
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

fn filters(function: Function) -> String {
    let counted = METRICS.iter().filter(|metric| metric.functions.contains(&function));
    counted
        .map(|metric| {
            let text = of(function, include_str!("sam/filter.yaml"));
            fill(&text, &[("Metric", metric.name), ("pattern", &condition(metric))])
        })
        .collect()
}

/// Once and at once.
fn sum(period: u32) -> String {
    format!("      Statistic: Sum\n      Period: {period}\n      EvaluationPeriods: 1\n")
}

const P99: &str = "      ExtendedStatistic: p99
      # Of a few calls every one is the slowest hundredth.
      EvaluateLowSampleCountPercentile: ignore
      Period: 300
      EvaluationPeriods: 3
      DatapointsToAlarm: 2
";

fn of_function(function: Function, alarm: &str, words: &str, statistic: &str, threshold: &str) -> String {
    let name = named(function);
    let dimensions = format!("      Dimensions: [{{ Name: FunctionName, Value: !Ref {name}Function }}]\n");
    fill(
        include_str!("sam/alarm.yaml"),
        &[
            ("Logical", &format!("{name}{alarm}")),
            ("words", words),
            ("namespace", "AWS/Lambda"),
            ("metric", alarm),
            ("dimensions", &dimensions),
            ("statistic", statistic),
            ("threshold", threshold),
        ],
    )
}

fn errors(function: Function) -> String {
    // To a REST API an error is how it says 401.
    if function == Function::Authorizer {
        return String::new();
    }
    let name = function.as_str();
    let words = format!("{name} ended without an answer, or does not start. A deployment under way is rolled back");
    of_function(function, "Errors", &words, &sum(60), "1")
}

fn throttles(function: Function) -> String {
    let name = function.as_str();
    let words = format!("Lambda turned calls of {name} away. Raise its reserved concurrency or the account's quota");
    of_function(function, "Throttles", &words, &sum(300), "1")
}

fn duration(function: Function) -> String {
    let (name, memory) = (function.as_str(), function.deployed().memory);
    let words = format!("{name} is slow. See DynamoDB's latency, then {memory}");
    of_function(function, "Duration", &words, P99, "!Ref SlowMilliseconds")
}

fn of_log(metric: &Metric) -> String {
    let threshold = match metric.threshold {
        Threshold::Fixed(threshold) => threshold.to_string(),
        Threshold::Parameter(..) => format!("!Ref {}", per_five_minutes(metric.name)),
    };
    fill(
        include_str!("sam/alarm.yaml"),
        &[
            ("Logical", metric.name),
            ("words", metric.alarm),
            ("namespace", "!Sub Latchkey/${AWS::StackName}"),
            ("metric", metric.name),
            ("dimensions", ""),
            ("statistic", &sum(metric.period)),
            ("threshold", &threshold),
        ],
    )
}

fn alarms() -> String {
    let each = |make: fn(Function) -> String| Function::ALL.map(make).concat();
    [each(errors), each(throttles), each(duration), METRICS.iter().map(of_log).collect()].concat()
}

fn dashboard() -> String {
    let indent = "                    ";
    let lines = |alarms: Vec<String>| -> String {
        let line = |few: &[String]| {
            let each: Vec<_> = few.iter().map(|alarm| format!("\"${{{alarm}Alarm.Arn}}\",")).collect();
            format!("{indent}{}\n", each.join(" "))
        };
        alarms.chunks(3).map(line).collect()
    };
    let rows = |alarm: &str, functions: Vec<Function>| {
        lines(functions.into_iter().map(|function| format!("{}{alarm}", named(function))).collect())
    };
    let with_errors = Function::ALL.into_iter().filter(|function| *function != Function::Authorizer).collect();
    let (first, others) = METRICS.split_first().map_or(("", &[][..]), |(first, others)| (first.name, others));
    let alarms = [
        rows("Errors", with_errors),
        rows("Throttles", Function::ALL.to_vec()),
        rows("Duration", Function::ALL.to_vec()),
        lines(others.iter().map(|metric| metric.name.to_owned()).collect()),
    ]
    .concat();
    let graph = |metric: &str, function: Function, options: &str| {
        let name = named(function);
        format!("{indent}[\"AWS/Lambda\", \"{metric}\", \"FunctionName\", \"${{{name}Function}}\", {{{options}}}]")
    };
    let with_label = |metric: &str, label: &str, more: &str| {
        Function::ALL
            .map(|function| graph(metric, function, &format!("{more}\"label\": \"{} {label}\"", function.as_str())))
            .to_vec()
    };
    let list = |lines: Vec<String>| format!("{}\n", lines.join(",\n"));
    let counted = METRICS.iter().map(|metric| {
        let label = match metric.label {
            "" => String::new(),
            label => format!(", {{\"label\": \"{label}\"}}"),
        };
        format!("{indent}[\"Latchkey/${{AWS::StackName}}\", \"{}\"{label}]", metric.name)
    });
    let calls = [
        with_label("Errors", "errors", ""),
        with_label("Throttles", "throttles", ""),
        with_label("ConcurrentExecutions", "at once", "\"stat\": \"Maximum\", "),
    ];
    let logs = Function::ALL.map(|function| format!("SOURCE '${{{}Logs}}'", named(function)));
    fill(
        include_str!("sam/dashboard.yaml"),
        &[
            ("First", first),
            ("alarms", &alarms),
            ("metrics", &list(counted.collect())),
            ("durations", &list(with_label("Duration", "p99", "\"stat\": \"p99\", "))),
            ("calls", &list(calls.concat())),
            ("logs", &logs.join(" | ")),
        ],
    )
}
