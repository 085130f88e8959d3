//! Asks the operator before a command takes away what no command brings back.

use std::io::{BufRead, IsTerminal, Write};

use clap::Args;

use crate::cli::failure::{Failure, Outcome};

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
