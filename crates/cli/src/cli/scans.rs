//! What the help of a command says if the command reads a whole table.

use clap::Command;
use latchkey_scale::growth::SCANS;

/// Adds it to the long help.
pub(super) fn told(command: Command, path: &str) -> Command {
    let sentences: Vec<_> = SCANS.iter().filter(|scan| scan.command == path).map(|scan| scan.sentence()).collect();
    if sentences.is_empty() {
        return command;
    }
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    // clap takes the full stop of a single paragraph away.
    command.long_about(format!("{}.\n\n{}", about.trim_end_matches('.'), sentences.join("\n\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_of_each_command_that_reads_a_whole_table_says_so_with_its_cost() {
        for scan in SCANS {
            let mut command = crate::cli::command();
            for name in scan.command.split(' ') {
                let below = command.find_subcommand(name).cloned();
                assert!(below.is_some(), "{}", scan.command);
                command = below.unwrap_or_default();
            }
            let long = command.clone().render_long_help().to_string();
            assert!(long.contains(&scan.sentence()), "{long}");
            assert!(!command.render_help().to_string().contains("read units"), "{}", scan.command);
        }
    }
}
