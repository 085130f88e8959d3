//! Asks the operator before a command takes away what no command brings back.

use std::io::{BufRead, IsTerminal, Write};
use std::time::Duration;

use clap::Args;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::output::shown;
use latchkey_dynamodb::aws::DEADLINE;

/// Whether the operator has agreed already.
#[derive(Args, Clone, Copy)]
pub(super) struct ConsentArgs {
    /// Do not ask. Required where the command cannot ask, since its input is no terminal.
    #[arg(long, short)]
    yes: bool,
}

impl ConsentArgs {
    /// Says what goes, and asks on a terminal whether to go on. Fails if the operator does not agree.
    pub(super) fn ask(self, what_goes: &str) -> Outcome {
        let what_goes = shown(what_goes);
        let stdin = std::io::stdin();
        let mut terminal = std::io::stderr();
        if self.yes {
            return Ok(writeln!(terminal, "latchkey: {what_goes}")?);
        }
        if !stdin.is_terminal() || !terminal.is_terminal() {
            return Err(Failure::new(format!("{what_goes}; nothing is done yet: add --yes to do it")));
        }
        write!(terminal, "{what_goes}. Go on? [y/N] ")?;
        terminal.flush()?;
        let mut answer = String::new();
        stdin.lock().read_line(&mut answer)?;
        if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
            Ok(())
        } else {
            Err(Failure::new("nothing is done"))
        }
    }
}

/// How long to wait for requests that are under way.
#[derive(Args, Clone, Copy)]
pub(super) struct WaitArgs {
    /// Wait so long before the last look at the grants, in seconds. A request that began before the command may write a grant
    /// until its deadline, which the default covers. Give 0 only if what is deleted was disabled longer ago.
    #[arg(long, value_name = "SECONDS", default_value_t = LONGEST_REQUEST, value_parser = clap::value_parser!(u64).range(..=3600))]
    wait: u64,
}

/// After so many seconds no request that began before goes on: its deadline, and a second for what it sent last to arrive.
const LONGEST_REQUEST: u64 = DEADLINE.as_secs() + 1;

impl WaitArgs {
    /// Waits, and says so.
    pub(super) async fn for_requests(self) {
        if self.wait > 0 {
            let seconds = counted(usize::try_from(self.wait).unwrap_or(usize::MAX), "second");
            eprintln!("latchkey: waiting {seconds} for requests that are under way");
            tokio::time::sleep(Duration::from_secs(self.wait)).await;
        }
    }
}

/// A number of things, such as `1 grant` or `1,201 grants`.
pub(super) fn counted(number: usize, thing: &str) -> String {
    let digits = number.to_string();
    let grouped: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    format!("{} {thing}{}", grouped.join(","), if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_at_a_glance() {
        for (number, text) in [(0, "0 grants"), (1, "1 grant"), (999, "999 grants"), (1_201, "1,201 grants")] {
            assert_eq!(counted(number, "grant"), text);
        }
        assert_eq!(counted(1_234_567, "user"), "1,234,567 users");
    }
}
