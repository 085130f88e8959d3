//! `cargo run --package latchkey-scale`: prints the tables of `docs/scale.md`, or those of another month.

use std::process::ExitCode;

use latchkey_scale::load::{LOADS, Load};
use latchkey_scale::report;

const USAGE: &str = "\
cargo run --package latchkey-scale                 the months of docs/scale.md
cargo run --package latchkey-scale -- NAME=VALUE…  another month; what is not named is as in the month of 10⁹ requests:
    requests=1e9 clients=1000 users=1000000 institutions=1000 peak=10";

fn main() -> ExitCode {
    match load(std::env::args().skip(1)) {
        Ok(loads) => {
            for (name, text) in report::sections(&loads) {
                println!("## {name}\n\n{text}");
            }
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("{reason}\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn load(arguments: impl Iterator<Item = String>) -> Result<Vec<Load>, String> {
    let mut load = LOADS[1];
    let mut is_ours = true;
    for argument in arguments {
        is_ours = false;
        let (name, value) = argument.split_once('=').ok_or(format!("{argument} is not NAME=VALUE"))?;
        let number: f64 = value.parse().map_err(|_| format!("{name} must be a number, and is {value}"))?;
        let within = |most: f64| match number >= 1.0 && number <= most {
            true => Ok(number),
            false => Err(format!("{name} must be from 1 to {most}, and is {value}")),
        };
        match name {
            // What is drawn for one second is counted with 32 bits.
            "requests" => load.requests = within(1e12)?,
            "peak" => load.peak = within(100.0)?,
            "clients" => load.clients = within(1e6)? as u32,
            "users" => load.users = within(1e9)? as u32,
            "institutions" => load.institutions = within(5_000.0)? as u32,
            _ => return Err(format!("{name} is not known")),
        }
    }
    Ok(if is_ours { LOADS.to_vec() } else { vec![load] })
}
