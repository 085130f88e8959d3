//! `cargo bench --bench pure_path`: instructions of the pure path, counted by Valgrind, so that no machine's mood is in them.
//! More than the limit fails: the guard against code that grew slow. It needs `valgrind` and `gungraun-runner`; `tests/run`
//! installs both.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "shared/pure.rs"]
mod pure;
#[path = "shared/signed.rs"]
#[allow(dead_code)]
mod signed;

use std::hint::black_box;

use bytes::Bytes;
use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};
use http::Response;
use pure::Refresh;

/// Once before, so that nothing is counted that a process does once.
fn ready() -> Refresh {
    let refresh = Refresh::new();
    refresh.once();
    refresh
}

#[library_benchmark]
#[bench::of_a_refresh(ready())]
fn pure_path(refresh: Refresh) -> (Response<Bytes>, Refresh) {
    (black_box(refresh.once()), refresh)
}

/// A tenth above the 97,639 that it took when it was set. Valgrind knows no SHA instructions, so most of them are SHA-256.
const MOST_INSTRUCTIONS: u64 = 107_000;

library_benchmark_group!(name = group, benchmarks = pure_path);
main!(
    config =
        LibraryBenchmarkConfig::default().tool(Callgrind::default().hard_limits([(EventKind::Ir, MOST_INSTRUCTIONS)])),
    library_benchmark_groups = group
);
