//! What the template watches: filters, alarms, the dashboard.

use super::*;

pub(super) fn filters(function: Function) -> String {
    let counted = METRICS.iter().filter(|metric| metric.functions.contains(&function));
    counted
        .map(|metric| {
            let text = of(function, include_str!("filter.yaml"));
            fill(&text, &[("Metric", metric.name), ("pattern", &condition(metric))])
        })
        .collect()
}

/// Whom an alarm tells that is no page.
pub(super) const NOTES: &str =
    "!If [HasNotesTopic, !Ref NotesTopicArn, !If [HasAlarmTopic, !Ref AlarmTopicArn, !Ref AlarmTopic]]";

/// The 503s of one function, for its deployment. Without a default value, so that it costs nothing while there are none.
pub(super) fn of_deployment(function: Function) -> String {
    let text = of(function, include_str!("filter.yaml"));
    let (Some(metric), default) = (METRICS.first(), ", DefaultValue: 0") else { return String::new() };
    let name = format!("{}{}", named(function), metric.name);
    let text = fill(&text, &[("Metric", "Failures"), ("pattern", &condition(metric))]);
    text.replace("MetricName: Failures, ", &format!("MetricName: {name}, ")).replace(default, "")
}

/// What rolls a deployment back: what that one function does, in more than one minute, so that a single 503 does not.
pub(super) fn rollback(function: Function) -> String {
    let (errors, words) = match function {
        // To a REST API an error is how it says 401.
        Function::Authorizer => (String::new(), "it could not decide about a token"),
        _ => (of(function, include_str!("rollback_errors.yaml")), "a call ended without an answer or with 503"),
    };
    fill(&of(function, include_str!("rollback.yaml")), &[("words", words), ("errors", &errors)])
}

/// The saved queries.
pub(super) fn queries() -> String {
    let group =
        |logs: &str, name: &str| format!("          - !If [MakesLogGroups, !Ref {logs}Logs, !Sub \"{name}\"]\n");
    let of_function =
        |function: Function| group(&named(function), &format!("/aws/lambda/${{AWS::StackName}}-{}", function.as_str()));
    let functions = Function::ALL.map(of_function).concat();
    let gateway = group("Api", "/aws/vendedlogs/${AWS::StackName}-api");
    let each = QUERIES.iter().map(|query| {
        let logical: String = query.name.split('-').map(capital).collect();
        let groups = match query.over {
            Over::Functions => &functions,
            Over::Gateway => &gateway,
        };
        let text = format!("        {}\n", query.commands.join("\n        | "));
        let values = [("Logical", logical.as_str()), ("query", query.name), ("groups", groups), ("text", &text)];
        fill(include_str!("query.yaml"), &values)
    });
    each.collect()
}

/// Once and at once.
pub(super) fn sum(period: u32) -> String {
    format!("      Statistic: Sum\n      Period: {period}\n      EvaluationPeriods: 1\n")
}

/// Rings from the first request on. Below ten requests in a span, the slowest one counts. A p99 would need a thousand:
/// CloudWatch asks a percentile for 10 / (1 - p) values, and ignores or trusts fewer.
const P90: &str = "      ExtendedStatistic: p90
      EvaluateLowSampleCountPercentile: evaluate
      Period: 300
      EvaluationPeriods: 3
      DatapointsToAlarm: 2
";

pub(super) fn of_function(function: Function, alarm: &str, words: &str, statistic: &str, threshold: &str) -> String {
    let name = named(function);
    let dimensions = format!("      Dimensions: [{{ Name: FunctionName, Value: !Ref {name}Function }}]\n");
    fill(
        include_str!("alarm.yaml"),
        &[
            ("Logical", &format!("{name}{alarm}")),
            ("waits", ""),
            ("words", words),
            ("namespace", "AWS/Lambda"),
            ("metric", alarm),
            ("dimensions", &dimensions),
            ("statistic", statistic),
            ("threshold", threshold),
            ("notes", NOTES),
        ],
    )
}

pub(super) fn errors(function: Function) -> String {
    // To a REST API an error is how it says 401.
    if function == Function::Authorizer {
        return String::new();
    }
    let name = function.as_str();
    let words = format!("{name} ended without an answer, or does not start");
    of_function(function, "Errors", &words, &sum(60), "1")
}

pub(super) fn throttles(function: Function) -> String {
    let name = function.as_str();
    let words = format!("Lambda turned calls of {name} away. Raise its reserved concurrency or the account's quota");
    of_function(function, "Throttles", &words, &sum(300), "1")
}

pub(super) fn duration(function: Function) -> String {
    let (name, memory) = (function.as_str(), function.deployed().memory);
    let words = format!("{name} is slow. See DynamoDB's latency, then {memory}");
    of_function(function, "Duration", &words, P90, "!Ref SlowMilliseconds")
}

pub(super) fn of_log(metric: &Metric) -> String {
    let threshold = match metric.threshold {
        Threshold::Fixed(threshold) => threshold.to_string(),
        Threshold::Parameter(..) => format!("!Ref {}", per_five_minutes(metric.name)),
    };
    fill(
        include_str!("alarm.yaml"),
        &[
            ("Logical", metric.name),
            ("waits", "    DependsOn: StackNameIsShortEnough\n"),
            ("words", metric.alarm),
            ("namespace", "!Sub Latchkey/${AWS::StackName}"),
            ("metric", metric.name),
            ("dimensions", ""),
            ("statistic", &sum(metric.period)),
            ("threshold", &threshold),
            ("notes", NOTES),
        ],
    )
}

pub(super) fn alarms() -> String {
    let each = |make: fn(Function) -> String| Function::ALL.map(make).concat();
    [each(errors), each(throttles), each(duration), METRICS.iter().map(of_log).collect()].concat()
}

pub(super) fn dashboard() -> String {
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
    let of_table = |metric: &str, table: &str, operation: &str| {
        let (dimension, label) = match operation {
            "" => (String::new(), metric),
            operation => (format!("\"Operation\", \"{operation}\", "), operation),
        };
        let name = capital(table);
        format!(
            "{indent}[\"AWS/DynamoDB\", \"{metric}\", \"TableName\", \"${{{name}}}\", {dimension}{{\"label\": \"{table} {label}\"}}]"
        )
    };
    let each_operation = |metric: &str| {
        let of = |(table, operations): &(&str, &[&str])| {
            operations.iter().map(|operation| of_table(metric, table, operation)).collect::<Vec<_>>()
        };
        OPERATIONS.iter().flat_map(of).collect::<Vec<_>>()
    };
    let races = OPERATIONS.iter().flat_map(|(table, operations)| {
        let writes = operations.iter().any(|operation| !operation.ends_with("GetItem"));
        let transacts = operations.contains(&"TransactWriteItems");
        let conditions = writes.then(|| of_table("ConditionalCheckFailedRequests", table, ""));
        let conflicts = transacts.then(|| of_table("TransactionConflict", table, ""));
        [conditions, conflicts].into_iter().flatten()
    });
    let logs = Function::ALL.map(|function| format!("SOURCE '/aws/lambda/${{AWS::StackName}}-{}'", function.as_str()));
    fill(
        include_str!("dashboard.yaml"),
        &[
            ("First", first),
            ("alarms", &alarms),
            ("metrics", &list(counted.collect())),
            ("durations", &list(with_label("Duration", "p99", "\"stat\": \"p99\", "))),
            ("calls", &list(calls.concat())),
            ("latencies", &list(each_operation("SuccessfulRequestLatency"))),
            ("races", &list(races.collect())),
            ("faults", &list(each_operation("SystemErrors"))),
            ("logs", &logs.join(" | ")),
        ],
    )
}
