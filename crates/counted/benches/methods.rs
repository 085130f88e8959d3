//! `cargo bench --package latchkey-counted --bench methods`: what a refresh takes without its two calls, by each method of
//! clients. CPU by the clock of the thread, medians; the methods take turns, so that what the machine does besides meets all of
//! them. Prints, never fails.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use latchkey_counted::{Authenticated, By};
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
    let mut times = methods.each_ref().map(|_| Vec::new());
    // The first turn warms the caches.
    for turn in 0..=TURNS {
        for ((_, refresh), times) in methods.iter().zip(&mut times) {
            let began = cpu();
            for _ in 0..REFRESHES {
                black_box(refresh.once());
            }
            let took = (cpu() - began) / f64::from(REFRESHES);
            times.extend((turn > 0).then_some(took));
        }
    }
    let medians = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[TURNS / 2]
    });
    println!("| method | µs | of wskey | budget |\n|---|---:|---:|---|");
    for ((by, _), median) in methods.iter().zip(medians) {
        let budget = if matches!(by, By::Basic | By::Hs256) { "2 × wskey" } else { "" };
        println!("| {} | {median:.1} | {:.1} | {budget} |", by.name(), median / medians[0]);
    }
}
