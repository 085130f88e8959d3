//! `latchkey completions` and `latchkey man`: what clap's generators make of the commands.

use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::output;

#[derive(Args)]
pub(super) struct Completions {
    /// Shell.
    shell: Shell,
}

#[derive(Args)]
pub(super) struct Man {
    /// Folder for a page of each command. Default: print the page of latchkey itself.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl Completions {
    pub(super) fn run(self, mut command: Command) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "latchkey", &mut script);
        output::bytes(&script)
    }
}

impl Man {
    pub(super) fn run(self, command: Command) -> Outcome {
        let Some(folder) = self.output else {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            return output::bytes(&page);
        };
        let failed = |error| Failure::new(format!("{}: {error}", folder.display()));
        std::fs::create_dir_all(&folder).map_err(failed)?;
        clap_mangen::generate_to(command, &folder).map_err(failed)?;
        output::line(&format!("The pages are in {}; read them with man latchkey", folder.display()))
    }
}
