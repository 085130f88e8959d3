//! `cargo bench --bench load`: refreshes over 16 kept-alive connections against the local server, its state on disk and in
//! memory, in turns with the servers that the arguments name. Prints a table. Fails if an answer is not a new token.
//!
//! The load shares the machine with the servers, so compare CPU.
#![allow(clippy::unwrap_used, missing_docs)]

mod arguments;
mod load;
mod report;
mod servers;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use latchkey_testkit::bench::servers as peers;
use latchkey_testkit::bench::{built, page};

use arguments::Arguments;
use report::Line;
use servers::{Started, State};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let text = runtime.block_on(run(&arguments));
    println!("{text}");
    if arguments.write {
        page::replace("load", &text);
    }
    ExitCode::SUCCESS
}

async fn run(arguments: &Arguments) -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let peers = if arguments.peers { peers::all(&path).to_vec() } else { Vec::new() };
    let peers: Vec<_> =
        peers.into_iter().filter_map(|peer| peer.inspect_err(|missing| println!("{missing}")).ok()).collect();
    let binary = arguments.binary.clone().unwrap_or_else(built::latchkey);
    let mut started = Vec::new();
    for state in State::ALL {
        started.push(Started::latchkey("latchkey", &binary, state));
        for beside in &arguments.beside {
            started.push(Started::latchkey(&beside.file_name().unwrap().to_string_lossy(), beside, state));
        }
        for peer in &peers {
            started.push(Started::peer(peer, &binary, state));
        }
    }
    let length = Duration::from_secs(arguments.seconds);
    let mut lines = Vec::new();
    for started in &started {
        load::refuses(started).await;
        lines.push(Line::of(started));
        // The first turn is not measured: in it, runtimes compile what they run often.
        load::turn(started, length).await;
    }
    for turn in 0..arguments.turns {
        let mut all: Vec<_> = started.iter().zip(&mut lines).collect();
        // So that what comes before another is another one each time.
        if turn % 2 == 1 {
            all.reverse();
        }
        for (started, line) in all {
            line.turns.push(load::turn(started, length).await);
        }
    }
    for (started, line) in started.iter().zip(&mut lines) {
        line.end(started);
    }
    let runtimes: Vec<_> = peers.iter().map(|peer| peer.runtime.clone()).collect();
    report::text(&lines, arguments, &runtimes)
}
