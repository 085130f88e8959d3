//! `cargo bench --bench functions`: how the functions start, and what an invocation costs. It asserts no limit, except with
//! `--quick`. The engine is compiled for the tests, so wall times are long; they say something only beside each other.
//!
//! The release binaries, as they are shipped, are spawned under a Runtime API; the embedded DynamoDB engine answers them
//! over TLS. Beside them run a function that does nothing and one that makes a refresh's two calls with the bare SDK; with
//! `--peers` also a refresh in Node and one in Python. CPU time is the kernel's, of the function's threads alone. The
//! machine is never quiet: compare lines of one run.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod arguments;
mod contestant;
mod contestants;
mod equal;
mod quick;
mod report;
mod share;

use std::process::ExitCode;

use arguments::Arguments;
use contestant::{Contestant, Foreign, Measured};
use latchkey_cli::local::{Options, Server};
use latchkey_testkit::bench::peers::{self, Peer};
use latchkey_testkit::runtime_api::environment;
use latchkey_testkit::tls::Tls;

/// Invocations of one contestant, before the next one has its turn.
const BATCH: usize = 100;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(code) => code,
        Err(line) => {
            eprintln!("{line}");
            ExitCode::FAILURE
        }
    }
}

/// Says in a line what keeps it from measuring.
async fn run() -> Result<ExitCode, String> {
    let mut arguments = Arguments::read(std::env::args())?;
    if arguments.soak.is_some() && arguments.only.is_empty() {
        arguments.only = "refresh".to_owned();
    }
    let foreign = arguments.contestant.iter().map(|path| Foreign::read(path)).collect::<Result<_, _>>()?;
    let peers = if arguments.peers { fetched() } else { Vec::new() };
    let runtimes: Vec<_> = peers.iter().map(|peer| peer.runtime.clone()).collect();
    let folder = tempfile::tempdir().unwrap();
    let options = Options { state: Some(folder.path().to_owned()), memory: true, ..Options::default() };
    let server = Server::start(options).await.unwrap();
    let tls = Tls::before(server.dynamodb_url.as_deref().unwrap(), folder.path()).await;
    let mut environment = environment(&tls.url, folder.path());
    // Of the system's certificates none, as a function trusts Amazon's few alone.
    environment.push(("SSL_CERT_FILE", tls.certificates.to_str().unwrap().to_owned()));
    environment.push(("SSL_CERT_DIR", folder.path().join("none").to_str().unwrap().to_owned()));
    let contestants = contestants::all(&server, &tls, &environment, &arguments, peers, foreign).await;
    if arguments.quick {
        return quick::run(&contestants, &tls, arguments.record).await;
    }
    // Of that very name, before one that only has it in its own.
    let named = contestants.iter().find(|contestant| contestant.name == arguments.only).or(contestants.first());
    let named = named.ok_or_else(|| format!("error: --only {}: no function has that in its name", arguments.only))?;
    if let Some(invocations) = arguments.soak {
        println!("{}: resident MB, after so many invocations of one process", named.name);
        named.soak(invocations, |after, resident| println!("{after:>9}{resident:>7.1}")).await;
        return Ok(ExitCode::SUCCESS);
    }
    let measured = measure(&contestants, &tls, &arguments).await;
    let lines: Vec<_> = contestants.iter().map(|contestant| contestant.name.as_str()).zip(&measured).collect();
    let text = report::text(&lines, arguments.grants, &runtimes);
    println!("{text}");
    if arguments.write {
        report::write(&text, &lines);
    }
    Ok(ExitCode::SUCCESS)
}

/// The peers whose tools are here.
fn fetched() -> Vec<Peer> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = peers::all(&path).into_iter().filter_map(|peer| peer.inspect_err(|missing| println!("{missing}")).ok());
    found.collect()
}

/// All of them in turns.
async fn measure(contestants: &[Contestant], tls: &Tls, arguments: &Arguments) -> Vec<Measured> {
    let mut measured: Vec<_> = contestants.iter().map(|_| Measured::default()).collect();
    for _ in 0..arguments.starts {
        for (contestant, measured) in contestants.iter().zip(&mut measured) {
            contestant.start(measured).await;
        }
    }
    let mut warm = Vec::new();
    for contestant in contestants {
        warm.push(contestant.warm_up(arguments.invocations / 5).await);
    }
    for first in (0..arguments.invocations).step_by(BATCH) {
        let batch = BATCH.min(arguments.invocations - first);
        for ((contestant, warm), measured) in contestants.iter().zip(&warm).zip(&mut measured) {
            contestant.invoke(warm, batch, tls, measured).await;
        }
    }
    for ((contestant, warm), measured) in contestants.iter().zip(warm).zip(&mut measured) {
        contestant.finish(warm, measured);
    }
    measured
}
