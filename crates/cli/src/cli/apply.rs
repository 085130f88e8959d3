//! `latchkey apply`: makes clients, institutions, scopes and users what a file declares.

mod document;
mod plan;
mod run;
mod show;

use std::process::ExitCode;

use clap::Args;

use crate::cli::actor::ChangeArgs;
use crate::cli::consent::ConsentArgs;
use crate::cli::database::DatabaseArgs;
use crate::cli::declared::DeclaredArgs;
use crate::cli::failure::Outcome;
use crate::cli::output;
use crate::cli::sealing::SealingArgs;

pub(super) use plan::attributes;

/// What `--plan` ends with if something differs, as `terraform plan -detailed-exitcode` does.
const DIFFERS: u8 = 2;

#[derive(Args)]
pub(super) struct Apply {
    #[command(flatten)]
    declared: DeclaredArgs,
    /// Show what would change, and change nothing. The command ends with 0 if nothing differs, with 2 if something does, and
    /// with 1 after an error.
    #[arg(long, conflicts_with = "yes")]
    plan: bool,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    sealing: SealingArgs,
    #[command(flatten)]
    database: ChangeArgs,
}

impl Apply {
    pub(super) async fn run(self) -> Outcome<ExitCode> {
        let declared = self.declared.read()?;
        let connection = match self.plan {
            // It changes nothing, so it leaves no record.
            true => DatabaseArgs::connect(&self.database).await?,
            false => self.database.connect("apply").await?,
        };
        let plan = plan::make(declared, &connection.store).await?;
        for warning in &plan.warnings {
            eprintln!("latchkey: warning: {}", output::shown(warning));
        }
        let json = self.database.output.json;
        if self.plan {
            if json {
                self.database.output.one(&show::View::of(&plan))?;
            } else {
                output::bytes(output::shown(&show::text(&plan)).as_bytes())?;
            }
            return Ok(if plan.items.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(DIFFERS) });
        }
        if plan.items.is_empty() {
            if json {
                self.database.output.one(&show::Done::nothing(plan.unchanged))?;
            } else {
                output::line(&show::nothing(plan.unchanged))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let text = show::text(&plan);
        eprintln!("{}", output::shown(text.trim_end()));
        self.consent.ask(&show::question(&plan))?;
        run::run(plan, &connection, &self.sealing, self.database.output).await?;
        Ok(ExitCode::SUCCESS)
    }
}
