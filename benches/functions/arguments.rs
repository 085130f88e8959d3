//! The options of the benchmark.

use std::path::PathBuf;

use clap::Parser;

/// Measures the functions.
#[derive(Debug, Parser)]
#[command(name = "cargo bench --bench functions --")]
pub struct Arguments {
    /// Processes started of each.
    #[arg(long, default_value_t = 25)]
    pub starts: usize,
    /// Warm invocations measured of each.
    #[arg(long, default_value_t = 2000)]
    pub invocations: usize,
    /// Measures only those whose name contains this, or one of several texts with commas between them.
    #[arg(long, default_value = "")]
    pub only: String,
    /// A JSON file that describes another program to measure: name, command, files, environment, event.
    #[arg(long)]
    pub contestant: Vec<PathBuf>,
    /// Measures a refresh in Node and in Python beside ours. Fetches what they need from npm and PyPI, below target/tools.
    #[arg(long)]
    pub peers: bool,
    /// Grants that stand in the table beforehand.
    #[arg(long, default_value_t = 10)]
    pub grants: usize,
    /// Instead of all else: so many invocations of one process of the function that --only names, or of refresh, and its
    /// memory after the first 1,000 and after every tenth of them.
    #[arg(long)]
    pub soak: Option<usize>,
    /// Instead of all else: the CPU of a warm refresh as a share of bare_sdk's, in five runs. Fails if their median is over
    /// the recorded share by more than three times their spread.
    #[arg(long, conflicts_with_all = ["contestant", "invocations", "only", "peers", "soak", "starts", "write"])]
    pub quick: bool,
    /// With --quick: records the median instead.
    #[arg(long, requires = "quick")]
    pub record: bool,
    /// Writes the table and the plot into docs/.
    #[arg(long)]
    pub write: bool,
    /// What cargo passes.
    #[arg(long, hide = true)]
    pub bench: bool,
}

impl Arguments {
    /// Whether this one is measured.
    pub fn names(&self, name: &str) -> bool {
        self.only.split(',').any(|part| name.contains(part))
    }

    /// Of these words, the first of which is the program. Says in one line what is wrong with them.
    pub fn read(words: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let read = Self::try_parse_from(words).map_err(|error| {
            // A request for help is no error.
            if !error.use_stderr() {
                error.exit();
            }
            let text = error.to_string();
            let lines: Vec<_> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
            lines.join(" ")
        })?;
        if read.starts == 0 || read.invocations == 0 {
            return Err("error: --starts and --invocations must be 1 or more".to_owned());
        }
        Ok(read)
    }
}
