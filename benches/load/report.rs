//! The benchmark's table.

use latchkey_testkit::bench::{page, process};

use crate::arguments::Arguments;
use crate::load::Turn;
use crate::servers::{Started, State};

/// All that was measured of one server.
pub struct Line {
    name: String,
    state: State,
    pub turns: Vec<Turn>,
    /// Megabytes of the server's process, before the first turn and after the last.
    resident: [f64; 2],
    descriptors: [usize; 2],
}

impl Line {
    pub fn of(started: &Started) -> Self {
        let (resident, descriptors) = now(started);
        let name = started.name.clone();
        let (resident, descriptors) = ([resident; 2], [descriptors; 2]);
        Self { name, state: started.state, turns: Vec::new(), resident, descriptors }
    }

    /// After the last turn.
    pub fn end(&mut self, started: &Started) {
        (self.resident[1], self.descriptors[1]) = now(started);
    }

    fn median(&self, of: impl Fn(&Turn) -> f64) -> f64 {
        let mut values: Vec<_> = self.turns.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }

    fn sum(&self, of: impl Fn(&Turn) -> usize) -> usize {
        self.turns.iter().map(of).sum()
    }

    /// CPU of an answer with the engine's, µs.
    fn cpu(&self) -> f64 {
        self.median(|turn| (turn.cpu + turn.engine_cpu).as_secs_f64() * 1e6 / turn.answers as f64)
    }
}

fn now(started: &Started) -> (f64, usize) {
    (process::resident(started.id()), process::descriptors(started.id()))
}

type Value = fn(&Line) -> f64;

/// What is compared with Latchkey's, and how it is measured.
const COMPARED: [(&str, Value); 4] = [
    ("CPU, with the engine's", Line::cpu),
    ("CPU of the server's process alone", |line| line.median(|turn| turn.cpu.as_secs_f64() / turn.answers as f64)),
    ("time, p50", |line| line.median(|turn| turn.p50)),
    ("time, p99", |line| line.median(|turn| turn.p99)),
];

/// Markdown. `runtimes` are those of the peers.
pub fn text(lines: &[Line], arguments: &Arguments, runtimes: &[String]) -> String {
    let mut text = page::of_this_run(runtimes) + "\n\n";
    text += &ratios(lines);
    text += "| server | state | answers | a second | a core | CPU µs | of it the engine's process | p50 ms | p99 ms | max ms | \
             resident MB | descriptors |\n|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|";
    for line in lines {
        let engine = line.median(|turn| turn.engine_cpu.as_secs_f64() * 1e6 / turn.answers as f64);
        let ([start, end], [before, after]) = (line.resident, line.descriptors);
        text += &format!(
            "\n| {} | {} | {} | {:.0} | {:.0} | {:.0} | {engine:.0} | {:.2} | {:.2} | {:.2} | {start:.1}, {end:.1} | {before}, {after} |",
            line.name,
            line.state.words(),
            line.sum(|turn| turn.answers),
            line.median(|turn| turn.answers as f64 / turn.took.as_secs_f64()),
            1e6 / line.cpu(),
            line.cpu(),
            line.median(|turn| turn.p50),
            line.median(|turn| turn.p99),
            line.median(|turn| turn.most),
        );
    }
    let errors: usize = lines.iter().map(|line| line.sum(|turn| turn.errors)).sum();
    assert_eq!(errors, 0, "answers that are no new token; {text}");
    text += &format!(
        "\n\nMedians of {} turns of {} s, which the servers take one after the other; each answer is 200 with a new token.\n\
         Memory (a MB has 1,048,576 bytes) and descriptors are those of the server's process, before the first turn and after \
         the last.\n",
        arguments.turns, arguments.seconds,
    );
    text
}

/// How many times of Latchkey's the others take, over the same kind of state.
fn ratios(lines: &[Line]) -> String {
    let ours = |other: &Line| lines.iter().find(|line| line.name == "latchkey" && line.state == other.state);
    let others: Vec<_> = lines.iter().filter(|line| line.name != "latchkey").collect();
    if others.is_empty() {
        return String::new();
    }
    let mut text = String::from("| times that of `latchkey` |");
    others.iter().for_each(|line| text += &format!(" {} {} |", line.name, line.state.words()));
    text += "\n|---|";
    others.iter().for_each(|_| text += "---:|");
    for (what, of) in COMPARED {
        text += &format!("\n| {what} |");
        for line in &others {
            text += &ours(line).map_or_else(String::new, |ours| format!(" {:.2} |", of(line) / of(ours)));
        }
    }
    text + "\n\n"
}
