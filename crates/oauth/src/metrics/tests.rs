//! What metrics and saved queries count.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::queries::QUERIES;
use super::{Counted, METRICS};

#[test]
fn the_query_after_an_alarm_reads_the_lines_that_rang_it() {
    let unavailable = METRICS.iter().find(|metric| metric.name == "Unavailable").unwrap();
    let Counted::Outcomes(outcomes) = unavailable.counted else { panic!("it counts outcomes") };
    let names: Vec<_> = outcomes.iter().map(|outcome| format!("\"{}\"", outcome.as_str())).collect();
    let query = QUERIES.iter().find(|query| query.name == "why-unavailable").unwrap();
    assert_eq!(query.commands[0], format!("filter outcome in [{}]", names.join(", ")));
}
