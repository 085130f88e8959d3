//! The repeating parts of the Terraform module. `terraform fmt` would leave them as they are.

mod keys;
mod packages;
mod permissions;

use latchkey_oauth::metrics::queries::{Over, QUERIES};
use latchkey_oauth::metrics::{METRICS, Threshold};
use latchkey_oauth::service::actions::OPERATIONS;
use latchkey_oauth::service::functions::{Function, OF_ALIASES, Throttle};
use latchkey_oauth::service::routes::{ROUTES, Route};
use latchkey_oauth::service::settings::{ALL, Elsewhere, Parameter, Setting};

use crate::sam::{BURSTS, RATES, condition, constraint, is_given, parameters};
use crate::{Failure, File, Section, apart, capital, quoted};
use packages::packages;
use permissions::permissions;

/// A text between quotes. Nothing in it is an expression.
fn text(text: &str) -> String {
    quoted(text).replace("${", "$${").replace("%{", "%%{")
}

/// Lines of names and values, with the signs of equality below each other.
fn aligned(indent: usize, lines: &[(String, String)]) -> String {
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    lines.iter().map(|(name, value)| format!("{:indent$}{name:width$} = {value}\n", "")).collect()
}

fn line(name: impl ToString, value: impl ToString) -> (String, String) {
    (name.to_string(), value.to_string())
}

/// A block of names and values.
fn block(indent: usize, name: &str, lines: &[(String, String)]) -> String {
    format!("{:indent$}{name} = {{\n{}{:indent$}}}\n", "", aligned(indent + 2, lines), "")
}

/// Every file with a generated part.
pub fn files() -> Result<Vec<File>, Failure> {
    Ok(vec![
        File::parts("infra/terraform/functions.tf", &functions())?,
        File::parts("infra/terraform/permissions.tf", &permissions())?,
        File::parts("infra/terraform/api.tf", &api())?,
        File::parts("infra/terraform/alarms.tf", &alarms())?,
        File::parts("infra/terraform/watch.tf", &watch())?,
        File::parts("infra/terraform/dashboard.tf", &dashboard())?,
        File::parts("infra/terraform/variables.tf", &[variables(), keys::variables()].concat())?,
        File::parts("infra/terraform/sealing_key.tf", &keys::keys())?,
        File::parts("infra/terraform/outputs.tf", &keys::outputs())?,
        File::parts("infra/terraform/tests/deployment.tftest.hcl", &asked_for())?,
    ])
}

/// What the module's own tests ask for: of a deployment named latchkey, with everything off that can be off, and limits of
/// routes that differ by function.
fn asked_for() -> Vec<Section> {
    let decided = [
        ("LATCHKEY_CLIENTS_TABLE", "latchkey-clients"),
        ("LATCHKEY_TOKENS_TABLE", "latchkey-tokens"),
        ("LATCHKEY_USERS_TABLE", "latchkey-users"),
        ("LATCHKEY_SUBJECT", "v2"),
        ("LATCHKEY_SEALING_KMS_KEY", "arn:aws:kms:eu-west-1:111122223333:key/sealing"),
        ("LATCHKEY_PAGES_KMS_KEY", "arn:aws:kms:eu-west-1:111122223333:key/pages"),
        ("LATCHKEY_REQUESTS_KMS_KEY", "arn:aws:kms:eu-west-1:111122223333:key/requests"),
        ("LATCHKEY_OLD_KEYS", "none"),
    ];
    let environment = |function| {
        let given = ALL.iter().filter(|setting| is_given(setting, function));
        let lines = given.map(|setting| {
            let value = decided.iter().find(|(name, _)| *name == setting.name).map(|(_, value)| (*value).to_owned());
            line(setting.name, text(&value.unwrap_or_else(|| setting.written())))
        });
        aligned(6, &lines.collect::<Vec<_>>())
    };
    let key = |route: &Route| format!("\"{} {}\"", route.method, route.path);
    let of_routes = |value: fn(&Route) -> String| {
        let lines = ROUTES.map(|route| line(key(&route), value(&route)));
        aligned(6, &lines)
    };
    let filters = METRICS.iter().flat_map(|metric| {
        let name = |function: &Function| format!("{}-{}", function.as_str(), metric.name);
        metric.functions.iter().map(move |function| line(name(function), text(&condition(metric))))
    });
    let filters: Vec<_> = filters.collect();
    let functions = Function::ALL.len();
    let counts = format!(
        "    condition = (length(aws_cloudwatch_metric_alarm.function) == {} && length(aws_cloudwatch_metric_alarm.log) == \
         {}\n    && length(aws_cloudwatch_log_metric_filter.counted) == {})\n",
        // Errors of each but the authorizer, throttles and durations of each.
        3 * functions - 1,
        METRICS.len(),
        filters.len()
    );
    vec![
        ("environment asked for", environment(Function::Issue)),
        ("environment of the authorizer asked for", environment(Function::Authorizer)),
        (
            "routes asked for",
            of_routes(|route| {
                let function = route.function.as_str();
                format!("\"{} {} -> integrations/to-{function}\"", route.method, route.path)
            }),
        ),
        (
            "limits asked for",
            of_routes(|route| {
                let place = throttled().take_while(|(name, _)| *name != limit_of(route)).count();
                let tens = 10 * (1 + place);
                format!("[{}, {}]", tens + 1, tens + 2)
            }),
        ),
        (
            "permissions of routes asked for",
            of_routes(|route| {
                let api = "arn:aws:execute-api:eu-west-1:111122223333:api/*/";
                format!("\"apigateway.amazonaws.com live {api}{}{}\"", route.method, route.path)
            }),
        ),
        ("counts asked for", counts),
        ("filters asked for", aligned(6, &filters)),
    ]
}

fn functions() -> Vec<Section> {
    let functions = Function::ALL.map(|function| {
        let name = function.as_str();
        let environment = if function == Function::Authorizer { "authorizer_environment" } else { "environment" };
        let lines = [
            line("package", format!("var.{name}_package")),
            line("environment", format!("local.{environment}")),
            line("memory_size", format!("var.{}", apart(function.deployed().memory, '_'))),
            line("reserved_concurrency", format!("var.{name}_reserved_concurrency")),
            line("live_version", format!("var.live_versions.{name}")),
        ];
        block(4, name, &lines)
    });
    vec![
        ("functions", functions.concat()),
        ("environment", environment(Function::Issue)),
        ("environment of the authorizer", environment(Function::Authorizer)),
    ]
}

fn environment(function: Function) -> String {
    let (mut text, mut lines) = (String::new(), Vec::new());
    for setting in ALL.iter().filter(|setting| is_given(setting, function)) {
        let Some(deployed) = setting.deployed else { continue };
        let value = match (deployed.terraform, deployed.parameter) {
            ("", Some(parameter)) if setting.kind.bounds().is_some() => {
                format!("tostring(var.{})", parameter.terraform)
            }
            ("", Some(parameter)) => format!("var.{}", parameter.terraform),
            (value, _) => value.to_owned(),
        };
        if !deployed.comment.is_empty() {
            // A comment begins new columns.
            text += &aligned(4, &lines);
            text += &format!("    # {}\n", deployed.comment);
            lines.clear();
        }
        lines.push(line(setting.name, value));
    }
    text + &aligned(4, &lines)
}

/// What begins the names of the limits of aliases.
const ALIASES: &str = "alias";

/// Each pair of limits, by what begins the names of its variables.
fn throttled() -> impl Iterator<Item = (&'static str, Throttle)> {
    let of = |function: Function| Some((function.as_str(), function.deployed().throttle?));
    Function::ALL.into_iter().filter_map(of).chain([(ALIASES, OF_ALIASES)])
}

/// The limits of a route, by the same name.
fn limit_of(route: &Route) -> &'static str {
    if route.is_alias { ALIASES } else { route.function.as_str() }
}

fn api() -> Vec<Section> {
    let limits = throttled()
        .map(|(name, _)| line(name, format!("{{ rate = var.{name}_rate_limit, burst = var.{name}_burst_limit }}")));
    let routes = ROUTES
        .map(|route| line(format!("\"{} {}\"", route.method, route.path), format!("\"{}\"", route.function.as_str())));
    let aliases: String = ROUTES
        .iter()
        .filter(|route| route.is_alias)
        .map(|route| format!("    \"{} {}\",\n", route.method, route.path))
        .collect();
    vec![("limits", aligned(4, &limits.collect::<Vec<_>>())), ("routes", aligned(4, &routes)), ("aliases", aliases)]
}

fn alarms() -> Vec<Section> {
    let patterns = METRICS.map(|metric| line(metric.name, text(&condition(&metric))));
    let counted = Function::ALL.map(|function| {
        let of = METRICS.iter().filter(|metric| metric.functions.contains(&function));
        let names: Vec<_> = of.map(|metric| format!("\"{}\"", metric.name)).collect();
        line(function.as_str(), format!("[{}]", names.join(", ")))
    });
    let alarms = METRICS.map(|metric| {
        let lines = [
            line("metric", format!("\"{}\"", metric.name)),
            line("threshold", format!("var.alarm_thresholds.{}", apart(metric.name, '_'))),
            line("period", metric.period),
            line("description", text(&format!("{}.", capital(metric.alarm)))),
        ];
        block(4, &apart(metric.name, '-'), &lines)
    });
    vec![
        ("patterns", aligned(4, &patterns)),
        ("metrics of functions", aligned(4, &counted)),
        ("alarms of metrics", alarms.concat()),
    ]
}

fn watch() -> Vec<Section> {
    let queries = QUERIES.map(|query| {
        let commands: String = query.commands.iter().map(|command| format!("        {},\n", text(command))).collect();
        let gateway = query.over == Over::Gateway;
        format!("    {} = {{\n      gateway = {gateway}\n      commands = [\n{commands}      ]\n    }}\n", query.name)
    });
    vec![("queries", queries.concat())]
}

fn dashboard() -> Vec<Section> {
    let operations = OPERATIONS.map(|(table, operations)| {
        let each: Vec<_> = operations.iter().map(|operation| quoted(operation)).collect();
        line(table, format!("[{}]", each.join(", ")))
    });
    vec![("operations", aligned(4, &operations))]
}

/// A variable and its one check.
struct Variable {
    name: String,
    description: String,
    kind: &'static str,
    default: Option<String>,
    condition: String,
    error: String,
}

impl Variable {
    fn block(&self) -> String {
        let Self { name, description, kind, default, condition, error } = self;
        let mut lines = vec![line("description", text(description)), line("type", kind)];
        lines.extend(default.as_ref().map(|default| line("default", default)));
        let check = [line("condition", condition), line("error_message", text(&format!("{name} {error}.")))];
        format!("variable \"{name}\" {{\n{}\n  validation {{\n{}  }}\n}}\n\n", aligned(2, &lines), aligned(4, &check))
    }
}

fn whole(name: &str, (least, most): (u64, u64)) -> String {
    format!("var.{name} >= {least} && var.{name} <= {most} && floor(var.{name}) == var.{name}")
}

fn variables() -> Vec<Section> {
    let live = Function::ALL.map(|function| line(function.as_str(), "optional(string)"));
    let thresholds = METRICS.map(|metric| {
        let (Threshold::Fixed(default) | Threshold::Parameter(default, _)) = metric.threshold;
        line(apart(metric.name, '_'), format!("optional(number, {default})"))
    });
    vec![
        ("variables of packages", packages()),
        ("variables of concurrency", Function::ALL.map(concurrency).concat()),
        ("live versions", aligned(4, &live)),
        ("variables of settings", parameters().map(|(setting, parameter)| of_setting(&setting, &parameter)).collect()),
        ("variables of limits", throttled().map(|(name, throttle)| limits(name, throttle)).collect()),
        ("thresholds of metrics", aligned(4, &thresholds)),
    ]
}

fn concurrency(function: Function) -> String {
    let name = format!("{}_reserved_concurrency", function.as_str());
    Variable {
        description: format!(
            "Concurrent executions reserved for, and the most allowed to, the function {}. -1 reserves none, 0 stops it.",
            function.as_str()
        ),
        kind: "number",
        default: Some("-1".to_owned()),
        condition: format!("var.{name} >= -1 && floor(var.{name}) == var.{name}"),
        error: "must be -1 (none reserved) or a whole number from 0".to_owned(),
        name,
    }
    .block()
}

fn of_setting(setting: &Setting, parameter: &Parameter) -> String {
    let (more, pattern, most, said) = match parameter.elsewhere {
        None => (parameter.more, parameter.pattern, parameter.most, parameter.constraint),
        Some(Elsewhere::Checked { more, pattern: "", most, constraint }) => (more, parameter.pattern, most, constraint),
        Some(Elsewhere::Checked { more, pattern, most, constraint }) => (more, pattern, most, constraint),
        Some(Elsewhere::ByHand) => return String::new(),
    };
    let name = parameter.terraform;
    let (kind, default, condition) = match setting.kind.bounds() {
        Some(bounds) => ("number", setting.written(), whole(name, bounds)),
        None => {
            let length = most.map_or(String::new(), |most| format!(" && length(var.{name}) <= {most}"));
            let condition = format!("can(regex({}, var.{name})){length}", text(pattern));
            ("string", text(&setting.written()), condition)
        }
    };
    let said = Parameter { constraint: said, ..*parameter };
    Variable {
        name: name.to_owned(),
        description: format!("{}{more}.", setting.words),
        kind,
        default: Some(default),
        condition,
        error: format!("must be {}", constraint(setting, &said)),
    }
    .block()
}

fn limits(name: &str, throttle: Throttle) -> String {
    let of = throttle.of;
    let rate = format!("{name}_rate_limit");
    let burst = format!("{name}_burst_limit");
    let rates = Variable {
        description: format!("Requests a second that {of} accepts on average. The gateway answers more with 429."),
        kind: "number",
        default: Some(throttle.rate.to_string()),
        condition: format!("var.{rate} >= {} && var.{rate} <= {}", RATES.0, RATES.1),
        error: format!("must be {} to {} requests a second ({} is an account's quota)", RATES.0, RATES.1, RATES.1),
        name: rate,
    };
    let bursts = Variable {
        description: format!("Requests at once that {of} accepts."),
        kind: "number",
        default: Some(throttle.burst.to_string()),
        condition: whole(&burst, BURSTS),
        error: format!("must be a whole number, {} to {} (an account's quota)", BURSTS.0, BURSTS.1),
        name: burst,
    };
    rates.block() + &bursts.block()
}
