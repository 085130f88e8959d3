//! What the benchmarks write into `docs/benchmark.md`.

use std::fs;

use latchkey_dynamodb::clock;
use latchkey_oauth::time::instant;

use crate::root;

/// The day, the machine and these runtimes, as a sentence.
pub fn of_this_run(runtimes: &[String]) -> String {
    let date = instant(clock::now());
    let mut text = format!("On {}, {}", date.get(..10).unwrap_or_default(), machine());
    runtimes.iter().for_each(|runtime| text += &format!(", {runtime}"));
    text + "."
}

fn machine() -> String {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<_> = told.lines().filter_map(|line| line.strip_prefix("model name")?.split_once(": ")).collect();
    let model = models.first().map_or("a processor without a name", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{model}, {cores} cores, {}", std::env::consts::ARCH)
}

/// Replaces what stands between the comment of this name and the next comment `end`.
pub fn replace(name: &str, text: &str) {
    let (page, begin) = (root().join("docs/benchmark.md"), format!("<!-- {name} -->\n"));
    let old = fs::read_to_string(&page).unwrap();
    let (before, rest) = old.split_once(&begin).unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    fs::write(page, format!("{before}{begin}{text}<!-- end -->{after}")).unwrap();
}
