//! The options of the benchmark.

use std::path::PathBuf;

use clap::Parser;

/// Measures the local server under load.
#[derive(Debug, Parser)]
#[command(name = "cargo bench --bench load --")]
pub struct Arguments {
    /// Seconds of a turn.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub seconds: u64,
    /// Turns of each.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..))]
    pub turns: u64,
    /// Measures this binary in the place of the one that is built: one with symbols for a profiler.
    #[arg(long, value_parser = binary)]
    pub binary: Option<PathBuf>,
    /// Measures another binary of the local server beside it: an older build.
    #[arg(long, value_parser = binary)]
    pub beside: Vec<PathBuf>,
    /// Measures node-oidc-provider and Authlib beside it. Fetches what they need from npm and PyPI, below target/tools.
    #[arg(long)]
    pub peers: bool,
    /// Writes the table into docs/.
    #[arg(long)]
    pub write: bool,
    /// What cargo passes.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Its whole path: the server runs in a folder of its own.
fn binary(text: &str) -> Result<PathBuf, String> {
    std::fs::canonicalize(text).map_err(|error| format!("{error}; name a binary of the command line"))
}
