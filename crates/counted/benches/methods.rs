//! `cargo bench --package latchkey-counted --bench methods`: what a refresh takes without its two calls, by each method of
//! clients; and what comes with it. CPU by the clock of the thread, medians; the methods take turns, so that what the machine
//! does besides meets all of them. Prints, never fails.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use latchkey_counted::{Authenticated, By, Refresh};
use rustix::time::{ClockId, clock_gettime};

const TURNS: usize = 500;
/// Refreshes of a turn: enough that the clock's own call does not count.
const REFRESHES: u32 = 50;

fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

fn main() {
    let methods = By::ALL.map(|by| (by, Authenticated::ready(by)));
    let refresh = Refresh::ready();
    let mut times = methods.each_ref().map(|_| Vec::new());
    let (mut signs, mut events) = (Vec::new(), Vec::new());
    // The first turn warms the caches.
    for turn in 0..=TURNS {
        for ((_, refresh), times) in methods.iter().zip(&mut times) {
            let took = each(|| drop(black_box(refresh.once())));
            times.extend((turn > 0).then_some(took));
        }
        signs.push(each(|| drop(black_box(refresh.sign()))));
        events.push(each(|| refresh.event()));
    }
    let medians = times.map(median);
    println!("| method | µs | of wskey | budget |\n|---|---:|---:|---|");
    for ((by, _), median) in methods.iter().zip(medians) {
        let budget = if matches!(by, By::Basic | By::Hs256) { "2 × wskey" } else { "" };
        println!("| {} | {median:.1} | {:.1} | {budget} |", by.name(), median / medians[0]);
    }
    let (sign, event) = (median(signs), median(events));
    println!(
        "A client signs in {sign:.1} µs. From the event's JSON to a request, and from an answer to Lambda's: {event:.1} µs."
    );
}

/// Of one of a turn, µs.
fn each(refresh: impl Fn()) -> f64 {
    let began = cpu();
    for _ in 0..REFRESHES {
        refresh();
    }
    (cpu() - began) / f64::from(REFRESHES)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
