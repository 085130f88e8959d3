//! Writes what is generated. With `--check`, only says which file is stale.

use std::process::ExitCode;

use latchkey_generate::{Failure, files};

fn main() -> ExitCode {
    match run(std::env::args().nth(1).as_deref() == Some("--check")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(reason)) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(check: bool) -> Result<(), Failure> {
    files()?.iter().try_for_each(|file| if check { file.check() } else { file.write() })
}
