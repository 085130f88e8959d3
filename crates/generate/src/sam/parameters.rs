//! The template's parameters, their groups and rules.

use super::*;

pub(super) fn groups() -> String {
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
    labels.sort_by_key(|label| {
        ["Tokens", "Sign-in pages", "Metadata document", "Signatures", "Authorizer", "Checks"]
            .iter()
            .position(|l| l == label)
    });
    for label in labels {
        let of_group = parameters().filter(|(_, parameter)| parameter.group == label);
        let mut names: Vec<_> = of_group.map(|(_, parameter)| parameter.sam.to_owned()).collect();
        if label == "Signatures" {
            // What comes before line 6 to 8: the clock. The key itself is no setting.
            names.sort_by_key(|name| ["SealingKeyNames", "OldKeys"].iter().position(|key| key == name));
            names.push("MultiRegionKey".to_owned());
        }
        group(label, names);
    }
    let mut functions = vec!["MemorySize".to_owned(), "AuthorizeMemorySize".to_owned(), "Architecture".to_owned()];
    functions.extend(Function::ALL.map(|function| format!("{}ReservedConcurrency", named(function))));
    functions.extend(["LogRetentionDays", "Tracing", "Revision"].map(str::to_owned));
    group("Functions", functions);
    let names = throttled().map(named).chain([ALIASES.to_owned()]);
    let limits = names.flat_map(|name| [format!("{name}RateLimit"), format!("{name}BurstLimit")]);
    group("Throttling", limits.collect());
    let mut alarms: Vec<_> =
        ["AlarmEmail", "AlarmTopicArn", "NotesTopicArn", "MonthlyBudget", "SlowMilliseconds"].map(str::to_owned).into();
    alarms.extend(METRICS.iter().filter(|metric| has_parameter(metric)).map(|metric| per_five_minutes(metric.name)));
    alarms.push(per_five_minutes("Throttled"));
    group("Alarms", alarms);
    text
}

pub(super) fn throttled() -> impl Iterator<Item = Function> {
    Function::ALL.into_iter().filter(|function| function.deployed().throttle.is_some())
}

pub(super) fn has_parameter(metric: &Metric) -> bool {
    matches!(metric.threshold, Threshold::Parameter(..))
}

pub(super) fn per_five_minutes(name: &str) -> String {
    format!("{name}PerFiveMinutes")
}

pub(super) fn parameter(
    name: &str,
    default: &str,
    most: Option<u32>,
    pattern: &str,
    words: &str,
    constraint: &str,
) -> String {
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

pub(super) fn of_setting(setting: &Setting, of: &Parameter) -> String {
    let pattern = match setting.kind.bounds() {
        Some((least, most)) => number(least, most),
        None => of.pattern.to_owned(),
    };
    let words = format!("{}{}", setting.words, of.more);
    parameter(of.sam, &setting.written(), of.most, &pattern, &words, &constraint(setting, of))
}

pub(super) fn of_concurrency(function: Function) -> String {
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

/// What begins the names of the limits of aliases.
pub(super) const ALIASES: &str = "Alias";

pub(super) fn of_throttles() -> String {
    let functions =
        Function::ALL.into_iter().filter_map(|function| Some((named(function), function.deployed().throttle?)));
    functions.chain([(ALIASES.to_owned(), OF_ALIASES)]).map(|(name, throttle)| of_throttle(&name, throttle)).collect()
}

fn of_throttle(name: &str, throttle: Throttle) -> String {
    let of = throttle.of;
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

pub(super) fn of_metric(metric: &Metric) -> String {
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
