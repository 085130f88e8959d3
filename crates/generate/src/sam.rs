//! The repeating parts of SAM's template.

mod functions;
mod keys;
mod parameters;
mod watch;

use latchkey_oauth::error::Denial;
use latchkey_oauth::metrics::queries::{Over, QUERIES};
use latchkey_oauth::metrics::{Counted, METRICS, Metric, Threshold};
use latchkey_oauth::service::actions::{OPERATIONS, permitted};
use latchkey_oauth::service::functions::{Function, OF_ALIASES, Throttle};
use latchkey_oauth::service::routes::ROUTES;
use latchkey_oauth::service::settings::{ALL, Parameter, Setting};

use crate::pattern::number;
use crate::{Failure, Section, capital, fill, quoted};
use functions::*;
use parameters::*;
use watch::*;

pub use keys::has_old_key_of_others;
pub use parameters::{BURSTS, RATES};

/// CloudWatch's condition on a log line.
pub fn condition(metric: &Metric) -> String {
    let (member, names) = match metric.counted {
        Counted::Outcomes(outcomes) => ("outcome", outcomes.iter().map(|outcome| outcome.as_str()).collect::<Vec<_>>()),
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

/// What a template says of every function, by hand.
pub fn globals(template: &str) -> Result<&str, Failure> {
    let after = template.split_once("\nGlobals:\n").and_then(|(_, after)| after.split_once("\nResources:\n"));
    after
        .map(|(globals, _)| globals)
        .ok_or_else(|| Failure("infra/template.yaml must have Globals before Resources".to_owned()))
}

/// Every generated part of a template that says this of every function.
pub fn sections(globals: &str) -> Vec<Section> {
    let each = |make: fn(Function) -> String| Function::ALL.map(make).concat();
    let mut sections = vec![
        ("parameter groups", groups()),
        ("parameters of settings", parameters().map(|(setting, parameter)| of_setting(&setting, &parameter)).collect()),
        ("parameters of functions", each(of_concurrency)),
        ("parameters of routes", of_throttles()),
        ("parameters of metrics", METRICS.iter().map(of_metric).collect()),
        ("conditions of functions", each(reserves)),
        ("functions", Function::ALL.map(|each| function(each, globals)).concat()),
        ("settings", numbered(Function::Issue) + &numbered(Function::Authorizer)),
        ("roles", each(role)),
        ("routes", routes()),
        ("logs", each(|function| of(function, include_str!("sam/logs.yaml")))),
        ("metric filters", each(filters)),
        ("metric filters of deployments", each(of_deployment)),
        ("alarms", alarms()),
        ("alarms of deployments", each(rollback)),
        ("queries", queries()),
        ("what the check invokes", invokes()),
        ("dashboard", dashboard()),
    ];
    sections.extend(keys::sections());
    sections
}

fn named(function: Function) -> String {
    capital(function.as_str())
}

/// A template with a function's names: `<Name>` and `<name>`.
fn of(function: Function, template: &str) -> String {
    fill(template, &[("Name", &named(function)), ("name", function.as_str())])
}
