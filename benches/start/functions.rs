//! `cargo bench --bench functions`: starts the benchmark in `benches/functions`.
#![allow(missing_docs)]

mod start;

fn main() -> std::process::ExitCode {
    start::start("measure_functions")
}
