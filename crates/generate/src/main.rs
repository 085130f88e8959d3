//! Writes what is generated. With `--check`, only says which file is stale.

use std::process::ExitCode;

use latchkey_generate::{Failure, files};

fn main() -> ExitCode {
    match run(std::env::args().nth(1).as_deref() == Some("--check")) {
        Ok(code) => code,
        Err(Failure(reason)) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(check: bool) -> Result<ExitCode, Failure> {
    for file in files()? {
        if file.is_stale() && check {
            eprintln!("{} is stale: run stages/generate", file.name);
            return Ok(ExitCode::FAILURE);
        }
        file.write()?;
    }
    Ok(ExitCode::SUCCESS)
}
