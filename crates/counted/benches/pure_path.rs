//! `tests/run count`: instructions of the pure path, counted by Valgrind, so that no machine's mood is in them. More than the
//! limit fails: the guard against code that grew slow. It needs `valgrind` and `gungraun-runner`; the stage installs both.
//! It compiles by the profile `count`, which optimises the crates on the path and no others: a new one there is named in it.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::hint::black_box;

use bytes::Bytes;
use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};
use http::Response;
use latchkey_counted::Refresh;
use latchkey_oauth::client_auth::wskey::Signed;

/// Once before, so that nothing is counted that a process does once.
fn ready() -> Refresh {
    let refresh = Refresh::ready();
    refresh.once();
    refresh.sign();
    refresh.event();
    refresh
}

/// Each limit is a tenth above what was counted when it was set: 98,581, 39,181 and 22,832. Valgrind knows no SHA
/// instructions, so most of them are SHA-256.
fn most(instructions: u64) -> LibraryBenchmarkConfig {
    LibraryBenchmarkConfig::default().tool(Callgrind::default().hard_limits([(EventKind::Ir, instructions)])).clone()
}

#[library_benchmark(config = most(108_000))]
#[bench::of_a_refresh(ready())]
fn pure_path(refresh: Refresh) -> (Response<Bytes>, Refresh) {
    (black_box(refresh.once()), refresh)
}

#[library_benchmark(config = most(43_000))]
#[bench::of_a_refresh(ready())]
fn sign(refresh: Refresh) -> (Signed, Refresh) {
    (black_box(refresh.sign()), refresh)
}

#[library_benchmark(config = most(25_000))]
#[bench::to_request_and_back(ready())]
fn event(refresh: Refresh) -> Refresh {
    refresh.event();
    refresh
}

library_benchmark_group!(name = group, benchmarks = [pure_path, sign, event]);
main!(library_benchmark_groups = group);
