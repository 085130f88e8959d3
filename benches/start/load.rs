//! `cargo bench --bench load`: starts the benchmark in `benches/load`.
#![allow(missing_docs)]

mod start;

fn main() -> std::process::ExitCode {
    start::start("measure_load")
}
