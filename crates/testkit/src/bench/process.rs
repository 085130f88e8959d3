//! What the kernel says of a process: zero where it does not tell.

use std::fs;
use std::time::Duration;

/// CPU time so far of the threads that still run, to the nanosecond.
pub fn cpu(id: u32) -> Duration {
    let Ok(threads) = fs::read_dir(format!("/proc/{id}/task")) else { return Duration::ZERO };
    let nanos = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

/// CPU time so far, of threads that ended as well; to one of the kernel's clock ticks, so for long measurements.
pub fn cpu_of_all(id: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The program's name, in parentheses, may hold blanks; from the state on, which is the third field, nothing does.
    let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split_whitespace();
    // utime and stime, fields 14 and 15 of proc(5).
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * MILLIS_A_TICK)
}

/// What Linux tells programs is in ticks of 10 ms, however the kernel was built.
const MILLIS_A_TICK: u64 = 10;

/// Resident memory, MB.
pub fn resident(id: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or_default() / 1024.0
}

/// Open file descriptors.
pub fn descriptors(id: u32) -> usize {
    fs::read_dir(format!("/proc/{id}/fd")).map_or(0, Iterator::count)
}
